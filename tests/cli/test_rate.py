"""`huoshui rate`: a register or one firm, for people and as JSON; wrong input is one sentence."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from huoshui.cli import main
from tests.services.rating.small_rating import SOUND, firms, table_of, write_features, write_small_model


@pytest.fixture
def given(tmp_path: Path) -> list[str]:
    """A model that nobody approved, and features of two hundred firms."""
    model = write_small_model(tmp_path / "model")
    features = write_features(tmp_path / "features.parquet", table_of(firms(200)))
    return ["rate", "--model", str(model), "--features", str(features), "--allow-unapproved"]


def test_a_register_is_rated_and_counted(given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "ratings.parquet"
    assert main([*given, "--out", str(out), "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    ratings = pq.read_table(out)
    assert printed.err == ""
    assert found["firms"] == sum(found["decisions"].values()) == sum(found["grades"].values()) == ratings.num_rows == 200
    assert {x: ratings["decision"].to_pylist().count(x) for x in found["decisions"]} == found["decisions"]
    assert found["basis"]["on"] == "2025-06-30"


def test_people_see_progress_counts_and_what_to_mind(
    given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*given, "--out", str(tmp_path / "ratings.parquet"), "--product", "invoice_loan_2020"]) == 0
    printed = capsys.readouterr()
    assert printed.err == "rating: 200 of 200 firms\n"
    assert "可授信" in printed.out
    assert "not signed" in printed.out


def test_one_firm_is_shown_with_its_basis(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*given, "--firm", "F7", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["firm_id"] == "F7"
    assert {"decision", "codes", "grade", "pd", "limit", "price", "reasons", "improvements", "knock_outs", "basis"} <= set(
        found
    )
    assert main([*given, "--firm", "F7", "--product", "default"]) == 0
    shown = capsys.readouterr().out
    assert [x for x in ("评级", "额度", "利率", "依据", "knock_outs.general") if x not in shown] == []


def test_a_firm_of_which_nothing_is_known_has_no_number(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*given, "--firm", "F0", "--product", "default", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    numbers = [found[x] for x in ("grade", "points", "pd", "limit_fen", "rate", "limit", "price")]
    assert (found["decision"], numbers) == ("not_known", [None] * 7)
    assert "U32" in [x["code"] for x in found["codes"]]
    assert main([*given, "--firm", "F0"]) == 0
    assert capsys.readouterr().out.startswith("F0: 待补证据")


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        ([], "bad_request", "--out FILE for a register or --firm ID"),
        (["--firm", "F1", "--out", "x"], "bad_request", "--out FILE for a register or --firm ID"),
        (["--firm", "nobody"], "bad_request", "0 rows of firm 'nobody'"),
        (["--firm", "F1", "--product", "other"], "bad_choice", "no product 'other'"),
        (["--firm", "F1", "--on", "2025-06-29"], "bad_request", "after 2025-06-29"),
        (["--firm", "F1", "--on", "soon"], "bad_date", "must be a day"),
        (["--firm", "F1", "--region", "990000"], "unknown_region", "990000"),
        (["--firm", "F1", "--facts", "nowhere"], "bad_file", "nowhere is missing"),
    ],
)
def test_wrong_input_is_one_sentence(
    given: list[str], flags: list[str], code: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*given, *flags, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], message in error["message"]) == (code, True)


def test_an_unapproved_model_rates_nobody_where_keys_are_trusted(
    given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trusted = tmp_path / "trusted.yaml"
    assert main(["model", "keys", "--name", "陈立", "--role", "checker", "--since", "2026-01-01", "--trusted", str(trusted),
                 "--key", str(tmp_path / "chen.pem")]) == 0  # fmt: skip
    capsys.readouterr()
    assert main([*given[:-1], "--firm", "F1", "--trusted", str(trusted)]) != 0
    assert "--allow-unapproved" in capsys.readouterr().err


def test_without_keys_and_product_a_rating_is_told_to_be_indicative(
    given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*given[:-1], "--out", str(tmp_path / "ratings.parquet")]) == 0
    shown = capsys.readouterr().out
    assert ("not approved" in shown or "not signed" in shown, "仅供测算" in shown) == (True, True)


def test_synthetic_data_is_called_so_for_a_register_and_for_one_firm(
    given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "ratings.parquet")
    shown = []
    for synthetic in (False, True):
        write_features(tmp_path / "features.parquet", table_of(firms(20)), synthetic=synthetic)
        for wish in (["--out", out], ["--firm", "F7"]):
            assert main([*given, *wish]) == 0
            shown.append("synthetic data (合成数据)" in capsys.readouterr().out.splitlines())
    assert shown == [False, False, True, True]


def test_where_all_is_open_the_indicative_limits_are_summed(
    given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [SOUND | {"register_status": None} for _ in range(20)]
    write_features(tmp_path / "features.parquet", table_of(rows))
    command = [*given, "--product", "default", "--out", str(tmp_path / "ratings.parquet")]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    sum_fen = sum(x or 0 for x in pq.read_table(tmp_path / "ratings.parquet")["indicative_limit_fen"].to_pylist())
    assert (found["decisions"], found["limit_fen"], found["open_limit_fen"]) == ({"not_known": 20}, 0, sum_fen)
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert f"indicative limits of the 20 firms whose evidence is missing (示意额度): {sum_fen / 100:,.2f} yuan" in shown
