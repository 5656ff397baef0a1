from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.registers.screening.facts_file import moved_spans
from huoshui.adapters.registers.screening.job import TABLE_OF
from huoshui.adapters.registers.screening.tables import SIZE_ROWS
from huoshui.errors import BadFile, BadRequest
from huoshui.services.generate import GenerateRequest, generate_registers
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.run import screen_registers
from huoshui.services.screening.what_if import WhatIfRequest, try_thresholds
from tests.services.screening.lowered_bounds import ON, halve_bounds

REGION = "350203"


def screening(registers: Path, out: Path, *, keep_facts: bool = False, **options: Any) -> dict[str, Any]:
    request = ScreeningRequest(
        registers=dict.fromkeys(TABLE_OF, registers),
        rule="never_borrowed",
        region=REGION,
        on=ON,
        out=out,
        workbooks="none",
        keep_facts=keep_facts,
        **options,
    )
    return screen_registers(request, progress=lambda _: None)


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("generated") / "registers"
    generate_registers(GenerateRequest(firms=6_000, seed=7, out=out, region=REGION, on=ON), progress=lambda *_: None)
    return out


@pytest.fixture(scope="module")
def kept(registers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("kept") / "lists"
    screening(registers, out, keep_facts=True)
    return out


def reasons(folder: Path) -> dict[int, tuple[str, tuple[str, ...]]]:
    asked = "SELECT row_id, verdict::VARCHAR, reasons FROM read_parquet(?)"
    rows = duckdb.execute(asked, [str(folder / "firms.parquet")]).fetchall()
    return {row_id: (verdict, tuple(found)) for row_id, verdict, found in rows}


def changed(path: Path) -> dict[int, tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]]:
    asked = "SELECT row_id, before::VARCHAR, reasons_before, now::VARCHAR, reasons_now FROM read_parquet(?)"
    rows = duckdb.execute(asked, [str(path)]).fetchall()
    return {x[0]: ((x[1], tuple(x[2])), (x[3], tuple(x[4]))) for x in rows}


def test_the_policy_in_force_changes_nothing(kept: Path, tmp_path: Path) -> None:
    found = try_thresholds(WhatIfRequest(kept, REGION, ON, out=tmp_path / "changed.parquet"))
    assert found["by_reason"]["now"] == found["by_reason"]["before"]
    assert (found["changed"], found["entered"], found["left"]) == (0, 0, 0)
    assert changed(tmp_path / "changed.parquet") == {}


@pytest.mark.parametrize("halved", [{"classes": ("medium",), "rows": ("F1",)}, {"classes": ("small", "medium", "large")}])
def test_halved_bounds_give_what_a_full_run_gives_firm_by_firm(
    registers: Path, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, halved: dict[str, tuple[str, ...]]
) -> None:
    policies = halve_bounds(tmp_path / "policies", **halved)
    found = try_thresholds(WhatIfRequest(kept, REGION, ON, policies=(policies,), out=tmp_path / "changed.parquet"))
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(policies))
    full = screening(registers, tmp_path / "full")
    before, now = reasons(kept), reasons(tmp_path / "full")
    assert changed(tmp_path / "changed.parquet") == {x: (before[x], now[x]) for x in now if before[x] != now[x]}
    assert found["changed"] > 0
    assert found["by_reason"]["now"] == full["by_reason"]
    assert (found["universe"], found["listed"]["now"]) == (full["universe"], full["listed"])


def test_other_thresholds_of_activity_give_what_a_full_run_gives(
    registers: Path, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity = tmp_path / "policies" / "000000" / "activity.yaml"
    activity.parent.mkdir(parents=True)
    activity.write_text(
        'invoice_months: {zh: 试算, values: {2000-01-01: {value: "1", source: test}}, checked_on: 2025-06-30}\n'
        'annual_report_due: {zh: 试算, values: {2000-01-01: {value: "03-31", source: test}}, checked_on: 2025-06-30}\n',
        encoding="utf-8",
    )
    policies = tmp_path / "policies"
    found = try_thresholds(WhatIfRequest(kept, REGION, ON, policies=(policies,), out=tmp_path / "changed.parquet"))
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(policies))
    full = screening(registers, tmp_path / "full")
    before, now = reasons(kept), reasons(tmp_path / "full")
    assert found["changed"] > 0
    assert changed(tmp_path / "changed.parquet") == {x: (before[x], now[x]) for x in now if before[x] != now[x]}
    assert found["by_reason"]["now"] == full["by_reason"]


def test_many_buckets_keep_the_same_facts(registers: Path, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huoshui.adapters.registers.screening.pipeline._BYTES_A_FIRM", 1 << 20)
    screening(registers, tmp_path / "buckets", keep_facts=True)
    assert len(list((tmp_path / "buckets" / "facts").glob("facts-*.parquet"))) > 1
    policies = (halve_bounds(tmp_path / "policies"),)
    one = try_thresholds(WhatIfRequest(kept, REGION, ON, policies=policies, out=tmp_path / "one.parquet"))
    many = try_thresholds(WhatIfRequest(tmp_path / "buckets", REGION, ON, policies=policies, out=tmp_path / "many.parquet"))
    assert many == one
    assert changed(tmp_path / "many.parquet") == changed(tmp_path / "one.parquet")


def test_what_is_inside_the_facts_needs_a_full_run(kept: Path, tmp_path: Path) -> None:
    activity = tmp_path / "policies" / "000000" / "activity.yaml"
    activity.parent.mkdir(parents=True)
    activity.write_text(
        'tax_sales_months: {zh: 试算, values: {2000-01-01: {value: "12", source: test}}, checked_on: 2025-06-30}\n',
        encoding="utf-8",
    )
    with pytest.raises(BadRequest, match=r"a full run is needed: activity\.tax_sales_months differs"):
        try_thresholds(WhatIfRequest(kept, REGION, ON, policies=(tmp_path / "policies",)))


def test_another_region_than_that_of_the_facts_is_refused(kept: Path) -> None:
    with pytest.raises(BadRequest, match="the facts are of region 350203"):
        try_thresholds(WhatIfRequest(kept, "350000", ON))


def test_a_screening_without_facts_is_refused(registers: Path, tmp_path: Path) -> None:
    screening(registers, tmp_path / "lists")
    with pytest.raises(BadFile, match="keeps no facts"):
        try_thresholds(WhatIfRequest(tmp_path / "lists", REGION, ON))


bounds = st.integers(-1, 6)


@given(old=bounds, new=bounds, figure=st.integers(-1, 7))
def test_a_comparison_changes_just_within_its_span(old: int, new: int, figure: int) -> None:
    row = dict.fromkeys(SIZE_ROWS, -1)
    spans = moved_spans([{**row, "small_revenue": old}], [{**row, "small_revenue": new}])
    inside = any(x["turnover_small_from"] <= figure < x["turnover_small_until"] for x in spans)
    assert inside is ((figure < old) is not (figure < new))
