"""The mechanism's figures by county and week (机制统计表): firms, not records, counted once a week and county.

What later steps bring, such as the money lent, is left empty here and is not zero. A week begins on Monday.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from huoshui.adapters.list_workbook import Cell
from huoshui.models import BankPush, Clock, Demand, Repair, Visit
from huoshui.terms import PushStage, RepairStage

_COUNTY: Final = 6
_LATER: Final = (
    "授信金额（元）", "放款户数", "放款金额（元）", "其中信用贷款", "其中首贷", "其中无还本续贷", "其中中长期",
    "其中法人", "其中民营", "其中外贸", "其中科技", "其中消费", "平均利率",
)  # fmt: skip
HEADS: Final = (
    "地区", "周（起始日）", "走访户数", "申报清单户数", "推荐清单户数", "授信户数", *_LATER,
    "未授信户数", "未授信原因", "银行逾期答复", "帮扶完成",
)  # fmt: skip
_Key = tuple[str, date]


def mechanism_rows(demands: QuerySet[Demand]) -> list[list[Cell]]:
    """The figures of the firms that have one of these demands (机制统计), weeks in order within each county."""
    ids = demands.order_by().values("pk")
    firms = demands.order_by().values("firm_id")
    counted: dict[str, dict[_Key, set[int]]] = {
        "visited": _count(Visit.objects.filter(firm__in=firms).values_list("region_code", "visited_at", "firm_id")),
        "declared": _count(demands.exclude(declared_at=None).values_list("firm__region_code", "declared_at", "firm_id")),
        "recommended": _count(
            demands.exclude(recommended_at=None).values_list("firm__region_code", "recommended_at", "firm_id")
        ),
    }
    answers = BankPush.objects.filter(demand__in=ids, decided_at__isnull=False)
    told = list(answers.values_list("demand__firm__region_code", "decided_at", "demand__firm_id", "stage", "reason"))
    counted["approved"] = _count((r, at, firm) for r, at, firm, stage, _ in told if stage is PushStage.APPROVED)
    refused = (PushStage.DECLINED, PushStage.RETURNED)
    counted["refused"] = _count((r, at, firm) for r, at, firm, stage, _ in told if stage in refused)
    reasons: dict[_Key, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for region, at, firm, stage, reason in told:
        if stage in refused:
            reasons[_key(region, at)][reason].add(firm)
    late = Clock.objects.filter(demand__in=ids, push__isnull=False).exclude(ended_on=None)
    overdue = [
        (r, e, pk) for r, e, due, pk in late.values_list("demand__firm__region_code", "ended_on", "due_on", "pk") if e > due
    ]
    counted["late"] = _count(overdue)
    done = Repair.objects.filter(demand__in=ids, stage=RepairStage.DONE)
    counted["repaired"] = _count(done.values_list("demand__firm__region_code", "ended_at", "pk"))
    keys = sorted({key for found in counted.values() for key in found})
    return [_line(key, counted=counted, reasons=reasons.get(key, {})) for key in keys]


def _line(key: _Key, *, counted: dict[str, dict[_Key, set[int]]], reasons: dict[str, set[int]]) -> list[Cell]:
    number = {name: len(found.get(key, ())) for name, found in counted.items()}
    why = "；".join(f"{code} {len(firms)}" for code, firms in sorted(reasons.items()))
    return [*key, number["visited"], number["declared"], number["recommended"], number["approved"], *[None] * len(_LATER),
            number["refused"], why, number["late"], number["repaired"]]  # fmt: skip


def _count(rows: Iterable[tuple[str, datetime | date | None, int]]) -> dict[_Key, set[int]]:
    found: dict[_Key, set[int]] = defaultdict(set)
    for region, at, one in rows:
        if at is not None:
            found[_key(region, at)].add(one)
    return found


def _key(region: str, at: datetime | date) -> _Key:
    day = timezone.localdate(at) if isinstance(at, datetime) else at
    return region[:_COUNTY], day - timedelta(days=day.weekday())
