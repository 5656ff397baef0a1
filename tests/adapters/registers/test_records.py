"""Records of text files: the C kernel against a slow reader, line numbers, and what happens to damaged lines."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.registers import records
from huoshui.adapters.registers.records import Damage, DamagedRecord, Layout, Scanned, Scanner
from huoshui.errors import BadFile

NOTHING = (
    "-",
    "/",
    "\\",
    "--",
    "\\N",
    "NA",
    "NaN",
    "nan",
    "NAN",
    "NaT",
    "N/A",
    "n/a",
    "NULL",
    "null",
    "Null",
    "None",
    "none",
    "<NA>",
)
QUOTED = re.compile(r'"((?:[^"]|"")*)"(?=,|\n|\r\n|\r?$(?![\s\S]))')


@dataclass(frozen=True)
class Found:
    """What a reader found: rows with their lines, damaged lines with what is wrong."""

    rows: list[tuple[int, tuple[str | None, ...]]]
    damaged: list[tuple[int, Damage]]


def scan(data: bytes, *, columns: int, delimiter: str = ",", keep: Callable[[Scanned], None] | None = None) -> Found:
    source = io.BytesIO(data)
    scanner = Scanner(source, layout=Layout(delimiter, columns), wanted=range(columns), name="x.csv")
    found = Found([], [])
    for batch in scanner:
        cells = zip(*(x.to_pylist() for x in batch.columns), strict=True)
        found.rows.extend(zip(batch.lines.tolist(), cells, strict=True))
        found.damaged.extend((x.line, x.damage) for x in batch.damaged)
        if keep:
            keep(batch)
    return found


def value(text: str) -> str | None:
    text = text.strip(" \t\n\r")
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1].strip(" \t\n\r")
    return None if not text or text in NOTHING else text


def slowly(text: str, *, columns: int) -> Found:
    """The same by regular expressions, a record at a time."""
    found, at, line = Found([], []), 0, 1
    while at < len(text):
        rest = text[at : text.find("\n", at) if "\n" in text[at:] else len(text)]
        if rest in ("", "\r"):
            at, line = at + len(rest) + 1, line + 1
            continue
        cells, end, damage = record(text, at)
        lines = text.count("\n", at, end) if damage is None else 0
        if damage is None and len(cells) == 1 and columns != 1 and not text[at:end].strip(" \t\n\r"):
            pass
        elif damage is None and len(cells) == columns:
            found.rows.append((line, tuple(map(value, cells))))
        else:
            found.damaged.append((line, damage or Damage.WRONG_COLUMNS))
        at = (at + len(rest) if damage else end) + 1
        line += lines + 1
    return found


def record(text: str, at: int) -> tuple[list[str], int, Damage | None]:
    cells: list[str] = []
    while True:
        if text[at : at + 1] == '"':
            matched = QUOTED.match(text, at)
            if matched is None:
                closed = re.compile(r'"(?:[^"]|"")*"(?!")').match(text, at)
                return cells, at, Damage.STRAY_QUOTE if closed else Damage.OPEN_QUOTE
            cells.append(matched[1].replace('""', '"'))
            at = matched.end()
            if text.startswith("\r", at):
                at += 1
        else:
            end = min(x for x in (text.find(",", at), text.find("\n", at), len(text)) if x >= 0)
            cells.append(text[at:end])
            if text[end : end + 1] != ",":
                cells[-1] = cells[-1].removesuffix("\r")
            at = end
        if at == len(text) or text[at] == "\n":
            return cells, at, None
        at += 1


@given(st.text('a福,"\n\r -=', max_size=60), st.integers(1, 4))
def test_the_kernel_reads_what_a_slow_reader_reads(text: str, columns: int) -> None:
    assert scan(text.encode(), columns=columns) == slowly(text, columns=columns)


@given(
    st.lists(
        st.lists(st.sampled_from(["", "福建", 'a"b', "two\nlines", "x,y", " 1 ", "\r\n"]), min_size=3, max_size=3), max_size=300
    )
)
def test_rows_are_the_same_wherever_a_block_ends(rows: list[list[str]]) -> None:
    text = "".join(",".join('"' + x.replace('"', '""') + '"' for x in row) + "\n" for row in rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "BLOCK", 1 << 10)
        in_blocks = scan(text.encode(), columns=3)
    assert in_blocks == slowly(text, columns=3)
    assert [x for _, x in in_blocks.rows] == [tuple(map(value, row)) for row in rows]


def test_a_row_keeps_the_line_on_which_it_begins_after_quoted_line_ends() -> None:
    found = scan(b'a,"1\n2\n3"\n\nb,2\r\nc,"x\r\ny"\nd,4', columns=2)
    assert found == Found([(1, ("a", "1\n2\n3")), (5, ("b", "2")), (6, ("c", "x\r\ny")), (8, ("d", "4"))], [])


def test_every_damaged_line_is_named_and_the_others_are_read() -> None:
    text = 'a,1\nb\nc,3,4\n"d,4\n"e"x,5\nf,6\n"g"",7\nh,8'
    found = scan(text.encode(), columns=2)
    assert found.rows == [(1, ("a", "1")), (6, ("f", "6")), (8, ("h", "8"))]
    assert found.damaged == [
        (2, Damage.WRONG_COLUMNS),
        (3, Damage.WRONG_COLUMNS),
        (4, Damage.STRAY_QUOTE),
        (5, Damage.STRAY_QUOTE),
        (7, Damage.OPEN_QUOTE),
    ]


def test_bytes_that_are_no_text_damage_their_own_line_only() -> None:
    found = scan(b"a,1\n\xff\xfe,2\nc,\x003\n\xe7\xa6,4\n\xe7\xa6\x8f,5\n", columns=2)
    assert found == Found(
        [(1, ("a", "1")), (5, ("福", "5"))], [(2, Damage.BAD_BYTES), (3, Damage.BAD_BYTES), (4, Damage.BAD_BYTES)]
    )


def test_a_quote_that_is_never_closed_costs_one_line_in_a_long_file() -> None:
    lines = [f"{i},x" for i in range(300_000)]
    lines[1_000] = '1000,"x'
    found = scan("\n".join(lines).encode(), columns=2)
    assert found.damaged == [(1_001, Damage.OPEN_QUOTE)]
    assert len(found.rows) == 299_999
    assert found.rows[-1] == (300_000, ("299999", "x"))


def test_the_raw_text_of_a_row_and_of_a_damaged_line_is_kept() -> None:
    raws: list[tuple[list[str], list[DamagedRecord]]] = []
    scan(
        'a,"1\n2"\r\nb\r\n\xff'.encode("latin-1"),
        columns=2,
        keep=lambda x: raws.append(([x.raw(i) for i in range(len(x.lines))], list(x.damaged))),
    )
    assert raws == [
        (['a,"1\n2"'], [DamagedRecord(3, Damage.WRONG_COLUMNS, 1, "b"), DamagedRecord(4, Damage.WRONG_COLUMNS, 1, "\\xff")])
    ]


def test_a_line_longer_than_a_block_is_no_table() -> None:
    with pytest.raises(BadFile, match="line 2 is longer than 8 MB"):
        scan(b"a,b\n" + b"x" * (9 << 20), columns=2)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("\u3000 厦门\u00a0", "厦门"),
        ('="00123"', "00123"),
        ('"=""00123"""', "00123"),
        ("NULL", None),
        ("(null)", None),
        ("—", None),
        ("\t", None),
        ("\ufeffx", "x"),
        ("nulls", "nulls"),
        ("一", "一"),
        ("a-", "a-"),
        ("９", "９"),
    ],
)
def test_cells_are_trimmed_and_what_means_nothing_is_empty(cell: str, expected: str | None) -> None:
    assert scan(f"x,{cell}\n".encode(), columns=2).rows == [(1, ("x", expected))]
