"""Monitoring: a light for each figure, an alarm for each that is not green, and a history that only grows."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from huoshui.adapters.validation.firms_file import Source
from huoshui.errors import BadFile, BadRequest, NotApproved, OutputError
from huoshui.rules.model_limits import Band
from huoshui.rules.points_table import Overlay
from huoshui.services.model.approve import approve_model
from huoshui.services.model.monitor import MonitoringRequest, advise_overlay, monitor_model, read_history
from tests.services.model.small_firms import small_firms, write_firms, write_trained
from tests.services.model.small_models import APPROVED, CHECKER, People, make_people, small_table

ON: Final = date(2026, 6, 30)
BAND: Final = Band(Decimal("1.96"), Decimal("2.58"))


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def model(people: People, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_trained(tmp_path_factory.mktemp("models") / "model", people=people)
    approve_model(path, by=CHECKER, on=APPROVED, reason="x", key=people.key(CHECKER), trusted=people.trusted)
    return path


@pytest.fixture
def watch(model: Path, people: People, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def run(firms: pa.Table, *, outcomes: bool = True, **changes: Any) -> dict[str, Any]:
        features, known = write_firms(tmp_path / "firms", firms)
        source = Source(features, outcomes=known if outcomes else None)
        request = MonitoringRequest(model, source, ON, tmp_path / "watch", trusted=people.trusted)
        return monitor_model(replace(request, **changes))

    return run


def test_firms_like_those_of_the_training_are_in_order(watch: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    report = watch(small_firms())
    assert (report["light"], report["alarms"]) == ("green", [])
    assert report["level"]["advice"]["points"] == 0
    kept = json.loads((tmp_path / "watch" / "monitoring.json").read_bytes())
    assert kept == report | {"history": kept["history"]}


def test_firms_that_moved_away_ring_an_alarm_by_name(watch: Callable[..., dict[str, Any]]) -> None:
    report = watch(small_firms(shift=2.0), outcomes=False)
    assert report["light"] == "red"
    assert report["level"] is None
    assert [(x["what"], x["figure"]) for x in report["alarms"] if x["light"] == "red"] == [("score", "psi"), ("sales", "csi")]


def test_a_field_that_goes_missing_rings_an_alarm(watch: Callable[..., dict[str, Any]]) -> None:
    firms = small_firms(rows=1000)
    gone = pa.array([None if i % 4 == 0 else x for i, x in enumerate(firms["sales"].to_pylist())], pa.float64())
    report = watch(firms.set_column(1, "sales", gone), outcomes=False)
    assert {"what": "sales", "figure": "missing", "value": report["fields"][0]["missing_now"], "light": "red"} in report[
        "alarms"
    ]


def test_a_higher_level_asks_for_an_overlay_that_would_mend_it(watch: Callable[..., dict[str, Any]]) -> None:
    report = watch(small_firms(rows=3000, level=3.0))
    level = report["level"]
    assert level["all"]["light"] == "red"
    assert level["advice"]["points"] < 0
    assert ("all", "level") in [(x["what"], x["figure"]) for x in report["alarms"]]


@pytest.mark.parametrize(
    ("distance", "enough", "points"), [(5.0, True, -39), (-5.0, True, -39), (1.9, True, 0), (5.0, False, 0), (None, True, 0)]
)
def test_an_overlay_is_advised_only_where_the_distance_is_sure(distance: float | None, enough: bool, points: int) -> None:
    assert advise_overlay({"distance": distance}, band=BAND, enough=enough, find=lambda: -39)["points"] == points


def test_the_overlay_that_was_advised_mends_the_level(
    watch: Callable[..., dict[str, Any]], people: People, tmp_path: Path
) -> None:
    firms = small_firms(rows=3000, level=1.6)
    before = watch(firms)["level"]
    overlay = Overlay(date(2026, 1, 1), before["advice"]["points"], "level")
    mended = replace(small_table(), overlays=(overlay,))
    model = write_trained(tmp_path / "mended", people=people, table=mended)
    after = watch(firms, model=model, allow_unapproved=True, out=tmp_path / "other")["level"]
    assert overlay.points < 0
    assert abs(after["all"]["distance"]) < abs(before["all"]["distance"]) / 2
    assert after["advice"]["points"] == 0


def test_the_history_grows_by_a_line_a_day_and_keeps_the_others(watch: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    watch(small_firms(rows=200))
    first = read_history(tmp_path / "watch")
    watch(small_firms(rows=200, shift=2.0), outcomes=False, on=date(2026, 7, 31))
    lines = read_history(tmp_path / "watch")
    assert (len(lines), lines[:1]) == (2, first)
    shown = [json.loads(x) for x in lines]
    assert [(x["on"], x["light"]) for x in shown] == [("2026-06-30", shown[0]["light"]), ("2026-07-31", "red")]
    assert shown[1]["after"] != shown[0]["after"] == ""
    with pytest.raises(BadRequest, match="was watched on 2026-07-31 already"):
        watch(small_firms(rows=200), on=date(2026, 7, 30))


def cut_the_first(lines: list[str]) -> list[str]:
    return lines[1:]


def cut_the_last(lines: list[str]) -> list[str]:
    return lines[:-1]


def change_a_light(lines: list[str]) -> list[str]:
    return [lines[0].replace('"light": "', '"light": "not'), *lines[1:]]


def garble(lines: list[str]) -> list[str]:
    return [*lines, "{"]


@pytest.mark.parametrize(
    ("touch", "sentence"),
    [
        (cut_the_first, "does not follow the line before"),
        (cut_the_last, "lines were cut off"),
        (change_a_light, "does not follow the line before"),
        (garble, "cannot be read"),
    ],
)
def test_a_history_that_was_changed_is_refused(
    watch: Callable[..., dict[str, Any]], tmp_path: Path, touch: Callable[[list[str]], list[str]], sentence: str
) -> None:
    for month in (6, 7):
        watch(small_firms(rows=100), on=date(2026, month, 30))
    path = tmp_path / "watch" / "history.jsonl"
    path.write_text("\n".join(touch(path.read_text(encoding="utf-8").splitlines())) + "\n", encoding="utf-8")
    with pytest.raises(BadFile, match=sentence):
        watch(small_firms(rows=100), on=date(2026, 8, 30))


def test_only_an_approved_model_is_watched_unless_asked_for(
    watch: Callable[..., dict[str, Any]], people: People, tmp_path: Path
) -> None:
    other = write_trained(tmp_path / "other", people=people)
    with pytest.raises(NotApproved):
        watch(small_firms(rows=100), model=other)
    report = watch(small_firms(rows=100), model=other, allow_unapproved=True)
    assert report["model"]["notice"].startswith("this model is not approved")
    assert json.loads(read_history(tmp_path / "watch")[-1])["status"] == "unapproved"


def test_a_folder_that_is_something_else_is_left_alone(watch: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="is not empty"):
        watch(small_firms(rows=100))
    assert [x.name for x in (tmp_path / "watch").iterdir()] == ["note.txt"]


@pytest.mark.parametrize("origin", [None, "firms", "model"])
def test_a_watch_is_synthetic_where_firms_or_model_are(origin: str | None, people: People, tmp_path: Path) -> None:
    model = write_trained(tmp_path / "model", people=people, synthetic=origin == "model")
    features, _ = write_firms(tmp_path / "firms", small_firms(rows=60), synthetic=origin == "firms")
    out = tmp_path / "watch"
    found = monitor_model(MonitoringRequest(model, Source(features), ON, out, trusted=people.trusted, allow_unapproved=True))
    kept = [json.loads((out / "monitoring.json").read_bytes()), json.loads(read_history(out)[-1])]
    assert [x["synthetic"] for x in (found, *kept)] == [origin is not None] * 3
