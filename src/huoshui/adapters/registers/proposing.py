"""A proposal for a mapping (映射建议): what kind a table is, and what its columns are, by headings and by values."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from huoshui.adapters.registers.column_content import Content
from huoshui.adapters.registers.fields import Field, Reading, fields_of
from huoshui.adapters.registers.heading_match import Match, fields_and_parties, matches
from huoshui.adapters.registers.headings import is_foreign, unit_of
from huoshui.adapters.registers.ignored_headings import list_named_in, reason_to_ignore
from huoshui.adapters.registers.invoice_parties import settle_parties
from huoshui.adapters.registers.mapping import Column, Mapping, Where
from huoshui.adapters.registers.synonyms import plain
from huoshui.adapters.registers.tabular import Table
from huoshui.terms import RegisterKind

SURE: Final = 0.8
HASHED_NAME: Final = "hashed_name"
_ENOUGH: Final = 0.45
_CLEAR: Final = 0.9
_MISFIT: Final = "列名像"
_ID: Final = ("uscc", "register_no", "name")
_WEIGHTS: Final = {
    "invoice_no": 3.0, "period_end": 2.0, "lender": 2.0, "granted_on": 2.0, "balance_fen": 2.0, "established_on": 2.0,
    "registered_capital_fen": 2.0, "list_name": 2.0, "region_code": 0.0, "source": 0.5, "reason": 0.5,
}  # fmt: skip
_HINTS: Final = {
    RegisterKind.REGISTRY: "登记|企业信息|企业基本|主体|工商|名录库|registry|register|baseinfo|enterprise|firm|compan",
    RegisterKind.TAX: "税|纳税|申报|tax",
    RegisterKind.LOANS: "贷|授信|借款|loan|lending",
    RegisterKind.INVOICES: "发票|销项|进项|invoice|sales|purchase",
    RegisterKind.EXCLUSIONS: "名单|失信|异常|处罚|非正常户|被执行|欠税|exclu|dishonest|abnormal|exception|punish|black|"
    "justice_credit|enforced|unpaid",
    RegisterKind.SOCIAL_SECURITY: "社保|社会保险|参保|social_?security|social_?insurance",
    RegisterKind.LITIGATION: "诉讼|涉诉|案件|裁判|立案|litigation|lawsuit|case",
}
_NEEDED: Final = {
    RegisterKind.REGISTRY: (), RegisterKind.TAX: ("period_end",), RegisterKind.LOANS: (),
    RegisterKind.INVOICES: ("invoiced_on",), RegisterKind.EXCLUSIONS: ("list_name",),
    RegisterKind.SOCIAL_SECURITY: ("period_end",), RegisterKind.LITIGATION: ("filed_on",),
}  # fmt: skip
_CAPITAL_IN_YUAN: Final = 200_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping that was proposed (建议). `kind_confidence` is from 0 to 1; `notes` say what to check."""

    mapping: Mapping
    kind_confidence: float
    notes: tuple[str, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the proposal should not be used unseen (存疑之处)."""
        mapped, kind = self.mapping.mapped, self.mapping.kind
        found = [f"{x.source} → {field} ({x.confidence})" for field, x in mapped.items() if (x.confidence or 0) < SURE]
        if not any(x in mapped for x in _ID):
            found.append("no column tells whom a row is about (没有识别主体的列)")
        found += [f"{x.source}: {x.reason}" for x in self.mapping.columns if (x.reason or "").startswith(_MISFIT)]
        missing = [x for x in _NEEDED[kind] if x not in mapped and x not in self.mapping.constants]
        return (*found, *(f"no column for {x}" for x in missing))


@dataclass(frozen=True, slots=True)
class _Candidate:
    heading: str
    field: str
    confidence: float
    kinds: int


@dataclass(frozen=True, slots=True)
class _Settled:
    """A table whose columns are settled: the chosen candidate by heading, the unit above the headings, the notes so far."""

    kind: RegisterKind
    chosen: dict[str, _Candidate]
    unit: str | None
    notes: list[str]


def propose(table: Table, *, kind: RegisterKind | None = None) -> Proposal:
    """Propose a mapping (建议映射); with `kind` for that kind, else for the likeliest."""
    contents = {x: Content.of(table.sample.get(x, [])) for x in table.shape.headings}
    kinds = [kind] if kind else list(RegisterKind)
    weighed = sorted(((_weight(table, contents, x), place, x) for place, x in enumerate(kinds)), key=lambda x: (-x[0], x[1]))
    best, second = weighed[0], weighed[1] if len(weighed) > 1 else (0.0, 0, None)
    sure = 1.0 if kind else round(best[0] / (best[0] + second[0]), 2) if best[0] >= 1 else 0.3
    mapping, notes = _mapping(table, contents, best[2])
    if sure < 0.5 and kind is None:
        notes.insert(
            0,
            f"数据种类不确定，暂按 {best[2].value}（{best[2].zh}）(the kind is a guess: little but an identity was recognised)",
        )
    return Proposal(mapping, sure, tuple(notes))


def _weight(table: Table, contents: dict[str, Content], kind: RegisterKind) -> float:
    """How much speaks for a kind: its own fields, the less the more kinds use the word; the name of file and sheet."""
    own = [x for x in _assigned(contents, kind) if x.field not in ("uscc", "register_no", "name")]
    weight = sum(_WEIGHTS.get(x.field, 1.0) * x.confidence / x.kinds for x in own)
    if kind is RegisterKind.TAX and not any(x.field in ("period_end", "sales_fen", "tax_paid_fen", "tax_status") for x in own):
        weight = 0.0
    named = f"{table.path.stem} {table.shape.sheet or ''}"
    if re.search(_HINTS[kind], named, re.IGNORECASE):
        weight += 0.9
    if kind is RegisterKind.EXCLUSIONS and any(_flag_of(x, contents[x], named) for x in contents):
        weight += 1.5
    return weight


def _candidates(contents: dict[str, Content], kind: RegisterKind) -> Iterator[_Candidate]:
    readings = fields_and_parties(kind)
    for heading, content in contents.items():
        if reason_to_ignore(heading, kind=kind) or is_foreign(heading):
            continue
        for match in matches(heading, kind=kind):
            yield from _weighed(heading, content, match, readings)
        if (found := content.field_alone()) and found[0] in readings:
            yield _Candidate(heading, found[0], found[1] * 0.95, 1)


def _weighed(heading: str, content: Content, match: Match, readings: dict[str, Reading]) -> Iterator[_Candidate]:
    if match.field == "name" and content.hashed >= 0.8:
        yield _Candidate(heading, "register_no", match.alike * 0.9, match.kinds)
        return
    field = Field(match.field, "", readings[match.field])
    if match.field in ("name", "register_no") and plain(heading) in (
        "name",
        "名称",
        "企业",
        "公司",
        "单位",
        "mc",
        "全称",
        "fullname",
    ):
        fit = max(content.firm_name, 0.2) if content.values else 0.9
        fit = 1.0 if fit >= 0.3 else fit
    else:
        fit = content.fits(field, unit=unit_of(heading))
    empty = 0.85 if not content.values and content.rows else 1.0
    yield _Candidate(
        heading, match.field, round(match.alike * (1.0 if fit >= 0.9 else 0.9 if fit >= 0.6 else fit) * empty, 3), match.kinds
    )


def _assigned(contents: dict[str, Content], kind: RegisterKind) -> list[_Candidate]:
    """The best candidate for each column and each field."""
    chosen: list[_Candidate] = []
    for candidate in sorted(_candidates(contents, kind), key=lambda x: -x.confidence):
        taken = any(x.heading == candidate.heading or x.field == candidate.field for x in chosen)
        if not taken and candidate.confidence >= _ENOUGH:
            chosen.append(candidate)
    return chosen


def _mapping(table: Table, contents: dict[str, Content], kind: RegisterKind) -> tuple[Mapping, list[str]]:
    named = f"{table.path.stem} {table.shape.sheet or ''}"
    chosen = {x.heading: x for x in _assigned(contents, kind)}
    constants: dict[str, str] = {}
    notes: list[str] = []
    if kind is RegisterKind.INVOICES:
        fields = {heading: x.field for heading, x in chosen.items()}
        settled = settle_parties(fields, file_name=named)
        chosen = {
            heading: replace(x, field=settled.fields[heading]) for heading, x in chosen.items() if heading in settled.fields
        }
        constants |= settled.constants
        notes += settled.notes
    where: list[Where] = []
    if kind is RegisterKind.EXCLUSIONS and not any(x.field == "list_name" for x in chosen.values()):
        flags = [x for x in contents if x not in chosen and _flag_of(x, contents[x], named)]
        if list_name := next(filter(None, (list_named_in(x) for x in (*flags, named, "".join(contents)))), None):
            constants["list_name"] = list_name
            where = [Where(x, not_in=("0", "0.0", "否", "无", "")) for x in flags[:1]]
    settled_table = _Settled(kind, chosen, table.shape.unit, notes)
    columns = tuple(_column(x, contents[x], table=settled_table) for x in contents)
    if not any(x.field in _ID for x in chosen.values()):
        notes.append(
            "没有识别主体的列，导入时每一行都会被拒绝 (no column tells whom a row is about: import would reject every row)"
        )
    shape = table.shape
    sheets = (shape.sheet,) if shape.sheet else None
    mapping = Mapping(
        kind, columns, (table.path.name,), shape.encoding, shape.delimiter, shape.header_row, sheets, constants, tuple(where)
    )
    return mapping, notes


def _column(heading: str, content: Content, *, table: _Settled) -> Column:
    found, notes = table.chosen.get(heading), table.notes
    if found is None:
        return Column(heading, reason=_why_ignored(heading, content, table.chosen.values(), table.kind))
    field = fields_of(table.kind)[found.field]
    column = Column(heading, field.name, confidence=round(found.confidence, 2))
    if field.reading is Reading.AMOUNT:
        return msgspec.structs.replace(column, unit=unit_of(heading) or table.unit or _unit(heading, content, field, notes))
    if field.name == "register_no":
        return msgspec.structs.replace(column, scheme=_scheme(heading, content))
    if field.reading is Reading.DAY:
        return msgspec.structs.replace(column, date_format=_date_format(heading, content, notes))
    return column


def _why_ignored(heading: str, content: Content, chosen: Iterable[_Candidate], kind: RegisterKind) -> str:
    if reason := reason_to_ignore(heading, kind=kind):
        return reason
    if is_foreign(heading):
        return "外币金额 (an amount in another currency)"
    for match in matches(heading, kind=kind)[:1]:
        taken = next((x.heading for x in chosen if x.field == match.field), None)
        if taken:
            return f"{match.field} 已由列 {taken} 提供 (taken by another column)"
        if match.alike >= _CLEAR:
            return f"{_MISFIT} {match.field}，但内容不符 (the heading fits, the values do not)"
    if content.hashed >= 0.8:
        return "散列值 (hashed values)"
    return f"{kind.zh}没有对应字段 (no field of this kind fits)" if content.values else "样本中为空 (empty in the sample)"


def _unit(heading: str, content: Content, field: Field, notes: list[str]) -> str:
    numbers = sorted(float(x.replace(",", "")) for x in content.values if re.fullmatch(r"-?[\d,]{1,15}(?:\.\d*)?", x))
    median = numbers[len(numbers) // 2] if numbers else 0.0
    unit = "万元" if field.name == "registered_capital_fen" and 0 < median < _CAPITAL_IN_YUAN else "元"
    if not all(re.search(r"[元万亿]", x) for x in content.values):
        notes.append(f"列 {heading} 未注明单位，按{unit}处理 (no unit found; {unit} assumed, please check)")
    return unit


def _scheme(heading: str, content: Content) -> str:
    if content.hashed >= 0.8:
        return HASHED_NAME
    fifteen_digits = content.share(re.compile(r"\d{15}").fullmatch)
    if content.old_number >= 0.5 or (fifteen_digits >= 0.8 and re.search("注册号|reg_?no|registration|zch", heading.lower())):
        return "gs15"
    if content.organisation_code >= 0.8 and re.search("机构|org|zzjg", heading, re.IGNORECASE):
        return "organisation_code"
    return re.sub(r"\W+", "_", heading.strip().lower()).strip("_") or "own"


def _date_format(heading: str, content: Content, notes: list[str]) -> str:
    """Days before months, or months before days, where the values leave no other reading."""
    pairs = [re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}(?: .*)?", x) for x in content.values]
    found = [(int(x[1]), int(x[2])) for x in pairs if x]
    short = content.share(re.compile(r"\d{2}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/ ][A-Za-z]{3}[-/ ]\d{2}").fullmatch)
    if short:
        notes.append(f"列 {heading} 有两位数年份，请写明 date_format (two-digit years: state a date_format such as yy-mm-dd)")
    if not found or 2 * len(found) < len(content.values):
        return "auto"
    separator = next(x[0] for x in (re.search(r"[-/.]", y) for y in content.values) if x)
    day_first, month_first = any(x > 12 for x, _ in found), any(y > 12 for _, y in found)
    if day_first == month_first:
        notes.append(f"列 {heading} 日月顺序不明，请写明 date_format (day or month first? state dd/mm/yyyy or mm/dd/yyyy)")
        return "auto"
    return separator.join(("dd", "mm", "yyyy") if day_first else ("mm", "dd", "yyyy"))


def _flag_of(heading: str, content: Content, named: str) -> bool:
    """Whether a column says whether, or how often, a firm is on a list that heading or file name means."""
    is_flag = bool(re.match(r"是否|is_|.*(?:标志|次数|num)$", heading.lower())) or plain(heading).startswith("is")
    return is_flag and content.flag >= 0.8 and list_named_in(f"{heading} {named}") is not None
