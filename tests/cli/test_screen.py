"""`huoshui screen`: what it prints, and what it refuses, with one sentence and nothing left behind."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.cli import main
from huoshui.cli.screen import read_memory
from huoshui.errors import BadRequest
from tests.adapters.registers.small_registers import firm, loan, table_of, uscc_of, write_registers

Flags = dict[str, str | None]
TABLES: Final = {
    "registry": [firm(1), firm(2), firm(3, status="注销"), firm(4, uscc=None)],
    "tax": [{"row_id": 1, "uscc": uscc_of(1), "period_end": None, "sales_fen": 5}],
    "loans": [loan(2)],
}


@pytest.fixture
def flags(tmp_path: Path) -> Flags:
    """The flags of a screening that succeeds."""
    given = write_registers(tmp_path / "registers", TABLES)
    return {
        **{kind.value: str(path) for kind, path in given.items()}, "rule": "never_borrowed", "region": "350000",
        "on": "2025-06-30", "out": str(tmp_path / "out"), "workbooks": "none",
    }  # fmt: skip


def command(flags: Flags) -> list[str]:
    return ["screen", *(x for name, value in flags.items() if value is not None for x in (f"--{name}", value))]


def test_it_prints_the_funnel_and_where_the_result_is(flags: Flags, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command(flags), "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "从未有过经营性贷款" in printed.out
    assert "R01 已注销、吊销或迁出 1" in printed.out
    assert "registry: 1 without a usable code" in printed.out
    assert f"{flags['out']}/summary.html" in printed.out


def test_it_shows_progress_on_standard_error(flags: Flags, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(flags)) == 0
    shown = capsys.readouterr().err.splitlines()
    assert "registry: 4 rows read" in shown
    assert "screening: done" in shown


def test_json_is_the_summary_and_nothing_else(flags: Flags, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command(flags), "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    told = json.loads(printed.out)
    assert told == json.loads((Path(str(flags["out"])) / "summary.json").read_text(encoding="utf-8"))
    assert (told["universe"], told["listed"], told["reconciles"]) == (4, 2, True)


def test_a_former_list_is_compared_with(flags: Flags, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command(flags), "--quiet"]) == 0
    again = {**flags, "out": str(tmp_path / "again"), "previous": flags["out"]}
    assert main([*command(again), "--quiet"]) == 0
    assert "since the former list: 0 entered, 0 left" in capsys.readouterr().out


def test_a_former_result_is_replaced(flags: Flags) -> None:
    out = Path(str(flags["out"]))
    assert main([*command({**flags, "rule": "no_current_loan"}), "--quiet"]) == 0
    (out / "note.txt").write_text("mine", encoding="utf-8")
    assert main([*command(flags), "--quiet"]) == 0
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["rule"]["name"] == "never_borrowed"
    assert not (out / "note.txt").exists()


def broken(kind: str, spoil: Callable[[Path], object]) -> Callable[[Flags], Flags]:
    """Spoil one register's file."""

    def change(flags: Flags) -> Flags:
        spoil(Path(str(flags[kind])))
        return flags

    return change


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def damage(path: Path) -> None:
    """The footer is whole, the pages before it are not."""
    content = bytearray(path.read_bytes())
    content[20:400] = bytes(380)
    path.write_bytes(content)


def with_text(kind: str, column: str) -> Callable[[Path], None]:
    """Put words into a column that may not hold them."""

    def change(path: Path) -> None:
        table = table_of(kind, TABLES[kind])
        words = pa.array(["昨天"] * table.num_rows)
        pq.write_table(table.set_column(table.schema.get_field_index(column), column, words), path)

    return change


def put(name: str, value: str) -> Callable[[Flags], Flags]:
    return lambda flags: {**flags, name: value}


def on_spark(master: str) -> Callable[[Flags], Flags]:
    return lambda flags: {**flags, "engine": "spark", "spark-master": master}


def beside(name: str, inside: str) -> Callable[[Flags], Flags]:
    return lambda flags: {**flags, name: str(Path(str(flags["registry"])).parent / inside)}


def out_is_a_file(flags: Flags) -> Flags:
    Path(str(flags["out"])).write_text("mine", encoding="utf-8")
    return flags


def out_is_below_a_file(flags: Flags) -> Flags:
    return {**flags, "out": f"{flags['registry']}/deep/out"}


def out_holds_something_else(flags: Flags) -> Flags:
    out = Path(str(flags["out"]))
    out.mkdir()
    (out / "thesis.txt").write_text("mine", encoding="utf-8")
    return flags


def out_holds_the_registers(flags: Flags) -> Flags:
    folder = Path(str(flags["registry"])).parent
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    return {**flags, "out": str(folder)}


def another_table(name: str, inside: str = "") -> Callable[[Flags], Flags]:
    def change(flags: Flags) -> Flags:
        given = Path(str(flags["registry"])).parents[1] / "other"
        (given / inside).parent.mkdir(exist_ok=True)
        pq.write_table(pa.table({"row_id": [1]}), given / inside)
        return {**flags, name: str(given)}

    return change


REFUSED: Final[dict[str, tuple[Callable[[Flags], Flags], int, str]]] = {
    "a truncated registry": (broken("registry", truncate), 2, "registry.parquet is not a complete Parquet file"),
    "a truncated loan register": (broken("loans", truncate), 2, "loans.parquet is not a complete Parquet file"),
    "damaged pages": (broken("registry", damage), 2, "registry.parquet cannot be read"),
    "an empty file": (broken("tax", lambda x: x.write_bytes(b"")), 2, "tax.parquet is not a complete Parquet file"),
    "a file of another kind": (broken("registry", lambda x: x.write_text("uscc,name\n")), 2, "is not a complete Parquet file"),
    "a missing file": (put("loans", "nowhere.parquet"), 2, "nowhere.parquet does not exist"),
    "an empty folder": (beside("registry", "../empty"), 2, "empty holds no Parquet file of the registry register"),
    "words for days": (
        broken("loans", with_text("loans", "granted_on")),
        2,
        r"loans\.parquet: the column granted_on must hold dates",
    ),
    "words for amounts": (
        broken("tax", with_text("tax", "sales_fen")),
        2,
        r"tax\.parquet: the column sales_fen must hold whole numbers",
    ),
    "a region of no province": (put("region", "990000"), 2, "no province of GB/T 2260 begins with 99"),
    "a region in words": (put("region", "福建"), 2, "is not a region code; expected six digits"),
    "a region without a firm": (put("region", "110000"), 2, "no row of the registry lies in the region 11"),
    "a rule that nobody made": (
        put("rule", "never_ever"),
        2,
        "there is no rule 'never_ever'.*expected one of .*never_borrowed",
    ),
    "no memory to speak of": (put("memory", "100MB"), 2, "must be at least 512MB"),
    "memory in words": (put("memory", "plenty"), 2, "--memory must be at least 512MB, such as 4GB; got 'plenty'"),
    "a day that is none": (put("on", "2025-02-30"), 2, "2025-02-30"),
    "an engine that nobody made": (put("engine", "abacus"), 2, "abacus"),
    "a Spark master that is none": (on_spark("nonsense"), 2, "'nonsense' is no Spark master; expected such as local"),
    "a Spark master that does not answer": (
        on_spark("spark://127.0.0.1:1"),
        1,
        "no Spark master answers at spark://127.0.0.1:1",
    ),
    "a file as folder": (out_is_a_file, 1, "out is a file; expected a new folder"),
    "a folder below a file": (out_is_below_a_file, 1, "cannot write to"),
    "a folder with something else": (out_holds_something_else, 1, "is not empty and holds no former result"),
    "no loan register": (lambda flags: {**flags, "loans": None}, 2, "--loans"),
    "a former list that is none": (beside("previous", "."), 2, "holds no former screening"),
    "a former list of another table": (another_table("previous", "firms.parquet"), 2, "firms.parquet has no column .*expected"),
    "a truth that is missing": (beside("truth", "truth.parquet"), 2, "truth.parquet does not exist"),
    "a truth of another table": (another_table("truth"), 2, "other has no column usable_key; expected the truth.parquet"),
    "registers in the folder of the result": (out_holds_the_registers, 2, "lies in the folder of the result"),
}


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder, also hidden ones."""
    return {str(x.relative_to(folder)): x.read_bytes() if x.is_file() else None for x in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("what", REFUSED)
def test_wrong_input_is_one_sentence_and_leaves_nothing(
    what: str, flags: Flags, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, status, sentence = REFUSED[what]
    (tmp_path / "empty").mkdir()
    changed = change(flags)
    before = contents(tmp_path)
    assert main([*command(changed), "--quiet"]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("huoshui: ")
    assert len(printed.err.splitlines()) == 1
    assert re.search(sentence, printed.err)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("what", ["a truncated registry", "a region of no province", "a rule that nobody made"])
def test_with_json_an_error_is_the_only_output(what: str, flags: Flags, capsys: pytest.CaptureFixture[str]) -> None:
    change, status, _ = REFUSED[what]
    assert main([*command(change(flags)), "--json"]) == status
    printed = capsys.readouterr()
    assert printed.err == ""
    assert set(json.loads(printed.out)["error"]) >= {"code", "message", "field"}


def test_a_rule_is_refused_until_the_day_on_which_it_comes_into_force(flags: Flags, capsys: pytest.CaptureFixture[str]) -> None:
    for day in ("2024-06-30", "2024-12-31"):
        early = {**flags, "rule": "fujian_2025", "on": day}
        assert main([*command(early), "--quiet"]) == 2
        assert re.fullmatch(rf"huoshui: .*fujian_2025.* {day}\n", capsys.readouterr().err)
    assert main([*command({**early, "on": "2025-01-01"}), "--quiet"]) == 0


@pytest.mark.parametrize(
    ("text", "memory"), [("4GB", 4 << 30), ("512MB", 512 << 20), ("1g", 1 << 30), (" 800 mb ", 800 << 20), ("2048M", 2 << 30)]
)
def test_memory_is_read_in_megabytes_and_gigabytes(text: str, memory: int) -> None:
    assert read_memory(text) == memory


@pytest.mark.parametrize("text", ["", "4", "4TB", "-4GB", "0GB", "511MB", "4GB or more", "1e9", "0.5GB"])
def test_any_other_text_is_no_memory(text: str) -> None:
    with pytest.raises(BadRequest, match="at least 512MB, such as 4GB") as refused:
        read_memory(text)
    assert refused.value.field == "memory"


def test_help_is_quick_to_import() -> None:
    program = (
        "import sys; from huoshui.cli import main; main(['--help']); print('duckdb' in sys.modules, 'pyarrow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False False"


def test_every_flag_that_is_promised_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["screen", "--help"])
    assert ended.value.code == 0
    shown: Any = capsys.readouterr().out
    promised = "registry tax loans invoices exclusions rule region on engine spark-master memory previous out".split()
    assert [x for x in promised if f"--{x}" not in shown] == []
