"""Both lists as files: out and back, every row taken or refused with line and reason, none past the review."""

import json
from datetime import date
from typing import Any

import openpyxl  # type: ignore[import-untyped]  # ships no types
import pytest
from django.utils import timezone

from huoshui.adapters.list_workbook import write_sheets
from huoshui.errors import BadFile, BadRequest
from huoshui.models import Batch, Demand, Firm
from huoshui.services.demand_list import HEADS, as_json, as_workbook, import_rows, list_rows, mechanism_table, read_list
from huoshui.terms import DemandChannel, DemandStage, Role
from tests.demands import good_firm, grant_of, recommended
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
KEPT = ("amount_fen", "months", "purpose", "note", "guarantees", "expected_rate", "wanted_by")


@pytest.fixture
def world() -> World:
    found = county_world()
    good_firm(found)
    return found


def taken(world: World, rows: list[tuple[int, dict[str, str]]]) -> Batch:
    officer = world.user(Role.OFFICER)
    firms = Firm.objects.visible_to(officer.viewer(on=TODAY))
    grant = grant_of(officer, Role.OFFICER, region="350203")
    return import_rows(rows, firms=firms, by=officer, grant=grant, at=timezone.now())


def exported(kind: str) -> list[tuple[int, dict[str, str]]]:
    demands = Demand.objects.order_by("pk")
    rows = list_rows(demands, on=TODAY)
    content = as_json(rows, on=TODAY) if kind == "json" else as_workbook(rows, table=mechanism_table(demands))
    return read_list(content, name=f"list.{kind}")


@pytest.mark.parametrize("kind", ["xlsx", "json"])
def test_a_recommended_list_comes_back_as_demands_that_await_their_firms(world: World, kind: str) -> None:
    bank = world.home_bank.sub_branch
    made = recommended(world, preferred_bank_ids=[bank.pk], amount_fen=123_456_78, note="=SUM(A1)")
    rows = exported(kind)
    Demand.objects.filter(pk=made.pk).update(stage=DemandStage.WITHDRAWN)
    batch = taken(world, rows)
    assert (batch.done, batch.refused) == (1, 0)
    back = Demand.objects.get(pk=batch.results[0]["demand"])
    assert (back.stage, back.channel) == (DemandStage.AWAITING_CONFIRMATION, DemandChannel.IMPORT)
    assert [getattr(back, x) for x in KEPT] == [getattr(made, x) for x in KEPT]
    assert [x.bank for x in back.bank_wishes.all()] == [bank]


@pytest.mark.parametrize("kind", ["xlsx", "json"])
def test_importing_what_is_here_already_changes_nothing(world: World, kind: str) -> None:
    recommended(world)
    batch = taken(world, exported(kind))
    assert (batch.done, batch.results[0]["en"], Demand.objects.count()) == (1, "here already, unchanged", 1)


ROW = {"uscc": "", "amount_fen": "300000", "months": "12", "purpose": "采购原材料或进货"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, None),
        ({"uscc": "91350203MA0000000X"}, "bad_request"),
        ({"uscc": ""}, "bad_request"),
        ({"amount_fen": "many"}, "bad_amount"),
        ({"amount_fen": "-5"}, "bad_amount"),
        ({"months": "a year"}, "bad_choice"),
        ({"months": "0"}, "bad_request"),
        ({"months": ""}, "bad_request"),
        ({"purpose": "炒股"}, "bad_choice"),
        ({"guarantees": "信用（无抵押）、人情"}, "bad_choice"),
        ({"wanted_by": "soon"}, "bad_date"),
        ({"expected_rate": "5%"}, "bad_rate"),
        ({"banks": "无此银行"}, "bad_choice"),
        ({"stage": "推荐清单"}, None),
    ],
)
def test_every_row_is_taken_or_refused_with_its_line_and_reason(
    world: World, changed: dict[str, str], code: str | None
) -> None:
    rows = [(7, {**ROW, "uscc": world.home.firms[1].uscc, **changed})]
    batch = taken(world, rows)
    (result,) = batch.results
    assert (result["line"], result.get("code"), batch.done + batch.refused) == (7, code, 1)
    assert code is None or result["zh"] not in ("", result["en"])
    assert [x.stage for x in Demand.objects.all()] == ([] if code else [DemandStage.AWAITING_CONFIRMATION])


def test_a_firm_of_another_county_is_not_found(world: World) -> None:
    batch = taken(world, [(2, {**ROW, "uscc": world.away.firms[0].uscc})])
    assert (batch.done, batch.refused, Demand.objects.count()) == (0, 1, 0)


def test_the_workbook_has_the_columns_of_both_tables_and_no_formula(world: World, tmp_path: Any) -> None:
    recommended(world, note="=1+1")
    demands = Demand.objects.all()
    path = tmp_path / "list.xlsx"
    path.write_bytes(as_workbook(list_rows(demands, on=TODAY), table=mechanism_table(demands)))
    book = openpyxl.load_workbook(path)
    rows = list(book["清单"].values)
    assert rows[0] == tuple(HEADS.values())
    told = dict(zip(HEADS, rows[1], strict=True))
    assert (told["note"], told["amount_fen"], told["stage"], told["lent_fen"]) == ("=1+1", 50_000, "推荐清单", None)
    assert (told["lawful_operation"], told["rule"]) == ("符合", "five_criteria/1")
    assert book["机制统计表"]["C1"].value == "走访户数"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.xlsx", b"no workbook"), ("a.json", b"{"), ("a.json", b'{"rows": [1]}'), ("a.json", b'{"rows": 1}')],
)
def test_a_file_that_is_no_list_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(BadFile):
        read_list(content, name=name)


def test_a_sheet_without_the_needed_columns_and_one_without_rows_say_so(world: World) -> None:
    with pytest.raises(BadFile, match="用途"):
        read_list(write_sheets({"a": (["统一社会信用代码", "需求金额（元）", "期限（月）"], [["1", 2, 3]])}), name="a.xlsx")
    with pytest.raises(BadRequest):
        taken(world, read_list(write_sheets({"a": (list(HEADS.values()), [])}), name="a.xlsx"))


def test_the_list_for_a_program_has_stable_words(world: World) -> None:
    recommended(world)
    (row,) = json.loads(as_json(list_rows(Demand.objects.all(), on=TODAY), on=TODAY))["rows"]
    assert (row["stage"], row["amount_fen"], row["guarantees"], row["good_credit"]) == (
        "recommended",
        5_000_000,
        ["credit"],
        "met",
    )
    assert date.fromisoformat(row["recommended_on"]) == TODAY
