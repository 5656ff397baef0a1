"""The tables of transitions as graphs: no dead end, no unreachable stage, no way to the recommended list round the review."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import WrongStage
from huoshui.rules.demand import (
    EDITABLE,
    LISTED_STAGES,
    OPEN_PUSHES,
    OPEN_STAGES,
    PUSH_TRANSITIONS,
    REPAIR_TRANSITIONS,
    TRANSITIONS,
    check_move,
)
from huoshui.terms import DemandStage, PushStage, RepairStage

S: Final = DemandStage
TABLES: Final[dict[str, tuple[Any, Any, set[Any]]]] = {
    "demand": (TRANSITIONS, S.DRAFT, {S.CLOSED, S.WITHDRAWN}),
    "push": (
        PUSH_TRANSITIONS,
        PushStage.RECEIVED,
        {PushStage.APPROVED, PushStage.DECLINED, PushStage.RETURNED, PushStage.RECALLED},
    ),
    "repair": (REPAIR_TRANSITIONS, RepairStage.OPEN, {RepairStage.DONE, RepairStage.DROPPED}),
}


def reached(table: Mapping[Any, frozenset[Any]], start: Any, *, without: frozenset[Any] = frozenset()) -> set[Any]:
    """Every stage to which a way leads from `start` that enters none of `without`."""
    seen, waiting = {start} - without, [start]
    while waiting:
        for onward in table[waiting.pop()] - without - seen:
            seen.add(onward)
            waiting.append(onward)
    return seen


@pytest.mark.parametrize("name", TABLES)
def test_every_stage_has_a_row_and_can_be_reached(name: str) -> None:
    table, start, _ = TABLES[name]
    every: Any = type(start)
    assert set(table) == set(every) == reached(table, start)


@pytest.mark.parametrize("name", TABLES)
def test_from_every_stage_a_way_leads_to_an_end(name: str) -> None:
    table, _, ends = TABLES[name]
    assert {x for x, onward in table.items() if not onward} == ends
    assert [x for x in table if not reached(table, x) & ends] == []


@pytest.mark.parametrize("stage", [S.RECOMMENDED, S.PUSHED, S.RETURNED])
def test_no_way_leads_to_the_recommended_list_round_the_review(stage: DemandStage) -> None:
    assert stage not in reached(TRANSITIONS, S.DRAFT, without=frozenset({S.REVIEWED}))
    assert stage not in reached(TRANSITIONS, S.DRAFT, without=frozenset({S.DECLARED}))


@pytest.mark.parametrize("stage", [S.REJECTED, S.REPAIR, S.ASKED_BACK, S.DECLARED])
def test_what_came_back_is_reviewed_again_before_it_is_recommended(stage: DemandStage) -> None:
    assert S.RECOMMENDED not in reached(TRANSITIONS, stage, without=frozenset({S.REVIEWED}))


def test_only_a_reviewed_demand_is_recommended_and_only_a_declared_one_reviewed() -> None:
    assert {x for x, onward in TRANSITIONS.items() if S.RECOMMENDED in onward} == {S.REVIEWED}
    assert {x for x, onward in TRANSITIONS.items() if S.REVIEWED in onward} == {S.DECLARED}


def test_a_firm_can_withdraw_at_every_open_stage() -> None:
    assert [x for x in OPEN_STAGES if S.WITHDRAWN not in TRANSITIONS[x]] == []
    assert set(OPEN_STAGES) == set(S) - {S.CLOSED, S.WITHDRAWN}


def test_a_demand_cannot_be_changed_once_it_is_on_a_list() -> None:
    assert {*LISTED_STAGES, S.REVIEWED, S.DECLARED} & {*EDITABLE} == set()


def test_a_bank_can_be_called_back_from_until_it_has_answered() -> None:
    assert [x for x in OPEN_PUSHES if PushStage.RECALLED not in PUSH_TRANSITIONS[x]] == []


@given(st.sampled_from(S), st.sampled_from(S))
def test_a_move_is_what_the_table_says_and_nothing_else(stage: DemandStage, to: DemandStage) -> None:
    if to in TRANSITIONS[stage]:
        assert check_move(stage, to=to, table=TRANSITIONS) is to
    else:
        with pytest.raises(WrongStage) as refused:
            check_move(stage, to=to, table=TRANSITIONS)
        assert stage.zh in refused.value.zh
