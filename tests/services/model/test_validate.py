"""A validation: figures with intervals, the same bytes every time, and small groups named instead of judged."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.validation.firms_file import Source
from huoshui.errors import BadFile, BadModel
from huoshui.rules.points_table import Overlay
from huoshui.services.model.folder import write_model
from huoshui.services.model.validate import ValidationRequest, report_content, validate_model
from tests.services.model.small_firms import ROWS, small_firms, write_firms, write_trained
from tests.services.model.small_models import MAKER, TRAINED, People, documents, make_people, small_table, write_small

ON: Final = date(2026, 6, 30)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def model(people: People, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_trained(tmp_path_factory.mktemp("models") / "model", people=people)


def request(model: Path, people: People, firms: pa.Table, folder: Path, **changes: Any) -> ValidationRequest:
    features, outcomes = write_firms(folder, firms)
    given = ValidationRequest(model, Source(features, outcomes=outcomes, time="year"), ON, trusted=people.trusted)
    return replace(given, **changes)


@pytest.fixture(scope="module")
def report(model: Path, people: People, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return validate_model(request(model, people, small_firms(), tmp_path_factory.mktemp("firms")))


def test_every_figure_lies_in_its_interval(report: dict[str, Any]) -> None:
    figures = report["figures"]
    assert list(figures) == ["auc", "gini", "ks", "brier", "calibration_error", "expected", "realised"]
    for found in figures.values():
        assert found["low"] <= found["value"] <= found["high"] or found is figures["calibration_error"]
    assert figures["gini"]["value"] == pytest.approx(2 * figures["auc"]["value"] - 1, abs=2e-6)
    assert 0.6 < figures["auc"]["value"] < 0.9


def test_the_model_and_the_data_are_named(report: dict[str, Any]) -> None:
    assert report["model"]["status"] == "unapproved"
    assert report["model"]["notice"].startswith("this model is not approved")
    assert (report["data"]["rows"], report["data"]["with_outcome"]) == (ROWS, ROWS)
    assert [x["file"] for x in report["data"]["files"]] == ["features.parquet", "outcomes.parquet"]
    assert report["data"]["periods"] == ["2020", "2021", "2022"]
    assert {x["unconfirmed"] for x in report["citations"]} == {True}


def test_the_totals_of_grades_and_bins_are_all_firms(report: dict[str, Any]) -> None:
    grades = report["curves"]["grades"]
    assert sum(x["rows"] for x in grades) == ROWS
    assert [x["grade"] for x in grades] == ["D", "C", "B", "A"]
    assert sum(x["rows"] for x in report["curves"]["calibration"]) == ROWS
    assert sum(x["rows"] for x in report["curves"]["periods"]) == ROWS
    assert sum(report["score"]["now"]) == pytest.approx(1, abs=1e-4)


def test_firms_like_those_of_the_training_have_not_drifted(report: dict[str, Any]) -> None:
    assert report["score"]["light"] == "green"
    assert {x["light"] for x in report["fields"]} == {"green"}
    assert report["coverage"]["held"] == report["coverage"]["bins"]


def test_a_small_group_is_named_and_not_judged(report: dict[str, Any]) -> None:
    regions = next(x for x in report["groups"] if x["column"] == "region")
    small = next(x for x in regions["groups"] if x["group"] == "350299")
    assert (small["firms"], small["too_small"], small["approval_ratio"]) == (1, True, None)
    assert (small["approval_light"], small["level_light"]) == ("not_known", "not_known")
    assert next(x for x in regions["gini"] if x["group"] == "350299")["gini"] is None
    judged = [x for x in regions["groups"] if not x["too_small"]]
    assert max(x["approval_ratio"] for x in judged) == 1
    assert [x["column"] for x in report["groups"]] == ["region", "firm_age_months"]
    ages = next(x for x in report["groups"] if x["column"] == "firm_age_months")
    assert [x["group"] for x in ages["groups"]] == ["< 24", "24 – 60", "60 – 120", "≥ 120"]


def test_a_group_that_is_approved_less_is_seen_and_chance_is_not(model: Path, people: People, tmp_path: Path) -> None:
    firms = small_firms(rows=2000)
    by_sales = ["350100" if (x or 0) < 10 else "350200" for x in firms["sales"].to_pylist()]
    by_chance = ["350100" if i % 2 else "350200" for i in range(2000)]
    lights = []
    for regions in (by_sales, by_chance):
        other = firms.set_column(firms.column_names.index("region"), "region", pa.array(regions))
        found = validate_model(request(model, people, other, tmp_path, groups=("region",)))["groups"][0]["groups"]
        lights.append([x["approval_light"] for x in found])
    assert lights == [["red", "green"], ["green", "green"]]


def test_the_loss_of_a_field_is_told(report: dict[str, Any]) -> None:
    effects = {x["field"]: x for x in report["missing"]}
    assert effects["sales"]["auc"] < effects["trade"]["auc"]
    assert effects["sales"]["points"] < 0
    assert 0 < effects["sales"]["other_grade"] <= 1


def test_the_same_firms_give_the_same_bytes(model: Path, people: People, tmp_path: Path) -> None:
    firms = small_firms(rows=200)
    for out in ("one", "other"):
        validate_model(request(model, people, firms, tmp_path / "firms", out=tmp_path / out))
    one, other = (tmp_path / x / "validation.json" for x in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    assert json.loads(one.read_bytes())["format"] == "huoshui model validation 1"


def test_firms_that_sell_more_have_drifted_and_so_says_the_light(model: Path, people: People, tmp_path: Path) -> None:
    found = validate_model(request(model, people, small_firms(rows=300, shift=2.0), tmp_path))
    assert found["score"]["light"] == "red"
    assert (found["fields"][0]["field"], found["fields"][0]["light"]) == ("sales", "red")


def test_an_overlay_moves_the_level_and_is_no_drift(people: People, tmp_path: Path) -> None:
    moved = replace(small_table(), overlays=(Overlay(date(2026, 1, 1), -20, "level"),))
    model = write_trained(tmp_path / "model", people=people, table=moved)
    found = validate_model(request(model, people, small_firms(), tmp_path / "firms"))
    assert found["figures"]["expected"]["value"] > found["figures"]["realised"]["high"]
    assert found["score"]["light"] == "green"


def test_firms_without_a_known_outcome_count_for_drift_only(model: Path, people: People, tmp_path: Path) -> None:
    firms = small_firms(rows=300)
    features, _ = write_firms(tmp_path, firms)
    outcomes = tmp_path / "some.parquet"
    pq.write_table(firms.select(["firm_id", "outcome"]).slice(0, 200), outcomes)
    found = validate_model(ValidationRequest(model, Source(features, outcomes=outcomes), ON, trusted=people.trusted))
    assert (found["data"]["rows"], found["data"]["with_outcome"]) == (300, 200)
    assert found["curves"]["periods"] == []


@pytest.mark.parametrize("outcome", [True, False])
def test_firms_of_one_outcome_validate_nothing(model: Path, people: People, tmp_path: Path, outcome: bool) -> None:
    firms = small_firms(rows=20)
    same = firms.set_column(firms.column_names.index("outcome"), "outcome", pa.array([outcome] * 20))
    with pytest.raises(BadFile, match="firms that defaulted and firms that did not"):
        validate_model(request(model, people, same, tmp_path))


def test_a_model_without_curves_of_its_training_is_refused(people: People, tmp_path: Path) -> None:
    bare = write_small(tmp_path / "bare", people=people)
    with pytest.raises(BadModel, match=r"has no curves\.json"):
        validate_model(request(bare, people, small_firms(rows=50), tmp_path / "firms"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": "huoshui model curves 2"}, "is no file of curves; expected `huoshui model curves 1`"),
        ({"score": None}, "has no score"),
        ({"fields": {"sales": [1.0, 0.0, 0.0, 0.0]}}, "does not know the field trade"),
        ({"fields": {"sales": [1.0], "trade": [1.0]}}, "has 1 cells of sales"),
    ],
)
def test_curves_that_do_not_fit_the_table_are_refused(
    people: People, model: Path, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    curves = json.loads((model / "curves.json").read_bytes()) | changes
    kept = {name: x for name, x in curves.items() if x is not None}
    files = documents(small_table()) | {"curves.json": report_content(kept)}
    write_model(tmp_path / "odd", files=files, trained_by=MAKER, on=TRAINED, key=None)
    with pytest.raises(BadModel, match=sentence):
        validate_model(request(tmp_path / "odd", people, small_firms(rows=50), tmp_path / "firms"))


@pytest.mark.parametrize("origin", [None, "firms", "model"])
def test_a_validation_is_synthetic_where_firms_or_model_are(origin: str | None, people: People, tmp_path: Path) -> None:
    model = write_trained(tmp_path / "model", people=people, synthetic=origin == "model")
    features, outcomes = write_firms(tmp_path / "firms", small_firms(rows=60), synthetic=origin == "firms")
    source = Source(features, outcomes=outcomes)
    found = validate_model(ValidationRequest(model, source, ON, out=tmp_path / "out", trusted=people.trusted))
    assert json.loads((tmp_path / "out" / "validation.json").read_bytes()) == found
    assert (found["synthetic"], found["model"]["synthetic"]) == (origin is not None, origin == "model")
