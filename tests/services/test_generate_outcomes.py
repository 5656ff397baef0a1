"""Outcomes of synthetic loans: off unless asked for, and explained by what was known before the decision."""

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.book.churn_file import read_churn
from huoshui.services import generate
from huoshui.services.features.request import FeatureRequest
from huoshui.services.features.run import make_features
from huoshui.services.generate import GenerateRequest, generate_registers
from huoshui.terms import RegisterKind

ON: Final = date(2025, 6, 30)
KNOWN_ON: Final = date(2023, 12, 31)
FIRMS: Final = 10_000
PAST: Final = ("history/tax.parquet", "history/invoices.parquet")
DAY_ONLY: Final = ("registry", "tax", "invoices", "exclusions", "links", "truth")


def make(out: Path, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"firms": FIRMS, "seed": 1, "region": "350203", "on": ON, "outcomes": True, **changes}
    return dict(generate_registers(GenerateRequest(out=out, **given), progress=lambda *_: None).summary)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("outcomes") / "registers"
    make(out)
    return out


@pytest.fixture(scope="module")
def features(folder: Path) -> Path:
    out = folder.parent / "features.parquet"
    both = [folder, folder / "history"]
    registers = {
        RegisterKind.INVOICES: both, RegisterKind.TAX: both, RegisterKind.REGISTRY: [folder], RegisterKind.LOANS: [folder],
    }  # fmt: skip
    make_features(FeatureRequest(registers=registers, on=KNOWN_ON, out=out), progress=lambda _: None)
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {str(x.relative_to(folder)): x.read_bytes() for x in sorted(folder.rglob("*")) if x.is_file()}


def outcomes(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / "outcomes.parquet").to_pylist()
    return rows


def test_nothing_is_written_unless_it_is_asked_for_and_the_truth_stays_the_same(tmp_path: Path, folder: Path) -> None:
    make(tmp_path / "plain", outcomes=False)
    plain, asked = contents(tmp_path / "plain"), contents(folder)
    assert set(asked) - set(plain) == {*PAST, "outcomes.parquet", "churn.csv"}
    assert {x: plain[f"{x}.parquet"] == asked[f"{x}.parquet"] for x in (*DAY_ONLY, "loans")} == {
        **dict.fromkeys(DAY_ONLY, True), "loans": False,
    }  # fmt: skip
    assert "outcomes" not in json.loads(plain["generate.json"])


def test_the_same_parameters_give_the_same_bytes_in_one_part_or_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "other"):
        make(tmp_path / name, firms=500)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    monkeypatch.setattr(generate, "FIRMS_PER_PART", 1_000)
    make(tmp_path / "parts", firms=2_000)
    (tmp_path / "parts/history/tax.parquet/part-0001.parquet").unlink()
    before = contents(tmp_path / "parts")
    make(tmp_path / "parts", firms=2_000)
    after = contents(tmp_path / "parts")
    assert {x: after[x] for x in before} == before
    assert len(after) == len(before) + 1


@pytest.mark.parametrize("on", [date(2024, 2, 29), date(2025, 8, 15)])
@pytest.mark.parametrize("firms", [1, 2, 25])
def test_a_handful_of_firms_has_outcomes_too_or_none(tmp_path: Path, firms: int, on: date) -> None:
    told = make(tmp_path, firms=firms, on=on)
    loans = outcomes(tmp_path)
    assert told["tables"]["outcomes"]["rows"] == len(loans) <= firms
    first, last = (date.fromisoformat(x) for x in told["outcomes"]["decided"])
    assert all(date.fromisoformat(told["outcomes"]["known_on"]) < first <= x["decided_on"] <= last < on for x in loans)
    assert pq.read_table(tmp_path / "history/invoices.parquet").num_rows >= 0


def test_every_table_says_that_it_is_synthetic(folder: Path) -> None:
    for name in (*PAST, "outcomes.parquet"):
        assert (pq.read_schema(folder / name).metadata or {})[b"huoshui.synthetic"] == b"true"
    assert "合成数据（synthetic）" in (folder / "churn.csv").read_text(encoding="utf-8").splitlines()[0]


def test_four_to_eight_in_a_hundred_loans_go_bad(folder: Path) -> None:
    rows = outcomes(folder)
    assert len(rows) > FIRMS / 20
    assert 0.04 < sum(x["default"] for x in rows) / len(rows) < 0.08
    told = json.loads((folder / "generate.json").read_text(encoding="utf-8"))
    assert told["counts"]["outcomes"] == {"bad": sum(x["default"] for x in rows), "loans": len(rows)}


def test_a_loan_is_decided_in_the_half_year_after_the_known_day_and_the_loan_register_shows_its_end(folder: Path) -> None:
    told = json.loads((folder / "generate.json").read_text(encoding="utf-8"))["outcomes"]
    assert told == {"known_on": "2023-12-31", "decided": ["2024-01-01", "2024-06-30"]}
    loans: dict[tuple[str, date], list[dict[str, Any]]] = {}
    for row in pq.read_table(folder / "loans.parquet").to_pylist():
        loans.setdefault((row["uscc"], row["granted_on"]), []).append(row)
    found: Counter[tuple[int, bool]] = Counter()
    for row in outcomes(folder):
        assert date(2024, 1, 1) <= row["decided_on"] <= date(2024, 6, 30)
        for loan in loans.get((row["firm_id"], row["decided_on"]), []):
            found[row["default"], loan["settled_on"] is None and loan["balance_fen"] > 0] += 1
    assert set(found) == {(0, False), (1, True)}
    assert sum(found.values()) > 0.9 * len(outcomes(folder))


def test_what_was_known_before_the_decision_explains_the_outcome(folder: Path, features: Path) -> None:
    rows = {x["firm_id"]: x["default"] for x in outcomes(folder)}
    wanted = ("sales_yoy", "max_gap_months_12", "tax_grade", "firm_age_months", "sales_12m", "top1_buyer_share")
    table = pq.read_table(features, columns=["firm_id", *wanted]).to_pylist()
    known = [(x, rows[x["firm_id"]]) for x in table if x["firm_id"] in rows]
    assert len(known) > 0.98 * len(rows)
    for name in wanted:
        least = 0.2 if name == "sales_yoy" else 0.75  # no growth is told of sales below 10,000 yuan
        assert sum(x[name] is not None for x, _ in known) > least * len(known), name
    for name in ("max_gap_months_12", "tax_grade"):
        bad, good = ([x[name] for x, y in known if y == kind and x[name] is not None] for kind in (1, 0))
        assert np.mean(bad) > np.mean(good), name


def test_invoices_lie_in_the_past_and_add_up_to_what_was_filed(folder: Path) -> None:
    invoices = pq.read_table(folder / "history/invoices.parquet")
    assert pc.max(invoices["invoiced_on"]).as_py() <= ON
    assert pc.count_distinct(invoices["invoice_no"]).as_py() == invoices.num_rows
    filed: Counter[tuple[str, date]] = Counter()
    for row in pq.read_table(folder / "history/tax.parquet", columns=["uscc", "period_start", "sales_fen"]).to_pylist():
        filed[row["uscc"], row["period_start"]] = row["sales_fen"]
    sold: Counter[tuple[str, date]] = Counter()
    for row in invoices.filter(pc.equal(invoices["direction"].cast("string"), "sale")).to_pylist():
        day = row["invoiced_on"]
        sold[row["uscc"], date(day.year, (day.month - 1) // 3 * 3 + 1, 1)] += row["amount_fen"]
    both = [(sold[x], filed[x]) for x in filed if x in sold]
    assert len(both) > 1_000
    assert max(y - x for x, y in both) < 40
    assert all(x <= y for x, y in both)


def test_acceptance_falls_with_the_rate_in_every_grade(folder: Path) -> None:
    table = read_churn(folder / "churn.csv")
    assert sorted(table.lost) == ["A", "B", "C"]
    for lost in table.lost.values():
        assert list(lost) == sorted(set(lost))
        assert (lost[0], lost[-1]) == (Decimal(0), max(lost))
