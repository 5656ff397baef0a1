"""The firms as they leave a screening (筛查结果输出): every row of the registry with its verdict, in the register's order.

Names and codes are read once more from the registry, part by part, and written beside the integers of the verdict: text
never went through a join. Exact duplicates go to a file of their own, so that rows read = firms + duplicates.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.standard import LINK_METHODS
from huoshui.adapters.registers.screening.verdicts import Fields, InOrder, chosen
from huoshui.errors import OutputError
from huoshui.rules.screening import BLOCKING, EXACT_DUPLICATE, REASONS, SIZES, SUPERSEDED
from huoshui.terms import Evidence, Reason, Tag

Ints = npt.NDArray[np.int64]
PLAIN: Final = ("row_id", "uscc", "register_no", "name", "priority", "sales_12m_fen")
SOUGHT: Final = ("row_id", "priority")
_TEXT: Final = ("row_id", "uscc", "register_no", "name", "region_code", "township", "industry_code")
_WORDS: Final = ("region_code", "township", "industry_code")
_LOAN_BITS: Final = {x: 1 << REASONS.index(x) for x in (Reason.HAS_LOAN, Reason.NO_LOAN)}
_SIGNS: Final = sum(1 << tuple(Evidence).index(x) for x in (Evidence.TAX_SALES, Evidence.INVOICE, Evidence.ANNUAL_REPORT))
_WIDEST: Final = 1 << 16


@dataclass(slots=True)
class Counts:
    """Figures of a screening (统计): firms by verdict, by reason, by region and by industry division."""

    universe: int = 0
    listed: int = 0
    duplicates: int = 0
    by_verdict: Ints = field(default_factory=lambda: np.zeros(len(REASONS), np.int64))
    by_any_reason: Ints = field(default_factory=lambda: np.zeros(len(REASONS), np.int64))
    by_region: dict[int, Ints] = field(default_factory=dict)
    by_division: dict[int, Ints] = field(default_factory=dict)
    by_size: Ints = field(default_factory=lambda: np.zeros(len(SIZES), np.int64))
    by_link: Ints = field(default_factory=lambda: np.zeros(len(LINK_METHODS), np.int64))


def write_firms(
    verdicts: InOrder,
    *,
    files: Sequence[parts.Part],
    folder: Path,
    metadata: dict[str, str],
    take_listed: Callable[[pa.Table, Fields], None],
    keep: Callable[[pa.Table, Fields], None] | None = None,
) -> Counts:
    """Write firms.parquet and duplicates.parquet (写出主体表); the firms are also handed to `take_listed`, part by part.

    `keep`, where it is given, gets every screened row of each part, exact duplicates too.
    """
    counts = Counts()
    others = _Others()
    writer: pq.ParquetWriter | None = None
    try:
        for text, verdict in _joined(verdicts, files):
            others.see(text["row_id"], verdict)
            if keep is not None:
                keep(text, verdict)
            table, found = _without_copies(text, verdict)
            firms = firm_rows(table, found)
            if writer is None:
                schema = firms.schema.with_metadata({k: v.encode() for k, v in metadata.items()})
                writer = open_writer(folder / "firms.parquet", schema, plain=PLAIN)
            writer.write_table(firms.cast(writer.schema))
            count_rows(counts, found)
            take_listed(table, found)
        duplicates = others.table(files)
        counts.duplicates = pc.sum(pc.equal(duplicates["kind"], "exact")).as_py() or 0
        pq.write_table(duplicates, folder / "duplicates.parquet", compression="zstd")
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error
    finally:
        if writer is not None:
            writer.close()
    return counts


def open_writer(
    path: Path, schema: pa.Schema, *, plain: Sequence[str], sought: Sequence[str] = SOUGHT
) -> pq.ParquetWriter:  # fmt: skip
    """A writer for firms (主体表写出器): words by dictionary, text that hardly repeats plain, statistics where readers seek.

    Those of words cost as much as the words; they pay only where the rows lie in the order of the words.
    """
    words = [x for x in schema.names if x not in plain]
    return pq.ParquetWriter(path, schema, compression="snappy", use_dictionary=words, write_statistics=list(sought))


def _joined(verdicts: InOrder, files: Sequence[parts.Part]) -> Iterator[tuple[pa.Table, Fields]]:
    """The text of each part's screened rows with their verdicts."""
    texts = parts.each(files, lambda part: parts.read(part, columns=_TEXT, as_words=_WORDS, again=True))
    ends = [x.start + x.rows for x in files]
    for part, text, found in zip(files, texts, verdicts.until(ends), strict=True):
        numbered = text.set_column(0, "row_id", parts.row_numbers(text, part))
        if len(found["row"]) == part.rows:
            yield numbered, found
        elif len(found["row"]):
            yield numbered.take(pa.array(found["row"] - part.start)), found


def _without_copies(text: pa.Table, verdict: Fields) -> tuple[pa.Table, Fields]:
    kept = np.flatnonzero(verdict["record_state"] != EXACT_DUPLICATE)
    if len(kept) == text.num_rows:
        return text, verdict
    return text.take(pa.array(kept)), chosen(verdict, kept)


def firm_rows(table: pa.Table, found: Fields) -> pa.Table:
    """The columns of firms.parquet (主体表列) from the text of some rows and their records."""
    bits = found["reason_bits"]
    has_loan = pa.array(
        (bits & _LOAN_BITS[Reason.HAS_LOAN]) != 0, mask=(bits & (_LOAN_BITS[Reason.HAS_LOAN] | _LOAN_BITS[Reason.NO_LOAN])) == 0
    )
    uscc = table["uscc"]
    columns: dict[str, Any] = {
        "row_id": table["row_id"].cast(pa.int64()),
        "uscc": uscc.cast(pa.string()),
        "register_no": table["register_no"].cast(pa.string()),
        "name": table["name"].cast(pa.string()),
        "region_code": table["region_code"],
        "industry_code": table["industry_code"],
        "size_class": coded(found["size"], [x.value for x in SIZES]),
        "is_active": pa.array((found["evidence_bits"] & _SIGNS) != 0),
        "has_loan": has_loan,
        "is_listed": pa.array(found["is_listed"] == 1),
        "verdict": coded(verdict_places(bits), [x.value for x in REASONS]),
        "reasons": lists(bits, [x.value for x in REASONS]),
        "evidence": joined_words(found["evidence_bits"], [x.value for x in Evidence]),
        "tags": joined_words(found["tags"], [x.value for x in Tag]),
        "link_method": coded(found["link"], [x.value for x in LINK_METHODS]),
        "priority": pa.array(found["priority"]),
        "sales_12m_fen": pa.array(found["sales_12m"]),
    }
    return pa.table(columns)


def verdict_places(bits: npt.NDArray[np.int16]) -> npt.NDArray[np.int8]:
    """The reason that decides, as a place in REASONS (决定性原因), from the bits of all reasons."""
    return _deciding()[bits.view(np.uint16)]


@cache
def _deciding() -> npt.NDArray[np.int8]:
    """The reason that decides for every set of bits."""
    blocking = sum(1 << i for i, x in enumerate(REASONS) if x in BLOCKING)
    lowest = np.full(_WIDEST, REASONS.index(Reason.NO_LOAN), np.int8)
    every = np.arange(_WIDEST)
    for place in reversed(range(len(REASONS))):
        if blocking >> place & 1:
            lowest[(every >> place & 1) == 1] = place
    return lowest


def coded(places: npt.NDArray[Any], words: Sequence[str]) -> pa.DictionaryArray:
    """Places in a list of words as those words (序号转词)."""
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int8)), pa.array(words))


def _combinations(bits: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int32]]:
    """The distinct bit sets and each row's place among them."""
    unsigned = bits.view(np.uint16 if bits.itemsize == np.dtype(np.int16).itemsize else np.uint8)
    present = np.flatnonzero(np.bincount(unsigned))
    place = np.zeros(int(present.max(initial=0)) + 1, np.int32)
    place[present] = np.arange(len(present))
    return present, place[unsigned]


def _words_of(bits: int, words: Sequence[str]) -> list[str]:
    return [x for i, x in enumerate(words) if bits >> i & 1]


def lists(bits: npt.NDArray[Any], words: Sequence[str]) -> pa.Array:
    """Sets of bits as lists of words (位集转列表)."""
    present, place = _combinations(np.ascontiguousarray(bits))
    return pa.array([_words_of(int(x), words) for x in present], pa.list_(pa.string())).take(pa.array(place))


def joined_words(bits: npt.NDArray[Any], words: Sequence[str]) -> pa.DictionaryArray:
    """Sets of bits as words joined by semicolons (位集转文本)."""
    present, place = _combinations(np.ascontiguousarray(bits))
    return pa.DictionaryArray.from_arrays(
        pa.array(place), pa.array([";".join(_words_of(int(x), words)) for x in present], pa.string())
    )


def count_rows(counts: Counts, found: Fields) -> None:
    """Add the records of some firms to the counts (计数), exact duplicates left out before."""
    places = verdict_places(found["reason_bits"]).astype(np.int64)
    counts.universe += len(found["row"])
    counts.listed += int(found["is_listed"].sum())
    counts.by_verdict += np.bincount(places, minlength=len(REASONS))
    sets = np.bincount(found["reason_bits"].view(np.uint16), minlength=_WIDEST)
    for bits in np.flatnonzero(sets):
        counts.by_any_reason[[i for i in range(len(REASONS)) if bits >> i & 1]] += sets[bits]
    counts.by_size += np.bincount(found["size"], minlength=len(SIZES))
    counts.by_link += np.bincount(found["link"], minlength=len(LINK_METHODS))
    _tally(counts.by_region, found["region"], places)
    _tally(counts.by_division, found["division"], places)


def _tally(into: dict[int, Ints], group: npt.NDArray[Any], places: Ints) -> None:
    counts = np.bincount(group)
    distinct = np.flatnonzero(counts)
    counts[distinct] = np.arange(len(distinct))
    place = counts[group]
    table = np.bincount(place * len(REASONS) + places, minlength=len(distinct) * len(REASONS)).reshape(-1, len(REASONS))
    for value, row in zip(distinct.tolist(), table, strict=True):
        into[value] = into[value] + row if value in into else row


class _Others:
    """Rows that are not the current record of their firm, with the row that is."""

    def __init__(self) -> None:
        self._found: list[pa.Table] = []

    def see(self, row_ids: pa.ChunkedArray, found: Fields) -> None:
        """Note the part's duplicates and superseded records."""
        others = np.flatnonzero((found["record_state"] == EXACT_DUPLICATE) | (found["record_state"] == SUPERSEDED))
        kinds = coded(found["record_state"][others], ("current", "exact", "superseded")).cast(pa.string())
        row_id = row_ids.take(pa.array(others)).cast(pa.int64()).combine_chunks()
        self._found.append(pa.table({"row_id": row_id, "kind": kinds, "same_as": pa.array(found["same_as"][others])}))

    def table(self, files: Sequence[parts.Part]) -> pa.Table:
        """All of them (重复与旧记录表): kind is `exact` or `superseded`, kept_row_id the current record."""
        empty = pa.table(
            {"row_id": pa.array([], pa.int64()), "kind": pa.array([], pa.string()), "same_as": pa.array([], pa.int64())}
        )
        found = pa.concat_tables([empty, *self._found]).combine_chunks()
        same_as = found["same_as"].to_numpy()
        kept = np.full(len(same_as), -1, np.int64)
        for part in files:
            mine = np.flatnonzero((same_as >= part.start) & (same_as < part.start + part.rows))
            if len(mine):
                kept[mine] = parts.row_numbers(parts.read(part, columns=("row_id",)), part).to_numpy()[
                    same_as[mine] - part.start
                ]
        return found.drop_columns(["same_as"]).append_column("kept_row_id", pa.array(kept))
