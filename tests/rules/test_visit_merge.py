"""Several visits to one firm read as one: no answer is lost, and nothing depends on the order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.visit_merge import FACTS, NOTHING, Merged, answers_of, merge

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANSWERS = st.dictionaries(
    st.sampled_from([*FACTS, "note", "obstacles"]),
    st.sampled_from([None, "", "yes", "no", 0, 1, True, ("tax",), ()]),
    max_size=6,
)
VISITS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("pqr"), ANSWERS), max_size=6).map(
    lambda rows: [
        answers_of(given, visit=f"v{i}", by=by, at=NOON + timedelta(hours=h)) for i, (h, by, given) in enumerate(rows)
    ]
)
SETS = st.tuples(VISITS, VISITS, VISITS).map(lambda x: [merge(part) for part in x])


@given(SETS)
def test_merging_is_commutative(three: list[Merged]) -> None:
    one, other, _ = three
    assert merge([one, other]) == merge([other, one])


@given(SETS)
def test_merging_is_associative(three: list[Merged]) -> None:
    a, b, c = three
    assert merge([merge([a, b]), c]) == merge([a, merge([b, c])])


@given(SETS)
def test_what_comes_twice_counts_once(three: list[Merged]) -> None:
    one, other, _ = three
    assert merge([one, other, one]) == merge([one, other])
    assert merge([one, one]) == one == merge([one, NOTHING])


@given(VISITS)
def test_no_answer_is_lost(visits: list[Merged]) -> None:
    merged = merge(visits)
    told = [(field, said) for x in visits for field, part in x.answers.items() for said in part]
    kept = [(field, said) for field, part in merged.answers.items() for said in part]
    assert sorted(told, key=repr) == sorted(kept, key=repr)


@given(VISITS)
def test_the_latest_answer_of_each_field_holds(visits: list[Merged]) -> None:
    merged = merge(visits)
    for field, value in merged.values.items():
        latest = merged.latest(field)
        assert latest is not None
        assert latest.value == value
        assert latest.at == max(said.at for said in merged.answers[field])


def test_only_facts_that_differ_are_conflicts() -> None:
    first = answers_of({"need": "yes", "employees": 3, "note": "a", "premises": "rented"}, visit="1", by="p", at=NOON)
    second = answers_of({"need": "no", "employees": 3, "note": "b"}, visit="2", by="q", at=NOON + timedelta(days=1))
    merged = merge([first, second])
    assert merged.conflicts == ("need",)
    assert merged.values == {"need": "no", "employees": 3, "note": "b", "premises": "rented"}


def test_an_empty_answer_does_not_wipe_out_one_that_was_given() -> None:
    first = answers_of({"amount_fen": 30_000_000}, visit="1", by="p", at=NOON)
    second = answers_of({"amount_fen": None, "need": "yes"}, visit="2", by="q", at=NOON + timedelta(days=1))
    assert merge([first, second]).values == {"amount_fen": 30_000_000, "need": "yes"}


def test_zero_and_no_are_answers() -> None:
    assert answers_of({"employees": 0, "call_back": False}, visit="1", by="p", at=NOON).values == {
        "employees": 0,
        "call_back": False,
    }
