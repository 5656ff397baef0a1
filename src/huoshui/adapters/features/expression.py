"""Features of a register (批量特征) as one Ibis expression: the register's reader of the catalog.

Whole numbers only. It is written on unbound tables and compiled to the SQL of the engine that runs it. A quotient is taken from
an exact multiple, so that the division of doubles, all that engines share, gives the exact whole number.
"""

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from huoshui.adapters.features import event_facts
from huoshui.adapters.features.tables import unbound
from huoshui.rules.features import Feature, Taken
from huoshui.rules.features_catalog import CATALOG
from huoshui.rules.features_invoices import BASIS_POINTS, COUNTED, MOST_RATIO
from huoshui.terms import RegisterKind

_FIRM: Final = "firm"
_EPOCH: Final = date(1970, 1, 1)


def features(catalog: tuple[Feature, ...], *, on: date, given: Collection[RegisterKind]) -> ir.Table:
    """One row of features a firm (特征表): its place, the features, and how many rows were used or not and why."""
    facts = _quotients(_facts((on - _EPOCH).days, given), catalog)
    chosen = {x.name: _value(facts, x) for x in catalog}
    counted = {name: facts[name] for name in COUNTED if name not in chosen}
    return facts.select(_FIRM, **chosen, **counted)


@lru_cache(maxsize=8)
def statement(*, on: date, given: frozenset[RegisterKind], dialect: str) -> str:
    """The features of the whole catalog as SQL of an engine (特征语句), compiled once a process."""
    return str(ibis.to_sql(features(CATALOG, on=on, given=given), dialect=dialect))


def _facts(on: int, given: Collection[RegisterKind]) -> ir.Table:
    """All facts of every firm; a register that was not given says nothing, one of events says 0 of a firm it does not name."""
    found = unbound("firms")
    for kind, facts in (
        (RegisterKind.INVOICES, unbound("invoice_facts")),
        (RegisterKind.TAX, event_facts.tax(on)),
        (RegisterKind.SOCIAL_SECURITY, event_facts.social_security()),
        (RegisterKind.LITIGATION, event_facts.litigation(on)),
        (RegisterKind.LOANS, event_facts.loans(on)),
    ):
        names = [x for x in facts.columns if x != _FIRM]
        if kind not in given:
            found = found.mutate(**{x: ibis.null("int64") for x in names})
            continue
        joined = found.left_join(facts, _FIRM)
        is_zero = kind in (RegisterKind.LITIGATION, RegisterKind.LOANS)
        told = {x: ibis.coalesce(joined[x], 0) if is_zero else joined[x] for x in names}
        found = joined.select(*found.columns, **told)
    return found


def _quotients(facts: ir.Table, catalog: tuple[Feature, ...]) -> ir.Table:
    """Facts with a column for each ratio of the catalog, in three steps, because engines compute an expression once a step."""
    ratios = {x.name: (y.part, y.whole, y.least) for x in catalog if not isinstance(y := x.formula, Taken)}
    divisors = {(whole, least): f"by_{place}" for place, (_, whole, least) in enumerate(ratios.values())}
    kept = list(facts.columns)
    guarded = facts.select(*kept, **{by: _at_least(facts[whole], least) for (whole, least), by in divisors.items()})
    sizes = {
        f"size_of_{name}": guarded[part].abs() * BASIS_POINTS + _half(guarded[divisors[whole, least]])
        for name, (part, whole, least) in ratios.items()
    }
    sized = guarded.select(*guarded.columns, **sizes)
    return sized.select(
        *kept,
        **{
            f"ratio_of_{name}": _quotient(sized[f"size_of_{name}"], sized[divisors[whole, least]])
            for name, (_, whole, least) in ratios.items()
        },
    )


def _at_least(whole: Any, least: int) -> Any:
    return ibis.ifelse(whole >= least, whole, ibis.null("int64"))


def _half(whole: Any) -> Any:
    return ((whole - whole % 2) / 2).cast("int64")


def _quotient(size: Any, whole: Any) -> Any:
    return ((size - size % whole) / whole).round().cast("int64")


def _value(facts: ir.Table, feature: Feature) -> Any:
    """Basis points, half away from zero, at most MOST_RATIO; NULL where the whole is NULL or below the least."""
    formula = feature.formula
    if isinstance(formula, Taken):
        return facts[formula.fact]
    found = facts[f"ratio_of_{feature.name}"]
    found = ibis.ifelse(found > MOST_RATIO, MOST_RATIO, found)
    return ibis.ifelse(facts[formula.part] < 0, -found, found) - formula.minus
