"""Sheets of visits: looked at, then taken once; every row becomes something or is told why not."""

from typing import Any

import pytest

from huoshui.errors import NotAllowed, WrongStage
from huoshui.models import Campaign, Event, Visit, VisitBook
from huoshui.services.visit_book import look_at_book, queue_book, take_book
from huoshui.services.visit_book_tasks import take_large_book
from huoshui.terms import BookStage, Role, VisitSource
from tests.campaigns import AT, ON, grant_of, more_firms, officer_of, opened
from tests.sheets import sheet
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
HEAD = ["企业名称", "统一社会信用代码", "走访时间", "走访人", "融资需求", "金额（万元）", "备注"]


@pytest.fixture
def world() -> World:
    return county_world()


def looked(world: World, rows: list[list[Any]], *, campaign: Campaign | None = None) -> VisitBook:
    officer, grant = officer_of(world)
    data = sheet([HEAD, *rows])
    return look_at_book(data, name="台账.xlsx", by=officer, viewer=officer.viewer(on=ON), grant=grant, at=AT, campaign=campaign)


def rows_of(world: World) -> list[list[Any]]:
    first, second = world.home.firms[:2]
    return [
        [first.name, first.uscc, "2026-02-10 09:30", world.user(Role.VISITOR).shown_name, "有需求", 20, ""],
        [second.name, second.uscc, "2026-02-11", "外请人员", "无需求", "", "门面关着"],
        ["不在册商行", "", "2026-02-11", "", "", "", ""],
        [world.home.firms[2].name, world.home.firms[2].uscc, "", "", "", "", ""],
    ]


def test_a_look_says_what_taking_then_does(world: World) -> None:
    book = looked(world, rows_of(world))
    assert book.figures == {"rows": 4, "visits": 2, "entries": 0, "already": 0, "refused": 2}
    assert Visit.objects.count() == 0
    taken = take_book(queue_book(book), at=AT)
    assert (taken.stage, taken.figures, bytes(taken.content)) == (BookStage.TAKEN, book.figures, b"")
    assert [(x["line"], x["code"]) for x in taken.rejects] == [(4, "unknown_firm"), (5, "no_date")]
    assert Event.objects.filter(act="import_list").count() == 1


def test_a_visit_is_the_visitors_where_the_region_knows_the_name(world: World) -> None:
    take_book(looked(world, rows_of(world)), at=AT)
    first, second = Visit.objects.order_by("pk")
    assert (first.visitor, first.source) == (world.user(Role.VISITOR), VisitSource.IMPORTED)
    assert (second.visitor, second.note) == (world.user(Role.OFFICER), "门面关着\n走访人：外请人员")
    assert {x.actor for x in Event.objects.filter(act="record_visit")} == {world.user(Role.OFFICER)}


def test_the_same_sheet_taken_again_doubles_nothing(world: World) -> None:
    take_book(looked(world, rows_of(world)), at=AT)
    again = looked(world, rows_of(world))
    assert (again.figures["visits"], again.figures["already"]) == (0, 2)
    take_book(again, at=AT)
    assert (again.figures["already"], Visit.objects.count()) == (2, 2)
    take_large_book.call(again.pk, AT.isoformat())
    assert Visit.objects.count() == 2
    with pytest.raises(WrongStage):
        queue_book(again)


def test_rows_without_a_day_go_on_the_list_that_was_chosen(world: World) -> None:
    campaign = opened(world)
    (new,) = more_firms(world.home.townships[0].region_code, 1)
    listed = world.home.firms[2]
    rows = [[new.name, new.uscc, "", "", "", "", ""], [listed.name, listed.uscc, "", "", "", "", ""]]
    book = take_book(looked(world, rows, campaign=campaign), at=AT)
    assert book.figures == {"rows": 2, "visits": 0, "entries": 1, "already": 0, "refused": 1}
    assert [x["code"] for x in book.rejects] == ["on_list"]
    assert campaign.assignments.filter(firm=new).count() == 1


def test_only_the_task_force_brings_in_sheets(world: World) -> None:
    visitor = world.user(Role.VISITOR)
    with pytest.raises(NotAllowed):
        look_at_book(sheet([HEAD]), name="x", by=visitor, viewer=visitor.viewer(on=ON), grant=grant_of(visitor), at=AT)
