"""Limits of a model: a figure that is not known never passes, and the worst light counts."""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui import policy
from huoshui.rules.model_limits import Band, Limit, ModelLimits, missed_limits, worst
from huoshui.terms import Light

RISING: Final = Band(Decimal("0.10"), Decimal("0.25"))
FALLING: Final = Band(Decimal("0.9"), Decimal("0.8"))
VALUES: Final = st.decimals(-2, 2, places=3)


@pytest.mark.parametrize(
    ("band", "value", "light"),
    [
        (RISING, "0.099", Light.GREEN),
        (RISING, "0.10", Light.AMBER),
        (RISING, "0.249", Light.AMBER),
        (RISING, "0.25", Light.RED),
        (FALLING, "0.9", Light.GREEN),
        (FALLING, "0.89", Light.AMBER),
        (FALLING, "0.8", Light.AMBER),
        (FALLING, "0.79", Light.RED),
    ],
)
def test_a_figure_has_the_light_of_its_band(band: Band, value: str, light: Light) -> None:
    assert band.light(Decimal(value)) is light


@pytest.mark.parametrize("band", [RISING, FALLING])
def test_a_figure_that_is_not_known_has_no_light(band: Band) -> None:
    assert band.light(None) is Light.NOT_KNOWN


@given(one=VALUES, other=VALUES)
def test_a_worse_figure_never_has_a_better_light(one: Decimal, other: Decimal) -> None:
    order = [Light.GREEN, Light.AMBER, Light.RED]
    low, high = sorted((one, other))
    assert order.index(RISING.light(low)) <= order.index(RISING.light(high))
    assert order.index(FALLING.light(high)) <= order.index(FALLING.light(low))


@given(auc=st.none() | VALUES, ks=st.none() | VALUES)
def test_what_is_missed_is_what_does_not_meet_its_limit(auc: Decimal | None, ks: Decimal | None) -> None:
    limits = {"auc": Limit(at_least=Decimal("0.6")), "ks": Limit(at_most=Decimal("0.2"))}
    missed = [x.figure for x in missed_limits({"auc": auc, "ks": ks}, limits=limits)]
    assert ("auc" in missed) == (auc is None or auc < Decimal("0.6"))
    assert ("ks" in missed) == (ks is None or ks > Decimal("0.2"))


def test_a_missed_limit_says_what_was_found_and_what_is_demanded() -> None:
    limits = {"auc": Limit(at_least=Decimal("0.60")), "error": Limit(at_most=Decimal("0.05"))}
    assert [x.sentence for x in missed_limits({"error": Decimal("0.07")}, limits=limits)] == [
        "auc is not known; at least 0.60 is demanded",
        "error is 0.07; at most 0.05 is demanded",
    ]


@pytest.mark.parametrize(
    ("lights", "found"),
    [
        ((), Light.NOT_KNOWN),
        ((Light.NOT_KNOWN,), Light.NOT_KNOWN),
        ((Light.NOT_KNOWN, Light.GREEN), Light.GREEN),
        ((Light.GREEN, Light.AMBER), Light.AMBER),
        ((Light.AMBER, Light.RED, Light.GREEN), Light.RED),
    ],
)
def test_the_worst_light_counts(lights: tuple[Light, ...], found: Light) -> None:
    assert worst(lights) is found


def test_the_policy_says_all_that_the_rule_asks_for() -> None:
    found = policy.bind(policy.read("model_monitoring", on=date(2026, 11, 24)), ModelLimits)
    assert {x.name for x in fields(found)} == set(policy.read("model_monitoring", on=date(2026, 11, 24)).fields)
    assert found.psi == Band(Decimal("0.10"), Decimal("0.25"))
    assert found.approval["auc"] == Limit(at_least=Decimal("0.60"))
    assert found.bands["firm_age_months"] == (24, 60, 120)
