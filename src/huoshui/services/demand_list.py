"""The two lists as files (两张清单的导出与导入): every row is taken or refused with line and reason; none skips the review."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from huoshui.adapters.list_workbook import Cell, read_first_sheet, write_sheets
from huoshui.errors import BadAmount, BadChoice, BadDate, BadFile, BadRate, BadRequest, HuoshuiError
from huoshui.models import Batch, Demand, Firm, Grant, Organization, User
from huoshui.money import parse_yuan
from huoshui.rules.demand import OPEN_STAGES
from huoshui.services.demand import publish_demand, save_draft
from huoshui.services.event import record
from huoshui.services.five_criteria import acting_organization
from huoshui.services.mechanism_table import HEADS as TABLE_HEADS
from huoshui.services.mechanism_table import mechanism_rows
from huoshui.terms import (
    BankWish,
    Criterion,
    DemandChannel,
    DemandPurpose,
    EntityKind,
    GuaranteeKind,
    PushStage,
    ReviewAct,
    Term,
    Tristate,
)

_MONTHS_OF_A_YEAR: Final = 12
HEADS: Final[Mapping[str, str]] = {
    "id": "编号", "firm": "企业名称", "uscc": "统一社会信用代码", "region": "地区", "channel": "来源", "stage": "阶段",
    "amount_fen": "需求金额（元）", "months": "期限（月）", "purpose": "用途", "note": "用款说明", "guarantees": "担保方式",
    "expected_rate": "期望年利率", "wanted_by": "希望到账日期", "banks": "优先银行", "published_on": "发布日期",
    "declared_on": "申报日期", "recommended_on": "推荐日期", **{x.value: x.zh for x in Criterion}, "rule": "规则版本",
    "pushed": "推送银行", "visited": "是否走访", "approved": "是否授信", "approved_fen": "授信金额（元）",
    "lent_fen": "放款金额（元）",
    "credit_loan": "信用贷款", "first_loan": "首贷", "renewal": "无还本续贷", "long_term": "中长期", "legal_person": "法人",
    "private": "民营", "foreign_trade": "外贸", "technology": "科技", "consumption": "消费", "rate": "利率",
    "refusals": "未授信原因", "overdue_answers": "银行逾期未答复", "repairs": "帮扶事项",
}  # fmt: skip
NEEDED: Final = ("uscc", "amount_fen", "months", "purpose")
_YES_NO: Final = {True: "是", False: "否", None: ""}


def list_rows(demands: QuerySet[Demand], *, on: date) -> list[dict[str, Any]]:
    """The demands as rows of a list, for a program (清单数据): what nobody knows yet, such as the money lent, is None."""
    rows = demands.select_related("firm", "evaluation").prefetch_related(
        "bank_wishes__bank", "pushes__bank", "pushes__clocks", "repairs"
    )
    return [_row(x, on=on) for x in rows]


def _row(demand: Demand, *, on: date) -> dict[str, Any]:
    marks = {x["criterion"]: x["verdict"] for x in demand.evaluation.marks} if demand.evaluation else {}
    pushes = list(demand.pushes.all())
    told = {
        "id": demand.pk, "firm": demand.firm.name, "uscc": demand.firm.shown_code, "region": demand.firm.region_code,
        "channel": demand.channel, "stage": demand.stage, "amount_fen": demand.amount_fen, "months": demand.months,
        "purpose": demand.purpose or None, "note": demand.note, "guarantees": demand.guarantee_kinds,
        "expected_rate": demand.expected_rate, "wanted_by": demand.wanted_by,
        "banks": [x.bank.name for x in demand.bank_wishes.all() if x.wish is BankWish.PREFERRED],
        "published_on": demand.published_at, "declared_on": demand.declared_at, "recommended_on": demand.recommended_at,
        **{x.value: Tristate(marks[x.value]) if x.value in marks else None for x in Criterion},
        "rule": demand.evaluation.rule_version if demand.evaluation else "",
        "pushed": [x.bank.name for x in pushes], "visited": demand.firm.last_visit_at is not None,
        "approved": any(x.stage is PushStage.APPROVED for x in pushes) if pushes else None,
        "approved_fen": None, "lent_fen": None, "credit_loan": None, "first_loan": None, "renewal": None,
        "long_term": demand.months > _MONTHS_OF_A_YEAR if demand.months else None,
        "legal_person": demand.firm.kind is EntityKind.ENTERPRISE if demand.firm.kind else None,
        "private": None, "foreign_trade": None, "technology": None, "consumption": None, "rate": None,
        "refusals": [x.reason for x in pushes if x.reason],
        "overdue_answers": sum(y.ended_on is None and y.due_on < on for x in pushes for y in x.clocks.all()),
        "repairs": [f"{x.obstacle}:{x.stage.value}" for x in demand.repairs.all()],
    }  # fmt: skip
    return {key: _plain(x) for key, x in told.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone().date()
    return value


def as_json(rows: Sequence[Mapping[str, Any]], *, on: date) -> bytes:
    """The list for a program (清单 JSON): stable words, days as 2025-06-30, amounts in whole fen."""
    told = {"list": "demands", "on": on.isoformat(), "rows": [{k: _for_program(x) for k, x in row.items()} for row in rows]}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _for_program(value: Any) -> Any:
    if isinstance(value, Term):
        return value.value
    if isinstance(value, list):
        return [_for_program(x) for x in value]
    if isinstance(value, date | Decimal):
        return str(value)
    return value


def as_workbook(rows: Sequence[Mapping[str, Any]], *, table: Sequence[Sequence[Cell]]) -> bytes:
    """The list for people (清单 XLSX): one sheet of demands, one of the mechanism's figures by county and week."""
    lines = [[_for_people(key, row[key]) for key in HEADS] for row in rows]
    return write_sheets({"清单": (list(HEADS.values()), lines), "机制统计表": (TABLE_HEADS, table)})


def _for_people(key: str, value: Any) -> Cell:
    if isinstance(value, bool) or (value is None and key in ("visited", "approved", "long_term", "legal_person")):
        return _YES_NO[value]
    if isinstance(value, Term):
        return value.zh
    if isinstance(value, list):
        return "、".join(x.zh if isinstance(x, Term) else str(x) for x in value)
    if key.endswith("_fen") and isinstance(value, int):
        return Decimal(value) / 100
    if isinstance(value, str | int | Decimal | date):
        return value
    return None


def mechanism_table(demands: QuerySet[Demand]) -> list[list[Cell]]:
    """The mechanism's figures of the demands at hand, by county and week (机制统计表)."""
    return mechanism_rows(demands)


def read_list(content: bytes, *, name: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of an exported list, by key, with their lines (读取清单). Raises BadFile."""
    if name.lower().endswith(".json"):
        return _from_json(content)
    keys = {head: key for key, head in HEADS.items()}
    rows = [(line, {keys[head]: x for head, x in row.items() if head in keys}) for line, row in read_first_sheet(content)]
    if rows and not set(NEEDED) <= rows[0][1].keys():
        missing = "、".join(HEADS[x] for x in NEEDED if x not in rows[0][1])
        raise BadFile(f"the first sheet lacks the columns {missing}", zh=f"缺少列：{missing}")
    return rows


def _from_json(content: bytes) -> list[tuple[int, dict[str, str]]]:
    try:
        rows = json.loads(content)["rows"]
        found = [(line, {str(k): x for k, x in row.items()}) for line, row in enumerate(rows, start=1)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFile("the file is no list as it is exported here", zh="文件不是本系统导出的清单") from error
    return [(line, {k: _text(x, key=k) for k, x in row.items()}) for line, row in found]


def _text(value: Any, *, key: str) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value))
    if key == "amount_fen" and isinstance(value, int):
        return str(Decimal(value) / 100)
    return "" if value is None else str(value)


def import_rows(
    rows: Sequence[tuple[int, Mapping[str, str]]], *, firms: QuerySet[Firm], by: User, grant: Grant, at: datetime
) -> Batch:
    """Take the rows of a list (导入清单): each becomes a demand that waits for its firm's confirmation, or is refused.

    `firms` are those that the importer may see. A row that is here already is taken and changes nothing. Raises BadRequest.
    """
    if not rows:
        raise BadRequest("the list has no rows", field="file", zh="清单没有数据行")
    batch = Batch.objects.create(organization_id=acting_organization(grant), act=ReviewAct.IMPORT, by=by, at=at)
    results = [_import_row(line, row, firms=firms, by=by, grant=grant, at=at) for line, row in rows]
    with transaction.atomic():
        batch.results, batch.done = results, sum(x["done"] for x in results)
        batch.refused = len(results) - batch.done
        batch.save()
        record("import_list", batch, by=by, organization=batch.organization_id, role=grant.role,
               basis={"rows": len(results), "done": batch.done, "refused": batch.refused})  # fmt: skip
    return batch


def _import_row(
    line: int, row: Mapping[str, str], *, firms: QuerySet[Firm], by: User, grant: Grant, at: datetime
) -> dict[str, Any]:
    told = {"line": line, "firm": row.get("firm", ""), "demand": None}
    try:
        with transaction.atomic():
            demand, new = _taken(row, firms=firms, by=by, grant=grant, at=at)
    except HuoshuiError as error:
        return {**told, "done": False, "code": error.code, "zh": error.zh, "en": error.message}
    zh, en = (
        ("已导入，待企业确认", "taken, awaits the firm") if new else ("已有相同需求，未重复导入", "here already, unchanged")
    )
    return {**told, "demand": demand.pk, "firm": demand.firm.name, "done": True, "zh": zh, "en": en}


def _taken(row: Mapping[str, str], *, firms: QuerySet[Firm], by: User, grant: Grant, at: datetime) -> tuple[Demand, bool]:
    code = row.get("uscc", "").upper()
    firm: Firm | None = firms.filter(uscc=code).first() if code else None
    if firm is None:
        raise BadRequest(
            f"no firm of your regions has the code {code or 'none'}", field="uscc", zh="辖区内没有这个统一社会信用代码"
        )
    given = {
        "amount_fen": _read("amount_fen", row, parse_yuan),
        "months": _read("months", row, int),
        "purpose": _read("purpose", row, lambda x: _word(DemandPurpose, x)),
    }
    if None in given.values():
        raise BadRequest("amount, term and purpose must be there", field="amount_fen", zh="金额、期限、用途不能为空")
    same = Demand.objects.filter(firm=firm, stage__in=OPEN_STAGES, **given).select_related("firm").first()
    if same is not None:
        return same, False
    draft = save_draft(
        firm=firm, by=by, grant=grant, channel=DemandChannel.IMPORT, note=row.get("note", "")[:500],
        guarantees=_read("guarantees", row, lambda x: [_word(GuaranteeKind, y) for y in x.split("、")]) or (),
        expected_rate=_read("expected_rate", row, Decimal), wanted_by=_read("wanted_by", row, date.fromisoformat),
        preferred_bank_ids=_read("banks", row, _banks) or (), **given,
    )  # fmt: skip
    return publish_demand(draft, by=by, grant=grant, at=at), True


def _read(key: str, row: Mapping[str, str], reader: Callable[[str], Any]) -> Any:
    text = str(row.get(key) or "").strip()
    if not text:
        return None
    errors = {"amount_fen": BadAmount, "expected_rate": BadRate, "wanted_by": BadDate}
    try:
        return reader(text)
    except (ValueError, InvalidOperation, OverflowError, BadAmount) as error:
        kind = errors.get(key, BadChoice)
        raise kind(f"{key} cannot be read: {text[:40]!r}", field=key, zh=f"“{HEADS[key]}”无法识别：{text[:40]}") from error


def _word(words: type[Term], text: str) -> Term:
    found = next((x for x in words if text in (x.value, x.zh, x.en)), None)
    if found is None:
        raise ValueError(text)
    return found


def _banks(text: str) -> list[int]:
    names = text.split("、")
    found = {x.name: x.pk for x in Organization.objects.filter(name__in=names, closed_on=None)}
    if set(names) - set(found):
        raise ValueError(text)
    return [found[x] for x in names]
