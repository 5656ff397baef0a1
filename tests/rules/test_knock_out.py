"""Knock-outs: every failed row is told, what is not known is not a pass, and a bound passes itself."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadPolicyFile, BadRequest
from huoshui.rules.knock_out import MOST_RULES, KnockOut, KnockOuts, Value, check_knock_outs
from huoshui.rules.screening import GRADES
from huoshui.terms import Tristate


def row(rule: str, *, fact: str | None = None, **tests: object) -> KnockOut:
    words = {"zh": "要求", "en": "asked", "settle_zh": "证明", "settle_en": "evidence"}
    return KnockOut(rule=rule, fact=fact or rule, **words, **tests)  # type: ignore[arg-type]


ROWS: Final = (
    row("age", at_least=24),
    row("arrears", at_most=0),
    row("person", at_least=18, at_most=60),
    row("tax_grade", one_of=("A", "B", "M")),
    row("division", none_of=(66, 70)),
    row("months", at_least=6, otherwise=Tristate.NOT_KNOWN),
)
PASSING: Final[dict[str, Value]] = {
    "age": 24, "arrears": 0, "person": 18, "tax_grade": "A", "division": 65, "months": 6,
}  # fmt: skip
FACTS: Final = st.fixed_dictionaries(
    {},
    optional={
        "age": st.one_of(st.none(), st.integers(22, 26)),
        "arrears": st.one_of(st.none(), st.integers(-1, 1)),
        "person": st.one_of(st.none(), st.integers(16, 62)),
        "tax_grade": st.one_of(st.none(), st.sampled_from(GRADES), st.integers(0, 5)),
        "division": st.one_of(st.none(), st.integers(65, 71)),
        "months": st.one_of(st.none(), st.integers(4, 8)),
    },
)


def verdicts(facts: dict[str, Value]) -> dict[str, Tristate]:
    return {x.rule.rule: x.verdict for x in check_knock_outs(facts, rules=ROWS)}


def test_a_firm_that_passes_every_row_has_no_finding() -> None:
    assert check_knock_outs(PASSING, rules=ROWS) == ()


def test_all_failed_rows_are_told_in_the_order_of_the_table() -> None:
    facts: dict[str, Value] = {
        "age": 23, "arrears": 1, "person": 61, "tax_grade": "D", "division": 66, "months": 6,
    }  # fmt: skip
    found = check_knock_outs(facts, rules=ROWS)
    assert [(x.rule.rule, x.verdict, x.value) for x in found] == [
        ("age", Tristate.NOT_MET, 23),
        ("arrears", Tristate.NOT_MET, 1),
        ("person", Tristate.NOT_MET, 61),
        ("tax_grade", Tristate.NOT_MET, "D"),
        ("division", Tristate.NOT_MET, 66),
    ]


@given(FACTS)
def test_unknown_is_not_a_pass(facts: dict[str, Value]) -> None:
    found = verdicts(facts)
    for rule in ROWS:
        if facts.get(rule.fact) is None:
            assert found[rule.rule] is Tristate.NOT_KNOWN


@given(FACTS)
def test_each_row_is_judged_by_its_own_fact_alone(facts: dict[str, Value]) -> None:
    found = verdicts(facts)
    for rule in ROWS:
        alone = check_knock_outs({rule.fact: facts.get(rule.fact)}, rules=(rule,))
        assert [x.verdict for x in alone] == [found[x] for x in found if x == rule.rule]


@pytest.mark.parametrize(
    ("fact", "value", "verdict"),
    [
        ("age", 23, Tristate.NOT_MET),
        ("arrears", 1, Tristate.NOT_MET),
        ("person", 17, Tristate.NOT_MET),
        ("person", 61, Tristate.NOT_MET),
        ("tax_grade", "C", Tristate.NOT_MET),
        ("tax_grade", GRADES.index("D"), Tristate.NOT_MET),
        ("tax_grade", 0, Tristate.NOT_KNOWN),
        ("tax_grade", "", Tristate.NOT_KNOWN),
        ("tax_grade", "E", Tristate.NOT_KNOWN),
        ("tax_grade", len(GRADES), Tristate.NOT_KNOWN),
        ("division", 70, Tristate.NOT_MET),
        ("months", 5, Tristate.NOT_KNOWN),
        ("age", None, Tristate.NOT_KNOWN),
    ],
)
def test_one_fact_at_the_edge(fact: str, value: Value, verdict: Tristate) -> None:
    assert verdicts({**PASSING, fact: value}) == {fact: verdict}


@pytest.mark.parametrize("code", range(1, len(GRADES)))
def test_a_grade_by_its_letter_and_by_its_place_is_the_same(code: int) -> None:
    assert verdicts({**PASSING, "tax_grade": code}) == verdicts({**PASSING, "tax_grade": GRADES[code]})


def test_a_fact_of_another_kind_is_refused() -> None:
    with pytest.raises(BadRequest, match="age must be a whole number"):
        check_knock_outs({**PASSING, "age": "old"}, rules=ROWS)


@pytest.mark.parametrize(
    "rules",
    [
        (row("a"),),
        (row("a", at_least=1, one_of=(1,)),),
        (row("a", at_least=1), row("a", at_most=2)),
        (row("a", at_least=1, otherwise=Tristate.MET),),
        (row("tax_grade", one_of=("E",)),),
        tuple(row(f"r{i}", at_least=1) for i in range(MOST_RULES + 1)),
    ],
)
def test_rows_that_contradict_themselves_are_refused(rules: tuple[KnockOut, ...]) -> None:
    with pytest.raises(BadPolicyFile):
        KnockOuts(rules)


@pytest.mark.parametrize(
    ("rule", "shown"),
    [(ROWS[0], "≥ 24"), (ROWS[1], "≤ 0"), (ROWS[2], "18..60"), (ROWS[3], "∈ A, B, M"), (ROWS[4], "∉ 66, 70")],
)
def test_what_passes_is_shown(rule: KnockOut, shown: str) -> None:
    assert rule.expected == shown
