"""The all-in cost of a loan with its legal basis (综合融资成本及依据): the rule and the fee policy, brought together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

from huoshui import policy
from huoshui.errors import BadPolicyFile, NoPolicy
from huoshui.policy import Citation, Dated
from huoshui.rules.cost import AllInCost, Fee, FinancedLoan, all_in_cost
from huoshui.rules.fee_check import FeeRule, FeeVerdict, check_fee
from huoshui.terms import LoanArrangement, SizeClass

POLICY: Final = "fees"
COST_CAP: Final = "assisted_loan_cost_cap"


@dataclass(frozen=True, slots=True)
class FeeEntry:
    """One fee as policy knows it (收费条目)."""

    name: str
    zh: str
    rule: FeeRule
    citation: Citation


@dataclass(frozen=True, slots=True)
class CostCap:
    """The highest all-in cost a year of a loan arranged through an online platform (助贷综合融资成本上限)."""

    rate: Decimal
    citation: Citation


@dataclass(frozen=True, slots=True)
class FeeLaw:
    """The fee rules in force in a region on a day (收费规定): by name and by Chinese name, and the cap on assisted loans."""

    entries: Mapping[str, FeeEntry]
    cost_cap: CostCap | None


@dataclass(frozen=True, slots=True)
class PricedFee:
    """A fee with what it adds to the yearly cost and what the law says of it (费用明细)."""

    fee: Fee
    entry: FeeEntry | None
    verdict: FeeVerdict
    annualised_rate: Decimal


@dataclass(frozen=True, slots=True)
class PricedLoan:
    """The all-in cost of a loan and its fees, each with its verdict (综合融资成本清单); the cap, where one applies to it."""

    cost: AllInCost
    fees: tuple[PricedFee, ...]
    cost_cap: CostCap | None

    @property
    def is_above_cap(self) -> bool:
        """Whether the nominal cost is above the cap (是否超过上限)."""
        return self.cost_cap is not None and self.cost.all_in.nominal > self.cost_cap.rate


def read_fee_law(*, region: str, on: date) -> FeeLaw:
    """The fee rules in force in a region on a day (读取收费规定); empty before the first of them.

    Raises UnknownRegion, and BadPolicyFile for a rule that cannot be read.
    """
    try:
        found = policy.read(POLICY, region=region, on=on)
    except NoPolicy:
        return FeeLaw({}, None)
    citations = {x.field: x for x in found.citations}
    entries = {x.field: _entry(x, citation=citations[x.field]) for x in found.fields.values() if x.field != COST_CAP}
    cap = found.fields.get(COST_CAP)
    cost_cap = CostCap(Decimal(cap.value), citations[COST_CAP]) if cap else None
    return FeeLaw({**{x.zh: x for x in entries.values()}, **entries}, cost_cap)


def _entry(dated: Dated, *, citation: Citation) -> FeeEntry:
    try:
        rule = msgspec.convert(dated.value, FeeRule, strict=False)
    except msgspec.ValidationError as error:
        raise BadPolicyFile(f"policy {POLICY}, {dated.field}, in region {dated.region}: {error}") from error
    return FeeEntry(dated.field, dated.zh, rule, citation)


def price_loan(
    loan: FinancedLoan, *, borrower: SizeClass, arrangement: LoanArrangement, law: FeeLaw, cost: AllInCost | None = None
) -> PricedLoan:
    """Reckon a loan's all-in cost, unless it is given, and check each of its fees (测算综合融资成本并核查收费).

    Raises what `all_in_cost` raises.
    """
    cost = cost or all_in_cost(loan)
    fees = []
    for fee, rate in zip(loan.fees, cost.fee_rates, strict=True):
        entry = law.entries.get(fee.name)
        verdict = check_fee(
            fee,
            rule=entry.rule if entry else None,
            borrower=borrower,
            arrangement=arrangement,
            principal_fen=loan.principal_fen,
            months=loan.months,
        )
        fees.append(PricedFee(fee, entry, verdict, rate))
    return PricedLoan(cost, tuple(fees), law.cost_cap if arrangement is LoanArrangement.ASSISTED else None)
