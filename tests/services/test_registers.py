"""Importing registers: every row is accounted for, nothing half-written is left, real files go through the door."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huoshui.adapters.registers.fields import schema_of
from huoshui.errors import BadFile, BadMapping, BadRequest, OutputError
from huoshui.services.registers import inspect_registers, write_mapping
from huoshui.terms import RegisterKind
from tests.services.register_files import GOOD, HEADINGS, ON, counts, rejects, rows, take, write


def test_a_row_becomes_a_standard_row_with_its_provenance(tmp_path: Path) -> None:
    path = write(tmp_path / "登记.csv", [HEADINGS, GOOD], encoding="gb18030")
    found = take(tmp_path, path)
    assert counts(found) == (1, 1, 0, 0, 0)
    (row,) = rows(tmp_path)
    assert {x: y for x, y in row.items() if y is not None} == {
        "row_id": 0,
        "uscc": "91350211M0000XUF46",
        "name": "厦门甲有限公司",
        "established_on": date(2020, 1, 2),
        "registered_capital_fen": 1_234_567_800,
        "employees": 7,
        "source_file": "登记.csv",
        "source_line": 2,
    }
    assert pq.read_schema(tmp_path / "out" / "registry.parquet").remove_metadata() == schema_of(RegisterKind.REGISTRY)
    about = json.loads(pq.read_metadata(tmp_path / "out" / "registry.parquet").metadata[b"huoshui.register"])
    assert about == {
        "kind": "registry",
        "rows": 1,
        "sources": [{"file": "登记.csv", "sheet": None, "sha256": sha256(path.read_bytes()).hexdigest(), "rows": 1}],
    }
    report = json.loads((tmp_path / "out" / "import-registry.json").read_text(encoding="utf-8"))
    assert (report["read"], report["accepted"], report["files"][0]["codes"]) == (1, 1, {"CHECKSUM_MISMATCH": 1})


def test_a_value_that_cannot_be_read_rejects_its_row_with_line_field_and_reason(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv",
        [
            HEADINGS,
            GOOD,
            [GOOD[0], 'a "quoted"\nname', "2020-13-01", "1", "1"],
            ["", "", "2020-01-01", "1", "1"],
            [GOOD[0], "乙", "2020-01-01", "5万美元", "1"],
            ["bad code", "丙", "", "", ""],
            [GOOD[0], "丁", "2020-01-01", "1", "一人"],
        ],
    )
    found = take(tmp_path, path)
    assert counts(found) == (6, 2, 4, 0, 0)
    assert [(x["line"], x["field"], x["code"]) for x in rejects(tmp_path)] == [
        (3, "established_on", "BAD_DATE"),
        (5, "", "NO_IDENTITY"),
        (6, "registered_capital_fen", "FOREIGN_CURRENCY"),
        (7 + 1, "employees", "BAD_COUNT"),
    ]
    assert rejects(tmp_path)[0] == {
        "kind": "registry",
        "file": "x.csv",
        "line": 3,
        "field": "established_on",
        "code": "BAD_DATE",
        "reason": "established_on: '2020-13-01' is not a date",
        "reason_zh": "成立日期“2020-13-01”：日期无法识别",
        "raw": '91350211M0000XUF46,"a ""quoted""\nname",2020-13-01,1,1',
    }
    assert [(x["name"], x["source_line"]) for x in rows(tmp_path)] == [("厦门甲有限公司", 2), ("丙", 7)]


def test_damaged_lines_refuse_the_import_unless_they_may_be_left_out(tmp_path: Path) -> None:
    lines = [",".join(x if "," not in x else f'"{x}"' for x in GOOD)] * 9
    lines[6] = "a,b"
    lines[8] = '"never closed'
    path = tmp_path / "x.csv"
    path.write_text("\n".join([",".join(HEADINGS), *lines]), encoding="utf-8")
    found = take(tmp_path, path)
    assert counts(found) == (9, 0, 2, 0, 7)
    assert found.refusal == (
        "x.csv, line 8: 2 columns, expected 5; 2 damaged line(s) in all, listed in rejects.csv, "
        "so nothing was imported as registry; repair the file, or pass --reject-malformed to leave these lines out"
    )
    assert sorted(x.name for x in (tmp_path / "out").iterdir()) == ["rejects.csv", "rejects.parquet"]
    assert [(x["line"], x["code"], x["raw"]) for x in rejects(tmp_path)] == [
        (8, "WRONG_COLUMNS", "a,b"),
        (10, "OPEN_QUOTE", '"never closed'),
    ]
    found = take(tmp_path, path, keep_damaged=True)
    assert (counts(found), found.refusal) == ((9, 7, 2, 0, 0), None)
    assert [x["source_line"] for x in rows(tmp_path)] == [2, 3, 4, 5, 6, 7, 9]


@given(
    st.lists(
        st.lists(st.sampled_from(["", "甲", "2020-01-01", "x", "1.5", '"', "a,b", "\n"]), min_size=5, max_size=5), max_size=8
    ),
    st.booleans(),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_is_accepted_rejected_or_withheld(tmp_path: Path, cells: list[list[str]], keep: bool) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\n".join([",".join(HEADINGS), *(",".join(x) for x in cells)]), encoding="utf-8")
    page = "kind: registry\ncolumns:\n" + "".join(
        f"- {{source: {x}, field: {y}}}\n"
        for x, y in zip(HEADINGS, ["uscc", "name", "established_on", "registered_capital_fen", "employees"], strict=True)
    )
    found = take(tmp_path, path, mapping=page, keep_damaged=keep)
    assert found.accepted + found.rejected + found.withheld == found.read
    assert len(rejects(tmp_path)) == found.rejected
    if not found.refused:
        assert [x["row_id"] for x in rows(tmp_path)] == list(range(found.accepted))
        assert Counter(x["code"] for x in rejects(tmp_path)) == found.by_code


def test_several_files_and_sheets_make_one_register_with_consecutive_ids(tmp_path: Path) -> None:
    one = write(tmp_path / "one.csv", [HEADINGS, GOOD])
    with xlsxwriter.Workbook(tmp_path / "two.xlsx") as book:
        for name in ("东", "西"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADINGS)
            sheet.write_row(1, 0, [GOOD[0], f"{name}公司", 45821, 12.5, 3])
        book.add_worksheet("空")
    found = take(tmp_path, one, tmp_path / "two.xlsx")
    assert counts(found) == (3, 3, 0, 0, 0)
    assert [
        (x["row_id"], x["name"], x["source_file"], x["source_line"], x["registered_capital_fen"]) for x in rows(tmp_path)
    ] == [
        (0, "厦门甲有限公司", "one.csv", 2, 1_234_567_800),
        (1, "东公司", "two.xlsx#东", 2, 12_500_000),
        (2, "西公司", "two.xlsx#西", 2, 12_500_000),
    ]


def test_files_of_the_same_name_are_told_apart_by_their_folder(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "x.csv", [HEADINGS, GOOD])
    take(tmp_path, tmp_path / "a" / "x.csv", tmp_path / "b" / "x.csv")
    assert [x["source_file"] for x in rows(tmp_path)] == [str(tmp_path / "a" / "x.csv"), str(tmp_path / "b" / "x.csv")]


def test_rows_that_a_filter_leaves_out_are_counted_and_constants_fill_what_no_column_says(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv",
        [
            ["编号", "日期", "金额", "状态"],
            ["1", "2025-01-02", "1.5", " 作废发票"],
            ["2", "2025-01-03", "2", "有效"],
            ["", "?", "?", "作废发票"],
        ],
    )
    found = take(
        tmp_path,
        path,
        kind=RegisterKind.INVOICES,
        mapping="""
kind: invoices
constants: {direction: sale, region_code: "350203"}
where: [{column: 状态, not_in: [作废发票]}]
columns:
- {source: 编号, field: register_no, scheme: contest}
- {source: 日期, field: invoiced_on}
- {source: 金额, field: amount_fen}
- {source: 状态, field: invoice_state}
""",
    )
    assert counts(found) == (3, 1, 0, 2, 0)
    (row,) = rows(tmp_path, RegisterKind.INVOICES)
    assert {x: y for x, y in row.items() if y is not None} == {
        "row_id": 0,
        "register_no": "2",
        "register_scheme": "contest",
        "region_code": "350203",
        "invoiced_on": date(2025, 1, 3),
        "direction": "sale",
        "amount_fen": 200,
        "invoice_state": "有效",
        "source_file": "x.csv",
        "source_line": 3,
    }


def test_an_import_replaces_its_kind_and_leaves_the_others(tmp_path: Path) -> None:
    registry = write(tmp_path / "r.csv", [HEADINGS, GOOD, ["", "", "", "", ""]])
    loans = write(
        tmp_path / "l.csv",
        [
            ["借款人名称", "贷款银行", "发放日期", "贷款余额(元)"],
            ["甲公司", "某行", "2020-01-01", "1"],
            ["乙公司", "某行", "?", "1"],
        ],
    )
    mapping = "kind: loans\ncolumns: [{source: 借款人名称, field: name}, {source: 发放日期, field: granted_on}]"
    take(tmp_path, registry)
    take(tmp_path, loans, kind=RegisterKind.LOANS, mapping=mapping)
    assert [(x["kind"], x["line"]) for x in rejects(tmp_path)] == [("loans", 3), ("registry", 3)]
    take(tmp_path, write(tmp_path / "r.csv", [HEADINGS, GOOD, GOOD]))
    assert [(x["kind"], x["line"]) for x in rejects(tmp_path)] == [("loans", 3)]
    assert (len(rows(tmp_path)), len(rows(tmp_path, RegisterKind.LOANS))) == (2, 1)
    assert sorted(x.name for x in (tmp_path / "out").iterdir()) == [
        "import-loans.json",
        "import-registry.json",
        "loans.parquet",
        "registry.parquet",
        "rejects.csv",
        "rejects.parquet",
    ]


@pytest.mark.parametrize(
    ("mapping", "error", "said"),
    [
        (
            "kind: registry\ncolumns: [{source: 资产, field: assets_fen}]",
            BadMapping,
            "names a column '资产' (for assets_fen), but x.csv has none",
        ),
        ("kind: tax\ncolumns: [{source: 企业名称, field: name}]", BadMapping, "is a mapping for tax, not for registry"),
        ("kind: registry\ncolumns: [{source: 企业名称, field: register_no}]", BadMapping, "a register_no without a scheme"),
        (
            "kind: registry\nconstants: {established_on: soon}\ncolumns: [{source: 企业名称, field: name}]",
            BadMapping,
            "'soon' cannot be read",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_writes_nothing(tmp_path: Path, mapping: str, error: type[Exception], said: str) -> None:
    path = write(tmp_path / "x.csv", [HEADINGS, GOOD])
    with pytest.raises(error) as caught:
        take(tmp_path, path, mapping=mapping)
    assert said in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_file_that_breaks_off_writes_nothing_and_what_was_there_stays(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"企业名称": ["甲公司"] * 50_000, "登记状态": ["存续"] * 50_000}),
        tmp_path / "x.parquet",
        row_group_size=10_000,
    )
    take(tmp_path, tmp_path / "x.parquet")
    before = {x.name: x.read_bytes() for x in (tmp_path / "out").iterdir()}
    whole = (tmp_path / "x.parquet").read_bytes()
    (tmp_path / "x.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadFile, match="expected a complete Parquet file"):
        take(tmp_path, tmp_path / "x.parquet")
    page = bytearray(whole)
    page[20:4000] = b"\0" * 3980
    (tmp_path / "x.parquet").write_bytes(page)
    with pytest.raises(BadFile, match="expected a complete Parquet file"):
        take(tmp_path, tmp_path / "x.parquet", mapping="kind: registry\ncolumns: [{source: 企业名称, field: name}]")
    assert {x.name: x.read_bytes() for x in (tmp_path / "out").iterdir()} == before


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on file sizes, which only POSIX systems have")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv", [HEADINGS, *([f"{i:018}", f"公司{i * 7919}", "2020-01-02", str(i), "1"] for i in range(200_000))]
    )
    code = (
        "import resource, sys; from huoshui.cli import main; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [
        sys.executable,
        "-c",
        code,
        "registers",
        "import",
        "--kind",
        "registry",
        str(path),
        "--out",
        str(tmp_path / "out"),
    ]
    found = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("huoshui: the import into")
    assert "nothing was changed there" in found.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs a signal that cannot be caught")
def test_a_killed_import_leaves_nothing_that_looks_like_a_result(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [HEADINGS, *([f"{i:018}", f"公司{i}", "2020-01-02", str(i), "1"] for i in range(400_000))])
    command = [sys.executable, "-m", "huoshui", "registers", "import", "--kind", "registry", str(path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([*command, "--out", str(tmp_path / "out")], env=environment) as process:
        while not list(tmp_path.glob("out/.importing-*/registry.parquet")) and process.poll() is None:
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert [x.name for x in (tmp_path / "out").iterdir()] == [f".importing-registry-{process.pid}"]


def test_what_a_killed_import_left_is_cleaned_up_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / "out" / ".importing-registry-999999999"
    left.mkdir(parents=True)
    (left / "registry.parquet").write_bytes(b"PAR1 half")
    take(tmp_path, write(tmp_path / "x.csv", [HEADINGS, GOOD]))
    assert not left.exists()


def test_without_a_mapping_only_a_sure_proposal_is_used(tmp_path: Path) -> None:
    found = take(tmp_path, write(tmp_path / "x.csv", [HEADINGS, GOOD]))
    assert [x.mapping.kind for x in found.proposed] == [RegisterKind.REGISTRY]
    with pytest.raises(BadMapping, match="the columns are not clear"):
        take(tmp_path, write(tmp_path / "y.csv", [["甲", "乙"], ["1", "2"]]))


def test_rows_in_a_group_are_bounded(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [HEADINGS, *[GOOD] * 2_500])
    take(tmp_path, path, group_rows=1_000)
    metadata = pq.read_metadata(tmp_path / "out" / "registry.parquet")
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [1_000, 1_000, 500]
    with pytest.raises(BadRequest, match="chunk-rows must be from 1 to 262144"):
        take(tmp_path, path, group_rows=0)


def test_an_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(BadRequest, match="is a file; --out expects a folder"):
        take(tmp_path, write(tmp_path / "x.csv", [HEADINGS, GOOD]))
    with pytest.raises(OutputError, match="cannot be written"):
        write_mapping(inspect_registers([tmp_path / "x.csv"], kind=None, on=ON), path=tmp_path / "none" / "m.yaml")
