"""Rows without a usable key wait on disk as they were read, and come back whole."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.registers.screening.identity import Clues, Identity
from huoshui.adapters.registers.screening.linking import concatenate
from huoshui.adapters.registers.screening.standard import Bad, Columns
from huoshui.adapters.registers.screening.waiting import Waiting, bad_of, batch_of
from huoshui.errors import OutputError


def rows(count: int, *, start: int) -> Bad:
    """Some rows whose every value is told by their place."""
    at = np.arange(start, start + count)
    who = Identity(
        far=at * 2, maybe=at * 3, doubtful=(at % 2).astype(np.uint8), name_hash=at * 5, region=(at % 9).astype(np.int32),
        key=np.full(count, -1), own=at * 7, kind=(at % 5).astype(np.uint8), entity=(at % 3).astype(np.uint8),
    )  # fmt: skip
    columns: Columns = {"key": who.key, "established": at.astype(np.int32), "link": (at % 4).astype(np.int8)}
    return Bad(
        columns, who, pa.array([f"商行{x}" for x in at], pa.string()), pa.array([f"C{x}" for x in at], pa.string()), at + 1, at
    )


def same(one: Bad, other: Bad) -> bool:
    """Whether two hold the same in every column."""
    return bool(batch_of(one).equals(batch_of(other)))


@settings(max_examples=30)
@given(counts=st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_what_waits_is_what_was_read(tmp_path_factory: pytest.TempPathFactory, counts: list[int]) -> None:
    found = [rows(count, start=sum(counts[:i])) for i, count in enumerate(counts)]
    expected = concatenate(found)
    waiting = Waiting(tmp_path_factory.mktemp("waiting") / "firms.arrows")
    for bad in found:
        waiting.add(bad)
    waiting.finish()
    assert len(waiting) == sum(counts)
    assert same(waiting.whole(), expected)
    assert same(concatenate(waiting.pieces()), expected)
    assert waiting.rows.tolist() == expected.rows.tolist()
    assert waiting.established().tolist() == expected.established().tolist()
    for clue in Clues.__dataclass_fields__:
        assert getattr(waiting.who, clue).tolist() == getattr(expected.who, clue).tolist()
    places = np.arange(0, sum(counts), 2)
    assert waiting.names_at(places).to_pylist() == expected.names_at(places).to_pylist()


def test_a_batch_of_rows_gives_the_rows_back() -> None:
    assert same(bad_of(batch_of(rows(4, start=3))), rows(4, start=3))


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write to"):
        Waiting(tmp_path / "nowhere" / "firms.arrows").add(rows(1, start=0))
