"""What registers of events say of each firm (其他登记汇总) in Ibis: the register's reader of rules/features_registers.py."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir

from huoshui.adapters.features.tables import unbound
from huoshui.rules.features_invoices import MOST_FEN, YEAR
from huoshui.rules.features_registers import EVENT_MONTHS

_DAY_ROOM: Final = 1 << 24
_GRADE_ROOM: Final = 1 << 4
_HEAD_ROOM: Final = 1 << 50
_BEFORE_ALL: Final = -(1 << 30)


def tax(on: int) -> ir.Table:
    """Facts of tax filings (纳税申报汇总); `on` in days since 1970."""
    rows = unbound("filings").distinct()
    known = rows.filter((rows.period <= on) & (ibis.coalesce(rows.filed, rows.period) <= on))
    known = known.mutate(filing=ibis.coalesce(known.filed, _BEFORE_ALL), begin=ibis.coalesce(known.start, _BEFORE_ALL))
    last = known.mutate(last=known.filing.max().over(ibis.window(group_by=[known.firm, known.begin, known.period])))
    kept = last.filter(last.filing == last["last"])
    order = (kept.period + _DAY_ROOM // 2) * _DAY_ROOM + ibis.greatest(kept.filing + _DAY_ROOM // 2, 0)
    kept = kept.mutate(graded=order * _GRADE_ROOM + kept.grade)
    recent, year, before = _in(kept, 0, 2 * YEAR), _in(kept, 0, YEAR), _in(kept, YEAR, 2 * YEAR)
    late = kept.filed - kept.last_day
    facts = kept.group_by("firm").agg(
        declared_12=_windowed(kept.sales, year),
        declared_13_24=_windowed(kept.sales, before),
        tax_12=_windowed(kept.paid, year),
        tax_13_24=_windowed(kept.paid, before),
        late_filings_24=ibis.ifelse(
            (recent & kept.filed.notnull()).any(), (recent & (late > 0)).ifelse(1, 0).sum().cast("int64"), ibis.null("int64")
        ),
        late_days_24=ibis.greatest(late.max(where=recent & kept.filed.notnull()), 0),
        first_paid=kept.age.max(where=kept.paid.notnull()),
        graded_now=kept.graded.max(),
        graded_before=kept.graded.max(where=kept.age >= YEAR),
    )
    joined = facts.left_join(_gaps(kept), "firm")
    months = ibis.least(joined.first_paid + 1, 2 * YEAR)
    has_months = joined.first_paid >= 0
    now, then = joined.graded_now % _GRADE_ROOM, joined.graded_before % _GRADE_ROOM
    longest = ibis.greatest(joined.inner_gap, joined.earliest_gap, months - 1 - joined.latest_age)
    return joined.select(
        *[joined[x] for x in ("firm", "declared_12", "declared_13_24", "tax_12", "tax_13_24", "late_filings_24")],
        late_days_24=ibis.ifelse(joined.late_filings_24.notnull(), joined.late_days_24, ibis.null("int64")),
        tax_months_24=ibis.ifelse(has_months, ibis.coalesce(joined.paid_months, 0), ibis.null("int64")),
        tax_gap_24=ibis.ifelse(has_months, ibis.ifelse(joined.paid_months > 0, longest, months), ibis.null("int64")),
        tax_grade=now,
        grade_change=now - then,
    )


def _gaps(kept: ir.Table) -> ir.Table:
    """Between the months with tax paid: how many months lie between two, before the first and after the last."""
    paid = kept.filter(_in(kept, 0, 2 * YEAR)).group_by("firm", "age").agg(month=_sum(kept.paid))
    paid = paid.filter(paid.month > 0)
    following = paid.age.lead().over(ibis.window(group_by=paid.firm, order_by=paid.age))
    apart = paid.mutate(gap=ibis.coalesce(following - paid.age - 1, 0))
    return apart.group_by("firm").agg(
        paid_months=apart.count(), inner_gap=apart.gap.max(), earliest_gap=apart.age.min(), latest_age=apart.age.max()
    )


def social_security() -> ir.Table:
    """Facts of social security (社保汇总)."""
    rows = unbound("insured").distinct()
    rows = rows.filter(rows.age >= 0)
    months = rows.group_by("firm", "age").agg(heads=_sum(rows.heads), paid=_sum(rows.paid), due=_sum(rows.due))
    in_year = months.age < YEAR
    with_heads = months.age * _HEAD_ROOM + (months.heads + _HEAD_ROOM // 2)
    both = in_year & months.paid.notnull() & months.due.notnull()
    facts = months.group_by("firm").agg(
        latest=with_heads.min(where=in_year & months.heads.notnull()),
        insurance_paid_12=_sum(months.paid, where=in_year),
        insurance_due_12=_sum(months.due, where=in_year),
        months_of_both=months.count(where=both),
        short=months.count(where=both & (months.paid < months.due)),
    )
    facts = facts.mutate(latest_age=_quotient(facts.latest, _HEAD_ROOM), headcount=facts.latest % _HEAD_ROOM - _HEAD_ROOM // 2)
    earlier = months.select(firm_then=months.firm, age_then=months.age, headcount_before=months.heads)
    joined = facts.left_join(earlier, (facts.firm == earlier.firm_then) & (facts.latest_age + YEAR == earlier.age_then))
    return joined.select(
        "firm",
        "headcount",
        "headcount_before",
        insurance_paid_12=_clamped(joined.insurance_paid_12),
        insurance_due_12=_clamped(joined.insurance_due_12),
        insurance_short_12=ibis.ifelse(joined.months_of_both > 0, joined.short, ibis.null("int64")),
    )


def litigation(on: int) -> ir.Table:
    """Facts of cases and penalties (涉诉汇总)."""
    rows = unbound("cases").distinct()
    known = rows.filter(rows.filed <= on)
    recent, sued = known.age < EVENT_MONTHS, known.is_penalty == 0
    against = recent & sued & (known.is_defendant == 1)
    is_open = sued & (known.closed.isnull() | (known.closed > on))
    return known.group_by("firm").agg(
        cases_24=known.count(where=recent & sued),
        cases_as_defendant_24=known.count(where=against),
        case_amount_24=_clamped(ibis.coalesce(_sum(known.amount, where=against), 0)),
        cases_open=known.count(where=is_open),
        penalties_24=known.count(where=recent & ~sued),
    )


def loans(on: int) -> ir.Table:
    """Facts of credit records (信贷汇总)."""
    rows = unbound("loans").distinct()
    known = rows.filter((rows.is_debt == 1) & (rows.granted.isnull() | (rows.granted <= on)))
    is_open = known.settled.isnull() | (known.settled > on)
    owed = ibis.coalesce(known.balance, known.amount, 0)
    return known.group_by("firm").agg(
        loan_balance=_clamped(ibis.coalesce(_sum(owed, where=is_open), 0)),
        loans_open=known.count(where=is_open),
        loans_ever=known.count(),
    )


def _in(rows: ir.Table, begin: int, end: int) -> Any:
    return (rows.age >= begin) & (rows.age < end)


def _windowed(column: Any, where: Any) -> Any:
    """The sum of a window: 0 where the window is empty, NULL where the register never gives the figure."""
    return ibis.ifelse(column.count() > 0, _clamped(ibis.coalesce(_sum(column, where=where), 0)), ibis.null("int64"))


def _sum(column: Any, *, where: Any = None) -> Any:
    """A sum in 64 bits. Ibis takes it for that already and drops a plain cast, but DuckDB sums in 128 and is slow after."""
    return column.sum(where=where).cast("decimal(19, 0)").cast("int64")


def _clamped(column: Any) -> Any:
    return ibis.ifelse(column > MOST_FEN, MOST_FEN, ibis.ifelse(column < -MOST_FEN, -MOST_FEN, column))


def _quotient(column: Any, by: int) -> Any:
    return ((column - column % by) / by).round().cast("int64")
