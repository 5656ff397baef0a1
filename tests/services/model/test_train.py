"""Training as a whole: the folder and its figures, out of time or by repeats, leaks that stop it, input that is refused."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.learning.source import Source
from huoshui.adapters.points_file import read_points_file
from huoshui.errors import BadFile, BadRequest, LeakAlarm
from huoshui.rules.points_table import Overlay
from huoshui.services.model.folder import read_model
from huoshui.services.model.train import TrainRequest, train_model
from tests.adapters.learning.made_firms import make_firms

FILES = {"challenger.txt", "curves.json", "metrics.json", "model.yaml", "signatures.json", "training.json"}


def request_of(folder: Path, firms: pa.Table, *, out: str = "model", **given: Any) -> TrainRequest:
    path = folder / "features.parquet"
    pq.write_table(firms, path)
    source = Source(path, outcome="bad", time=given.pop("time", None), bad=given.pop("bad", None))
    return TrainRequest(source, folder / out, by="林静", signed_on=date(2026, 3, 1), **given)


def silent(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def by_time(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("by_time")
    request = request_of(folder, make_firms(2500), time="year", test_from="2016")
    return request.out, train_model(request, progress=silent)


def test_the_folder_holds_what_it_says_and_is_read_as_a_model(by_time: tuple[Path, dict[str, Any]]) -> None:
    out, metrics = by_time
    assert {x.name for x in out.iterdir()} == FILES
    model = read_model(out, allow_unapproved=True)
    assert model.table == read_points_file(out / "model.yaml")
    assert model.document("metrics.json") == metrics
    assert (out / "model.yaml").stat().st_size < 10_000


def test_out_of_time_is_what_a_time_column_means(by_time: tuple[Path, dict[str, Any]]) -> None:
    split = by_time[1]["split"]
    years = np.array(make_firms(2500)["year"].to_pylist())
    assert (split["kind"], split["test_from"]) == ("out_of_time", "2016")
    assert (split["train_rows"], split["test_rows"]) == (int((years < 2016).sum()), int((years >= 2016).sum()))


def test_every_figure_lies_in_its_interval_beside_the_challengers(by_time: tuple[Path, dict[str, Any]]) -> None:
    metrics = by_time[1]
    for found in (metrics, metrics["challenger"]):
        for name in ("auc", "ks", "brier", "calibration_error"):
            low, high = found["intervals"][name]
            assert low <= high
            assert name == "calibration_error" or low - 0.02 <= found[name] <= high + 0.02
    lead = metrics["challenger"]["lead_auc"]
    assert lead == pytest.approx(metrics["challenger"]["auc"] - metrics["auc"], abs=2e-6)
    assert metrics["auc"] > 0.7


def test_the_level_of_the_tested_firms_is_reached_by_whole_points(by_time: tuple[Path, dict[str, Any]]) -> None:
    shifted = by_time[1]["after_level_shift"]
    assert isinstance(shifted["overlay_points"], int)
    expected = sum(x["pd"] * x["rows"] for x in shifted["deciles"]) / sum(x["rows"] for x in shifted["deciles"])
    realised = sum(x["realised"] * x["rows"] for x in shifted["deciles"]) / sum(x["rows"] for x in shifted["deciles"])
    assert expected == pytest.approx(realised, abs=0.01)


def test_the_curves_tell_train_and_test_apart(by_time: tuple[Path, dict[str, Any]]) -> None:
    curves = json.loads((by_time[0] / "curves.json").read_bytes())
    assert curves["rows"] == by_time[1]["split"]["train_rows"]
    assert curves["test"]["rows"] == by_time[1]["split"]["test_rows"]
    assert curves["test"]["gains"][-1] == {"riskiest": 1.0, "defaults": 1.0}


def test_the_same_request_gives_the_same_bytes(by_time: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    train_model(request_of(tmp_path, make_firms(2500), time="year", test_from="2016"), progress=silent)
    for name in FILES:
        assert (tmp_path / "model" / name).read_bytes() == (by_time[0] / name).read_bytes()


def test_without_a_time_the_choice_is_nested_in_repeated_folds(tmp_path: Path) -> None:
    firms = make_firms(300).drop_columns(["year"])
    metrics = train_model(request_of(tmp_path, firms, folds=3, repeats=2), progress=silent)
    assert metrics["split"]["kind"] == "repeated_cross_validation"
    assert (metrics["split"]["folds"], metrics["split"]["repeats"], metrics["split"]["nested_choice"]) == (3, 2, True)
    assert metrics["split"]["test_rows"] == 300
    assert 0.6 < metrics["auc"] < 0.95


def leaking(rows: int = 900) -> pa.Table:
    firms = make_firms(rows)
    known = firms["bad"].to_numpy(zero_copy_only=False) + np.random.default_rng(77).normal(0, 0.4, rows)
    return firms.append_column("collected", pa.array(known))


def test_a_leak_stops_the_training_by_name_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(LeakAlarm, match="collected may know the outcome") as stopped:
        train_model(request_of(tmp_path, leaking(), time="year"), progress=silent)
    assert stopped.value.field == "collected"
    assert not (tmp_path / "model").exists()


def test_a_leak_that_is_signed_for_is_kept_with_its_reason(tmp_path: Path) -> None:
    request = request_of(tmp_path, leaking(), time="year", sign_leaks={"collected": "known on the day"})
    metrics = train_model(request, progress=silent)
    assert {(x["field"], x["signed_reason"]) for x in metrics["leak_alarms"]} == {("collected", "known on the day")}
    signed = read_points_file(tmp_path / "model" / "model.yaml").signed_leaks
    assert {(x.field, x.reason, x.by) for x in signed} == {("collected", "known on the day", "林静")}


def test_an_empty_reason_signs_for_nothing(tmp_path: Path) -> None:
    with pytest.raises(LeakAlarm):
        train_model(request_of(tmp_path, leaking(), time="year", sign_leaks={"collected": " "}), progress=silent)


def test_a_leaking_field_may_be_left_out(tmp_path: Path) -> None:
    metrics = train_model(request_of(tmp_path, leaking(), time="year", drop=["collected"]), progress=silent)
    assert metrics["leak_alarms"] == []


def test_outcomes_may_lie_beside_the_features_as_csv_in_words(tmp_path: Path) -> None:
    firms = make_firms(800)
    words = pa.table({"firm_id": firms["firm_id"], "default": ["是" if x else "否" for x in firms["bad"].to_pylist()]})
    pacsv.write_csv(words.slice(0, 700), tmp_path / "outcomes.csv")
    request = request_of(tmp_path, firms.drop_columns(["bad"]), time="year")
    source = replace(request.source, outcomes=tmp_path / "outcomes.csv", outcome="default")
    train_model(replace(request, source=source), progress=silent)
    training = json.loads((tmp_path / "model" / "training.json").read_bytes())
    assert (training["rows"], training["without_outcome"]) == (700, 100)


def test_another_word_for_a_default_is_named(tmp_path: Path) -> None:
    firms = make_firms(600)
    status = pa.array(["CHGOFF" if x else "PIF" for x in firms["bad"].to_pylist()])
    request = request_of(tmp_path, firms.set_column(7, "bad", status), time="year", bad="CHGOFF")
    assert train_model(request, progress=silent)["split"]["train_defaults"] > 0
    with pytest.raises(BadRequest, match="no outcome is 'GONE'"):
        train_model(replace(request, source=replace(request.source, bad="GONE")), progress=silent)
    with pytest.raises(BadFile, match="is not an outcome"):
        train_model(replace(request, source=replace(request.source, bad=None)), progress=silent)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"test_from": "2030", "time": "year"}, "of either kind are needed"),
        ({"test_from": "soon", "time": "year"}, "is no whole number"),
        ({"test_from": "2012"}, "--test-from needs --time"),
        ({"prior": 1.5}, "no share of defaults"),
        ({"time": "month"}, "no time column 'month'"),
        ({"drop": ["sales", "void", "gap", "trade", "urban", "year"]}, "no column is left"),
    ],
)
def test_wrong_requests_are_refused(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises((BadRequest, BadFile), match=sentence):
        train_model(request_of(tmp_path, make_firms(200), **changes), progress=silent)


def test_an_overlay_is_put_on_the_table_and_not_on_its_figures(tmp_path: Path) -> None:
    config = tmp_path / "training.yaml"
    config.write_text("overlays: [{since: 2026-01-01, points: -12, reason: 下行期}]", encoding="utf-8")
    firms = make_firms(700)
    plain = train_model(request_of(tmp_path, firms, time="year"), progress=silent)
    moved = train_model(request_of(tmp_path, firms, time="year", config=config, out="moved"), progress=silent)
    tables = [read_points_file(tmp_path / x / "model.yaml") for x in ("model", "moved")]
    assert tables[1] == replace(tables[0], overlays=(Overlay(date(2026, 1, 1), -12, "下行期"),))
    assert plain == moved


def test_a_handful_of_defaults_is_too_few(tmp_path: Path) -> None:
    few = pa.array([i < 9 for i in range(300)])
    with pytest.raises(BadRequest, match="300 firms to train on, of which 9 defaulted; at least 10"):
        train_model(request_of(tmp_path, make_firms(300).set_column(7, "bad", few)), progress=silent)


def test_infinite_values_are_numbers_like_others(tmp_path: Path) -> None:
    firms = make_firms(300).drop_columns(["year"])
    void = np.where(np.arange(300) % 20 == 0, np.inf, firms["void"].to_numpy())
    metrics = train_model(
        request_of(tmp_path, firms.set_column(2, "void", pa.array(void)), folds=2, repeats=1), progress=silent
    )
    assert metrics["split"]["train_rows"] == 300


def test_a_config_names_words_and_directions(tmp_path: Path) -> None:
    config = tmp_path / "training.yaml"
    config.write_text(
        "name: small firms\nversion: '7'\nfields:\n  sales: {zh: 销售额, unit: fen, direction: 1, actionable: true}\n"
        "use: [sales, void]\ngrades: {A: 0.1, B: 0.4, D: 1}\n",
        encoding="utf-8",
    )
    train_model(request_of(tmp_path, make_firms(700), time="year", config=config), progress=silent)
    table = read_points_file(tmp_path / "model" / "model.yaml")
    sales = table.field("sales")
    assert (table.name, table.version) == ("small firms", "7")
    assert (sales.zh, sales.unit, sales.direction, sales.actionable) == ("销售额", "fen", 1, True)
    assert {x.name for x in table.fields} <= {"sales", "void"}
    assert {x.code for x in table.grades} <= {"A", "B", "D"}
    config.write_text("fields: {sales: {sign: 1}}", encoding="utf-8")
    with pytest.raises(BadFile, match="no file of a training"):
        train_model(request_of(tmp_path, make_firms(700), time="year", config=config), progress=silent)
