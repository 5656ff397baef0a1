"""What stands in the folder of a result: columns, metadata, the visit list, workbooks, pages, summary and manifest."""

import json
from collections.abc import Mapping
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import openpyxl  # type: ignore[import-untyped]  # the library has no annotations
import pyarrow.parquet as pq
import pytest

from huoshui.rules.screening import REASONS
from huoshui.services.screening.basis import read_screening_basis
from huoshui.terms import RegisterKind
from tests.adapters.registers.small_registers import ON, Found, Row, firm, loan, read_table, screen

PROMISED: Final = (
    "row_id", "uscc", "name", "region_code", "industry_code", "size_class", "is_active", "has_loan", "is_listed", "reasons",
    "evidence", "link_method", "priority",
)  # fmt: skip
FILES: Final = {
    "counties", "duplicates.parquet", "firms.parquet", "links.parquet", "manifest.json", "review.parquet", "summary.en.html",
    "summary.html", "summary.json", "visit_list.parquet",
}  # fmt: skip
Registers = Mapping[RegisterKind, Path]
pytestmark = pytest.mark.xdist_group("province")


@pytest.fixture(scope="module")
def visits(province_screened: Found) -> list[Row]:
    return read_table(province_screened.out / "visit_list.parquet")


def told(found: Found, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((found.out / name).read_text(encoding="utf-8"))
    return read


def test_the_folder_holds_every_output_and_nothing_is_left_beside_it(province_screened: Found) -> None:
    assert {x.name for x in province_screened.out.iterdir()} == FILES
    assert [x.name for x in province_screened.out.parent.iterdir()] == [province_screened.out.name]


def test_every_firm_has_the_promised_columns_in_the_registers_order(province_screened: Found, province: Registers) -> None:
    schema = pq.read_schema(province_screened.out / "firms.parquet")
    assert [x for x in PROMISED if x not in schema.names] == []
    registry = read_table(province[RegisterKind.REGISTRY])
    exact = {x for x, y in province_screened.duplicates.items() if y["kind"] == "exact"}
    kept = [x for x in registry if x["row_id"] not in exact]
    assert list(province_screened.firms) == [x["row_id"] for x in kept]
    for name in ("uscc", "name", "region_code", "industry_code"):
        assert [x[name] for x in province_screened.firms.values()] == [x[name] for x in kept]


def test_the_file_says_by_which_rule_and_which_policies(province_screened: Found) -> None:
    for file in ("firms", "visit_list"):
        metadata = pq.read_schema(province_screened.out / f"{file}.parquet").metadata
        found = {k.decode(): v.decode() for k, v in metadata.items() if k.startswith(b"huoshui")}
        own = ("huoshui.rule", "huoshui.region", "huoshui.on", "huoshui.synthetic")
        assert [found[x] for x in own] == ["never_borrowed", "350000", "2025-06-30", "true"]
        cited = json.loads(found["huoshui.policies"])
        assert {x["policy"] for x in cited} == {"no_loan", "activity", "size_class", "exclusion_lists", "visit_priority"}
        assert all(x["source"] and x["since"] <= "2025-06-30" for x in cited)


def test_the_list_holds_exactly_the_listed_firms(province_screened: Found, visits: list[Row]) -> None:
    firms = {x: y for x, y in province_screened.firms.items() if y["is_listed"]}
    assert len(visits) == len(firms) == len({x["row_id"] for x in visits})
    same = (
        "uscc",
        "name",
        "region_code",
        "industry_code",
        "size_class",
        "reasons",
        "evidence",
        "tags",
        "priority",
        "link_method",
    )
    assert [{k: x[k] for k in same} for x in visits] == [{k: firms[x["row_id"]][k] for k in same} for x in visits]


def test_firms_are_ranked_within_their_county_by_priority_and_then_by_row(visits: list[Row]) -> None:
    assert [x["region_code"] for x in visits] == sorted(x["region_code"] for x in visits)
    for _, group in groupby(visits, key=lambda x: x["region_code"]):
        rows = list(group)
        assert [x["rank"] for x in rows] == list(range(1, len(rows) + 1))
        order = [(-x["priority"], x["row_id"]) for x in rows]
        assert order == sorted(order)


def test_the_basis_of_a_priority_adds_up_to_it(visits: list[Row]) -> None:
    basis = read_screening_basis("never_borrowed", region="350000", on=ON)
    names = {x.zh for x in basis.priority.factors}
    levels = {x.name: x.at_least for x in basis.priority.levels}
    assert len({x["priority_basis"] for x in visits}) > 20
    for row in visits:
        points = [x.rpartition(" ") for x in row["priority_basis"].split("；") if x]
        assert sum(int(x[2]) for x in points) == row["priority"]
        tags = set(row["tags"].split(";")) - {""}
        assert len({x[0] for x in points} - names) == len(tags)
        assert row["priority"] >= levels[row["level"]]
        assert all(row["priority"] < x for x in levels.values() if x > levels[row["level"]])


def test_a_workbook_a_county_opens_and_lists_the_county_in_order(province_screened: Found, visits: list[Row]) -> None:
    books = {x.name[:6]: x for x in (province_screened.out / "counties").iterdir()}
    by_county = {k: list(v) for k, v in groupby(visits, key=lambda x: x["region_code"])}
    assert set(books) == set(by_county)
    assert province_screened.summary["workbooks"] == len(books)
    for county in sorted(books, key=lambda x: len(by_county[x]))[:3]:
        sheet = openpyxl.load_workbook(books[county]).worksheets[0]
        cells = {str(x) for row in sheet.iter_rows(values_only=True) for x in row}
        assert {x["name"] for x in by_county[county]} <= cells
        assert {x["uscc"] for x in by_county[county] if x["uscc"]} <= cells
        assert any("合成数据" in x for x in cells)
        assert sheet.freeze_panes is not None
        assert sheet.auto_filter.ref is not None


def test_a_nations_list_has_no_workbooks_unless_they_are_asked_for(tmp_path: Path) -> None:
    found = screen(tmp_path, {"registry": [firm(1)], "loans": [loan(2)]}, workbooks="none")
    assert not (found.out / "counties").exists()
    assert found.summary["workbooks"] == 0
    again = screen(tmp_path / "auto", {"registry": [firm(1)], "loans": [loan(2)]}, workbooks="auto")
    assert len(list((again.out / "counties").glob("350203-*.xlsx"))) == 1


def test_both_summary_pages_show_the_figures(province_screened: Found) -> None:
    for name in ("summary.html", "summary.en.html"):
        page = (province_screened.out / name).read_text(encoding="utf-8")
        assert page.lstrip().lower().startswith("<!doctype html>")
        assert f"{province_screened.summary['universe']:,}" in page
        assert f"{province_screened.summary['listed']:,}" in page
        assert "http://" not in page.replace("http://www.w3.org", "")


def test_the_summary_in_the_folder_is_the_one_that_is_returned(province_screened: Found) -> None:
    read = told(province_screened, "summary.json")
    assert read == json.loads(json.dumps(province_screened.summary))
    assert {"universe", "listed", "by_reason", "by_region", "reconciles"} <= set(read)
    assert list(read["by_reason"]) == [x.value for x in REASONS]


def test_the_figures_of_the_summary_are_those_of_the_file(province_screened: Found) -> None:
    firms, summary = list(province_screened.firms.values()), province_screened.summary
    verdicts = {x.value: sum(y["verdict"] == x for y in firms) for x in REASONS}
    assert summary["by_reason"] == verdicts
    assert summary["by_any_reason"] == {x.value: sum(x in y["reasons"] for y in firms) for x in REASONS}
    for county, group in summary["by_region"].items():
        rows = [x for x in firms if x["region_code"] == county]
        assert (group["universe"], group["listed"]) == (len(rows), sum(x["is_listed"] for x in rows))
        assert sum(group["by_reason"].values()) == len(rows)
    digits = [(x["industry_code"] or "00").lstrip("ABCDEFGHIJKLMNOPQRST")[:2] for x in firms]
    assert {k: v["universe"] for k, v in summary["by_industry"].items()} == {x: digits.count(x) for x in set(digits)}


def test_the_manifest_names_its_inputs_by_hash(province_screened: Found, province: Registers) -> None:
    manifest = told(province_screened, "manifest.json")
    expected = {
        kind.value: [{
            "file": path.name, "bytes": path.stat().st_size, "sha256": sha256(path.read_bytes()).hexdigest(),
        }]
        for kind, path in province.items()
    }  # fmt: skip
    assert manifest["inputs"] == expected
    assert (manifest["engine"], manifest["rule"], manifest["region"], manifest["on"]) == (
        "duckdb", "never_borrowed", "350000", "2025-06-30",
    )  # fmt: skip
    assert manifest["counts"]["universe"] == province_screened.summary["universe"]
    assert manifest["citations"] == province_screened.summary["citations"]
    assert manifest["synthetic"] is True


def test_real_registers_are_not_called_synthetic(tmp_path: Path) -> None:
    found = screen(tmp_path, {"registry": [firm(1)], "loans": [loan(2)]})
    assert found.summary["synthetic"] is False
    assert told(found, "manifest.json")["synthetic"] is False
    assert pq.read_schema(found.out / "firms.parquet").metadata[b"huoshui.synthetic"] == b"false"


def test_a_list_without_a_firm_is_a_result_too(tmp_path: Path) -> None:
    found = screen(tmp_path, {"registry": [firm(1)], "loans": [loan(1)]}, workbooks="all")
    assert (found.summary["universe"], found.summary["listed"], found.summary["reconciles"]) == (1, 0, True)
    assert read_table(found.out / "visit_list.parquet") == []
    assert found.summary["workbooks"] == 0


def test_firms_of_no_known_region_are_told_apart(tmp_path: Path) -> None:
    tables = {"registry": [firm(1), firm(2, region_code=None), firm(3, region_code="??")], "loans": [loan(9)]}
    found = screen(tmp_path, tables, region="000000", workbooks="all")
    assert {k: v["universe"] for k, v in found.summary["by_region"].items()} == {"000000": 2, "350203": 1}
    assert found.summary["universe"] == 3


def test_a_list_without_a_firm_has_the_columns_and_the_metadata_of_any_list(tmp_path: Path) -> None:
    one = screen(tmp_path / "one", {"registry": [firm(1)], "loans": [loan(9)]})
    none = screen(tmp_path / "none", {"registry": [firm(1)], "loans": [loan(1)]})
    full, empty = (pq.read_schema(x.out / "visit_list.parquet") for x in (one, none))
    assert empty.equals(full, check_metadata=True)
    assert empty.metadata[b"huoshui.rule"] == b"never_borrowed"
    assert read_table(none.out / "visit_list.parquet") == []
