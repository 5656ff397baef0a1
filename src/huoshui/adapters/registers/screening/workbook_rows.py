"""Rows of a sheet as XML, a column at a time (批量生成表格行): some ten times as fast as writing cell by cell.

Text is always an inline string, so that no value can ever become a formula.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BATCH: Final = 16_384
_LONGEST_TEXT: Final = 16_000
_NOT_XML: Final = "[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x{FFFE}\\x{FFFF}]"
_LOOKS_ESCAPED: Final = "_(x[0-9A-Fa-f]{4}_)"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet (列): its letters, the number of its cell style, and whether its values are numbers."""

    letters: str
    style: int
    is_number: bool = False


def rows_xml(
    columns: Sequence[Column], *, values: Sequence[pa.ChunkedArray | None], count: int, first_row: int
) -> Iterator[bytes]:
    """The rows of a sheet as XML (表格行), from `first_row` (1-based) on; a column without values is ruled but empty."""
    for start in range(0, count, _BATCH):
        length = min(_BATCH, count - start)
        row = pa.array(np.arange(first_row + start, first_row + start + length)).cast(pa.string())
        parts: list[pa.Array | pa.Scalar] = [pa.scalar('<row r="'), row, pa.scalar('">')]
        for column, found in zip(columns, values, strict=True):
            parts.extend(_cells(column, row=row, values=None if found is None else _one_chunk(found.slice(start, length))))
        parts.append(pa.scalar("</row>"))
        lines = pc.binary_join_element_wise(*parts, "")
        yield pc.binary_join(pa.ListArray.from_arrays(pa.array([0, length], pa.int32()), lines), "")[0].as_buffer().to_pybytes()


def _one_chunk(values: pa.ChunkedArray) -> pa.Array:
    found = values.combine_chunks()
    return found.chunk(0) if isinstance(found, pa.ChunkedArray) else found


def _cells(column: Column, *, row: pa.Array, values: pa.Array | None) -> list[pa.Array | pa.Scalar]:
    begin, style = pa.scalar(f'<c r="{column.letters}'), f'" s="{column.style}"'
    if values is None:
        return [begin, row, pa.scalar(f"{style}/>")]
    if column.is_number:
        text, before, after = values.cast(pa.string()), f"{style}><v>", "</v></c>"
    else:
        text = _escaped(values)
        before, after = f'{style} t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"
    filled = pc.binary_join_element_wise(pa.scalar(before), text, pa.scalar(after), "")
    return [begin, row, pc.fill_null(filled, pa.scalar(f"{style}/>"))]


def _escaped(text: pa.Array) -> pa.Array:
    """Text as XML, cut where Excel would refuse the file; an empty text is no text."""
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    if (pc.max(pc.binary_length(text)).as_py() or 0) > _LONGEST_TEXT:
        text = pc.utf8_slice_codeunits(text, 0, _LONGEST_TEXT)
    for plain, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = pc.replace_substring(text, plain, written)
    text = pc.replace_substring_regex(text, _NOT_XML, "\ufffd")
    return pc.replace_substring_regex(text, _LOOKS_ESCAPED, r"_x005F_\1")
