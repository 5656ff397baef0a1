"""Firms from a screening into the database: nothing is lost, what changed is told, a stopped load goes on."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db.models import Count, Q

from huoshui.errors import BadFile, BadRequest, DoesNotReconcile, WrongStage
from huoshui.models import Event, Firm, FirmCount, Organization, RegisterLoad
from huoshui.services import firms
from huoshui.services.firms import load_firms
from huoshui.terms import EntityKind, LoadStage, OrganizationKind, OrganizationLevel, StatusClass
from tests.screened import REGION, row, write_result
from tests.world import uscc

pytestmark = pytest.mark.django_db
Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Writes a result folder with its registry, as `huoshui screen` does."""
    Organization.objects.create(
        name="平台", kind=OrganizationKind.PLATFORM, level=OrganizationLevel.NATION, path="/1/", region_code=""
    )
    return partial(write_result, tmp_path)


def test_every_row_is_a_firm_or_told_why_not(folder: Folder) -> None:
    rows = [
        row(1), row(2), row(3, verdict="D02"), row(4, uscc=None, name="无证商行"), row(5, uscc=None, name="无证商行"),
        row(6, uscc=None, register_no="350203600012345"), row(7, uscc=uscc(REGION, 1)), row(8, uscc="9" * 30, name="代码有误"),
    ]  # fmt: skip
    loaded = load_firms(folder(rows), synthetic=True)
    assert (loaded.rows, loaded.created, loaded.superseded, len(loaded.refused)) == (8, 5, 1, 2)
    assert [(x["row_id"], x["reason"]) for x in loaded.refused] == [(5, "same_name"), (7, "same_code")]
    assert loaded.load.stage is LoadStage.DONE
    assert Firm.objects.count() == 5
    assert Firm.objects.filter(uscc="350203600012345").count() == 1
    assert Firm.objects.get(name="代码有误").shown_code == ""


def test_a_firm_has_what_the_registry_says_of_it(folder: Folder) -> None:
    office = Organization.objects.create(
        name="城关镇人民政府", kind=OrganizationKind.GOVERNMENT, level=OrganizationLevel.TOWNSHIP, region_code="350203001"
    )
    load_firms(folder([row(1), row(2, township="无机构镇")]), synthetic=True)
    firm, other = Firm.objects.order_by("pk")
    assert (firm.name, firm.short_name) == ("厦门市思明区测试1号商行", "测试1号商行")
    assert (firm.initials, firm.short_initials) == ("xmssmqcs1hsh", "cs1hsh")
    assert (firm.kind, firm.status, firm.established_on) == (EntityKind.ENTERPRISE, StatusClass.OPERATING, date(2019, 5, 6))
    assert (firm.region_code, firm.township, firm.representative_name) == (office.region_code, "城关镇", "测试1")
    assert (firm.priority, firm.verdict, firm.active, firm.screened_on) == (51, "N01", True, date(2026, 3, 31))
    assert (other.region_code, other.township) == (REGION, "无机构镇")


def test_a_result_that_was_loaded_changes_nothing_when_loaded_again(folder: Folder) -> None:
    place = folder([row(1), row(2)])
    first = load_firms(place, synthetic=True)
    before = list(Firm.objects.order_by("pk").values())
    assert load_firms(place, synthetic=True) == first
    assert list(Firm.objects.order_by("pk").values()) == before
    assert (RegisterLoad.objects.count(), Event.objects.count()) == (1, 1)


def test_changes_of_name_code_representative_and_status_are_told(folder: Folder) -> None:
    load_firms(folder([row(x) for x in range(1, 7)]), synthetic=True)
    keys = dict(Firm.objects.values_list("uscc", "pk"))
    moved = uscc(REGION, 4)
    other = "12" + moved[2:8] + moved[8:17]
    from huoshui.rules.uscc import check_uscc

    other += check_uscc(other + "0").expected_check or ""
    now = [
        row(1, name="厦门市思明区改名商行"), row(2, representative_name="换人"), row(3, status="注销"), row(4, uscc=other),
        row(5, priority=9), row(6),
    ]  # fmt: skip
    loaded = load_firms(folder(now, on="2026-04-30"), synthetic=True)
    assert (loaded.created, loaded.changed, loaded.unchanged, loaded.absent) == (0, 5, 1, 0)
    told = {x.firm_id: x.basis["changed"] for x in Event.objects.filter(act="change_firm")}
    assert told == {
        keys[uscc(REGION, 1)]: ["name"], keys[uscc(REGION, 2)]: ["representative"], keys[uscc(REGION, 3)]: ["status"],
        keys[moved]: ["code"],
    }  # fmt: skip
    dated = Firm.objects.filter(register_changed_on=date(2026, 4, 30))
    assert set(dated.values_list("pk", flat=True)) == set(told)
    assert Firm.objects.get(pk=keys[moved]).uscc == other
    assert Firm.objects.filter(screened_on=date(2026, 4, 30)).count() == 6


def test_a_firm_without_a_code_keeps_its_row_when_it_gets_one(folder: Folder) -> None:
    load_firms(folder([row(1, uscc=None), row(2, uscc=None, register_no="350203600012345")]), synthetic=True)
    before = set(Firm.objects.values_list("pk", flat=True))
    load_firms(folder([row(1), row(2, register_no="350203600012345")], on="2026-04-30"), synthetic=True)
    assert set(Firm.objects.values_list("pk", flat=True)) == before
    assert set(Firm.objects.values_list("uscc", flat=True)) == {uscc(REGION, 1), uscc(REGION, 2)}


def test_what_a_registry_said_holds_where_a_later_result_comes_without(folder: Folder) -> None:
    load_firms(folder([row(1, status="歇业")]), synthetic=True)
    later = folder([row(1, name="厦门市思明区新名商行")], on="2026-04-30", registry=False)
    loaded = load_firms(later, synthetic=True)
    firm = Firm.objects.get()
    assert loaded.from_registry == ()
    assert (firm.name, firm.status, firm.township, firm.representative_name) == (
        "厦门市思明区新名商行", StatusClass.SUSPENDED, "城关镇", "测试1",
    )  # fmt: skip


def test_a_load_that_was_stopped_goes_on(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firms, "BATCH", 2)
    place = folder([row(1), row(2), row(3), row(4), row(5, uscc=uscc(REGION, 1))])

    def stop(done: int, _all: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_firms(place, synthetic=True, progress=stop)
    assert RegisterLoad.objects.get().rows_done == 4
    seen: list[int] = []
    loaded = load_firms(place, synthetic=True, progress=lambda done, _all: seen.append(done))
    assert (loaded.created, len(loaded.refused), seen) == (4, 1, [2, 4, 5])


def test_counts_of_areas_are_those_of_a_plain_count(folder: Folder) -> None:
    rows = [row(x, is_active=x % 2 == 0, township=f"{x % 3}镇", verdict="R01" if x == 8 else "N01") for x in range(1, 10)]
    load_firms(folder(rows), synthetic=True)
    plain = Firm.objects.values_list("region_code", "township").annotate(
        n=Count("pk"), active=Count("pk", filter=Q(active=True))
    )
    assert set(FirmCount.objects.values_list("area", "township", "firms", "active")) == set(plain)
    assert sum(x.active for x in FirmCount.objects.all()) == 3


def test_a_result_earlier_than_one_that_is_in_is_refused(folder: Folder) -> None:
    load_firms(folder([row(1)], on="2026-04-30"), synthetic=True)
    with pytest.raises(WrongStage):
        load_firms(folder([row(1)], on="2026-03-31"), synthetic=True)


def test_a_result_that_does_not_add_up_is_not_finished(folder: Folder) -> None:
    with pytest.raises(DoesNotReconcile):
        load_firms(folder([row(1)], universe=2), synthetic=True)
    assert RegisterLoad.objects.get().stage is LoadStage.RUNNING


def test_another_registry_than_the_one_screened_is_refused(folder: Folder, tmp_path: Path) -> None:
    place = folder([row(1), row(2)])
    (tmp_path / "other").mkdir()
    pq.write_table(pa.Table.from_pylist([row(9)]), tmp_path / "other" / "registry.parquet")
    with pytest.raises(BadFile):
        load_firms(place, synthetic=True, registry=tmp_path / "other")


def test_a_folder_without_a_result_and_a_site_without_an_operator_are_refused(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(BadFile):
        load_firms(tmp_path, synthetic=True)
    place = folder([row(1)])
    Organization.objects.all().delete()
    with pytest.raises(BadRequest):
        load_firms(place, synthetic=True)
