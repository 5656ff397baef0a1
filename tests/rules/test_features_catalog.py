"""The catalog is complete: every feature has its words, its window and facts that are there."""

import re
from dataclasses import astuple

import pytest

from huoshui.errors import BadChoice
from huoshui.rules import features_registers as registers
from huoshui.rules.features import FeatureUnit, Taken
from huoshui.rules.features_catalog import BY_NAME, CATALOG, NOT_COVERED, feature
from huoshui.rules.features_invoices import FACTS, SHARED
from huoshui.terms import RegisterKind

OF_REGISTERS = {
    RegisterKind.INVOICES: (*FACTS, *SHARED),
    RegisterKind.TAX: registers.OF_TAX,
    RegisterKind.SOCIAL_SECURITY: registers.OF_SOCIAL_SECURITY,
    RegisterKind.LITIGATION: registers.OF_LITIGATION,
    RegisterKind.LOANS: registers.OF_LOANS,
    RegisterKind.REGISTRY: registers.OF_REGISTRY,
}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_feature_reads_only_facts_of_the_registers_that_it_names(name: str) -> None:
    formula = BY_NAME[name].formula
    wanted = {formula.fact} if isinstance(formula, Taken) else set(astuple(formula)[:2])
    told = {kind: wanted & set(OF_REGISTERS[kind]) for kind in BY_NAME[name].registers}
    assert set.union(*told.values()) == wanted
    assert all(told.values())


def test_every_name_is_a_column_of_its_own() -> None:
    assert len(BY_NAME) == len(CATALOG)
    assert [x for x in BY_NAME if not re.fullmatch(r"[a-z][a-z0-9_]*", x)] == []


def test_every_feature_has_its_words_in_both_languages() -> None:
    texts = {x.name: (x.zh, x.en, x.reads_zh, x.reads_en) for x in CATALOG}
    assert [x for x, words in texts.items() if not all(words) or any("{" in y for y in words)] == []
    assert len({x.zh for x in CATALOG}) == len({x.en for x in CATALOG}) == len(CATALOG)


def test_a_ratio_is_in_basis_points_and_a_fact_is_not_unless_it_is_one() -> None:
    ratios = {x.name for x in CATALOG if not isinstance(x.formula, Taken)}
    assert {x for x in ratios if BY_NAME[x].unit is not FeatureUnit.BASIS_POINTS} == set()


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadChoice, match="no feature 'sales'"):
        feature("sales")


@pytest.mark.parametrize("name", NOT_COVERED)
def test_a_feature_of_the_trade_that_is_not_there_says_what_it_would_need(name: str) -> None:
    assert name not in BY_NAME
    with pytest.raises(BadChoice, match="no register brings"):
        feature(name)
