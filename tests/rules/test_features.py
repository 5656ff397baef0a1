"""A feature is a formula over facts: what is not known stays unknown, and zero stays zero."""

import pytest

from huoshui.rules.features import Feature, FeatureDirection, FeatureUnit, Growth, Share, Taken, evaluate, features_of
from huoshui.terms import RegisterKind


@pytest.mark.parametrize(
    ("formula", "facts", "expected"),
    [
        (Taken("a"), {"a": 0}, 0),
        (Taken("a"), {"a": None}, None),
        (Taken("a"), {}, None),
        (Share("a", "b"), {"a": 1, "b": 3}, 3333),
        (Share("a", "b"), {"a": 1, "b": 20_000}, 1),
        (Share("a", "b"), {"a": -1, "b": 20_000}, -1),
        (Share("a", "b"), {"a": 0, "b": 3}, 0),
        (Share("a", "b"), {"a": 5, "b": 0}, None),
        (Share("a", "b"), {"a": 5, "b": -3}, None),
        (Share("a", "b"), {"a": None, "b": 3}, None),
        (Share("a", "b"), {"a": 9 * 10**14, "b": 1}, 10**9),
        (Growth("a", "b", 100), {"a": 150, "b": 100}, 5000),
        (Growth("a", "b", 100), {"a": 150, "b": 99}, None),
        (Growth("a", "b", 100), {"a": -50, "b": 100}, -15_000),
    ],
)
def test_a_formula_gives_a_whole_number_or_nothing(
    formula: Taken | Share | Growth, facts: dict[str, int | None], expected: int | None
) -> None:
    assert evaluate(formula, facts) == expected


def test_features_stand_in_the_order_of_the_catalog() -> None:
    catalog = tuple(
        Feature(x, "", "", Taken(x), "", "", FeatureUnit.FEN, None, FeatureDirection.NONE, (RegisterKind.INVOICES,))
        for x in "ba"
    )
    assert list(features_of({"a": 1, "b": 2}, catalog=catalog).items()) == [("b", 2), ("a", 1)]
