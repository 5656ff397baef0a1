"""The screening of a register (批量筛查) as one Ibis expression: the register's reader of rules/screening.py.

Integers only: filter, int64 join, sum, max, count, CASE, row_number. It is written on unbound tables and compiled to the SQL
of the engine that runs it, so the same expression serves DuckDB and Spark. tables.py has the tables.
"""

from typing import Any, Final

import ibis
import ibis.expr.types as ir

from huoshui.adapters.registers.kernels import VALUE_BITS
from huoshui.adapters.registers.screening.tables import (
    COVERED,
    FIGURES,
    FILINGS,
    LEVELS,
    LOAN_KINDS,
    NOT_COVERED,
    SIZE_ROWS,
    TABLES,
)
from huoshui.rules.screening import (
    CURRENT,
    EXACT_DUPLICATE,
    KEPT,
    KINDS,
    LARGEST_FEN,
    REASONS,
    SIZES,
    STATUSES,
    SUPERSEDED,
    ScreeningRule,
)
from huoshui.rules.visit_priority import Factor, PriorityRule
from huoshui.terms import Evidence, Reason, SizeClass, StatusClass, Tag, TargetKind

_FEN: Final = 100
FACTS: Final = (
    "pos",
    "key",
    "region",
    "record_state",
    "status",
    "kind",
    "size_row",
    "division",
    "employees",
    "revenue",
    "assets",
    "report_year",
    "established",
    "filings",
    "last_filing",
    "sales_12m",
    "sales_6m",
    "tax_employees",
    "tax_assets",
    "tax_abnormal",
    "grade",
    "last_invoice",
    "loans_of_firm",
    "loans_of_owner",
    "tags",
    "excluded",
    "lookable",
    "link",
)
SIZED_KINDS: Final = (KINDS.index(TargetKind.UNKNOWN), KINDS.index(TargetKind.ENTERPRISE))
_OF_THE_REGISTRY: Final = tuple(
    "pos key region status kind size_row division employees revenue assets report_year established".split()
)
_RANKED: Final = ("key", "updated", "row_id", "copy")
_NOT_KNOWN: Final = ("last_filing", "tax_employees", "tax_assets", "last_invoice")
_NONE: Final = ("filings", "sales_12m", "sales_6m", "loans_of_firm", "loans_of_owner")
VERDICTS: Final = ("reason_bits", "evidence_bits", "size", "is_listed", "priority", "priority_bands")


def unbound(name: str) -> ir.Table:
    """One of the tables by name (未绑定表)."""
    return ibis.table(TABLES[name], name=name)


def facts(rule: ScreeningRule) -> ir.Table:
    """One row of facts a registry row (主体事实): the joins and sums."""
    firms = unbound("firms")
    states = _record_states(firms)
    joined = (
        firms.left_join(states, firms.pos == states.state_pos)
        .left_join(filings := _filings(), firms.key == filings.filing_key)
        .left_join(loans := _loans(rule), firms.key == loans.loan_key)
        .left_join(invoices := _invoices(rule.on), firms.key == invoices.invoice_key)
        .left_join(lists := _exclusions(rule.on), firms.key == lists.list_key)
    )
    known = {name: _int(joined[name], -1) for name in _NOT_KNOWN}
    counted = {name: _int(joined[name], 0) for name in _NONE}
    return joined.select(*_OF_THE_REGISTRY, **known, **counted, **_marks(joined)).select(*FACTS)


def _marks(joined: ir.Table) -> dict[str, Any]:
    """Small numbers of a firm: its record's state, tags, lists, whether it can be looked up, its weakest link."""
    abnormal_bit, tax_bit = (1 << tuple(Tag).index(x) for x in (Tag.ABNORMAL, Tag.TAX_NON_NORMAL))
    listed = _int(joined.tag_bits, 0)
    listed = listed | _flag(joined.is_abnormal == 1, abnormal_bit) | _flag(joined.tax_abnormal == 1, tax_bit)
    links = (_int(joined[name], 0) for name in ("filing_link", "loan_link", "invoice_link", "list_link"))
    found = {
        "record_state": _int(joined.record_state, CURRENT),
        "tax_abnormal": _int(joined.tax_abnormal, -1),
        "grade": _int(joined.grade, 0),
        "tags": listed,
        "excluded": _int(joined.excluded, 0),
        "lookable": _flag(joined.key != -1, 1),
        "link": ibis.greatest(joined.link, *links),
    }
    return {name: value.cast("int8") for name, value in found.items()}


def verdicts(table: ir.Table, *, rule: ScreeningRule, priority: PriorityRule) -> ir.Table:
    """The verdict of every row of facts (筛查结论): row by row, no join but the size table.

    In five steps, each a projection, because engines compute an expression once a step.
    """
    f = _banded(_classed(_compared(_figured(table, rule)), rule), priority)
    reasons = _reasons(f)
    superseded = f.record_state == SUPERSEDED
    bits = ibis.ifelse(superseded, 1 << REASONS.index(Reason.SUPERSEDED), _bits(reasons, REASONS))
    blocked = superseded | f.has_loan | (f.lookable == 0)
    for reason in (
        Reason.CLOSED,
        Reason.SUSPENDED,
        Reason.NON_TARGET,
        Reason.INACTIVE,
        Reason.TOO_LARGE,
        Reason.NOT_COVERED,
        Reason.EXCLUDED,
    ):
        blocked = blocked | reasons[reason]
    bands, points = _points(f, priority)
    return f.select(
        *FACTS,
        reason_bits=bits.cast("int16"),
        evidence_bits=f.evidence_bits.cast("int16"),
        size=f["size"].cast("int8"),
        is_listed=_flag(~blocked, 1).cast("int8"),
        priority=points.cast("int16"),
        priority_bands=bands.cast("int32"),
    )


def _figured(table: ir.Table, rule: ScreeningRule) -> ir.Table:
    """Facts with the bounds of their size row and the figures that are compared with them."""
    rows = unbound("size_rows")
    f = table.join(rows, table.size_row == rows.size_row)
    pairs = _own_and_filed(f, rule)
    return f.select(
        *FACTS,
        *[name for name in SIZE_ROWS if name != "size_row"],
        uses_own=_any([own >= 0 for own, _ in pairs.values()]),
        uses_tax=_any([(own < 0) & (other >= 0) for own, other in pairs.values()]),
        **figures(f, rule=rule),
    )


def _own_and_filed(f: ir.Table, rule: ScreeningRule) -> dict[str, tuple[Any, Any]]:
    filed = ibis.ifelse((f.last_filing >= rule.year_since) & (f.sales_12m >= 0), f.sales_12m, -1)
    return {"staff": (f.employees, f.tax_employees), "turnover": (f.revenue, filed), "wealth": (f.assets, f.tax_assets)}


def figures(f: ir.Table, *, rule: ScreeningRule) -> dict[str, Any]:
    """What is compared with bounds of employees, revenue and assets (划型数值): the firm's own figure, else the filed one."""
    return {name: ibis.ifelse(own >= 0, own, other) for name, (own, other) in _own_and_filed(f, rule).items()}


def is_sized(f: ir.Table) -> Any:
    """Whether the size class of a row of facts matters at all (是否适用划型): not for sole traders and the like."""
    return f.kind.isin(SIZED_KINDS)


def _compared(f: ir.Table) -> ir.Table:
    """Whether the figures are below, or hold, the bounds of each class; neither while a figure that is needed is missing."""
    tests = {}
    for level in LEVELS:
        pairs = [
            (f[figure], f[f"{level}_{name}"]) for figure, name in zip(("staff", "turnover", "wealth"), FIGURES, strict=True)
        ]
        tests[f"below_{level}"] = _any([(figure < bound) & (figure >= 0) for figure, bound in pairs])
        tests[f"short_of_{level}"] = _any([figure < bound for figure, bound in pairs])
    return f.select(*FACTS, "covered", "uses_own", "uses_tax", staff_known="staff", **tests)


def _classed(f: ir.Table, rule: ScreeningRule) -> ir.Table:
    """Size class, evidence, activity and loans."""
    covered = f.covered == COVERED
    classes = {
        SizeClass.MICRO: f.below_small,
        SizeClass.SMALL: ~f.short_of_small & f.below_medium & f.below_large,
        SizeClass.MEDIUM: ~f.short_of_medium & f.below_large,
        SizeClass.LARGE: ~f.short_of_large,
    }
    size = _flag(f.covered == NOT_COVERED, SIZES.index(SizeClass.NOT_APPLICABLE))
    for size_class, holds in classes.items():
        size = size + _flag(holds & covered, SIZES.index(size_class))
    signs = {
        Evidence.TAX_SALES: f.sales_6m > 0,
        Evidence.INVOICE: f.last_invoice >= rule.invoices_since,
        Evidence.ANNUAL_REPORT: (f.report_year >= rule.report_due_year) & (f.tax_abnormal != 1),
    }
    of_owner = f.loans_of_owner > 0
    if not rule.loans.owner_loans:
        sole_trader = f.kind == KINDS.index(TargetKind.SOLE_TRADER)
        of_owner = of_owner & sole_trader if rule.loans.sole_trader_owner else ibis.literal(value=False)
    loans = {Evidence.LOAN_OF_FIRM: f.loans_of_firm > 0, Evidence.LOAN_OF_OWNER: of_owner}
    known = f.lookable == 1
    capped = _any([(x >= LARGEST_FEN) | (x <= -LARGEST_FEN) for x in (f.sales_12m, f.sales_6m)])
    evidence = {
        **signs, Evidence.SALES_CAPPED: capped,
        **{k: v & known for k, v in loans.items()}, Evidence.OWN_FIGURES: f.uses_own & covered,
        Evidence.TAX_FIGURES: f.uses_tax & covered, Evidence.NO_TAX_RECORD: f.filings == 0,
    }  # fmt: skip
    return f.select(
        *FACTS, "staff_known", size=size, evidence_bits=_bits(evidence, tuple(Evidence)),
        is_active=_any(list(signs.values())), has_loan=_any(list(loans.values())),
    )  # fmt: skip


def _reasons(f: ir.Table) -> dict[Reason, ir.BooleanValue]:
    operating, sized = STATUSES.index, is_sized(f)
    at = SIZES.index
    return {
        Reason.CLOSED: f.status == operating(StatusClass.CLOSED),
        Reason.SUSPENDED: f.status == operating(StatusClass.SUSPENDED),
        Reason.STATUS_UNKNOWN: f.status == operating(StatusClass.UNKNOWN),
        Reason.NON_TARGET: f.kind == KINDS.index(TargetKind.NON_TARGET),
        Reason.KIND_UNKNOWN: f.kind == KINDS.index(TargetKind.UNKNOWN),
        Reason.INACTIVE: ~f.is_active,
        Reason.TOO_LARGE: sized & f["size"].isin([at(SizeClass.MEDIUM), at(SizeClass.LARGE)]),
        Reason.NOT_COVERED: sized & (f["size"] == at(SizeClass.NOT_APPLICABLE)),
        Reason.SIZE_UNKNOWN: sized & (f["size"] == at(SizeClass.UNKNOWN)),
        Reason.EXCLUDED: f.excluded == 1,
        Reason.HAS_LOAN: f.has_loan & (f.lookable == 1),
        Reason.LOAN_UNKNOWN: f.lookable == 0,
        Reason.NO_LOAN: ~f.has_loan & (f.lookable == 1),
    }


def _banded(f: ir.Table, rule: PriorityRule) -> ir.Table:
    """The band of every priority factor as a column: 0 below the first threshold or not known, then 1, 2 and so on."""
    bands = {}
    for factor in rule.factors:
        if factor.input == "credit_grade":
            bands[f"band_{factor.input}"] = f.grade.cast("int32")
        else:
            reached = list(enumerate(_reached(f, factor), start=1))
            bands[f"band_{factor.input}"] = ibis.cases(*[(test, i) for i, test in reversed(reached)], else_=0).cast("int32")
    return f.mutate(**bands)


def _reached(f: ir.Table, factor: Factor) -> list[Any]:
    """Whether each threshold of a factor is reached; a higher one only where the lower ones are."""
    if factor.input == "sales_recent":
        return [(f.sales_12m > 0) & (_FEN * f.sales_6m >= t * f.sales_12m) for t in factor.thresholds]
    if factor.input == "age":
        return [(f.established >= 0) & (f.established <= t) for t in factor.thresholds]
    fact = {"recent_invoice": f.last_invoice, "employees": f.staff_known, "sales_12m": f.sales_12m}[factor.input]
    return [fact >= t for t in factor.thresholds]


def _points(f: ir.Table, rule: PriorityRule) -> tuple[Any, Any]:
    """All bands, four bits each, and the sum of their points and those of the tags."""
    bands: Any = ibis.literal(0, "int32")
    points: Any = ibis.literal(0, "int32")
    for place, factor in enumerate(rule.factors):
        band = f[f"band_{factor.input}"]
        bands = bands + band * (1 << 4 * place)
        points = points + ibis.cases(*[(band == i, p) for i, p in enumerate(factor.points) if i], else_=factor.points[0])
    for i, tag in enumerate(Tag):
        if rule.tag_points.get(tag):
            points = points + _flag((f.tags & (1 << i)) != 0, rule.tag_points[tag])
    return bands, points


def _record_states(firms: ir.Table) -> ir.Table:
    """Rows that share a key: exact duplicates and superseded records (重复与旧记录); of one day the higher row_id is kept.

    A newer record outside the region supersedes too, and has no state.
    """
    same = firms.semi_join(unbound("double_keys"), "key")
    equal = ibis.window(group_by=[same.key, same.other_content], order_by=same.row_id)
    copies = same.mutate(copy=ibis.row_number().over(equal)).select("pos", *_RANKED)
    elsewhere = unbound("elsewhere").mutate(pos=ibis.literal(-1, "int32"), copy=ibis.literal(0, "int64"))
    copies = copies.union(elsewhere.select("pos", *_RANKED))
    newest = ibis.window(group_by=[copies.key, copies.copy > 0], order_by=[copies.updated.desc(), copies.row_id.desc()])
    ranked = copies.mutate(rank=ibis.row_number().over(newest))
    state = ibis.cases((ranked.copy > 0, EXACT_DUPLICATE), (ranked["rank"] > 0, SUPERSEDED), else_=KEPT)
    found = ranked.select(state_pos=ranked.pos, record_state=state)
    return found.filter(found.state_pos >= 0)


def _filings() -> ir.Table:
    """One row a taxpayer: most have one partial sum, only the others are grouped."""
    once, again = unbound("filings"), unbound("filings_again")
    summed = again.group_by("key").agg(
        sales_12m=_sum(again.sales_12m), sales_6m=_sum(again.sales_6m),
        employees_dated=again.employees_dated.max(), assets_dated=again.assets_dated.max(), grade_dated=again.grade_dated.max(),
        abnormal_dated=again.abnormal_dated.max(), last_day=again.last_day.max(), filings=again.filings.sum().cast("int32"),
        link=again.link.max(),
    )  # fmt: skip
    each = once.union(summed.select(*FILINGS))
    return each.select(
        "sales_12m", "sales_6m", "filings", filing_key=each.key, filing_link=each.link, last_filing=each.last_day,
        tax_employees=_undated(each.employees_dated),
        tax_assets=ibis.ifelse(each.assets_dated >= 0, _undated(each.assets_dated) * _FEN, -1),
        grade=ibis.ifelse(each.grade_dated >= 0, _undated(each.grade_dated), 0), tax_abnormal=_undated(each.abnormal_dated),
    )  # fmt: skip


def _loans(rule: ScreeningRule) -> ir.Table:
    table, loans = unbound("loans"), rule.loans
    counted = table.loan_kind.isin(sorted(LOAN_KINDS.index(x) for x in loans.counted_kinds)) & (table.granted <= rule.on)
    if loans.since is not None:
        counted = counted & ((table.granted >= loans.since) | (table.granted < 0))
    if loans.current_only:
        unsettled = (table.settled < 0) | (table.settled > rule.on)
        counted = counted & ((table.balance > 0) | ((table.balance < 0) & unsettled))
    rows = table.filter(counted)
    return rows.group_by(loan_key=rows.key).agg(
        loans_of_firm=rows.count(where=rows.of_owner == 0),
        loans_of_owner=rows.count(where=rows.of_owner == 1),
        loan_link=rows.link.max(),
    )


def _invoices(on: int) -> ir.Table:
    table = unbound("invoices")
    rows = table.filter(table.last_invoice <= on)
    return rows.group_by(invoice_key=rows.key).agg(last_invoice=rows.last_invoice.max(), invoice_link=rows.link.max())


def _exclusions(on: int) -> ir.Table:
    table = unbound("exclusions")
    rows = table.filter((table.listed <= on) & ((table.expires > on) | (table.expires < 0)))
    tags = sum((rows.tag_bits & (1 << i)).max() for i in range(len(Tag)))  # Ibis has no bit_or over rows for Spark
    return rows.group_by(list_key=rows.key).agg(tag_bits=tags, excluded=rows.excludes.max(), list_link=rows.link.max())


def _undated(packed: Any) -> Any:
    """The value of a packed `day << 47 | value`; -1 stays -1."""
    return ibis.ifelse(packed >= 0, packed & ((1 << VALUE_BITS) - 1), -1)


def _sum(column: Any) -> Any:
    """A sum of sales in 64 bits, held within LARGEST_FEN, so that a hundredfold of it has room too.

    Ibis takes a sum for 64 bits already and drops a plain cast, but DuckDB sums in 128 and is slow after.
    """
    held = ibis.least(ibis.greatest(column.sum(), -LARGEST_FEN), LARGEST_FEN)
    return held.cast("decimal(19, 0)").cast("int64")


def _any(tests: list[Any]) -> Any:
    found = tests[0]
    for test in tests[1:]:
        found = found | test
    return found


def _flag(test: Any, value: int) -> Any:
    """`value` where the test holds, else 0."""
    return ibis.ifelse(test, value, 0)


def _int(value: Any, otherwise: int) -> Any:
    return ibis.coalesce(value, otherwise)


def _bits(tests: dict[Any, Any], order: tuple[Any, ...]) -> Any:
    found: Any = ibis.literal(0, "int32")
    for term, test in tests.items():
        found = found + _flag(test, 1 << order.index(term))
    return found
