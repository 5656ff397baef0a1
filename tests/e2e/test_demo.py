"""`make demo` with fewer firms: from synthetic registers to a list, a model, ratings and a book, all named at the end."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
import pytest

ROOT: Final = Path(__file__).parents[2]
FIRMS: Final = 16_000


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo's folder and what it printed; the environment is there already."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    command = ["make", "-o", "setup", "demo", f"DEMO={folder}", f"FIRMS={FIRMS}", f"VENV={sys.prefix}", "SERVE=0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder, done.stdout


def test_every_page_that_it_names_is_there_and_it_says_that_all_is_synthetic(ran: tuple[Path, str]) -> None:
    folder, printed = ran
    end = printed[printed.index("== demo: done") :]
    assert "synthetic (合成数据)" in end
    named = [x.strip(",") for x in end.split() if x.startswith(str(folder))]
    assert len(named) == 6  # five pages and files of the list, and the licence to try the site with
    assert [x for x in named if not Path(x).is_file()] == []


def test_the_whole_visit_list_is_rated(ran: tuple[Path, str]) -> None:
    listed = pq.read_metadata(ran[0] / "screening/visit_list.parquet").num_rows
    ratings = pq.read_table(ran[0] / "rating/ratings.parquet")
    assert listed > FIRMS / 3
    assert 0.99 * listed <= ratings.num_rows <= listed
    assert set(ratings["decision"].to_pylist()) <= {"offer", "not_known", "refused"}


def test_the_book_funds_some_of_them_within_the_budget(ran: tuple[Path, str]) -> None:
    told = json.loads((ran[0] / "rating/plan/summary.json").read_text(encoding="utf-8"))
    assert 0 < told["firms_funded"] < told["firms"]
    assert told["offered_fen"] <= told["budget_fen"] == 5_000_000_000
    assert told["expected_profit_fen"] > 0


def test_the_model_ranks_firms_that_it_has_not_learnt_from_and_no_field_knows_too_much(ran: tuple[Path, str]) -> None:
    metrics = json.loads((ran[0] / "rating/model/metrics.json").read_text(encoding="utf-8"))
    assert metrics["auc"] > 0.55
    assert metrics["leak_alarms"] == []


def test_the_site_is_filled_and_one_login_a_role_is_printed(ran: tuple[Path, str]) -> None:
    printed = ran[1][ran[1].index("== demo 7/7") :]
    roles = ("lead", "officer", "visitor", "client_manager", "reviewer", "approver", "auditor", "regulator", "operator",
             "legal_representative", "agent")  # fmt: skip
    assert [x for x in roles if f"   {x} " not in printed] == []
    assert (ran[0] / "site" / "huoshui.sqlite3").is_file()
