"""`huoshui features`: what it prints, what it writes, and one sentence for wrong input."""

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.registers.fields import schema_of
from huoshui.cli import main
from huoshui.rules.features_catalog import BY_NAME, CATALOG
from huoshui.terms import RegisterKind


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["features", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture
def invoices(tmp_path: Path) -> Path:
    row = {
        "row_id": 0,
        "register_no": "7",
        "register_scheme": "mine",
        "name": "厦门甲有限公司",
        "invoice_no": "1",
        "direction": "sale",
    }
    row |= {"invoiced_on": date(2020, 1, 5), "amount_fen": 12_300, "counterparty_id": "a"}
    pq.write_table(pa.Table.from_pylist([row], schema=schema_of(RegisterKind.INVOICES)), tmp_path / "invoices.parquet")
    return tmp_path / "invoices.parquet"


@pytest.mark.parametrize("name", ["sales_12m", "tax_grade", "round_trip_share"])
def test_explain_says_what_a_feature_means_in_both_languages(capsys: pytest.CaptureFixture[str], name: str) -> None:
    status, out, err = run(capsys, "--explain", name)
    wanted = BY_NAME[name]
    assert (status, err) == (0, "")
    assert [
        x for x in (wanted.zh, wanted.en, wanted.reads_zh, wanted.reads_en, wanted.unit.zh, wanted.direction.zh) if x not in out
    ] == []
    status, out, _ = run(capsys, "--explain", name, "--json")
    assert (status, json.loads(out)["formula_zh"]) == (0, wanted.reads_zh)


def test_list_names_every_feature(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "--list")
    assert (status, [x.split()[0] for x in out.splitlines()]) == (0, [x.name for x in CATALOG])
    status, out, _ = run(capsys, "--list", "--json")
    assert [x["name"] for x in json.loads(out)["features"]] == [x.name for x in CATALOG]


def test_features_are_written_and_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path, invoices: Path) -> None:
    out_file = tmp_path / "features.parquet"
    status, out, err = run(capsys, "--invoices", str(invoices), "--on", "2020-02-29", "--out", str(out_file), "--json")
    report = json.loads(out)
    assert (status, err, report["firms"], report["invoices"]["rows_used"]) == (0, "", 1, 1)
    assert pq.read_table(out_file).select(["firm_id", "sales_12m"]).to_pylist() == [{"firm_id": "7", "sales_12m": 12_300}]
    status, out, err = run(capsys, "--invoices", str(invoices), "--on", "2020-02-29", "--out", str(out_file))
    assert (status, out.splitlines()[0][:9], err.splitlines()[0]) == (0, "1 firms (", "invoices (发票): 1 of 1")


def test_one_firm_is_printed(capsys: pytest.CaptureFixture[str], invoices: Path) -> None:
    status, out, _ = run(capsys, "--invoices", str(invoices), "--on", "2020-02-29", "--firm", "7", "--json")
    assert (status, json.loads(out)["sales_12m"], json.loads(out)["on"]) == (0, 12_300, "2020-02-29")
    status, out, _ = run(capsys, "--invoices", str(invoices), "--on", "2020-02-29", "--firm", "7")
    assert [x.split() for x in out.splitlines() if x.startswith("sales_12m")] == [
        ["sales_12m", "近12个月销售额", "12,300", "分"]
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--on", "2020-02-29", "--out", "x"], "bad_request"),
        (["--invoices", "nowhere", "--out", "x"], "bad_request"),
        (["--invoices", "nowhere", "--on", "2020-02-29"], "bad_request"),
        (["--invoices", "nowhere", "--on", "2020-02-30", "--out", "x"], "bad_date"),
        (["--invoices", "nowhere", "--on", "2020-02-29", "--out", "x"], "bad_file"),
        (["--invoices", "nowhere", "--on", "2020-02-29", "--out", "x", "--firm", "7"], "bad_request"),
        (["--explain", "nothing"], "bad_choice"),
    ],
)
def test_wrong_input_is_status_2_and_one_error(capsys: pytest.CaptureFixture[str], arguments: list[str], code: str) -> None:
    status, out, err = run(capsys, *arguments, "--json")
    assert (status, json.loads(out)["error"]["code"], err) == (2, code, "")
    status, out, err = run(capsys, *arguments)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
