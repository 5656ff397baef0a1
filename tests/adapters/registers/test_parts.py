"""Registers in parts: every row once, in order, whatever the files look like; and a sentence for what is no register."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.registers import parts
from huoshui.errors import BadFile
from huoshui.terms import RegisterKind


def write(path: Path, first: int, rows: int, *, group: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = pa.array([f"n{x}" for x in range(first, first + rows)], pa.string())
    pq.write_table(
        pa.table({"row_id": pa.array(range(first, first + rows), pa.int64()), "name": names}), path, row_group_size=group
    )
    return path


@pytest.mark.parametrize("inside", ["registry.parquet", "registry", ""])
def test_a_register_is_a_file_or_a_folder_of_files_in_the_order_of_their_names(tmp_path: Path, inside: str) -> None:
    folder = tmp_path / inside
    files = tuple(write(folder / f"part-{x:04d}.parquet", x * 10, 10) for x in (0, 1, 2))
    assert parts.locate(tmp_path, kind=RegisterKind.REGISTRY) == files
    assert parts.locate(folder, kind=RegisterKind.REGISTRY) == files
    assert parts.locate(files[1], kind=RegisterKind.REGISTRY) == (files[1],)


def test_a_folder_of_registers_gives_the_one_that_is_asked_for(tmp_path: Path) -> None:
    registry, tax = (write(tmp_path / f"{x}.parquet", 0, 5) for x in ("registry", "tax"))
    assert parts.locate(tmp_path, kind=RegisterKind.REGISTRY) == (registry,)
    assert parts.locate(tmp_path, kind=RegisterKind.TAX) == (tax,)


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_register_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadFile, match=f"{name} .*loans register") as refused:
        parts.locate(tmp_path / name, kind=RegisterKind.LOANS)
    assert refused.value.field == "loans"


@pytest.mark.parametrize("rows_per_part", [1, 100, 250, 10_000])
def test_every_row_is_in_exactly_one_part_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_per_part: int) -> None:
    monkeypatch.setattr(parts, "ROWS_PER_PART", rows_per_part)
    sizes = (130, 0, 1, 777)
    files = [write(tmp_path / f"{i}.parquet", sum(sizes[:i]), n) for i, n in enumerate(sizes)]
    cut = parts.split(files)
    ids = [x for part in cut for x in parts.read(part, columns=("row_id",))["row_id"].to_pylist()]
    assert ids == list(range(sum(sizes)))
    assert [x.start for x in cut] == [sum(y.rows for y in cut[:i]) for i in range(len(cut))]
    assert all(x.rows <= max(rows_per_part, 100) + 100 for x in cut)


def test_a_column_that_a_file_does_not_have_is_all_null(tmp_path: Path) -> None:
    (part,) = parts.split([write(tmp_path / "a.parquet", 0, 3)])
    table = parts.read(part, columns=("uscc", "name", "region_code"), as_words=("name", "region_code"))
    assert table.column_names == ["uscc", "name", "region_code"]
    assert table.to_pydict() == {"uscc": [None] * 3, "name": ["n0", "n1", "n2"], "region_code": [None] * 3}
    assert pa.types.is_dictionary(table.schema.field("name").type)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"uscc,name\n1,2\n", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_not_parquet_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=r"x\.parquet is not a complete Parquet file"):
        parts.split([path])


def test_work_on_parts_comes_back_in_order_and_an_error_comes_through(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{x}.parquet", x, 1) for x in range(12)]
    cut = parts.split(files)
    assert list(parts.each(cut, lambda x: x.start)) == list(range(12))
    with pytest.raises(BadFile, match="part 7"):
        list(parts.each(cut, stumble))


def stumble(part: parts.Part) -> int:
    if part.start == 7:
        raise BadFile("part 7")
    return part.start


@given(texts=st.lists(st.one_of(st.none(), st.sampled_from(["a", "bb", "", "厂"])), max_size=30), cut=st.integers(0, 30))
def test_a_word_means_the_same_in_every_row_and_is_asked_once_a_chunk(texts: list[str | None], cut: int) -> None:
    asked: list[str | None] = []

    def meaning(text: str | None) -> int:
        asked.append(text)
        return -1 if text is None else len(text)

    for dictionary in (False, True):
        asked.clear()
        chunks = [pa.array(x, pa.string()) for x in (texts[:cut], texts[cut:])]
        column = pa.chunked_array([x.dictionary_encode() if dictionary else x for x in chunks])
        found = parts.words(column, meaning, np.int16)
        assert found.tolist() == [-1 if x is None else len(x) for x in texts]
        assert len(asked) <= 2 * 5


@given(texts=st.lists(st.text(max_size=3), min_size=1, max_size=30), cut=st.integers(0, 30), rows=st.sets(st.integers(0, 29)))
def test_texts_of_some_rows_are_those_of_these_rows(texts: list[str], cut: int, rows: set[int]) -> None:
    chosen = sorted(x for x in rows if x < len(texts))
    column = pa.chunked_array([pa.array(texts[:cut], pa.string()), pa.array(texts[cut:], pa.string())])
    assert parts.texts(column, np.array(chosen, np.int64)).to_pylist() == [texts[x] for x in chosen]


@pytest.mark.parametrize(("column", "found"), [(pa.array([1, None, -5], pa.int16()), [1, -1, -5]),
                                               (pa.array([], pa.int64()), [])])  # fmt: skip
def test_whole_numbers_have_a_value_for_null(column: pa.Array, found: list[int]) -> None:
    assert parts.numbers(pa.chunked_array([column]), np.int64, -1).tolist() == found


def test_a_number_never_wraps() -> None:
    with pytest.raises(BadFile, match="40000"):
        parts.numbers(pa.chunked_array([pa.array([40_000])]), np.int16, -1)


def test_days_are_counted_from_1970_and_null_has_a_value_of_its_own() -> None:
    column = pa.chunked_array([pa.array([date(1970, 1, 2), None])])
    assert parts.day_numbers(column, missing=-9).tolist() == [1, -9]


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table([pa.array(["a"]), pa.array(["b"])], ["name", "name"]), tmp_path / "a.parquet")
    (part,) = parts.split([tmp_path / "a.parquet"])
    with pytest.raises(BadFile, match=r"a\.parquet has several columns name; expected one"):
        parts.read(part, columns=("name",))


@pytest.mark.parametrize("at", range(0, 2_000, 37))
def test_a_damaged_file_is_read_or_is_a_sentence_that_names_it(tmp_path: Path, at: int) -> None:
    """Every few bytes of a file are spoiled once: its footer, its page headers, its dictionaries, its pages."""
    path = write(tmp_path / "a.parquet", 0, 50)
    content = bytearray(path.read_bytes())
    at %= len(content)
    content[at : at + 8] = b"\xff" * len(content[at : at + 8])
    path.write_bytes(content)
    told: str | None = None
    try:
        for part in parts.split([path]):
            table = parts.read(part, columns=("row_id", "name", "uscc"), as_words=("name",))
            parts.words(table["name"], lambda x: len(x or ""), np.int16)
            parts.texts(table["name"], np.arange(len(table)))
    except BadFile as error:
        told = error.message
    assert told is None or str(path) in told


def test_rows_without_ids_are_counted_through_the_whole_register(tmp_path: Path) -> None:
    for name in ("a", "b"):
        pq.write_table(pa.table({"name": ["x", "y"]}), tmp_path / f"{name}.parquet")
    numbers = []
    for part in parts.split(sorted(tmp_path.iterdir())):
        numbers += parts.row_numbers(parts.read(part, columns=("row_id",)), part).to_pylist()
    assert numbers == [1, 2, 3, 4]


def test_row_ids_of_the_register_are_kept(tmp_path: Path) -> None:
    (part,) = parts.split([write(tmp_path / "a.parquet", 500, 3)])
    assert parts.row_numbers(parts.read(part, columns=("row_id",)), part).to_pylist() == [500, 501, 502]
