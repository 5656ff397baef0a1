"""Interest subsidies (财政贴息): the rule and the policy in force, brought together."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from huoshui import policy
from huoshui.errors import BadChoice, NoPolicy
from huoshui.policy import Citation, Dated, Policy
from huoshui.policy.region import NATION
from huoshui.rules.subsidy import OtherSubsidies, Programme, Reckoning, Subsidy, SubsidyLoan, interest_subsidy
from huoshui.terms import DayCount

POLICY: Final = "interest_subsidy"


@dataclass(frozen=True, slots=True)
class SubsidyBasis:
    """What a subsidy is reckoned by (贴息依据): the programme, the day whose rules hold, how days are reckoned, the sources."""

    programme: Programme
    zh: str
    on: date
    reckoning: Reckoning
    citations: tuple[Citation, ...]  # the programme's first

    @property
    def is_in_force(self) -> bool:
        """Whether the programme was in force on the day (当日是否施行)."""
        return self.reckoning.not_in_force_on is None


@dataclass(frozen=True, slots=True)
class SubsidyAnswer:
    """A subsidy with its basis (贴息结果及依据)."""

    subsidy: Subsidy
    basis: SubsidyBasis


def reckon_subsidy(
    loan: SubsidyLoan,
    *,
    programme: str,
    region: str = NATION,
    on: date | None = None,
    day_count: DayCount | None = None,
    other: OtherSubsidies | None = None,
    read: Callable[..., Policy] = policy.read,
) -> SubsidyAnswer:
    """The subsidy of a loan under a named programme (贴息测算), by the rules of the day `on`.

    Without `on` it is the day of signing, or the day of payment where the programme was not yet in force on the first. `read`
    reads a policy; a batch gives one that remembers. Raises BadChoice for a programme that the region does not have,
    NoPolicy, UnknownRegion, and the rule's errors.
    """
    days = (loan.signed_on, loan.paid_out_on) if on is None else (on,)
    basis = find_basis(programme, region=region, days=days, read=read)
    reckoning, citations = basis.reckoning, basis.citations
    if day_count is not None:
        reckoning = dataclasses.replace(reckoning, day_count=day_count)
        citations = tuple(x for x in citations if x.field != "day_count")
    if basis.is_in_force and basis.programme.below_lpr_one_year is not None:
        published = read("lpr", region=region, on=loan.signed_on)
        reckoning = dataclasses.replace(reckoning, lpr_one_year=Decimal(published["one_year"]))
        citations += tuple(x for x in published.citations if x.field == "one_year")
    subsidy = interest_subsidy(loan, programme=basis.programme, reckoning=reckoning, other=other)
    return SubsidyAnswer(subsidy, dataclasses.replace(basis, reckoning=reckoning, citations=citations))


def find_basis(
    programme: str, *, region: str, days: tuple[date, ...], read: Callable[..., Policy] = policy.read
) -> SubsidyBasis:
    """The programme in force on the first of the days that has it (查找贴息政策).

    Where none has it, the latest one known is given as not in force, so that its windows can be shown.
    Raises BadChoice naming the programmes that the region has.
    """
    for on in days:
        try:
            found = read(POLICY, region=region, on=on)
        except NoPolicy:
            continue
        if programme in programmes(found):
            return _basis(programme, found=found, on=on, is_in_force=True)
    latest = read(POLICY, region=region, on=date.max)
    known = programmes(latest)
    if programme not in known:
        raise BadChoice(f"no programme is called {programme!r}; expected one of {', '.join(known)}", field="programme")
    return _basis(programme, found=latest, on=days[-1], is_in_force=False)


def programmes(found: Policy) -> Mapping[str, Dated]:
    """The programmes among the fields of a policy (贴息项目): those whose value is a table."""
    return {field: x for field, x in found.fields.items() if isinstance(x.value, dict)}


def _basis(programme: str, *, found: Policy, on: date, is_in_force: bool) -> SubsidyBasis:
    shape = policy.bind_table(found, field=programme, shape=Programme)
    wanted = (programme, "day_count", "after_overdue")
    cited = {x.field: x for x in found.citations}
    reckoning = dataclasses.replace(policy.bind(found, Reckoning), not_in_force_on=None if is_in_force else on)
    return SubsidyBasis(shape, found.dated(programme).zh, on, reckoning, tuple(cited[x] for x in wanted))
