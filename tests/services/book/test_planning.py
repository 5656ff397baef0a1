"""A planned book: reconciled, explained, the same whatever the order of rows."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from huoshui.errors import BadAmount, BadChoice, BadRate, BadRequest, OutputError, UnknownRegion
from huoshui.rules.churn import ChurnTable
from huoshui.services.book import Book, plan_book
from huoshui.terms import BookObjective, BudgetReading
from tests.adapters.book.small_book import CURVES, RATES, ratings

ON: Final = date(2026, 1, 1)
CHURN: Final = ChurnTable(RATES, {x: tuple(1 - k for k in y.accepted) for x, y in CURVES.items()})
RATINGS: Final = ratings(300)
WISHES: Final[dict[str, Any]] = {"churn": CHURN, "budget_fen": 2_000_000_000, "on": ON}


def book(source: Any = RATINGS, **change: Any) -> Book:
    return plan_book(source, **{**WISHES, **change})


def rows(found: Book) -> dict[str, dict[str, Any]]:
    return {x["firm_id"]: x for x in found.plan.to_pylist()}


@pytest.mark.parametrize("reading", BudgetReading)
@pytest.mark.parametrize("objective", BookObjective)
def test_every_firm_has_a_row_and_the_sums_are_those_of_the_rows(objective: BookObjective, reading: BudgetReading) -> None:
    found = book(objective=objective, budget_reading=reading, lgd="0.45")
    plan, summary = found.plan, found.summary
    assert plan.num_rows == summary["firms"] == 300
    assert sum(summary["by_reason"].values()) == 300
    for name, column in (("offered_fen", "amount_fen"), ("expected_profit_fen",) * 2, ("expected_loss_fen",) * 2):
        assert summary[name] == pc.sum(plan[column]).as_py()
        assert summary[name] == sum(x[name] for x in summary["by_grade"].values())
        assert summary[name] == sum(x[name] for x in summary["by_pd"])
    assert summary["firms_funded"] == found.funded.num_rows == sum(x["firms_funded"] for x in summary["by_grade"].values())
    assert summary["used_fen"] <= summary["budget_fen"]
    assert 0 < summary["expected_profit_fen"] <= summary["bound_fen"]
    used = [x["amount_fen"] * (x["acceptance"] if reading is BudgetReading.DRAWN else 1) for x in found.funded.to_pylist()]
    assert sum(used) <= summary["budget_fen"]
    assert json.loads(json.dumps(summary)) == summary


@pytest.mark.parametrize("reading", BudgetReading)
def test_amounts_and_rates_keep_their_bounds(reading: BudgetReading) -> None:
    found = book(budget_reading=reading, limit_fen=(20_000_000, 60_000_000), rates=("0.045", "0.09"), step_fen=100_000)
    for x in found.funded.to_pylist():
        assert 20_000_000 <= x["amount_fen"] <= min(60_000_000, x["limit_fen"])
        assert x["amount_fen"] % 100_000 == 0
        assert x["rate"] in {Decimal(r) for r in ("0.045", "0.05", "0.06", "0.08", "0.09")}


def test_the_order_of_rows_changes_nothing() -> None:
    turned = RATINGS.take(pa.array(range(299, -1, -1)))
    assert book(turned).plan.equals(book().plan)


def test_the_most_firms_are_more_than_those_of_most_profit_and_cost_profit() -> None:
    profit, firms = book(), book(objective="firms")
    assert firms.summary["firms_funded"] == firms.summary["most_firms"] > profit.summary["firms_funded"]
    assert firms.summary["profit_given_up_fen"] > 0
    assert firms.summary["expected_profit_fen"] < profit.summary["expected_profit_fen"]
    assert profit.summary["frontier"][0]["firms"] == profit.summary["firms_funded"]
    assert profit.summary["frontier"][-1]["firms"] == firms.summary["firms_funded"]


def test_first_time_borrowers_get_their_part() -> None:
    summary = book(objective="first_time", first_time_share="0.5").summary
    assert summary["first_time"]["kept"]
    assert summary["first_time"]["used_fen"] >= summary["budget_fen"] // 2


def odd(**change: Any) -> pa.Table:
    """One good firm with many others beside it."""
    row = {"firm_id": "x", "pd": "0.01", "grade": "A", "limit_fen": 50_000_000, "decision": "offer", **change}
    return pa.table({key: [value] for key, value in row.items()})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "F01"),
        ({"decision": "refused"}, "W03"),
        ({"decision": "not_known"}, "W02"),
        ({"decision": None}, "W02"),
        ({"limit_fen": None}, "W02"),
        ({"pd": None}, "W01"),
        ({"grade": "Z"}, "W04"),
        ({"grade": None}, "W04"),
        ({"limit_fen": 9_990_000}, "W05"),
        ({"pd": "0.5"}, "W06"),
        ({"pd": None, "grade": "Z", "decision": "refused"}, "W03"),
    ],
)
def test_a_firm_has_its_reason(change: dict[str, Any], reason: str) -> None:
    (found,) = book(odd(**change)).plan.to_pylist()
    assert found["reason"] == reason
    assert (found["amount_fen"] > 0) == reason.startswith("F")


def test_what_earns_less_than_the_budget_elsewhere_waits_and_the_last_money_is_a_part() -> None:
    found = rows(book())
    reasons = {x["reason"] for x in found.values()}
    assert {"F01", "F02", "W07"} <= reasons
    shadow = book().summary["shadow_price"]
    assert 0 < shadow < 0.15


@pytest.mark.parametrize("reading", BudgetReading)
def test_a_waiting_firm_is_funded_once_its_pd_falls_to_what_is_said(reading: BudgetReading) -> None:
    found = book(budget_reading=reading)
    waiting = [x for x in found.plan.to_pylist() if x["reason"] in ("W06", "W07") and x["pd_to_fund"]]
    for x in waiting[:: max(len(waiting) // 5, 1)]:
        assert x["pd_to_fund"] < x["pd"]
        better = RATINGS.to_pydict()
        better["pd"][better["firm_id"].index(x["firm_id"])] = str(x["pd_to_fund"] * Decimal("0.9"))
        assert rows(book(pa.table(better), budget_reading=reading))[x["firm_id"]]["amount_fen"] > 0


def test_a_grade_without_a_curve_may_be_priced_by_another() -> None:
    assert book(odd(grade="D")).summary["firms_funded"] == 0
    assert book(odd(grade="D"), grades={"D": "B"}).summary["firms_funded"] == 1
    with pytest.raises(BadRequest, match="no curve 'Q'"):
        book(odd(grade="D"), grades={"D": "Q"})


def test_a_plan_may_go_by_the_upper_end_of_an_interval() -> None:
    table = RATINGS.append_column(
        "pd_high", pa.array([str(min(2 * Decimal(x), Decimal(1))) for x in RATINGS["pd"].to_pylist()])
    )
    assert book(table, pd_column="pd_high").summary["expected_profit_fen"] < book().summary["expected_profit_fen"]


def test_an_indicative_plan_takes_in_whose_rating_lacks_evidence_and_says_so() -> None:
    open_points = odd(decision="not_known", limit_fen=None, indicative_limit_fen=40_000_000)
    assert book(open_points).plan["reason"].to_pylist() == ["W02"]
    found = book(open_points, is_indicative=True)
    assert found.plan["amount_fen"].to_pylist() == [40_000_000]
    assert "示意方案" in found.page("zh")
    assert "示意方案" not in book(open_points).page("zh")
    assert book(odd(decision="refused"), is_indicative=True).plan["reason"].to_pylist() == ["W03"]


def test_the_report_says_what_each_bound_costs() -> None:
    free = {x["name"]: x["cost_fen"] for x in book().summary["bound_costs"]}
    tight = {
        x["name"]: x["cost_fen"]
        for x in book(rates=("0.05", "0.06"), limit_fen=(30_000_000, 50_000_000)).summary["bound_costs"]
    }
    assert free["rate_high"] == free["legal_ceiling"] == free["rate_low"] == 0
    assert set(free) == {"rate_high", "legal_ceiling", "rate_low", "limit_low", "limit_high", "churn"}
    assert min(tight["limit_low"], tight["limit_high"], tight["churn"]) > 0
    assert tight["rate_high"] + tight["rate_low"] > 0


def test_a_legal_ceiling_below_what_is_asked_binds_and_is_cited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    law = {"rate_ceiling": {"zh": "上限", "checked_on": ON, "values": {ON: {"value": "0.06", "source": "本省通知第一条"}}}}
    (tmp_path / "000000").mkdir()
    (tmp_path / "000000" / "book.yaml").write_text(yaml.safe_dump(law, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(tmp_path))
    found = book(budget_reading="drawn", budget_fen=10**9)
    assert max(x["rate"] for x in found.funded.to_pylist()) <= Decimal("0.06")
    (cost,) = [x for x in found.summary["bound_costs"] if x["name"] == "legal_ceiling"]
    assert (cost["at"], cost["lifted_to"]) == ("0.06", "0.15")
    assert cost["cost_fen"] > 0
    assert [x["source"] for x in found.summary["citations"]] == ["本省通知第一条"]


def test_side_conditions_are_kept_and_priced(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("- {name: 涉农, where: {industry: 'A*'}, at_least: {firms: 60}}\n", encoding="utf-8")
    found = book(conditions=path)
    farms = set(RATINGS.filter(pc.equal(RATINGS["industry"], "A01"))["firm_id"].to_pylist())
    assert len(farms & set(found.funded["firm_id"].to_pylist())) >= 60
    assert found.summary["profit_given_up_fen"] > 0
    assert found.summary["conditions"][0]["worth_fen"] > 0
    assert "W08" in found.summary["by_reason"]
    with pytest.raises(BadRequest, match="go with the objective profit"):
        book(conditions=path, objective="firms")
    with pytest.raises(BadRequest, match="no column industry"):
        book(RATINGS.drop_columns("industry"), conditions=path)


@pytest.mark.parametrize("drop", [("limit_fen",), ("decision",), ("limit_fen", "decision", "rate", "first_time", "industry")])
def test_only_a_firm_a_pd_and_a_grade_are_needed(drop: tuple[str, ...]) -> None:
    assert book(RATINGS.drop_columns(list(drop))).summary["firms_funded"] > 0


def test_nobody_to_fund_is_an_answer() -> None:
    summary = book(RATINGS.set_column(1, "pd", pa.array(["0.9"] * 300))).summary
    assert (summary["firms_funded"], summary["expected_profit_fen"], summary["bound_fen"], summary["gap"]) == (0, 0, 0, 0.0)
    nobody = book(RATINGS.set_column(5, "decision", pa.array(["not_known"] * 300))).summary
    assert (nobody["firms_that_may_be_funded"], nobody["by_reason"]) == (0, {"W02": 300})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"budget_fen": 0}, BadAmount),
        ({"limit_fen": (0, 5)}, BadAmount),
        ({"limit_fen": (10, 5)}, BadAmount),
        ({"step_fen": 0}, BadAmount),
        ({"step_fen": 10**12}, BadAmount),
        ({"rates": ("0.1", "0.05")}, BadRate),
        ({"rates": ("0.2", "0.22")}, BadRate),
        ({"rates": ("0.0400001", "0.15")}, BadRate),
        ({"rates": ("4", "15")}, BadRate),
        ({"lgd": "1.5"}, BadRate),
        ({"first_time_share": "2"}, BadRate),
        ({"region": "999999"}, UnknownRegion),
        ({"objective": "fame"}, BadChoice),
        ({"budget_reading": "spent"}, BadChoice),
        ({"objective": "first_time", "_drop": "first_time"}, BadRequest),
    ],
)
def test_wishes_that_cannot_be_are_refused(change: dict[str, Any], error: type[Exception]) -> None:
    wishes = dict(change)
    dropped = wishes.pop("_drop", None)
    with pytest.raises(error):
        book(RATINGS.drop_columns(dropped) if dropped else RATINGS, **wishes)


def test_a_book_is_written_whole_and_written_again(tmp_path: Path) -> None:
    pq.write_table(RATINGS, tmp_path / "ratings.parquet")
    found = book(tmp_path / "ratings.parquet")
    for _ in range(2):
        found.write(tmp_path / "plan")
    assert sorted(x.name for x in (tmp_path / "plan").iterdir()) == [
        "manifest.json", "plan.en.html", "plan.html", "plan.parquet", "summary.json",
    ]  # fmt: skip
    assert pq.read_table(tmp_path / "plan" / "plan.parquet").equals(found.plan)
    assert json.loads((tmp_path / "plan" / "summary.json").read_text(encoding="utf-8")) == found.summary
    assert found.summary["inputs"]["ratings"]["file"] == "ratings.parquet"
    assert sorted(x.name for x in tmp_path.iterdir()) == ["plan", "ratings.parquet"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine").touch()
    with pytest.raises(OutputError):
        found.write(tmp_path / "other")


def test_a_notebook_shows_the_key_figures() -> None:
    found = book()
    assert "预期利润 expected profit" in found._repr_html_()
    assert str(found).splitlines()[0] == "目标 objective: 预期利润最大 most expected profit"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("objective", BookObjective)
def test_the_page_shows_the_figures_loads_nothing_and_escapes(language: Any, objective: BookObjective) -> None:
    named = RATINGS.set_column(2, "grade", pa.array(["A<b>" if x == "A" else x for x in RATINGS["grade"].to_pylist()]))
    found = book(named, objective=objective)
    page = found.page(language)
    assert f"{found.summary['budget_fen'] // 100:,}" in page
    assert "A&lt;b&gt;" in page
    assert "<b>&lt;" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    assert page.count("<svg") == 2 + len(found.summary["by_grade"])


def test_a_churn_table_by_which_everyone_leaves_is_refused() -> None:
    everyone = ChurnTable(RATES, {x: tuple(Decimal(1) for _ in y.accepted) for x, y in CURVES.items()})
    with pytest.raises(BadRequest, match="nobody accepts a rate from"):
        book(churn=everyone)


def test_a_page_of_nobody_can_be_read() -> None:
    nobody = book(RATINGS.set_column(5, "decision", pa.array(["not_known"] * 300)))
    assert "W02" in nobody.page("zh")


@pytest.mark.parametrize("mark", [None, {"huoshui.synthetic": "false"}, {"huoshui.synthetic": "true"}])
@pytest.mark.parametrize("kind", ["file", "table", "frame"])
def test_a_book_of_synthetic_ratings_says_so_everywhere(mark: dict[str, str] | None, kind: str, tmp_path: Path) -> None:
    table, path = RATINGS.replace_schema_metadata(mark), tmp_path / "ratings.parquet"
    pq.write_table(table, path)
    found = book({"file": path, "table": table, "frame": table.to_pandas()}[kind], budget_fen=200_000_000)
    found.write(tmp_path / "plan")
    is_synthetic = kind != "frame" and mark == {"huoshui.synthetic": "true"}
    assert json.loads((tmp_path / "plan" / "summary.json").read_text(encoding="utf-8"))["synthetic"] is is_synthetic
    metadata = pq.read_schema(tmp_path / "plan" / "plan.parquet").metadata
    assert metadata[b"huoshui.synthetic"] == (b"true" if is_synthetic else b"false")
    pages = {"plan.html": "合成数据：企业及其评级由程序生成", "plan.en.html": "Synthetic data: the firms and their ratings"}
    for name, words in pages.items():
        shown = (tmp_path / "plan" / name).read_text(encoding="utf-8")
        assert shown.count(f'<div class="notice" role="note">{words}') == int(is_synthetic)
    assert ("合成数据 synthetic data" in str(found)) == ("合成数据 synthetic data" in found._repr_html_()) == is_synthetic


@pytest.mark.parametrize(
    ("status", "product", "shown"),
    [
        ("approved", "tax_loan", [False, False]),
        ("unsigned", "tax_loan", [True, False]),
        ("approved", "indicative", [False, True]),
    ],
)
def test_a_book_repeats_what_its_ratings_rest_on(status: str, product: str, shown: list[bool]) -> None:
    basis = {"model": {"name": "m", "version": "1", "status": status}, "product": product, "notices": ["mind this"]}
    found = book(RATINGS.replace_schema_metadata({"huoshui.basis": json.dumps(basis)}))
    assert [x in found.page("zh") for x in ("模型未经批准", "未指定银行产品")] == shown
    assert [x in found.page("en") for x in ("is not approved", "name no bank product")] == shown
    assert (found.summary["ratings"]["model_status"], found.summary["ratings"]["notices"]) == (status, ["mind this"])
    assert "mind this" in str(found)
