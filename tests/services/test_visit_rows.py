"""Rows of a sheet of visits: taken, or told why not."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from huoshui.errors import BadFile
from huoshui.services.visit_rows import Reject, SheetRow, judge_rows, open_sheet
from huoshui.terms import Need, Obstacle, Role, RowProblem, YesNo
from tests.campaigns import ON, more_firms
from tests.sheets import sheet
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
HEAD = ["序号", "企业名称", "统一社会信用代码", "走访日期", "是否有融资需求", "需求金额（万元）", "存在困难", "备注"]


@pytest.fixture
def world() -> World:
    return county_world()


def judged(world: World, rows: list[list[Any]], *, has_campaign: bool = False) -> list[SheetRow | Reject]:
    viewer = world.user(Role.OFFICER).viewer(on=ON)
    return list(judge_rows(open_sheet(sheet([HEAD, *rows], title="某区走访台账")), viewer=viewer, has_campaign=has_campaign))


def test_a_row_is_read_as_people_write_it(world: World) -> None:
    firm = world.home.firms[0]
    (row,) = judged(world, [[1, firm.name, firm.uscc, "2026年3月1日", "有", 30.5, "欠税、老板太忙", "下午在店"]])
    assert isinstance(row, SheetRow)
    assert (row.line, row.firm, row.visited_at) == (3, firm, timezone.make_aware(datetime(2026, 3, 1, 12)))  # noqa: DTZ001
    answers = row.answers
    assert (answers.need, answers.amount_fen, answers.obstacles) == (Need.YES, 30_500_000, (Obstacle.TAX,))
    assert answers.note == "下午在店\n其他困难：老板太忙"


def test_a_name_stands_for_its_firm_where_one_has_it(world: World) -> None:
    firm, other = world.home.firms[:2]
    more_firms(world.home.region, 2, name="重名商行有限公司")
    found = judged(
        world,
        [[1, firm.name, "", "2026-03-01"], [2, "重名商行有限公司", "", "2026-03-01"], [3, "没有这家", "", "2026-03-01"],
         [4, other.name, firm.uscc, "2026-03-01"], [5, "", "", "2026-03-01"], [6, world.away.firms[0].name, "", "2026-03-01"]],
    )  # fmt: skip
    assert isinstance(found[0], SheetRow)
    assert [x.problem for x in found[1:] if isinstance(x, Reject)] == [
        RowProblem.SEVERAL_FIRMS, RowProblem.UNKNOWN_FIRM, RowProblem.NAME_DIFFERS, RowProblem.NO_FIRM, RowProblem.UNKNOWN_FIRM,
    ]  # fmt: skip


def test_what_cannot_be_read_is_told_with_its_line_and_column(world: World) -> None:
    code = world.home.firms[0].uscc
    found = judged(
        world,
        [[1, "", code, "三月初", "有"], [2, "", code, "2026-03-01", "说不准"], [3, "", code, "2026-03-01", "有", "很多"],
         [4, "", code, "", "有"], [5, "", code, "2026-03-01", "无"], [6, "", code, "2026-03-01", "无"]],
    )  # fmt: skip
    rejects = [(x.line, x.problem, x.field) for x in found if isinstance(x, Reject)]
    assert rejects == [
        (3, RowProblem.BAD_DATE, "visited_at"), (4, RowProblem.BAD_WORD, "need"), (5, RowProblem.BAD_NUMBER, "amount_fen"),
        (6, RowProblem.NO_DATE, "visited_at"), (8, RowProblem.REPEATED, ""),
    ]  # fmt: skip
    assert len(found) == 6


def test_a_row_without_a_day_is_an_entry_where_a_campaign_is_chosen(world: World) -> None:
    (row,) = judged(world, [[1, "", world.home.firms[0].uscc]], has_campaign=True)
    assert isinstance(row, SheetRow)
    assert row.visited_at is None


def test_the_sign_of_an_export_before_a_formula_is_not_part_of_the_cell(world: World) -> None:
    (row,) = judged(world, [[1, "", world.home.firms[0].uscc, "2026-03-01 09:05", "无", "", "", "'=1+1"]])
    assert isinstance(row, SheetRow)
    assert (row.answers.note, row.answers.need) == ("=1+1", Need.NO)
    assert row.answers.operating in (None, YesNo.YES)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"name,code\n"])
def test_what_is_no_sheet_is_refused(data: bytes) -> None:
    with pytest.raises(BadFile):
        open_sheet(data)


def test_a_sheet_that_names_no_firm_is_refused() -> None:
    with pytest.raises(BadFile):
        open_sheet(sheet([["日期", "天气"], ["2026-03-01", "晴"]]))
