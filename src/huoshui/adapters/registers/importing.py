"""Tables into one standard register (导入): rows read, filtered, checked for an identity, written; rejects beside."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.registers.fields import Field, fields_of, schema_of
from huoshui.adapters.registers.kernels import CodeKind, code_keys
from huoshui.adapters.registers.mapping import Mapping, Where, heading_for
from huoshui.adapters.registers.records import DamagedRecord
from huoshui.adapters.registers.rejects import Reject, RejectFile, damaged_reject, nameless_reject, value_reject
from huoshui.adapters.registers.tabular import Batch, OnBytes, Table
from huoshui.adapters.registers.values import ColumnReader, Problem, Values
from huoshui.errors import BadMapping
from huoshui.terms import CodeVerdict, RegisterKind

GROUP_ROWS: Final = 262_144
_IDENTITY: Final = ("uscc", "register_no", "name")
_BY_DELTA: Final = {"row_id": "DELTA_BINARY_PACKED", "source_line": "DELTA_BINARY_PACKED"}
_WITH_STATISTICS: Final = (
    "row_id",
    "region_code",
    "period_end",
    "granted_on",
    "invoiced_on",
    "listed_on",
    "established_on",
    "source_line",
)
_VERDICTS: Final = {
    CodeKind.MISMATCH: CodeVerdict.CHECKSUM_MISMATCH.value,
    CodeKind.INVALID: CodeVerdict.INVALID_FORMAT.value,
    CodeKind.HISTORICAL: "HISTORICAL_15",
    CodeKind.OLD_NUMBER: "OLD_NUMBER_15",
    CodeKind.AMBIGUOUS: "HISTORICAL_OR_OLD_15",
}
_FIRST_DAMAGED: Final = 5


@dataclass
class TableReport:
    """What became of the rows of one table (导入计数)."""

    file: str
    sheet: str | None
    sha256: str = ""
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    filtered: int = 0
    damaged: int = 0
    empty: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    forms: dict[str, dict[str, int]] = field(default_factory=dict)
    first_damaged: list[Reject] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON (转为字典)."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Source:
    """A table with the mapping that it is read by (数据源)."""

    table: Table
    mapping: Mapping
    name: str  # what source_file says


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a source: those taken, by column, and those rejected (一批结果)."""

    columns: dict[str, pa.Array]
    count: int
    rejects: list[Reject]


class SourceReader:
    """Reads one source into columns of the standard table (数据源读取)."""

    def __init__(self, source: Source, *, scheme: str | None = None) -> None:
        self._source, self._mapping = source, source.mapping
        self._fields = fields_of(source.mapping.kind)
        headings = source.table.shape.headings
        self._readers = {
            name: (_heading(x.source, headings), ColumnReader(self._fields[name], unit=x.unit, date_format=x.date_format))
            for name, x in source.mapping.mapped.items()
        }
        self._wheres = [(_heading(x.column, headings), x) for x in source.mapping.where]
        self._constants = {name: constant(self._fields[name], value) for name, value in source.mapping.constants.items()}
        numbered = source.mapping.mapped.get("register_no")
        if numbered is not None:
            self._constants["register_scheme"] = pa.scalar(scheme or numbered.scheme or _no_scheme(numbered.source))
        self._forms: dict[str, Counter[str]] = {name: Counter() for name in self._readers}
        self._codes: Counter[str] = Counter()
        self._empty: Counter[str] = Counter()
        self.report = TableReport(source.name, source.table.shape.sheet)

    def rows(self, *, on_bytes: OnBytes) -> Iterator[Rows]:
        """All rows (逐批读取); raises BadFile."""
        for batch in self._source.table.batches(self.wanted, on_bytes=on_bytes):
            yield self.take(batch)
        self.finish()

    @property
    def wanted(self) -> list[str]:
        """The headings that are read (所需列)."""
        return list(dict.fromkeys([*(x for x, _ in self._readers.values()), *(x for x, _ in self._wheres)]))

    def headings_of(self, fields: Sequence[str]) -> list[str]:
        """The headings that are mapped to some fields (字段对应列)."""
        return [self._readers[x][0] for x in fields if x in self._readers]

    def finish(self) -> None:
        """Put what was counted into the report (汇总)."""
        self.report.sha256 = self._source.table.sha256
        self.report.forms = {name: dict(x) for name, x in self._forms.items() if x}
        self.report.codes, self.report.empty = dict(self._codes), dict(self._empty)

    def take(self, batch: Batch) -> Rows:
        """The rows of a batch, as the standard table has them (转换)."""
        n, report = len(batch.lines), self.report
        damaged = [self._damaged(x) for x in batch.damaged]
        taken = self._taken(batch)
        values = {name: reader.read(batch.columns[heading]) for name, (heading, reader) in self._readers.items()}
        rejects = self._rejects(batch, values, taken)
        bad = np.zeros(n, np.bool_)
        bad[list(rejects)] = True
        keep = ~bad if taken is None else taken & ~bad
        count = int(keep.sum())
        report.read += n + len(damaged)
        report.rejected += len(rejects) + len(damaged)
        report.filtered += n - count - len(rejects)
        report.accepted += count
        columns = {name: x.array for name, x in values.items()} | {"source_line": _int64(batch.lines)}
        if count < n:
            mask = pa.array(keep)
            columns = {name: x.filter(mask) for name, x in columns.items()}
        self._count(columns, values)
        return Rows(self._completed(columns, count), count, sorted([*damaged, *rejects.values()], key=lambda x: x.line))

    def _damaged(self, record: DamagedRecord) -> Reject:
        self.report.damaged += 1
        reject = damaged_reject(record, file=self._source.name, columns=len(self._source.table.shape.headings))
        if len(self.report.first_damaged) < _FIRST_DAMAGED:
            self.report.first_damaged.append(reject)
        return reject

    def _taken(self, batch: Batch) -> npt.NDArray[np.bool_] | None:
        taken = None
        for heading, where in self._wheres:
            found = _matches(batch.columns[heading], where)
            taken = found if taken is None else taken & found
        return taken

    def _rejects(self, batch: Batch, values: dict[str, Values], taken: npt.NDArray[np.bool_] | None) -> dict[int, Reject]:
        found: dict[int, Reject] = {}
        for name, read in values.items():
            if read.problems is None:
                continue
            heading = self._readers[name][0]
            wrong = np.flatnonzero(read.problems if taken is None else read.problems * taken)
            for row, value in zip(wrong.tolist(), batch.columns[heading].take(pa.array(wrong)).to_pylist(), strict=True):
                if row not in found:
                    found[row] = value_reject(
                        Problem(int(read.problems[row])), field=self._fields[name], value=value, file=self._source.name,
                        line=int(batch.lines[row]), raw=batch.raw(row),
                    )  # fmt: skip
        for row in self._nameless(batch, values, taken):
            if row not in found:
                found[row] = nameless_reject(file=self._source.name, line=int(batch.lines[row]), raw=batch.raw(row))
        return found

    def _nameless(self, batch: Batch, values: dict[str, Values], taken: npt.NDArray[np.bool_] | None) -> list[int]:
        if any(x in self._constants for x in _IDENTITY):
            return []
        named = [values[x].array for x in _IDENTITY if x in values]
        if any(x.null_count == 0 for x in named):
            return []
        nameless = np.ones(len(batch.lines), np.bool_) if taken is None else taken.copy()
        for column in named:
            nameless &= np.asarray(column.is_null())
        return list(np.flatnonzero(nameless).tolist())

    def _count(self, columns: dict[str, pa.Array], values: dict[str, Values]) -> None:
        for name, read in values.items():
            self._forms[name].update(read.forms)
            if columns[name].null_count:
                self._empty[name] += columns[name].null_count
        if "uscc" in columns:
            kinds = code_keys(columns["uscc"], allow_historical=True).kind
            for kind, count in enumerate(np.bincount(kinds, minlength=len(CodeKind))):
                if count:
                    self._codes[_VERDICTS.get(CodeKind(kind), CodeKind(kind).name)] += int(count)

    def _completed(self, columns: dict[str, pa.Array], count: int) -> dict[str, pa.Array]:
        for name, value in self._constants.items():
            columns[name] = pa.repeat(value, count)
            if name == "register_scheme" and "register_no" in columns and columns["register_no"].null_count:
                columns[name] = pc.if_else(columns["register_no"].is_valid(), columns[name], pa.scalar(None, pa.string()))
        index = pa.Array.from_buffers(pa.int32(), count, [None, pa.py_buffer(np.zeros(count, np.int32))])
        columns["source_file"] = pa.DictionaryArray.from_arrays(index, pa.array([self._source.name]))
        return columns


class RegisterWriter:
    """Writes a standard register in row groups (写出登记表). Raises OSError where the disk is full."""

    def __init__(self, path: Path, *, kind: RegisterKind, group_rows: int = GROUP_ROWS) -> None:
        self._schema = schema_of(kind)
        repeats = [x.name for x in fields_of(kind).values() if x.repeats]
        if kind is not RegisterKind.REGISTRY:
            repeats += _IDENTITY
        self._writer = pq.ParquetWriter(
            path, self._schema, compression="zstd", compression_level=1, use_dictionary=[*repeats, "source_file"],
            column_encoding=_BY_DELTA, write_statistics=[x for x in _WITH_STATISTICS if x in self._schema.names],
        )  # fmt: skip
        self._waiting: list[pa.Table] = []
        self._waiting_rows, self._group_rows = 0, group_rows
        self.rows = 0

    def add(self, rows: Rows) -> None:
        """Write rows, or keep them until there are enough for a group (写入)."""
        if not rows.count:
            return
        ids = {"row_id": _int64(np.arange(self.rows, self.rows + rows.count))}
        columns = rows.columns | ids
        arrays = [columns[x.name] if x.name in columns else pa.nulls(rows.count, x.type) for x in self._schema]
        self._waiting.append(pa.Table.from_arrays(arrays, schema=self._schema))
        self.rows += rows.count
        self._waiting_rows += rows.count
        if self._waiting_rows >= self._group_rows:
            self._write(self._waiting_rows - self._waiting_rows % self._group_rows)

    def finish(self, *, metadata: dict[str, str]) -> None:
        """Write what waits and the metadata (完成)."""
        if self._waiting_rows:
            self._write(self._waiting_rows)
        self._writer.add_key_value_metadata(metadata)
        self._writer.close()

    def abandon(self) -> None:
        """Stop writing (放弃)."""
        self._waiting = []
        self._writer.close()

    def _write(self, rows: int) -> None:
        table = pa.concat_tables(self._waiting)
        self._writer.write_table(table.slice(0, rows), row_group_size=self._group_rows)
        rest = table.slice(rows)
        self._waiting, self._waiting_rows = ([rest] if rest.num_rows else []), rest.num_rows


def write_register(
    sources: Sequence[Source], *, into: Path, rejects: RejectFile, kind: RegisterKind, group_rows: int, scheme: str | None,
    keep_damaged: bool, on_bytes: OnBytes,
) -> list[TableReport]:  # fmt: skip
    """Read all sources into `<kind>.parquet` (导入全部). Without `keep_damaged` the file is dropped once a line is damaged."""
    path = into / f"{kind.value}.parquet"
    readers = [SourceReader(x, scheme=scheme) for x in sources]
    writer = RegisterWriter(path, kind=kind, group_rows=group_rows)
    try:
        refused = False
        for reader in readers:
            for rows in reader.rows(on_bytes=on_bytes):
                rejects.add(rows.rejects)
                refused = refused or (reader.report.damaged > 0 and not keep_damaged)
                if not refused:
                    writer.add(rows)
        reports = [x.report for x in readers]
        writer.finish(metadata={"huoshui.register": json.dumps(_about(kind, reports), ensure_ascii=False)})
    except BaseException:
        writer.abandon()
        raise
    if refused:
        path.unlink()
    return reports


def constant(field: Field, value: str) -> pa.Scalar:
    """A constant of a mapping as a value of its field (常量); raises BadMapping."""
    read = ColumnReader(field).read(pa.array([value], pa.string()))
    if read.problems is not None:
        raise BadMapping(f"the constant {field.name}: {value!r} cannot be read", field=field.name)
    return read.array[0]


def _about(kind: RegisterKind, reports: Sequence[TableReport]) -> dict[str, Any]:
    sources = [{"file": x.file, "sheet": x.sheet, "sha256": x.sha256, "rows": x.accepted} for x in reports]
    return {"kind": kind.value, "rows": sum(x.accepted for x in reports), "sources": sources}


def _heading(source: str, headings: Sequence[str]) -> str:
    found = heading_for(source, headings=headings)
    if found is None:
        raise BadMapping(f"there is no column {source!r}; the columns are {', '.join(headings)}", field="mapping")
    return found


def _no_scheme(source: str) -> str:
    raise BadMapping(
        f"column {source!r} is a register_no without a scheme; expected scheme: a name for these numbers, or --scheme NAME",
        field="scheme",
    )


def _matches(column: pa.Array, where: Where) -> npt.NDArray[np.bool_]:
    """Rows that a filter takes; an empty value counts as the empty text."""
    values = pa.array([x.strip() for x in where.only or where.not_in or ()], pa.string())
    inside = np.asarray(pc.is_in(pc.fill_null(column, ""), value_set=values))
    return inside if where.only else ~inside


def _int64(values: npt.NDArray[np.int64]) -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])
