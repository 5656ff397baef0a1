"""A demand judged by the five criteria (五项标准评定): evidence gathered, the policy of the region applied, the basis kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from huoshui import policy
from huoshui.errors import BadChoice, BadRequest
from huoshui.models import Demand, Evaluation, Firm, FoundFact, Grant, ListEntry, User, Visit
from huoshui.policy import Policy
from huoshui.rules.calendar import add_months
from huoshui.rules.demand import OPEN_STAGES
from huoshui.rules.five_criteria import (
    POLICY_FIELDS,
    VERSION,
    Criteria,
    Fact,
    Finding,
    Judgement,
    Listing,
    Mark,
    Subject,
    Validity,
    VisitFacts,
    judge_criteria,
)
from huoshui.services.authentication import may_act_for
from huoshui.services.clock import policy_region
from huoshui.services.event import record
from huoshui.terms import Check, EvidenceSource, Tristate

_LISTS_POLICY: Final = "exclusion_lists"
_VISITS: Final = 3  # the latest ones of a firm are read


@transaction.atomic
def evaluate_demand(demand: Demand, *, on: date, at: datetime) -> Evaluation:
    """Judge a demand now and keep the judgement with its basis (评定并留存依据); the demand points to its latest one."""
    evaluation = judge_demand(demand, on=on, at=at)
    evaluation.save(force_insert=True)
    demand.evaluation = evaluation
    Demand.objects.filter(pk=demand.pk).update(evaluation=evaluation)
    return evaluation


def judge_demand(demand: Demand, *, on: date, at: datetime) -> Evaluation:
    """What the criteria say of a demand now (评定), not kept: for a look ahead."""
    region = policy_region(demand.firm.region_code)
    criteria = policy.read("five_criteria", region=region, on=on)
    handling = policy.read("demand", region=region, on=on)
    lists = policy.read(_LISTS_POLICY, region=region, on=on)
    judgement = judge_criteria(
        gather_subject(demand, lists=lists, on=on),
        criteria=policy.bind(criteria, Criteria),
        validity=validity_of(handling),
        on=on,
    )
    return Evaluation(
        demand=demand,
        at=at,
        on=on,
        region=region,
        rule_version=f"five_criteria/{VERSION}",
        verdict=judgement.verdict,
        marks=[_mark_row(x) for x in judgement.marks],
        cautions=[x.value for x in judgement.cautions],
        basis=_basis(judgement, criteria=criteria, handling=handling),
    )


def validity_of(handling: Policy) -> Validity:
    """How long evidence holds and what a statement settles, by policy (证据有效期)."""
    months = {EvidenceSource(source): count for source, count in handling["evidence_months"].items()}
    return Validity(months, frozenset(Check(x) for x in handling["statement_settles"]))


def gather_subject(demand: Demand, *, lists: Policy, on: date) -> Subject:
    """All that is on record of a demand and its firm (汇集证据)."""
    firm: Firm = demand.firm
    return Subject(
        register_on=firm.screened_on,
        lists_on=firm.lists_on,
        tax_on=firm.tax_on,
        established_on=firm.established_on,
        status=firm.status or Subject().status,
        kind=firm.kind or None,
        size=firm.size_class or None,
        listings=tuple(_listings(firm, lists=lists, on=on)),
        visits=tuple(_visits(firm)),
        amount_fen=demand.amount_fen,
        months=demand.months,
        purpose=demand.purpose or None,
        plan=demand.note,
        demand_on=timezone.localdate(demand.published_at) if demand.published_at else None,
        confirmed_on=_confirmed_on(demand, on=on),
        states_clean=demand.states_clean,
        stated_on=demand.stated_on,
        has_duplicate=demand.duplicate_of is not None and demand.duplicate_of.stage in OPEN_STAGES,
        found=tuple(_found(demand)),
    )


def _confirmed_on(demand: Demand, *, on: date) -> date | None:
    """The day on which a person who still speaks for the firm confirmed."""
    if demand.confirmed_by is None or demand.confirmed_at is None:
        return None
    return timezone.localdate(demand.confirmed_at) if may_act_for(demand.confirmed_by, demand.firm, on=on) else None


def _listings(firm: Firm, *, lists: Policy, on: date) -> Iterable[Listing]:
    for entry in ListEntry.objects.filter(firm=firm):
        table: Mapping[str, Any] = lists.fields[entry.list_name].value if entry.list_name in lists.fields else {}
        until = entry.until_on
        if until is None and table.get("valid_months"):
            until = add_months(entry.listed_on, months=table["valid_months"])
        if until is None or until >= on:
            yield Listing(entry.list_name, table.get("effect") == "exclude", entry.listed_on, until)


def _visits(firm: Firm) -> Iterable[VisitFacts]:
    for visit in Visit.objects.filter(firm=firm).order_by("-visited_at", "-pk")[:_VISITS]:
        yield VisitFacts(
            on=timezone.localdate(visit.visited_at),
            mode=visit.mode,
            operating=visit.operating or None,
            premises=visit.premises or None,
            need=visit.need or None,
            amount_fen=visit.amount_fen,
            broker_fee_asked=visit.broker_fee_asked or None,
            reference=f"visit:{visit.pk}",
        )


def _found(demand: Demand) -> Iterable[Fact]:
    for fact in FoundFact.objects.filter(firm_id=demand.firm_id).order_by("found_on", "pk"):
        if fact.demand_id in (None, demand.pk):
            yield Fact(fact.check_name, fact.verdict, EvidenceSource.OFFICER, fact.found_on, f"found:{fact.pk}")


def _mark_row(mark: Mark) -> dict[str, Any]:
    return {
        "criterion": mark.criterion.value,
        "verdict": mark.verdict.value,
        "findings": [_finding_row(x) for x in mark.findings],
    }


def _finding_row(finding: Finding) -> dict[str, Any]:
    row: dict[str, Any] = {"check": finding.check.value, "verdict": finding.verdict.value}
    row["field"] = POLICY_FIELDS.get(finding.check, "criteria")
    if finding.fact and finding.valid_until:
        row |= {
            "source": finding.fact.source.value,
            "found_on": finding.fact.found_on.isoformat(),
            "valid_until": finding.valid_until.isoformat(),
            "reference": finding.fact.reference,
            "detail": finding.fact.detail,
            "expired": finding.expired,
        }
    return row


def _basis(judgement: Judgement, *, criteria: Policy, handling: Policy) -> dict[str, Any]:
    used = {POLICY_FIELDS.get(x.check, "criteria") for mark in judgement.marks for x in mark.findings}
    cited = [x for x in criteria.citations if x.field in used]
    cited += [x for x in handling.citations if x.field in ("evidence_months", "statement_settles")]
    return {"citations": [{**asdict(x), "since": x.since.isoformat()} for x in cited]}


@transaction.atomic
def add_evidence(
    demands: Sequence[Demand], *, check: Check, verdict: Tristate, reason: str, document: str, found_on: date, by: User,
    grant: Grant, on: date, at: datetime,
) -> list[FoundFact]:  # fmt: skip
    """Keep what an officer found out about each firm, and judge the demands anew (补充核查证据).

    Raises BadChoice for a verdict that says nothing, BadRequest without a reason or for a day to come.
    """
    if verdict is Tristate.NOT_KNOWN:
        raise BadChoice("evidence says met or not met; got not known", field="verdict", zh="请选择“符合”或“不符合”")
    if check in (Check.STATED, Check.CONFIRMED):
        message = f"nobody but the firm can show {check.en!r}"
        raise BadChoice(message, field="check", zh=f"“{check.zh}”只能由企业自己办理")
    if not reason.strip():
        raise BadRequest("evidence needs a reason: what was seen, where", field="reason", zh="请写明核查情况")
    if found_on > on:
        raise BadRequest("a fact cannot be found on a day to come", field="found_on", zh="核查日期不能晚于今天")
    own = check in (Check.BACKGROUND, Check.PURPOSE, Check.PLAN)  # the demand's, not the firm's
    found = []
    for demand in demands:
        fact = FoundFact.objects.create(
            firm=demand.firm,
            demand=demand if own else None,
            check_name=check,
            verdict=verdict,
            reason=reason.strip(),
            document=document.strip(),
            found_on=found_on,
            found_by=by,
            recorded_at=at,
        )
        evaluation = evaluate_demand(demand, on=on, at=at)
        basis = {"check": check.value, "verdict": verdict.value, "found_on": found_on.isoformat(), "demand": demand.pk}
        record("add_evidence", fact, by=by, organization=acting_organization(grant), role=grant.role, firm=demand.firm,
               basis={**basis, "evaluation": evaluation.pk, "rule": evaluation.rule_version})  # fmt: skip
        found.append(fact)
    return found


def acting_organization(grant: Grant) -> int:
    """The organization in whose name a grant lets somebody act (办理机构). Raises BadRequest for a grant of a firm."""
    if grant.organization_id is None:
        raise BadRequest("this act belongs to an organization; got a grant for a firm", field="grant")
    return grant.organization_id
