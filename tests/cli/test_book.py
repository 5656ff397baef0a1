"""`huoshui book`: what it prints, what it writes, and what it refuses in one sentence."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

from huoshui.cli import main
from huoshui.cli.book import read_grade, read_range
from huoshui.errors import BadRequest
from tests.adapters.book.small_book import CHURN_CSV, ratings

Flags = dict[str, str]
COVENANTS: Final = "- {where: {industry: 'A*'}, at_least: {firms: 5}}\n"


@pytest.fixture
def flags(tmp_path: Path) -> Flags:
    """The flags of a plan that succeeds."""
    pq.write_table(ratings(80), tmp_path / "ratings.parquet")
    (tmp_path / "churn.csv").write_text(CHURN_CSV, encoding="utf-8")
    return {
        "ratings": str(tmp_path / "ratings.parquet"), "churn": str(tmp_path / "churn.csv"), "budget": "5000000",
        "limit": "100000:1000000", "rate": "0.04:0.15", "on": "2026-01-01", "out": str(tmp_path / "plan"),
    }  # fmt: skip


def command(flags: Flags, *more: str) -> list[str]:
    return ["book", *(x for name, value in flags.items() for x in (f"--{name}", value)), *more]


def test_it_prints_the_key_figures_and_where_the_report_is(flags: Flags, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(flags)) == 0
    printed = capsys.readouterr()
    assert "预算 budget: 5,000,000.00 (按授信金额计 money that is offered)" in printed.out
    assert "F01 按额度上限安排" in printed.out
    assert printed.out.endswith(f"{flags['out']}/plan.html\n")
    assert "ratings: 80 firms" in printed.err.splitlines()


def test_json_is_the_summary_and_nothing_else(flags: Flags, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(flags, "--json")) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    summary = json.loads(printed.out)
    assert summary == json.loads(Path(flags["out"], "summary.json").read_text(encoding="utf-8"))
    wanted = {"expected_profit_fen", "bound_fen", "gap", "firms_funded", "budget_fen", "shadow_price"}
    assert wanted <= summary.keys()
    assert summary["budget_fen"] == 500_000_000
    plan = pq.read_table(Path(flags["out"], "plan.parquet"))
    assert {"firm_id", "amount_fen", "rate", "expected_profit_fen", "reason"} <= set(plan.column_names)


@pytest.mark.parametrize(
    "more",
    [
        ("--budget-reading", "drawn", "--lgd", ".45"),
        ("--objective", "firms"),
        ("--objective", "first_time", "--first-time-share", "0.3"),
        ("--funds-rate", "0.02", "--cost-rate", "0.005", "--cost-per-loan", "800", "--step", "10000"),
        ("--grade", "B=A", "--region", "350200"),
    ],
)
def test_other_wishes_are_planned(more: tuple[str, ...], flags: Flags, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(flags, *more, "--json")) == 0
    assert json.loads(capsys.readouterr().out)["firms_funded"] > 0


def test_side_conditions_leave_standard_output_to_the_summary(flags: Flags, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(COVENANTS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "huoshui", *command(flags, "--json", "--covenants", str(tmp_path / "c.yaml"))],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["conditions"][0]["measure"] == "firms"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"budget": "much"}, "budget"),
        ({"budget": "0"}, "budget"),
        ({"limit": "100000"}, "limit"),
        ({"limit": "5:1"}, "limit"),
        ({"rate": "4%:15%"}, "rate"),
        ({"rate": "0.04:"}, "rate"),
        ({"rate": "0.5:0.6"}, "rate"),
        ({"on": "tomorrow"}, "on"),
        ({"grade": "D"}, "grade"),
        ({"grade": "D=Z"}, "grade"),
        ({"ratings": "none.parquet"}, "ratings"),
        ({"churn": "none.csv"}, "churn"),
        ({"covenants": "none.yaml"}, "covenants"),
        ({"lgd": "2"}, "lgd"),
        ({"pd-column": "pd_upper"}, "ratings"),
    ],
)
def test_wrong_input_is_refused_in_one_sentence_and_leaves_nothing(
    change: Flags, field: str, flags: Flags, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command({**flags, **change}, "--json")) == 2
    printed = capsys.readouterr()
    error: dict[str, Any] = json.loads(printed.out)["error"]
    assert (error["field"], printed.err) == (field, "")
    assert "\n" not in error["message"]
    assert not Path(flags["out"]).exists()


def test_ranges_and_grades_are_read() -> None:
    assert read_range(" 0.04 : 0.15 ", "rate") == ("0.04", "0.15")
    assert read_grade(" D = C ") == ("D", "C")
    with pytest.raises(BadRequest, match="LOW:HIGH"):
        read_range("0.04", "rate")
    with pytest.raises(BadRequest, match="GRADE=CURVE"):
        read_grade("D=C=B")
