"""The five criteria (五项标准): each met, not met or not known, check by check, from evidence that has a source and an end.

A check is decided by the newest fact that still holds, unless a newer one, whose time has passed, said otherwise: of one day an
officer's finding goes first, then what is not met. A fact whose time has passed is not known, and so is what nobody looked
into. A criterion is met when all its checks are; one that is not met makes it not met; otherwise it is not known. Not known
never recommends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from huoshui.errors import BadPolicyFile
from huoshui.rules.calendar import add_months
from huoshui.terms import (
    Caution,
    Check,
    Criterion,
    DemandPurpose,
    EntityKind,
    EvidenceSource,
    Need,
    Premises,
    SizeClass,
    StatusClass,
    Tristate,
    VisitMode,
    YesNo,
)

VERSION: Final = "1"
_CREDIT: Final[Mapping[tuple[str, str], Check]] = {
    ("not_active", "firm"): Check.STATUS,
    ("serious_violation", "firm"): Check.SERIOUS_VIOLATION,
    ("dishonest_debtor", "firm"): Check.DISHONEST_DEBTOR,
    ("dishonest_debtor", "controller"): Check.DISHONEST_CONTROLLER,
    ("tax_non_normal", "firm"): Check.TAX_NON_NORMAL,
    ("current_overdue", "firm"): Check.OVERDUE,
    ("current_overdue", "controller"): Check.OVERDUE_CONTROLLER,
    ("fraud_flag", "firm"): Check.FRAUD,
}
_LISTS: Final[Mapping[str, Check]] = {
    "serious_violation": Check.SERIOUS_VIOLATION,
    "dishonest_debtor": Check.DISHONEST_DEBTOR,
    "tax_non_normal": Check.TAX_NON_NORMAL,
    "fraud_flag": Check.FRAUD,
}
_FIXED: Final[Mapping[Criterion, tuple[Check, ...]]] = {
    Criterion.LAWFUL_OPERATION: (
        Check.AGE, Check.STATUS, Check.OPERATING, Check.SERIOUS_VIOLATION, Check.TAX_NON_NORMAL,
    ),
    Criterion.FIXED_PREMISES: (Check.PREMISES,),
    Criterion.REAL_NEED: (Check.STATED, Check.CONFIRMED, Check.BACKGROUND),
    Criterion.LAWFUL_PURPOSE: (Check.PURPOSE, Check.PLAN),
    Criterion.TARGET: (Check.TARGET,),
    Criterion.EXCLUSION: (Check.EXCLUSION,),
}  # fmt: skip
POLICY_FIELDS: Final[Mapping[Check, str]] = {
    Check.AGE: "min_months",
    Check.STATUS: "active_statuses",
    Check.PREMISES: "network_premises",
    Check.PURPOSE: "barred_purposes",
    Check.TARGET: "targets",
    **dict.fromkeys((x for x in _CREDIT.values() if x is not Check.STATUS), "knock_outs"),
}
_SIZES: Final = {
    SizeClass.SMALL: "small_enterprise",
    SizeClass.MICRO: "micro_enterprise",
    SizeClass.MEDIUM: "medium_enterprise",
}
_KINDS: Final = {EntityKind.SOLE_TRADER: "sole_trader", EntityKind.COOPERATIVE: "cooperative"}


@dataclass(frozen=True, slots=True)
class KnockOutRow:
    """What bad credit is, and whose (信用否决项): `of` names firm, controller or both."""

    code: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a region's policy must say (五项标准参数)."""

    min_months: int
    network_premises: bool
    targets: tuple[str, ...]
    extra_targets: tuple[str, ...]
    barred_purposes: tuple[str, ...]
    knock_outs: tuple[KnockOutRow, ...]

    @property
    def checks(self) -> Mapping[Criterion, tuple[Check, ...]]:
        """The checks of each criterion (各项标准的核查事项). Raises BadPolicyFile for a knock-out that nobody can check."""
        strange = [(x.code, y) for x in self.knock_outs for y in x.of if (x.code, y) not in _CREDIT]
        if strange:
            raise BadPolicyFile(
                f"no check is known for the knock-out {strange[0][0]} of the {strange[0][1]}", field="knock_outs"
            )
        credit = tuple(_CREDIT[x.code, y] for x in self.knock_outs for y in x.of)
        return {x: _FIXED.get(x, credit) for x in Criterion}


@dataclass(frozen=True, slots=True)
class Validity:
    """How many months evidence of each source holds, and what a statement can settle (证据有效期、承诺认定范围)."""

    months: Mapping[EvidenceSource, int]
    statement_settles: frozenset[Check]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that somebody found (事实): on which day, and a reference to the record that says so."""

    check: Check
    verdict: Tristate
    source: EvidenceSource
    found_on: date
    reference: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that a firm stands on (在列名单): `excludes` where the region's policy says so, else it only warns."""

    name: str
    excludes: bool
    listed_on: date
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """What one visit found (走访所见)."""

    on: date
    mode: VisitMode
    operating: YesNo | None = None
    premises: Premises | None = None
    need: Need | None = None
    amount_fen: int | None = None
    broker_fee_asked: YesNo | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """All that is on record of a firm and its demand (评定对象). A day that is None: the register was never read."""

    register_on: date | None = None
    lists_on: date | None = None
    tax_on: date | None = None
    established_on: date | None = None
    status: StatusClass = StatusClass.UNKNOWN
    kind: EntityKind | None = None
    size: SizeClass | None = None
    listings: tuple[Listing, ...] = ()
    visits: tuple[VisitFacts, ...] = ()
    amount_fen: int | None = None
    months: int | None = None
    purpose: DemandPurpose | None = None
    plan: str = ""
    demand_on: date | None = None
    confirmed_on: date | None = None  # by somebody whom the business authentication lets speak for the firm
    states_clean: bool | None = None
    stated_on: date | None = None
    has_duplicate: bool = False
    found: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one check (核查结论): the deciding fact with its last day, or the newest one whose time has passed."""

    check: Check
    verdict: Tristate
    fact: Fact | None = None
    valid_until: date | None = None
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one criterion (标准评定)."""

    criterion: Criterion
    verdict: Tristate
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """All criteria together (综合评定): MET only where each of them is."""

    verdict: Tristate
    marks: tuple[Mark, ...]
    cautions: tuple[Caution, ...] = field(default=())


def judge_criteria(subject: Subject, *, criteria: Criteria, validity: Validity, on: date) -> Judgement:
    """A demand by the five criteria of a region on a day (五项标准评定). Raises BadPolicyFile."""
    facts = [x for x in (*_facts(subject, criteria=criteria, validity=validity, on=on), *subject.found) if x.found_on <= on]
    marks = []
    for criterion, checks in criteria.checks.items():
        findings = tuple(_decide(x, facts=facts, validity=validity, on=on) for x in checks)
        marks.append(Mark(criterion, together(x.verdict for x in findings), findings))
    return Judgement(together(x.verdict for x in marks), tuple(marks), tuple(_cautions(subject, on=on)))


def together(verdicts: Iterable[Tristate]) -> Tristate:
    """All of them (合并三值): one not met is not met, else one not known is not known."""
    seen = set(verdicts)
    for verdict in (Tristate.NOT_MET, Tristate.NOT_KNOWN):
        if verdict in seen:
            return verdict
    return Tristate.MET


def _decide(check: Check, *, facts: list[Fact], validity: Validity, on: date) -> Finding:
    known = sorted(
        (x for x in facts if x.check is check and x.verdict is not Tristate.NOT_KNOWN),
        key=lambda x: (x.found_on, x.source is EvidenceSource.OFFICER, x.verdict is Tristate.NOT_MET),
        reverse=True,
    )
    ends = [(x, add_months(x.found_on, months=validity.months[x.source])) for x in known]
    for fact, until in ends:
        if fact.verdict is not ends[0][0].verdict:
            break
        if until >= on:
            return Finding(check, fact.verdict, fact, until)
    if ends:
        return Finding(check, Tristate.NOT_KNOWN, ends[0][0], ends[0][1], expired=True)
    return Finding(check, Tristate.NOT_KNOWN)


def _facts(subject: Subject, *, criteria: Criteria, validity: Validity, on: date) -> Iterable[Fact]:
    yield from _register_facts(subject, criteria=criteria, on=on)
    yield from _list_facts(subject, on=on)
    for visit in subject.visits:
        yield from _visit_facts(visit, criteria=criteria)
    yield from _demand_facts(subject, criteria=criteria)
    if subject.states_clean is not None and subject.stated_on:
        for check in sorted(validity.statement_settles):
            yield Fact(check, _met(subject.states_clean), EvidenceSource.STATEMENT, subject.stated_on, "demand")


def _register_facts(subject: Subject, *, criteria: Criteria, on: date) -> Iterable[Fact]:
    if subject.register_on is None:
        return
    source, day = EvidenceSource.REGISTER, subject.register_on
    if subject.established_on:
        old_enough = add_months(subject.established_on, months=criteria.min_months) <= on
        yield Fact(Check.AGE, _met(old_enough), source, day, "firm", subject.established_on.isoformat())
    if subject.status is not StatusClass.UNKNOWN:
        yield Fact(Check.STATUS, _met(subject.status is StatusClass.OPERATING), source, day, "firm", subject.status.value)
    target = _KINDS.get(subject.kind) if subject.kind in _KINDS else _SIZES.get(subject.size) if subject.size else None
    served = {*criteria.targets, *criteria.extra_targets}
    if target:
        yield Fact(Check.TARGET, _met(target in served), source, day, "firm", target)
    elif subject.size is SizeClass.LARGE:
        yield Fact(Check.TARGET, Tristate.NOT_MET, source, day, "firm", "large")


def _list_facts(subject: Subject, *, on: date) -> Iterable[Fact]:
    source = EvidenceSource.LIST
    in_force = [x for x in subject.listings if x.listed_on <= on and (x.until_on is None or x.until_on >= on)]
    for name, check in _LISTS.items():
        entry = next((x for x in in_force if x.name == name), None)
        looked_on = subject.tax_on if check is Check.TAX_NON_NORMAL else subject.lists_on
        if check is Check.FRAUD and looked_on:
            looked_on = on  # fraud flags are this platform's own, and speak of firms that it has looked at
        if entry:
            yield Fact(check, Tristate.NOT_MET, source, max(entry.listed_on, looked_on or entry.listed_on), "list", name)
        elif looked_on:
            yield Fact(check, Tristate.MET, source, looked_on, "list")
    excluding = next((x for x in in_force if x.excludes), None)
    if excluding:
        day = max(excluding.listed_on, subject.lists_on or excluding.listed_on)
        yield Fact(Check.EXCLUSION, Tristate.NOT_MET, source, day, "list", excluding.name)
    elif subject.lists_on:
        yield Fact(Check.EXCLUSION, Tristate.MET, source, subject.lists_on, "list")


def _visit_facts(visit: VisitFacts, *, criteria: Criteria) -> Iterable[Fact]:
    source = EvidenceSource.VISIT
    if visit.operating in (YesNo.YES, YesNo.NO):
        yield Fact(Check.OPERATING, _met(visit.operating is YesNo.YES), source, visit.on, visit.reference)
    if visit.premises and visit.mode is VisitMode.ONSITE and visit.premises is not Premises.HOME:
        fixed = visit.premises in (Premises.OWNED, Premises.RENTED)
        fixed = fixed or (visit.premises is Premises.NETWORK and criteria.network_premises)
        yield Fact(Check.PREMISES, _met(fixed), source, visit.on, visit.reference, visit.premises.value)
    if visit.need is Need.YES:
        yield Fact(Check.BACKGROUND, Tristate.MET, source, visit.on, visit.reference)


def _demand_facts(subject: Subject, *, criteria: Criteria) -> Iterable[Fact]:
    if subject.demand_on is None:
        return
    source, day = EvidenceSource.DEMAND, subject.demand_on
    stated = bool(subject.amount_fen and subject.amount_fen > 0 and subject.months and subject.purpose)
    yield Fact(Check.STATED, _met(stated), source, day, "demand")
    if subject.purpose:
        allowed = subject.purpose.zh not in criteria.barred_purposes
        yield Fact(Check.PURPOSE, _met(allowed), source, day, "demand", subject.purpose.value)
    if subject.plan.strip():
        yield Fact(Check.PLAN, Tristate.MET, source, day, "demand")
    if subject.confirmed_on:
        yield Fact(Check.CONFIRMED, Tristate.MET, EvidenceSource.AUTHENTICATION, subject.confirmed_on, "demand")


def _cautions(subject: Subject, *, on: date) -> Iterable[Caution]:
    estimates = [x.amount_fen for x in sorted(subject.visits, key=lambda x: x.on) if x.amount_fen]
    if estimates and subject.amount_fen and subject.amount_fen > estimates[-1]:
        yield Caution.ABOVE_NEED
    if subject.has_duplicate:
        yield Caution.DUPLICATE
    if any(not x.excludes and x.listed_on <= on and (x.until_on is None or x.until_on >= on) for x in subject.listings):
        yield Caution.LISTED
    if any(x.broker_fee_asked is YesNo.YES for x in subject.visits):
        yield Caution.BROKER


def _met(met: bool) -> Tristate:
    return Tristate.MET if met else Tristate.NOT_MET
