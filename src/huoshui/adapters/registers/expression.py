"""The screening of a register (批量筛查) as one Ibis expression: the register's reader of rules/screening.py.

Integers only: filter, int64 join, sum, max, count, CASE, row_number. It is written on unbound tables and compiled to the SQL
of the engine that runs it, so the same expression serves DuckDB and Spark. Tables (one bucket, or the whole register):

    firms       one row a registry row: see FIRMS
    double_keys the keys that more than one registry row has
    filings     partial sums a taxpayer: see FILINGS
    loans       one row a credit record
    invoices    partial sums a seller
    exclusions  one row an entry on a list
    size_rows   one row a row of the size table, and one each for "not covered" and "unknown"
"""

from typing import Any, Final, cast

import ibis
import ibis.expr.types as ir

from huoshui.adapters.registers.kernels import VALUE_BITS
from huoshui.rules.screening import (
    CURRENT, EXACT_DUPLICATE, KINDS, REASONS, ROW_NOT_COVERED, ROW_UNKNOWN, SIZES, STATUSES, SUPERSEDED, ScreeningRule,
)
from huoshui.rules.visit_priority import Factor, PriorityRule
from huoshui.terms import Evidence, LoanKind, Reason, SizeClass, StatusClass, Tag, TargetKind

_FEN: Final = 100
FIRMS: Final = {
    "pos": "int32", "key": "int64", "name_hash": "int64", "region": "int32", "size_row": "int8", "division": "int16", "status": "int8",
    "kind": "int8", "established": "int32", "report_year": "int16", "is_abnormal": "int8", "employees": "int32",
    "revenue": "int64", "assets": "int64", "updated": "int32", "link": "int8",
}
FILINGS: Final = {
    "key": "int64", "sales_12m": "int64", "sales_6m": "int64", "employees_dated": "int64", "assets_dated": "int64",
    "grade_dated": "int64", "abnormal_dated": "int64", "last_day": "int32", "filings": "int32", "link": "int8",
}
LOANS: Final = {"key": "int64", "loan_kind": "int8", "of_owner": "int8", "granted": "int32", "settled": "int32", "balance": "int64", "link": "int8"}
INVOICES: Final = {"key": "int64", "last_invoice": "int32", "link": "int8"}
EXCLUSIONS: Final = {"key": "int64", "tag_bits": "int32", "excludes": "int8", "listed": "int32", "expires": "int32", "link": "int8"}
SIZE_ROWS: Final = {
    "size_row": "int8", "covered": "int8", **{f"{level}_{figure}": "int64" for level in ("small", "medium", "large")
                                             for figure in ("employees", "revenue", "assets")},
}
TABLES: Final = {
    "firms": FIRMS, "double_keys": {"key": "int64"}, "filings": FILINGS, "loans": LOANS, "invoices": INVOICES,
    "exclusions": EXCLUSIONS, "size_rows": SIZE_ROWS,
}
FACTS: Final = (
    "pos", "key", "region", "record_state", "status", "kind", "size_row", "division", "employees", "revenue", "assets",
    "report_year", "established", "filings", "last_filing", "sales_12m", "sales_6m", "tax_employees", "tax_assets", "tax_abnormal",
    "grade", "last_invoice", "loans_of_firm", "loans_of_owner", "tags", "excluded", "lookable", "link",
)
VERDICTS: Final = ("reason_bits", "evidence_bits", "size", "is_listed", "priority", "priority_bands")
LOAN_KINDS: Final = tuple(LoanKind)


def unbound(name: str) -> ir.Table:
    """One of the tables by name (未绑定表)."""
    return ibis.table(TABLES[name], name=name)


def size_rows(rule: ScreeningRule) -> list[dict[str, int]]:
    """The size table as integers (划型标准表); an unused bound is -1."""
    found = [{"size_row": code, "covered": int(code == ROW_UNKNOWN) * 2, **_bounds(None)} for code in (ROW_NOT_COVERED, ROW_UNKNOWN)]
    for place, row in enumerate(rule.sizes.rows):
        found.append({"size_row": place, "covered": 1, **_bounds(row)})
    return found


def _bounds(row: Any) -> dict[str, int]:
    found = {}
    for level in ("small", "medium", "large"):
        bounds = getattr(row, level, None)
        for figure, name in (("employees", "employees"), ("revenue", "revenue_fen"), ("assets", "assets_fen")):
            bound = getattr(bounds, name, None)
            found[f"{level}_{figure}"] = -1 if bound is None else bound
    return found


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
    abnormal_bit, tax_bit = (1 << tuple(Tag).index(x) for x in (Tag.ABNORMAL, Tag.TAX_NON_NORMAL))
    listed = _int(joined.tag_bits, 0)
    listed = listed.bit_or(_flag(joined.is_abnormal == 1, abnormal_bit)).bit_or(_flag(joined.tax_abnormal == 1, tax_bit))
    return joined.select(
        "pos", "key", "region", "status", "kind", "size_row", "division", "employees", "revenue", "assets", "report_year", "established",
        record_state=_int(joined.record_state, CURRENT).cast("int8"),
        filings=_int(joined.filings, 0), last_filing=_int(joined.last_filing, -1),
        sales_12m=_int(joined.sales_12m, 0), sales_6m=_int(joined.sales_6m, 0),
        tax_employees=_int(joined.tax_employees, -1), tax_assets=_int(joined.tax_assets, -1),
        tax_abnormal=_int(joined.tax_abnormal, -1).cast("int8"), grade=_int(joined.grade, 0).cast("int8"),
        last_invoice=_int(joined.last_invoice, -1),
        loans_of_firm=_int(joined.loans_of_firm, 0), loans_of_owner=_int(joined.loans_of_owner, 0),
        tags=listed.cast("int8"), excluded=_int(joined.excluded, 0).cast("int8"), lookable=_flag(joined.key != -1, 1).cast("int8"),
        link=ibis.greatest(
            joined.link, _int(joined.filing_link, 0), _int(joined.loan_link, 0), _int(joined.invoice_link, 0), _int(joined.list_link, 0)
        ).cast("int8"),
    ).select(*FACTS)


def verdicts(table: ir.Table, *, rule: ScreeningRule, priority: PriorityRule) -> ir.Table:
    """The verdict of every row of facts (筛查结论): row by row, no join but the size table."""
    rows = unbound("size_rows")
    f = table.join(rows, table.size_row == rows.size_row)
    size, evidence_of_size = _size(f, rule)
    signs = {
        Evidence.TAX_SALES: f.sales_6m > 0,
        Evidence.INVOICE: f.last_invoice >= rule.invoices_since,
        Evidence.ANNUAL_REPORT: (f.report_year >= rule.report_due_year) & (f.tax_abnormal != 1),
    }
    sole_trader = KINDS.index(TargetKind.SOLE_TRADER)
    of_owner = f.loans_of_owner > 0
    if not rule.loans.owner_loans:
        of_owner = of_owner & (f.kind == sole_trader) if rule.loans.sole_trader_owner else ibis.literal(value=False)
    loans = {Evidence.LOAN_OF_FIRM: f.loans_of_firm > 0, Evidence.LOAN_OF_OWNER: of_owner}
    known = f.lookable == 1
    evidence = {**signs, **{k: v & known for k, v in loans.items()}, **evidence_of_size, Evidence.NO_TAX_RECORD: f.filings == 0}
    step = f.select(
        *[f[name] for name in FACTS], size=size, evidence_bits=_bits(evidence, tuple(Evidence)),
        is_active=signs[Evidence.TAX_SALES] | signs[Evidence.INVOICE] | signs[Evidence.ANNUAL_REPORT],
        has_loan=loans[Evidence.LOAN_OF_FIRM] | loans[Evidence.LOAN_OF_OWNER],
    )
    reasons = _reasons(step)
    bits = ibis.ifelse(step.record_state == SUPERSEDED, 1 << REASONS.index(Reason.SUPERSEDED), _bits(reasons, REASONS))
    blocked = (step.record_state == SUPERSEDED) | step.has_loan | (step.lookable == 0)
    for reason in (Reason.CLOSED, Reason.SUSPENDED, Reason.NON_TARGET, Reason.INACTIVE, Reason.TOO_LARGE, Reason.NOT_COVERED, Reason.EXCLUDED):
        blocked = blocked | reasons[reason]
    bands, points = _priority(step, priority)
    return step.select(
        *FACTS, reason_bits=bits.cast("int16"), evidence_bits=step.evidence_bits.cast("int16"), size=step["size"].cast("int8"),
        is_listed=_flag(~blocked, 1).cast("int8"), priority=points.cast("int16"), priority_bands=bands.cast("int32"),
    )


def _reasons(f: ir.Table) -> dict[Reason, ir.BooleanValue]:
    operating, sized = STATUSES.index, f.kind.isin([KINDS.index(TargetKind.ENTERPRISE), KINDS.index(TargetKind.UNKNOWN)])
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


def _size(f: ir.Table, rule: ScreeningRule) -> tuple[ir.IntegerValue, dict[Evidence, ir.BooleanValue]]:
    filed_sales = ibis.ifelse(f.last_filing >= rule.year_since, f.sales_12m, -1)
    own = (f.employees, f.revenue, f.assets)
    filed = (f.tax_employees, filed_sales, f.tax_assets)
    figures = [ibis.ifelse(mine >= 0, mine, theirs) for mine, theirs in zip(own, filed, strict=True)]
    below, missing = {}, {}
    for level in ("small", "medium", "large"):
        bounds = [f[f"{level}_{name}"] for name in ("employees", "revenue", "assets")]
        pairs = list(zip(figures, bounds, strict=True))
        below[level] = _any([(figure >= 0) & (figure < bound) for figure, bound in pairs])
        missing[level] = _any([(figure < 0) & (bound >= 0) for figure, bound in pairs])
    held = {level: ~below[level] & ~missing[level] for level in below}
    at = SIZES.index
    size = ibis.cases(
        (f.covered == 0, at(SizeClass.NOT_APPLICABLE)),
        (f.covered == 2, at(SizeClass.UNKNOWN)),
        (below["small"], at(SizeClass.MICRO)),
        (held["large"], at(SizeClass.LARGE)),
        (held["medium"] & below["large"], at(SizeClass.MEDIUM)),
        (held["small"] & below["medium"] & below["large"], at(SizeClass.SMALL)),
        else_=at(SizeClass.UNKNOWN),
    )
    covered = f.covered == 1
    uses_own = _any([mine >= 0 for mine in own]) & covered
    uses_tax = _any([(mine < 0) & (theirs >= 0) for mine, theirs in zip(own, filed, strict=True)]) & covered
    return cast(ir.IntegerValue, size), {Evidence.OWN_FIGURES: uses_own, Evidence.TAX_FIGURES: uses_tax}


def _priority(f: ir.Table, rule: PriorityRule) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    """The band of every factor, four bits each, and the sum of their points."""
    bands: Any = ibis.literal(0, "int32")
    points: Any = ibis.literal(0, "int32")
    for place, factor in enumerate(rule.factors):
        band = _band(f, factor, rule)
        bands = bands + band * (1 << 4 * place)
        points = points + ibis.cases(*[(band == i, p) for i, p in enumerate(factor.points) if i], else_=factor.points[0])
    tags = rule.tag_points
    for i, tag in enumerate(Tag):
        if tags.get(tag):
            points = points + _flag(f.tags.bit_and(1 << i) != 0, tags[tag])
    return bands, points


def _band(f: ir.Table, factor: Factor, rule: PriorityRule) -> Any:
    """0 below the first threshold or not known, then 1, 2, … for each threshold reached."""
    if factor.input == "sales_recent":
        reached = [(f.sales_12m > 0) & (_FEN * f.sales_6m >= t * f.sales_12m) for t in factor.thresholds]
    elif factor.input == "age":
        reached = [(f.established >= 0) & (f.established <= t) for t in factor.thresholds]
    elif factor.input == "recent_invoice":
        reached = [f.last_invoice >= t for t in factor.thresholds]
    elif factor.input == "employees":
        staff = ibis.ifelse(f.employees >= 0, f.employees, f.tax_employees)
        reached = [staff >= t for t in factor.thresholds]
    elif factor.input == "credit_grade":
        return f.grade.cast("int32")
    else:
        reached = [f.sales_12m >= t for t in factor.thresholds]
    return ibis.cases(*[(test, i) for i, test in reversed(list(enumerate(reached, start=1)))], else_=0)


def _record_states(firms: ir.Table) -> ir.Table:
    """Rows that share a key: exact duplicates and superseded records (重复与旧记录)."""
    same = firms.semi_join(unbound("double_keys"), "key")
    content = [same[name] for name in FIRMS if name not in ("pos", "link")]
    copies = same.mutate(copy=ibis.row_number().over(ibis.window(group_by=content, order_by=same.pos)))
    newest = ibis.window(group_by=[copies.key, copies.copy > 0], order_by=[copies.updated.desc(), copies.pos.desc()])
    ranked = copies.mutate(rank=ibis.row_number().over(newest))
    state = ibis.cases((ranked.copy > 0, EXACT_DUPLICATE), (ranked["rank"] > 0, SUPERSEDED), else_=CURRENT)
    return ranked.select(state_pos=ranked.pos, record_state=state)


def _filings() -> ir.Table:
    table = unbound("filings")
    summed = table.group_by(filing_key=table.key).agg(
        sales_12m=table.sales_12m.sum().cast("int64"), sales_6m=table.sales_6m.sum().cast("int64"),
        filings=table.filings.sum().cast("int64"), last_filing=table.last_day.max(),
        employees_dated=table.employees_dated.max(), assets_dated=table.assets_dated.max(), grade_dated=table.grade_dated.max(),
        abnormal_dated=table.abnormal_dated.max(), filing_link=table.link.max(),
    )
    return summed.select(
        "filing_key", "filing_link", "sales_12m", "sales_6m", "filings", "last_filing", tax_employees=_undated(summed.employees_dated),
        tax_assets=ibis.ifelse(summed.assets_dated < 0, -1, _undated(summed.assets_dated) * _FEN),
        grade=_undated(summed.grade_dated), tax_abnormal=_undated(summed.abnormal_dated),
    )


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
        loans_of_firm=(rows.of_owner == 0).cast("int64").sum().cast("int64"),
        loans_of_owner=(rows.of_owner == 1).cast("int64").sum().cast("int64"), loan_link=rows.link.max(),
    )


def _invoices(on: int) -> ir.Table:
    table = unbound("invoices")
    rows = table.filter(table.last_invoice <= on)
    return rows.group_by(invoice_key=rows.key).agg(last_invoice=rows.last_invoice.max(), invoice_link=rows.link.max())


def _exclusions(on: int) -> ir.Table:
    table = unbound("exclusions")
    rows = table.filter((table.listed <= on) & ((table.expires > on) | (table.expires < 0)))
    return rows.group_by(list_key=rows.key).agg(tag_bits=rows.tag_bits.bit_or(), excluded=rows.excludes.max(), list_link=rows.link.max())


def _undated(packed: Any) -> Any:
    """The value of a packed `day << 47 | value`; -1 stays -1."""
    return ibis.ifelse(packed < 0, -1, packed.bit_and((1 << VALUE_BITS) - 1))


def _any(tests: list[Any]) -> Any:
    found = tests[0]
    for test in tests[1:]:
        found = found | test
    return found


def _flag(test: Any, value: int) -> Any:
    return ibis.ifelse(test, value, 0)


def _int(value: Any, otherwise: int) -> Any:
    return ibis.coalesce(value, otherwise)


def _bits(tests: dict[Any, Any], order: tuple[Any, ...]) -> Any:
    found: Any = ibis.literal(0, "int32")
    for term, test in tests.items():
        found = found + _flag(test, 1 << order.index(term))
    return found
