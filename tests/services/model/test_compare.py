"""Champion and challenger: paired figures, and every firm on one side of each."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

from huoshui.adapters.validation.firms_file import Source
from huoshui.rules.points_table import PointsTable
from huoshui.services.model.compare import ComparisonRequest, compare_models
from tests.services.model.small_firms import ROWS, small_firms, write_firms
from tests.services.model.small_models import People, make_people, small_table, write_small

ON: Final = date(2026, 6, 30)


def blind_table() -> PointsTable:
    """A table that looks at the trade only."""
    table = small_table(name="blind")
    sales, trade = table.fields
    return replace(table, fields=(replace(sales, points=(20, 20, 20), missing=20), trade), pairs=())


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def given(people: People, tmp_path_factory: pytest.TempPathFactory) -> ComparisonRequest:
    folder = tmp_path_factory.mktemp("models")
    champion = write_small(folder / "champion", people=people)
    challenger = write_small(folder / "challenger", people=people, table=blind_table())
    features, outcomes = write_firms(folder / "firms", small_firms())
    return ComparisonRequest(
        champion, challenger, Source(features, outcomes=outcomes), ON, out=folder / "out", trusted=people.trusted
    )


@pytest.fixture(scope="module")
def report(given: ComparisonRequest) -> dict[str, Any]:
    return compare_models(given)


def test_a_blind_challenger_ranks_worse_and_the_interval_says_so(report: dict[str, Any]) -> None:
    auc = report["figures"]["auc"]
    assert auc["difference"]["value"] == pytest.approx(auc["challenger"]["value"] - auc["champion"]["value"], abs=2e-6)
    assert auc["difference"]["high"] < 0


def test_a_model_against_itself_differs_in_nothing(given: ComparisonRequest) -> None:
    same = compare_models(replace(given, challenger=given.champion, out=None))
    for figure in same["figures"].values():
        assert figure["difference"] == {"value": 0, "low": 0, "high": 0}
    assert same["changed"] == 0
    for sides in same["sides"]:
        assert (sides["swapped_in"]["firms"], sides["swapped_out"]["firms"]) == (0, 0)


def test_every_firm_is_in_one_of_the_four_sets(report: dict[str, Any]) -> None:
    for sides in report["sides"]:
        sets = [sides[x] for x in ("both_approve", "swapped_in", "swapped_out", "both_refuse")]
        assert sum(x["firms"] for x in sets) == ROWS
        assert sum(x["defaults"] for x in sets) == report["data"]["defaults"]
    assert sum(map(sum, report["grades"]["firms"])) == ROWS


def test_at_an_equal_share_about_as_many_swap_in_as_out(report: dict[str, Any]) -> None:
    equal = next(x for x in report["sides"] if x["by"] == "equal_share")
    champion = equal["both_approve"]["firms"] + equal["swapped_out"]["firms"]
    challenger = equal["both_approve"]["firms"] + equal["swapped_in"]["firms"]
    assert abs(champion - challenger) < ROWS // 3


def test_the_firms_that_change_sides_are_named(given: ComparisonRequest, report: dict[str, Any]) -> None:
    assert given.out is not None
    changes = pq.read_table(given.out / "changes.parquet").to_pylist()
    assert len(changes) == report["changed"]
    grade = next(x for x in report["sides"] if x["by"] == "grade")
    swapped = [x for x in changes if x["champion_approved"] != x["challenger_approved"]]
    assert len(swapped) == grade["swapped_in"]["firms"] + grade["swapped_out"]["firms"]
    assert changes[: len(swapped)] == swapped
    assert all(x["firm_id"] == f"F{x['row']:05d}" for x in changes)
    rest = changes[len(swapped) :]
    assert all(x["champion_grade"][0] != x["challenger_grade"][0] for x in rest)
    assert sum(bool(x["outcome"]) for x in swapped if x["challenger_approved"]) == grade["swapped_in"]["defaults"]


def test_without_outcomes_only_the_sides_are_told(given: ComparisonRequest) -> None:
    found = compare_models(replace(given, source=Source(given.source.features), out=None))
    assert found["figures"] is None
    assert found["sides"][0]["swapped_in"]["realised"] is None
    assert found["changed"] > 0


def test_the_same_comparison_is_the_same_bytes(given: ComparisonRequest, tmp_path: Path, report: dict[str, Any]) -> None:
    again = compare_models(replace(given, out=tmp_path / "again"))
    assert again == report
    assert given.out is not None
    for name in ("comparison.json", "changes.parquet"):
        assert (tmp_path / "again" / name).read_bytes() == (given.out / name).read_bytes()


def test_both_models_say_what_they_are(report: dict[str, Any], given: ComparisonRequest) -> None:
    assert (report["champion"]["name"], report["challenger"]["name"]) == ("small", "blind")
    assert report["challenger"]["status"] == "unapproved"
    assert given.out is not None
    assert json.loads((given.out / "comparison.json").read_bytes()) == report


@pytest.mark.parametrize("origin", [None, "firms", "champion", "challenger"])
def test_a_comparison_is_synthetic_where_firms_or_a_model_are(origin: str | None, people: People, tmp_path: Path) -> None:
    models = [write_small(tmp_path / x, people=people, training={"synthetic": origin == x}) for x in ("champion", "challenger")]
    features, _ = write_firms(tmp_path / "firms", small_firms(rows=60), synthetic=origin == "firms")
    found = compare_models(
        ComparisonRequest(models[0], models[1], Source(features), ON, out=tmp_path / "out", trusted=people.trusted)
    )
    metadata = pq.read_schema(tmp_path / "out" / "changes.parquet").metadata
    assert json.loads((tmp_path / "out" / "comparison.json").read_bytes())["synthetic"] is found["synthetic"]
    assert found["synthetic"] is (origin is not None)
    assert metadata[b"huoshui.synthetic"] == (b"false" if origin is None else b"true")
