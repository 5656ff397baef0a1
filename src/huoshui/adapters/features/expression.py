"""Features of a register (批量特征) as one Ibis expression: the register's reader of the catalog.

Whole numbers only. It is written on unbound tables and compiled to the SQL of the engine that runs it. A quotient is taken from
an exact multiple, so that the division of doubles, all that engines share, gives the exact whole number.
"""

from typing import Any, Final

import ibis
import ibis.expr.types as ir

from huoshui.adapters.features.tables import unbound
from huoshui.rules.features import Feature, Growth, Taken
from huoshui.rules.features_invoices import BASIS_POINTS, COUNTED, MOST_RATIO

_FIRM: Final = "firm"


def features(catalog: tuple[Feature, ...]) -> ir.Table:
    """One row of features a firm (特征表): its place, the features, and how many rows were used or not and why."""
    facts = _facts()
    chosen = {x.name: _value(facts, x) for x in catalog}
    counted = {name: facts[name] for name in COUNTED if name not in chosen}
    return facts.select(_FIRM, **chosen, **counted)


def _facts() -> ir.Table:
    firms, invoices = unbound("firms"), unbound("invoice_facts")
    joined = firms.left_join(invoices, _FIRM)
    return joined.select(*[x for x in joined.columns if x != f"{_FIRM}_right"])


def _value(facts: ir.Table, feature: Feature) -> Any:
    formula = feature.formula
    if isinstance(formula, Taken):
        return facts[formula.fact]
    if isinstance(formula, Growth):
        return _ratio(facts[formula.now], facts[formula.base], formula.least) - BASIS_POINTS
    return _ratio(facts[formula.part], facts[formula.whole], formula.least)


def _ratio(part: Any, whole: Any, least: int) -> Any:
    """Basis points, half away from zero, at most MOST_RATIO; NULL where the whole is NULL or below `least`."""
    divisor = ibis.ifelse(whole >= least, whole, ibis.null("int64"))
    size = part.abs() * BASIS_POINTS + ((divisor - divisor % 2) / 2).cast("int64")
    exact = (size - size % divisor) / divisor
    found = ibis.ifelse(exact > MOST_RATIO, MOST_RATIO, exact.round().cast("int64"))
    return ibis.ifelse(part < 0, -found, found)
