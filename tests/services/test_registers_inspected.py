"""Inspecting registers: the quality report, the mapping pages, and every real file at hand."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.services.registers import inspect_registers, write_mapping
from huoshui.terms import RegisterKind
from tests.services.register_files import GOOD, HEADINGS, ON, SHARED, counts, needs_data, rows, take, write


def test_inspect_reports_the_quality_of_a_file(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv",
        [
            [*HEADINGS, "核准日期"],
            [*GOOD, "2030-01-01"],
            [*GOOD, "2030-01-01"],
            ["91350211M0000XUF47", "乙公司", "1902/1/1", "500万元", "", "二〇二〇年一月二日"],
            ["350200100000001", "丙公司", "1480000000000", "-1", "3", "45821"],
            ["", "丁公司", "", "0", "x", ""],
        ],
    )
    (found,) = inspect_registers([path], kind=None, on=ON)
    quality = found.quality
    assert (quality.rows, quality.acceptable, quality.rejected) == (5, 4, {"BAD_COUNT": 1})
    assert (quality.exact_duplicates, quality.duplicate_keys, quality.key) == (1, 1, ("统一社会信用代码",))
    assert sum(quality.codes.values()) == 4
    assert quality.empty["employees"] == 0.25
    assert quality.forms["established_on"] == {"dashed": 2, "slashed": 1, "epoch_ms": 1, "empty": 1}
    assert quality.forms["updated_on"] == {"dashed": 2, "numerals": 1, "serial": 1, "empty": 1}
    assert quality.forms["registered_capital_fen"] == {"grouped": 2, "with_unit": 1, "plain": 2}
    assert (quality.days["updated_on"].future, quality.days["established_on"].before_1949) == (2, 1)
    assert (quality.amounts["registered_capital_fen"].negative, quality.amounts["registered_capital_fen"].most_fen) == (
        1,
        1_234_567_800,
    )
    assert [(x.line, x.field) for x in quality.examples] == [(6, "employees")]


def test_files_alike_share_a_mapping_and_others_get_their_own(tmp_path: Path) -> None:
    files = [
        write(tmp_path / "a.csv", [HEADINGS, GOOD]),
        write(tmp_path / "b.csv", [HEADINGS, GOOD], encoding="gb18030"),
        write(
            tmp_path / "sales.csv",
            [["企业编号", "发票号码", "开票日期", "金额", "税额"], ["E1", "001", "2025-01-02", "5", "1"]],
        ),
        write(
            tmp_path / "purchases.csv",
            [["企业编号", "发票号码", "开票日期", "金额", "税额"], ["E1", "002", "2025-01-02", "6", "1"]],
        ),
    ]
    assert write_mapping(inspect_registers(files, kind=None, on=ON), path=tmp_path / "m.yaml") == 3
    page = (tmp_path / "m.yaml").read_text(encoding="utf-8")
    assert counts(take(tmp_path, *files[:2], mapping=page)) == (2, 2, 0, 0, 0)
    assert counts(take(tmp_path, *files[2:], mapping=page, kind=RegisterKind.INVOICES, scheme="mine")) == (2, 2, 0, 0, 0)
    assert [(x["invoice_no"], x["direction"], x["register_scheme"]) for x in rows(tmp_path, RegisterKind.INVOICES)] == [
        ("001", "sale", "mine"),
        ("002", "purchase", "mine"),
    ]


@needs_data
def test_every_real_file_gets_a_mapping_with_a_reason_for_what_is_left_out() -> None:
    files = sorted(
        x for x in SHARED.rglob("*") if x.suffix in (".csv", ".txt", ".parquet", ".xlsx") and "policy_corpus" not in x.parts
    )
    found = inspect_registers(files, kind=None, on=ON)
    assert len(found) == len(files) == 49
    for one in found:
        assert all(x.reason or x.field != "ignore" for x in one.proposal.mapping.columns), one.table.label
        assert not one.quality.rejected or "no column tells whom" in " ".join(one.proposal.notes), one.table.label
    platform = [x for x in found if x.table.path.parent.name == "sme_platform_sample" and x.table.path.suffix == ".csv"]
    assert len(platform) == 35
    assert {x.proposal.mapping.mapped["register_no"].scheme for x in platform} == {"hashed_name"}
    firms = next(x for x in platform if x.table.path.stem == "company_baseinfo")
    assert {x.source: (field, x.unit) for field, x in firms.proposal.mapping.mapped.items()} == {
        "regcap": ("registered_capital_fen", "万元"),
        "empnum": ("employees", None),
        "estdate": ("established_on", None),
        "entstatus": ("status", None),
        "enttype": ("entity_type", None),
        "entname": ("register_no", None),
        "industryphy": ("industry_code", None),
    }


@needs_data
def test_the_425_firms_and_their_million_invoices_come_through_whole(tmp_path: Path) -> None:
    folder = SHARED / "invoices_425_firms"
    firms = [folder / "enterprises_123.csv", folder / "enterprises_302.csv"]
    invoices = [folder / f"{side}_{firms}.parquet" for side in ("sales", "purchases") for firms in (123, 302)]
    assert counts(take(tmp_path, *firms, scheme="contest_2020")) == (425, 425, 0, 0, 0)
    write_mapping(inspect_registers(invoices, kind=None, on=ON), path=tmp_path / "m.yaml")
    page = (tmp_path / "m.yaml").read_text(encoding="utf-8")
    found = take(tmp_path, *invoices, kind=RegisterKind.INVOICES, mapping=page, scheme="contest_2020")
    assert [x.accepted for x in found.tables] == [162_484, 330_835, 210_947, 395_175]
    table = pq.read_table(tmp_path / "out" / "invoices.parquet")
    assert Counter(table["direction"].to_pylist()) == {"sale": 493_319, "purchase": 606_122}
    assert set(table["invoice_state"].unique().to_pylist()) == {"有效发票", "作废发票"}
    whole = pa.concat_tables(pq.read_table(x) for x in invoices)
    assert pc.sum(table["amount_fen"]).as_py() == round(sum(round(x * 100) for x in whole["amount"].to_pylist()))
    assert table["invoice_no"].to_pylist() == whole["invoice_no"].cast(pa.string()).to_pylist()
    assert len(set(table["register_no"].unique().to_pylist())) == 425
    quality = [x.quality for x in inspect_registers(invoices, kind=None, on=ON)]
    assert sum(x.exact_duplicates for x in quality) == 11_665
