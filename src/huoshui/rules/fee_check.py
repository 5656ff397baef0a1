"""Whether a fee may fall on whom it falls (收费合规核查)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from huoshui.rules.cost import Fee
from huoshui.terms import CostClass, FeeBearer, FeeRuling, LegalCheck, LoanArrangement, SizeClass

ABOVE_CAP: Final = "above_cap"
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class FeeRule:
    """What policy says of one fee (收费规则).

    `sizes` are the borrowers that the ruling protects (empty: all), `arrangements` the loans that it leaves out. `yearly_cap`
    is the most that may be charged, as a share of the principal a year.
    """

    fee_class: CostClass
    ruling: FeeRuling
    sizes: tuple[SizeClass, ...] = ()
    except_arrangements: tuple[LoanArrangement, ...] = ()
    yearly_cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FeeVerdict:
    """What a fee is and whether it may be charged (核查结论); `remarks` are what to look at although it may."""

    fee_class: CostClass
    legal_check: LegalCheck
    remarks: tuple[str, ...] = ()


_UNKNOWN: Final = FeeVerdict(CostClass.OTHER, LegalCheck.OK)
_PLAIN: Final[Mapping[CostClass, FeeVerdict]] = {x: FeeVerdict(x, LegalCheck.OK) for x in CostClass}


def check_fee(
    fee: Fee, *, rule: FeeRule | None, borrower: SizeClass, arrangement: LoanArrangement, principal_fen: int, months: int
) -> FeeVerdict:
    """Check a fee against the rule in force for its name (核查一项收费).

    A fee without a rule is of class other and OK, which says no more than that no rule forbids it. What the bank bears itself
    is always OK; a forbidden fee is forbidden whoever else pays it. A yearly cap is measured on the principal and the term.
    """
    if rule is None:
        return _UNKNOWN
    protects = not rule.sizes or borrower in rule.sizes
    if fee.bearer is FeeBearer.BANK or not protects or arrangement in rule.except_arrangements:
        return _PLAIN[rule.fee_class]
    if rule.ruling is FeeRuling.FORBIDDEN:
        return FeeVerdict(rule.fee_class, LegalCheck.FORBIDDEN)
    if rule.ruling is FeeRuling.BANK_MUST_BEAR:
        return FeeVerdict(rule.fee_class, LegalCheck.BANK_MUST_BEAR)
    remarks = [] if rule.ruling is FeeRuling.OK else [rule.ruling.value]
    if rule.yearly_cap is not None and fee.amount_fen * _MONTHS > rule.yearly_cap * principal_fen * months:
        remarks.append(ABOVE_CAP)
    return FeeVerdict(rule.fee_class, LegalCheck.OK, tuple(remarks))
