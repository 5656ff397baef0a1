"""Lists: what is filtered is shown, counted within bounds, ordered the same way each time, exported safely, kept as a view."""

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponseBase, QueryDict
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django_htmx.middleware import HtmxDetails
from openpyxl import load_workbook  # type: ignore[import-untyped]

from huoshui.errors import BadRequest
from huoshui.models import Firm, SavedView
from huoshui.terms import Role, SizeClass
from huoshui.web.listing import BulkAct, Choice, Column, Days, Listing, Text, YesNo, firm_search
from huoshui.web.listing import listing as engine
from tests.world import HOME, World, county_world, firm, signed_in

pytestmark = pytest.mark.django_db

FIRMS = Listing(
    "firm",
    title="Firms",
    columns=(
        Column("name", label="Name", cell=lambda x: x.name, sort="name", link=lambda x: f"/firms/{x.pk}/"),
        Column("size", label="Size", cell=lambda x: x.size_class, sort="size_class", tone=lambda _: "blue"),
        Column("money", label="Money", cell=lambda _: 12_345_678, unit="yuan"),
        Column("active", label="Active", cell=lambda x: x.active),
        Column("seen", label="Seen", cell=lambda x: x.last_visit_at, sort="last_visit_at"),
        Column("code", label="Code", cell=lambda x: x.uscc, on_page=False),
    ),
    filters=(
        Choice("size", label="Size", words=SizeClass, lookup="size_class"),
        Days("seen", label="Seen", lookup="last_visit_at"),
        YesNo("active", label="Active"),
        Text("grid", label="Grid", more=True),
    ),
    search=firm_search(),
    sort="name",
    acts=(BulkAct("saved_view:save", label="Act", roles=(Role.OFFICER,)),),
    empty="No firms",
)


@pytest.fixture
def world() -> World:
    return county_world()


def asked(world: World, query: str = "", *, role: Role = Role.OFFICER, htmx: bool = False, post: Any = None) -> Any:
    headers = {"HX-Request": "true", "HX-Target": "list-firm"} if htmx else {}
    make = RequestFactory(headers=headers)
    request: Any = make.post("/firms/", post) if post is not None else make.get(f"/firms/?{query}")
    request.user = world.user(role)
    request.viewer = request.user.viewer(on=timezone.localdate())
    request.htmx = HtmxDetails(request)
    return request


def listed(world: World, query: str = "", **given: Any) -> HttpResponseBase:
    request = asked(world, query, **given)
    rows = Firm.objects.visible_to(request.viewer)
    return FIRMS.answer(request, rows=rows, template="parts/list.html")


def names(world: World, query: str = "") -> list[str]:
    answer: Any = listed(world, f"{query}&export=json")
    return [x["name"] for x in json.loads(b"".join(answer.streaming_content))]


def made(number: int, **given: Any) -> None:
    Firm.objects.filter(pk=firm(HOME, number).pk).update(**given)


@pytest.fixture
def three(world: World) -> World:
    for county in (world.home, world.away):
        Firm.objects.filter(pk__in=[x.pk for x in county.firms]).update(active=False)
    made(801, name="甲茶行", size_class=SizeClass.SMALL)
    made(802, name="乙茶行", last_visit_at=timezone.now())
    made(803, name="=丙(1+1)", initials="bing")
    return world


def test_a_list_shows_what_fits_and_nothing_of_others(three: World) -> None:
    everything = names(three)
    assert set(everything) == {x.name for x in three.home.firms} | {"甲茶行", "乙茶行", "=丙(1+1)"}
    assert names(three, "active=yes&q=茶") == sorted(["甲茶行", "乙茶行"])
    assert names(three, "size=small&active=yes") == ["甲茶行"]
    assert names(three, f"seen_from={timezone.localdate()}&seen_to={timezone.localdate()}") == ["乙茶行"]
    assert names(three, f"seen_to={timezone.localdate().replace(year=2020)}") == []


def test_a_name_is_found_by_its_code_and_its_initials_too(three: World) -> None:
    code = Firm.objects.get(name="甲茶行").uscc
    assert names(three, f"q={code}") == ["甲茶行"]
    assert "甲茶行" in names(three, f"q={code[:12].lower()}")
    assert names(three, "q=BIN") == ["=丙(1+1)"]


def test_a_filter_that_is_wrong_is_told_and_narrows_nothing(three: World) -> None:
    answer: Any = listed(three, "size=huge&seen_from=yesterday")
    assert len(answer.content.decode().split('class="errorlist')) == 3
    assert names(three, "size=huge") == names(three)


def test_the_same_page_stands_in_the_same_order_each_time(three: World) -> None:
    assert names(three, "sort=name&active=yes") == sorted(names(three, "active=yes"))
    assert names(three, "sort=-name&active=yes") == sorted(names(three, "active=yes"), reverse=True)
    assert names(three, "sort=seen&active=yes")[0] == "乙茶行", "what is not known stands last"
    assert names(three, "sort=-seen&active=yes")[0] == "乙茶行", "what is not known stands last, descending too"
    assert names(three, "sort=nothing") == names(three)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_an_export_holds_what_was_filtered_and_no_formula(three: World, kind: str) -> None:
    answer: Any = listed(three, f"active=yes&q=bing&export={kind}")
    body = b"".join(answer.streaming_content)
    if kind == "xlsx":
        answer.file_to_stream.close()
    assert answer["Content-Disposition"] == f'attachment; filename="firm-{timezone.localdate()}.{kind}"'
    if kind == "json":
        assert json.loads(body)[0] == {
            "name": "=丙(1+1)", "size": "micro", "money": 12_345_678, "active": True, "seen": None,
            "code": Firm.objects.get(initials="bing").uscc,
        }  # fmt: skip
        return
    if kind == "csv":
        assert body.startswith(b"\xef\xbb\xbf")
        head, row = csv.reader(io.StringIO(body.decode("utf-8-sig")))
    else:
        sheet = load_workbook(io.BytesIO(body)).active
        head, row = ([x.value for x in line] for line in sheet.iter_rows())
    assert head[:3] == ["Name", "Size", "Money（元）"]
    assert row[0] == "'=丙(1+1)"
    assert [str(x) for x in row[1:4]] == [SizeClass.MICRO.zh, "123456.78", "是"]


def test_an_export_is_in_the_language_of_its_reader(three: World) -> None:
    with translation.override("en"):
        answer: Any = listed(three, "active=yes&q=bing&export=csv")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert body.splitlines()[0] == "Name,Size,Money (yuan),Active,Seen,Code"
    assert ",yes," in body.splitlines()[1]


def test_an_unknown_kind_of_file_is_refused(three: World) -> None:
    with pytest.raises(BadRequest, match="xlsx, csv or json"):
        listed(three, "export=exe")


def test_more_rows_than_are_counted_are_said_to_be_more(three: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "COUNTED", 4)
    small = Listing("firm", title="Firms", columns=FIRMS.columns, sort="name", page_size=2)
    request = asked(three, "page=2")
    with translation.override("en"):
        answer: Any = small.answer(request, rows=Firm.objects.visible_to(request.viewer), template="parts/list.html")
        page = answer.content.decode()
    assert "3–4 of more than 4" in page
    assert "narrow the filters" in page
    assert 'rel="next"' not in page, "there is no page beyond what is counted"


def test_a_list_of_one_and_of_three_takes_the_same_number_of_queries(three: World) -> None:
    counts = []
    for query in ("active=yes&q=bing", "active=yes"):
        request = asked(three, query)
        assert request.viewer.user_id
        with CaptureQueriesContext(connection) as seen:
            FIRMS.answer(request, rows=Firm.objects.visible_to(request.viewer), template="parts/list.html")
        counts.append(len(seen))
    assert counts == [2, 2], "the rows, and the saved views"


def test_htmx_gets_the_piece_and_a_tidy_address(three: World) -> None:
    answer: Any = listed(three, "q=bing&size=&page=1", htmx=True)
    assert answer["HX-Push-Url"] == "/firms/?q=bing"
    assert 'hx-swap-oob="innerHTML"' in answer.content.decode()
    assert {"HX-Request", "HX-Target"} <= {x.strip() for x in answer["Vary"].split(",")}


def test_bulk_acts_are_offered_to_whoever_may(three: World) -> None:
    for_officer: Any = listed(three)
    for_visitor: Any = listed(three, role=Role.VISITOR)
    assert 'formaction="/views/save"' in for_officer.content.decode()
    assert "formaction" not in for_visitor.content.decode()


def test_a_bulk_act_gets_what_was_ticked_or_all_that_was_found_and_nothing_of_others(three: World) -> None:
    mine, other = Firm.objects.get(name="甲茶行"), three.away.firms[0]
    request = asked(three, post={"row": [str(mine.pk), str(other.pk), "x", "9" * 30]})
    assert list(FIRMS.chosen(request, rows=Firm.objects.visible_to(request.viewer))) == [mine]
    request = asked(three, post={"all_filtered": "yes", "query": "q=茶&active=yes"})
    assert {x.name for x in FIRMS.chosen(request, rows=Firm.objects.visible_to(request.viewer))} == {"甲茶行", "乙茶行"}


def test_a_view_is_kept_shown_and_deleted(three: World) -> None:
    client = signed_in(Client(), three.user(Role.OFFICER))
    query = QueryDict(mutable=True)
    query["q"] = "茶"
    answer = client.post("/views/save", {"name": " 茶行 ", "listing": "firm", "query": query.urlencode(), "back": "/?a=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/?a=1")
    view = SavedView.objects.get()
    assert (view.name, view.user) == ("茶行", three.user(Role.OFFICER))
    page: Any = listed(three, query.urlencode())
    assert 'aria-current="true">茶行' in page.content.decode()
    assert "茶行</a></li>" not in listed(three, role=Role.LEAD).content.decode()  # type: ignore[attr-defined]
    assert client.post(f"/views/{view.pk}/delete", {"back": "https://elsewhere.example/"})["Location"] == "/"
    assert SavedView.objects.count() == 0


def test_nobody_is_sent_elsewhere_after_saving_a_view(three: World) -> None:
    client = signed_in(Client(), three.user(Role.OFFICER))
    for address in ("//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"):
        answer = client.post("/views/save", {"name": "v", "listing": "firm", "query": "", "back": address})
        assert answer["Location"] == "/"


def test_a_list_that_is_empty_says_so(world: World) -> None:
    Firm.objects.visible_to(asked(world).viewer).update(region_code="110101")
    answer: Any = listed(world)
    assert "No firms" in answer.content.decode()


def test_who_did_not_sign_in_sees_no_rows(world: World) -> None:
    request = asked(world)
    request.user, request.viewer = AnonymousUser(), type(request.viewer)()
    answer: Any = FIRMS.answer(request, rows=Firm.objects.visible_to(request.viewer), template="parts/list.html")
    assert "No firms" in answer.content.decode()
