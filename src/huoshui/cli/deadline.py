"""`huoshui deadline` (办理时限)."""

from collections.abc import Callable
from typing import Final

from huoshui import policy
from huoshui.cli.calculator import Calculator, Field, Result, Values, read_choice, read_count, read_date, read_once, read_text
from huoshui.cli.readers import read_region, read_span
from huoshui.errors import BadRequest
from huoshui.policy import Citation, Policy
from huoshui.policy.region import NATION
from huoshui.rules.deadline import Clock
from huoshui.services.deadline import find_clock, reckon_deadline
from huoshui.terms import ClockUnit

_STATED: Final = "stated"


def calculate(values: Values, *, read: Callable[..., Policy] = policy.read) -> Result:
    """The due day as JSON shows it (到期日测算)."""
    clock, citation = _clock(values, read=read)
    answer = reckon_deadline(
        clock, started_on=values["started"], pauses=values["pause"], on=values["on"], citation=citation
    )
    deadline = answer.deadline
    return {
        "due_on": deadline.due_on,
        "earliest_due_on": deadline.earliest_due_on,
        "paused_days": deadline.paused_days,
        "is_paused": deadline.is_paused,
        "is_overdue": deadline.is_overdue,
        "overdue_days": deadline.overdue_days,
        "started_on": values["started"],
        "start_event": clock.start_event,
        "start_event_zh": clock.start_zh,
        "length": clock.length,
        "unit": clock.unit,
        "pause_events": clock.pause_events,
        "holidays_known": answer.holidays_known,
        "citation": citation,
    }


def describe(result: Result) -> str:
    """The due day as a person reads it (文字说明)."""
    unit: ClockUnit = result["unit"]
    counted = unit if unit is ClockUnit.WORKING_DAY else ClockUnit.CALENDAR_DAY
    due_on = f"到期日 {result['due_on']}" if result["due_on"] else f"暂停中，到期日未定，不早于 {result['earliest_due_on']}"
    lines = [due_on, f"自{result['start_event_zh']}（{result['started_on']}）起 {result['length']} 个{unit.zh}"]
    if result["paused_days"]:
        lines.append(f"暂停 {result['paused_days']} 个{counted.zh}")
    if result["is_overdue"]:
        lines.append(f"已逾期 {result['overdue_days']} 天")
    if not result["holidays_known"]:
        lines.append("所涉年份的放假安排尚未公布或未收录，按周一至周五计")
    if cited := result["citation"]:
        flag = "（未核实）" if cited.unconfirmed else ""
        lines.append(f"依据：{cited.field}，{cited.region}，自 {cited.since}，{cited.source}{flag}")
    return "\n".join(lines)


def _clock(values: Values, *, read: Callable[..., Policy]) -> tuple[Clock, Citation | None]:
    name, length, unit = values["clock"], values["length"], values["unit"]
    if name is not None:
        if length is not None or unit is not None:
            raise BadRequest("clock says how long it is; leave out length and unit, or leave out clock", field="clock")
        return find_clock(name, region=values["region"], on=values["started"], read=read)
    if length is None or unit is None:
        raise BadRequest("the clock is missing: expected clock, or length and unit", field="clock")
    return Clock(_STATED, "起算日", length, unit, (_STATED,)), None


CALCULATOR = Calculator(
    fields=(
        Field("clock", read_text, "name of the clock, such as bank_decision (时限名称)"),
        Field("region", read_region, "region code of GB/T 2260; the nation if left out (地区)", default=NATION),
        Field("started", read_date, "day of the start event; it is not counted (起算日)", required=True),
        Field(
            "pause", read_span,
            "FROM..TO, the days after FROM up to and with TO do not count; FROM.. while it lasts; may be repeated (暂停)",
            repeated=True,
        ),
        Field("on", read_date, "the day to tell overdue days for (查询日)"),
        Field("length", read_count, "instead of a clock: how many (时长)"),
        Field("unit", read_choice(*ClockUnit), "instead of a clock: calendar_day, working_day or calendar_month (单位)"),
    ),
    calculate=calculate,
    describe=describe,
    calculate_many=read_once(calculate, read=policy.read),
)
add_arguments = CALCULATOR.add_arguments
run = CALCULATOR.run
