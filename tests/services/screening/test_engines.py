"""A nation of 100,000 firms on DuckDB and on Spark: right by the truth, and the same to the last figure."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

from huoshui.rules.screening import REASONS
from huoshui.terms import RegisterKind
from tests.adapters.registers.small_registers import Found, Row, read_table

FIRMS: Final = 100_000
CODES: Final = tuple(x.value for x in REASONS)
ENGINES: Final = ("nation_on_duckdb", pytest.param("nation_on_spark", marks=pytest.mark.spark))
Registers = Mapping[RegisterKind, Path]
pytestmark = pytest.mark.xdist_group("spark")


@pytest.fixture(params=ENGINES)
def screened(request: pytest.FixtureRequest) -> Found:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Found)
    return found


@pytest.fixture(scope="module")
def truth(nation: Registers) -> list[Row]:
    return read_table(nation[RegisterKind.REGISTRY].with_name("truth.parquet"))


def fingerprint(found: Found) -> dict[str, Any]:
    """Counts and sums that a silent difference between engines would change."""
    firms = list(found.firms.values())
    visits = read_table(found.out / "visit_list.parquet")
    return {
        "rows": len(firms),
        "row ids": sum(x["row_id"] for x in firms),
        "listed": sum(x["is_listed"] for x in firms),
        "listed row ids": sum(x["row_id"] for x in firms if x["is_listed"]),
        "reason bits": sum(1 << CODES.index(code) for x in firms for code in x["reasons"]),
        "reasons": Counter(code for x in firms for code in x["reasons"]),
        "verdicts": Counter(x["verdict"] for x in firms),
        "evidence": Counter(x["evidence"] for x in firms),
        "tags": Counter(x["tags"] for x in firms),
        "links": Counter(x["link_method"] for x in firms),
        "sizes": Counter(x["size_class"] for x in firms),
        "active": sum(x["is_active"] for x in firms),
        "loans": Counter(x["has_loan"] for x in firms),
        "priorities": sum(x["priority"] for x in firms),
        "squared priorities": sum(x["priority"] ** 2 for x in firms),
        "sales": sum(x["sales_12m_fen"] for x in firms),
        "ranks": sum(x["rank"] * (x["row_id"] % 1_009 + 1) for x in visits),
        "bases": Counter(x["priority_basis"] for x in visits),
        "duplicates": Counter((x["kind"], x["row_id"] - x["kept_row_id"]) for x in found.duplicates.values()),
    }


@pytest.mark.spark
def test_both_engines_give_one_fingerprint(nation_on_duckdb: Found, nation_on_spark: Found) -> None:
    assert fingerprint(nation_on_spark) == fingerprint(nation_on_duckdb)


@pytest.mark.spark
@pytest.mark.parametrize("file", ["firms", "visit_list", "links", "review", "duplicates"])
def test_both_engines_give_the_same_rows(nation_on_duckdb: Found, nation_on_spark: Found, file: str) -> None:
    one, other = (pq.ParquetFile(x.out / f"{file}.parquet").read() for x in (nation_on_duckdb, nation_on_spark))
    assert one.num_rows > 0
    assert one.equals(other)


@pytest.mark.spark
def test_both_engines_give_the_same_summary(nation_on_duckdb: Found, nation_on_spark: Found) -> None:
    own = ("engine", "cpu_seconds", "buckets")
    one, other = ({k: v for k, v in x.summary.items() if k not in own} for x in (nation_on_duckdb, nation_on_spark))
    assert one == other


def test_every_row_with_a_usable_key_has_the_reasons_of_the_truth(screened: Found, truth: list[Row]) -> None:
    usable = {x["row_id"]: x for x in truth if x["usable_key"]}
    assert len(usable) > 0.95 * FIRMS
    exact = {row_id for row_id, x in screened.duplicates.items() if x["kind"] == "exact"}
    ours = {
        row_id: ["D01"] if row_id in exact else sorted(screened.firms[row_id]["reasons"], key=CODES.index) for row_id in usable
    }
    assert {x: y for x, y in ours.items() if y != usable[x]["reasons"]} == {}
    listed = {x for x in usable if x not in exact and screened.firms[x]["is_listed"]}
    assert listed == {x for x, y in usable.items() if y["is_listed"]}


def test_every_told_fact_of_a_row_with_a_usable_key_is_that_of_the_truth(screened: Found, truth: list[Row]) -> None:
    judged = [x for x in truth if x["usable_key"] and x["duplicate_of"] is None and x["reasons"] != ["D02"]]
    for name in ("size_class", "is_active", "has_loan"):
        wrong = [x["row_id"] for x in judged if screened.firms[x["row_id"]][name] != x[name]]
        assert (name, wrong) == (name, [])
    assert [x["row_id"] for x in judged if sorted(screened.firms[x["row_id"]]["tags"].split(";")) != (x["tags"] or [""])] == []


def test_exact_duplicates_are_dropped_and_point_to_the_row_that_is_kept(screened: Found, truth: list[Row]) -> None:
    planted = {x["row_id"]: x["duplicate_of"] for x in truth if x["reasons"] == ["D01"]}
    found = {x: y["kept_row_id"] for x, y in screened.duplicates.items() if y["kind"] == "exact"}
    assert found == planted
    assert not set(found) & set(screened.firms)
    assert set(found.values()) <= set(screened.firms)


def test_an_older_record_points_to_the_current_one(screened: Found, truth: list[Row]) -> None:
    planted = {x["row_id"]: x["duplicate_of"] for x in truth if x["reasons"] == ["D02"] and x["usable_key"]}
    found = {x: screened.duplicates[x]["kept_row_id"] for x in planted}
    assert found == planted
    assert {screened.firms[x]["verdict"] for x in planted} == {"D02"}
    assert "D02" not in {screened.firms[x]["verdict"] for x in planted.values()}


def test_the_totals_reconcile(screened: Found, truth: list[Row]) -> None:
    told = screened.summary
    assert told["reconciles"] is True
    assert told["universe"] == len(screened.firms) == sum(told["by_reason"].values())
    assert told["universe"] == sum(x["universe"] for x in told["by_region"].values())
    assert told["universe"] == sum(x["universe"] for x in told["by_industry"].values())
    assert told["universe"] == sum(told["by_size"].values()) == sum(told["by_link"].values())
    assert told["rows_read"]["registry"] == told["universe"] + told["duplicates"] == len(truth)
    assert told["listed"] == told["by_reason"]["N01"] == told["funnel"][-1]["count"]
    assert told["listed"] == pq.read_metadata(screened.out / "visit_list.parquet").num_rows


def test_the_funnel_loses_exactly_what_it_says_at_every_step(screened: Found) -> None:
    funnel = screened.summary["funnel"]
    left = [x["count"] for x in funnel]
    assert left[0] == screened.summary["universe"]
    assert [a - sum(step["left"].values()) for a, step in zip(left, funnel[1:], strict=False)] == left[1:]


def test_links_are_right_and_few_are_missed(screened: Found, nation: Registers) -> None:
    planted = {
        (x["register"], x["row_id"]): x["registry_row_id"]
        for x in read_table(nation[RegisterKind.REGISTRY].with_name("links.parquet"))
        if x["register"] != "registry"
    }
    met = {x: y for x, y in screened.links.items() if x in planted}
    linked = {x: y["firm_row_id"] for x, y in met.items() if y["outcome"] == "linked"}
    right = sum(planted[x] == y for x, y in linked.items())
    assert len(linked) > 1_000
    assert right / len(linked) >= 0.995
    assert right / len(met) >= 0.95


def test_the_accuracy_that_is_told_is_the_one_that_is_found(screened: Found, truth: list[Row]) -> None:
    told = screened.summary["accuracy"]
    usable = sum(x["usable_key"] for x in truth)
    assert told["compared"] == len(truth)
    assert told["usable_key"] == {"rows": usable, "equal": usable}
    listed = {x["row_id"] for x in truth if x["is_listed"]}
    wrong = listed ^ {x for x, y in screened.firms.items() if y["is_listed"]}
    assert told["listed_right"] == len(truth) - len(wrong)
    assert told["by_reason"]["D01"] == {"right": screened.summary["duplicates"], "wrong": 0, "missed": 0}
    assert float(told["linked"]["precision"]) >= 0.995
    assert float(told["linked"]["recall"]) >= 0.95
