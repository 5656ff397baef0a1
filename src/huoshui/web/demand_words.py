"""How pages tell of demands (需求页面用语): tones of badges, marks of criteria, acts of the history, codes of the policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils import timezone

from huoshui import policy
from huoshui.models import Clock, Demand, Evaluation
from huoshui.services.clock import policy_region
from huoshui.terms import (
    Act,
    Caution,
    Check,
    ClockStage,
    Criterion,
    DemandStage,
    EvidenceSource,
    PushStage,
    RepairStage,
    Tristate,
)
from huoshui.web.language import say

S = DemandStage
TONES: Final[Mapping[DemandStage, str]] = {
    S.AWAITING_CONFIRMATION: "amber", S.AWAITING_AUTHENTICATION: "amber", S.DECLARED: "blue", S.ASKED_BACK: "amber",
    S.REVIEWED: "blue", S.RECOMMENDED: "green", S.PUSHED: "green", S.RETURNED: "amber", S.REJECTED: "red",
    S.APPEALED: "amber", S.RETURN_APPEALED: "amber", S.REPAIR: "amber",
}  # fmt: skip
PUSH_TONES: Final[Mapping[PushStage, str]] = {
    PushStage.RECEIVED: "blue", PushStage.ACKNOWLEDGED: "blue", PushStage.CONTACTED: "blue", PushStage.APPROVED: "green",
    PushStage.DECLINED: "red", PushStage.RETURNED: "amber",
}  # fmt: skip
REPAIR_TONES: Final[Mapping[RepairStage, str]] = {
    RepairStage.OPEN: "amber", RepairStage.ARRANGED: "blue", RepairStage.DONE: "green",
}  # fmt: skip
VERDICT_TONES: Final[Mapping[Tristate, str]] = {Tristate.MET: "green", Tristate.NOT_MET: "red", Tristate.NOT_KNOWN: "amber"}
_SIGNS: Final = {Tristate.MET: "✓", Tristate.NOT_MET: "✗", Tristate.NOT_KNOWN: "?"}
FIVE: Final = (
    Criterion.LAWFUL_OPERATION, Criterion.FIXED_PREMISES, Criterion.REAL_NEED, Criterion.GOOD_CREDIT, Criterion.LAWFUL_PURPOSE,
)  # fmt: skip
_SHORT: Final = {
    Criterion.LAWFUL_OPERATION: ("经营", "operation"), Criterion.FIXED_PREMISES: ("场所", "premises"),
    Criterion.REAL_NEED: ("需求", "need"), Criterion.GOOD_CREDIT: ("信用", "credit"),
    Criterion.LAWFUL_PURPOSE: ("用途", "purpose"), Criterion.TARGET: ("对象", "target"), Criterion.EXCLUSION: ("名单", "list"),
}  # fmt: skip
_UNITS: Final = {
    "calendar_day": ("天", "days"),
    "working_day": ("个工作日", "working days"),
    "calendar_month": ("个月", "months"),
}


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One check as a page tells it (核查事项展示)."""

    check: Check
    verdict: Tristate
    tone: str
    source: EvidenceSource | None
    found_on: date | None
    valid_until: date | None
    expired: bool
    basis: str


@dataclass(frozen=True, slots=True)
class MarkLine:
    """One criterion as a page tells it (标准展示)."""

    criterion: Criterion
    verdict: Tristate
    tone: str
    findings: list[FindingLine]

    @property
    def bases(self) -> list[str]:
        """What the checks rest on, each told once (依据)."""
        return list(dict.fromkeys(x.basis for x in self.findings if x.basis))


def mark_lines(evaluation: Evaluation | None) -> list[MarkLine]:
    """A judgement, line by line, each with its basis (评定明细)."""
    if evaluation is None:
        return []
    sources = {x["field"]: x for x in evaluation.basis.get("citations", ()) if x["policy"] == "five_criteria"}
    found = []
    for row in evaluation.marks:
        verdict = Tristate(row["verdict"])
        lines = [_finding_line(x, sources=sources) for x in row["findings"]]
        found.append(MarkLine(Criterion(row["criterion"]), verdict, VERDICT_TONES[verdict], lines))
    return found


def _finding_line(row: Mapping[str, Any], *, sources: Mapping[str, Any]) -> FindingLine:
    verdict, cited = Tristate(row["verdict"]), sources.get(row["field"])
    basis = ""
    if cited:
        basis = cited["source"] + (say("（未核实）", " (not confirmed)") if cited["unconfirmed"] else "")
    return FindingLine(
        Check(row["check"]),
        verdict,
        VERDICT_TONES[verdict],
        EvidenceSource(row["source"]) if "source" in row else None,
        date.fromisoformat(row["found_on"]) if "found_on" in row else None,
        date.fromisoformat(row["valid_until"]) if "valid_until" in row else None,
        row.get("expired", False),
        basis,
    )


def marks_in_short(evaluation: Evaluation | None) -> str:
    """The criteria in one cell of a list (标准简况): the five, and what is asked before them where it is not met."""
    if evaluation is None:
        return ""
    parts = []
    for row in evaluation.marks:
        criterion, verdict = Criterion(row["criterion"]), Tristate(row["verdict"])
        if criterion in FIVE or verdict is not Tristate.MET:
            parts.append(f"{say(*_SHORT[criterion])}{_SIGNS[verdict]}")
    return " ".join(parts)


def cautions_of(evaluation: Evaluation | None) -> list[Caution]:
    """What a reviewer is told beside the criteria (提示)."""
    return [Caution(x) for x in evaluation.cautions] if evaluation else []


def told_act(act: str) -> str:
    """An act of the history in the reader's words (办理动作)."""
    known = next((x for x in Act if x.value == act), None)
    return say(known.zh, known.en[:1].upper() + known.en[1:]) if known else act


def coded(demand: Demand, *, field: str, codes: Iterable[str]) -> list[str]:
    """Codes of the region's policy for demands in the reader's words (政策代码说明)."""
    table = {x["code"]: x for x in code_rows(demand.firm.region_code, field=field)}
    return [say(table[x]["zh"], table[x].get("en", x)) if x in table else x for x in codes]


def code_rows(region_code: str, *, field: str) -> list[dict[str, Any]]:
    """A table of codes of the policy for demands in force today (政策代码表)."""
    rows: list[dict[str, Any]] = policy.read("demand", region=policy_region(region_code), on=timezone.localdate())[field]
    return rows


def code_choices(region_code: str, *, field: str) -> list[tuple[str, str]]:
    """The same to choose from (代码选项)."""
    return [(x["code"], say(x["zh"], x["en"])) for x in code_rows(region_code, field=field)]


def clock_name(clock: Clock) -> str:
    """A deadline's name and length, as the policy says it (时限名称)."""
    names = {
        "task_force_review": ("专班审核", "Review by the task force"),
        "appeal_answer": ("答复申诉", "Answer to the appeal"),
        "bank_decision": ("银行授信决定", "The bank's decision"),
        "bank_contact": ("银行首次联系", "The bank's first contact"),
        "acknowledgement": ("银行受理回执", "The bank's receipt"),
        "loan_code_accept": ("贷款码受理", "Loan code: acceptance"),
        "loan_code_contact": ("贷款码对接", "Loan code: contact"),
    }
    unit = say(*_UNITS[clock.term["unit"]])
    return f"{say(*names.get(clock.name, (clock.name, clock.name)))} · {clock.term['length']} {unit}"


def clock_state(clock: Clock, *, on: date) -> tuple[str, str]:
    """How a deadline stands, and the tone of its badge (时限状态)."""
    last = clock.ended_on or on
    late = (last - clock.due_on).days
    if clock.stage is ClockStage.PAUSED:
        return say("已暂停", "paused"), "amber"
    if clock.stage is ClockStage.ENDED:
        return (
            (say(f"逾期 {late} 天办结", f"ended {late} days late"), "red")
            if late > 0
            else (say("按时办结", "in time"), "green")
        )
    if late > 0:
        return say(f"已逾期 {late} 天", f"{late} days overdue"), "red"
    return (say("今天到期", "due today"), "amber") if late == 0 else (say(f"还有 {-late} 天", f"{-late} days left"), "blue")
