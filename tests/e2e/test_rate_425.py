"""`examples/rate_425.sh` on the real firms: every result that it promises is there, and the bank's own rating is not needed."""

import csv
import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

ROOT: Final = Path(__file__).parents[2]
DATA: Final = ROOT.parent / "shared" / "data" / "invoices_425_firms"
SIGNED: Final = {"sales_36m", "active_sale_months_36", "sales_cv_36", "sale_invoice_cnt_36"}

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="the real invoices are not here (no folder shared beside the repository)"),
    pytest.mark.xdist_group("rate_425"),
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a quick training, on the data without the bank's rating."""
    folder = tmp_path_factory.mktemp("rate_425")
    data, made = folder / "data", folder / "out"
    data.mkdir()
    for file in DATA.iterdir():
        if file.name != "enterprises_123.csv":
            (data / file.name).symlink_to(file)
    with (DATA / "enterprises_123.csv").open(encoding="utf-8-sig", newline="") as given:
        rows = [{k: x for k, x in row.items() if k != "rating"} for row in csv.DictReader(given)]
    with (data / "enterprises_123.csv").open("w", encoding="utf-8", newline="") as kept:
        writer = csv.DictWriter(kept, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    environment = {**os.environ, "TRAIN_FLAGS": "--folds 2 --repeats 1 --quiet"}
    command = [str(ROOT / "examples" / "rate_425.sh"), str(data), str(made)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("this model is not signed") == 3  # the card, the ratings and the book
    return made


def summary(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "plan/summary.json").read_text(encoding="utf-8"))
    return found


def test_the_model_is_tested_on_firms_that_it_has_not_learnt_from(out: Path) -> None:
    metrics = json.loads((out / "model/metrics.json").read_text(encoding="utf-8"))
    assert (metrics["split"]["test_rows"], metrics["split"]["test_defaults"]) == (123, 27)
    assert metrics["auc"] > 0.7
    assert {x["field"] for x in metrics["leak_alarms"]} == SIGNED
    assert all(x["signed_reason"] for x in metrics["leak_alarms"])


def test_all_425_are_rated_with_a_reason_for_each(out: Path) -> None:
    ratings = pq.read_table(out / "ratings.parquet").to_pylist()
    assert sorted(int(x["firm_id"].removeprefix("E")) for x in ratings) == list(range(1, 426))
    for row in ratings:
        assert {"pd", "grade", "limit_fen", "rate", "reasons"} <= set(row)
        assert 0 < row["pd"] < 1
        assert (row["decision"] == "offer") == (bool(row["limit_fen"]) and row["rate"] is not None)
    assert sum(bool(x["reasons"]) for x in ratings) > 300


def test_the_book_spends_the_budget_on_some_of_the_302_and_no_more_than_a_firm_s_limit(out: Path) -> None:
    plan = pq.read_table(out / "plan/plan.parquet").to_pylist()
    limits = {x["firm_id"]: x["limit_fen"] for x in pq.read_table(out / "ratings.parquet").to_pylist()}
    told = summary(out)
    assert sorted(int(x["firm_id"].removeprefix("E")) for x in plan) == list(range(124, 426))
    funded = [x for x in plan if x["amount_fen"]]
    assert told["firms_funded"] == len(funded) > 0
    assert sum(x["amount_fen"] for x in funded) <= told["budget_fen"] == 10_000_000_000
    assert sum(x["expected_profit_fen"] for x in plan) == told["expected_profit_fen"] > 0
    assert told["expected_profit_fen"] <= told["bound_fen"]
    assert told["gap"] <= 0.0003
    assert told["shadow_price"] >= 0
    for row in funded:
        assert 10_000_000 <= row["amount_fen"] <= min(limits[row["firm_id"]], 100_000_000)
        assert 0.04 <= row["rate"] <= 0.15
    assert all(x["reason"] for x in plan)


def test_it_says_how_it_is_called(tmp_path: Path) -> None:
    done = subprocess.run([ROOT / "examples" / "rate_425.sh", tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: ")
