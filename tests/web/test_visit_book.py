"""Sheets of visits through the pages, and what the list of visits gives out, taken in again."""

from io import BytesIO
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from huoshui.models import Visit, VisitBook
from huoshui.services.visit import ANSWERS
from huoshui.terms import DemandPurpose, Need, Obstacle, Premises, Role, YesNo
from tests.campaigns import AT, visited
from tests.sheets import sheet
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


@pytest.fixture
def desk(world: World, client: Client) -> Client:
    return signed_in(client, world.user(Role.OFFICER))


def brought_in(desk: Client, data: bytes) -> VisitBook:
    answer = desk.post("/visits/import", {"file": SimpleUploadedFile("台账.xlsx", data)})
    assert answer.status_code == 302
    return VisitBook.objects.latest("pk")


def test_a_sheet_is_looked_at_then_taken(world: World, desk: Client) -> None:
    firm = world.home.firms[0]
    book = brought_in(
        desk, sheet([["企业名称", "走访日期", "天气"], [firm.name, "2026-03-01", "晴"], ["没有这家", "2026-03-01", ""]])
    )
    page = desk.get(f"/visits/import/{book.pk}/").content.decode()
    assert ("天气" in page, "本地区没有此经营主体" in page, Visit.objects.count()) == (True, True, 0)
    desk.post(f"/visits/import/{book.pk}/take")
    assert Visit.objects.get().firm == firm
    assert "3,经营主体,本地区没有此经营主体" in desk.get(f"/visits/import/{book.pk}/rejects.csv").content.decode()


def test_what_is_no_sheet_is_refused_on_the_page(desk: Client) -> None:
    answer = desk.post("/visits/import", {"file": SimpleUploadedFile("a.xlsx", b"no sheet")})
    assert (answer.status_code, "XLSX" in answer.content.decode()) == (400, True)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_export_of_visits_reads_back_as_the_same_visits(world: World, desk: Client, language: str) -> None:
    full: dict[str, Any] = {
        "operating": YesNo.YES, "premises": Premises.RENTED, "employees": 4, "need": Need.YES, "amount_fen": 30_550_000,
        "months": 12, "purpose": DemandPurpose.STOCK, "has_loan": YesNo.NO, "obstacles": (Obstacle.COST, Obstacle.PROCEDURE),
        "broker_fee_asked": YesNo.NOT_KNOWN, "call_back": True, "note": "=1+1",
    }  # fmt: skip
    first = visited(world, world.home.firms[0], by=world.user(Role.VISITOR), **full).visit
    second = visited(world, world.home.firms[1], need=Need.LATER).visit
    desk.get(f"/?language={language}")
    answer = desk.get("/visits/?export=xlsx")
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    page = openpyxl.load_workbook(BytesIO(data)).active
    assert page is not None
    assert not any(x.data_type == "f" for row in page.iter_rows() for x in row)
    book = brought_in(desk, data)
    assert book.figures == {"rows": 2, "visits": 2, "entries": 0, "already": 0, "refused": 0}
    desk.post(f"/visits/import/{book.pk}/take")
    fields = ("firm_id", "visitor_id", "mode", "visited_at", *ANSWERS)
    for visit in (first, second):
        again = Visit.objects.filter(firm=visit.firm_id).latest("pk")
        assert again.pk != visit.pk
        assert {x: getattr(again, x) for x in fields} == {x: getattr(Visit.objects.get(pk=visit.pk), x) for x in fields}
    assert Visit.objects.filter(visited_at=AT).count() == 4
