"""Rows that were not taken in (拒收记录): file, line, field and reason; as Parquet for programs, as CSV for people."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.registers.fields import Field
from huoshui.adapters.registers.records import Damage, DamagedRecord
from huoshui.adapters.registers.values import Problem
from huoshui.errors import BadFile
from huoshui.terms import RegisterKind, Term

PARQUET: Final = "rejects.parquet"
CSV: Final = "rejects.csv"
_ROWS: Final = 50_000
_LONGEST_RAW: Final = 10_000
_SCHEMA: Final = pa.schema(
    [("kind", pa.string()), ("file", pa.string()), ("line", pa.int64()), ("field", pa.string()), ("code", pa.string()),
     ("reason", pa.string()), ("reason_zh", pa.string()), ("raw", pa.string())]
)  # fmt: skip


class RejectCode(Term):
    """Why a row is not taken in (拒收原因)."""

    WRONG_COLUMNS = "WRONG_COLUMNS", "列数不符", "wrong number of columns"
    STRAY_QUOTE = "STRAY_QUOTE", "引号有误", "a quote inside a quoted field that is not doubled"
    OPEN_QUOTE = "OPEN_QUOTE", "引号未闭合", "a quote that is never closed"
    BAD_BYTES = "BAD_BYTES", "字节无法解码", "bytes that are not text in the file's encoding"
    BAD_DATE = "BAD_DATE", "日期无法识别", "not a date"
    TWO_DIGIT_YEAR = "TWO_DIGIT_YEAR", "年份只有两位", "a year of two digits; state a date_format in the mapping"
    BAD_AMOUNT = "BAD_AMOUNT", "金额无法识别", "not an amount"
    FOREIGN_CURRENCY = "FOREIGN_CURRENCY", "不是人民币金额", "an amount in another currency"
    BAD_COUNT = "BAD_COUNT", "人数无法识别", "not a whole number"
    BAD_YEAR = "BAD_YEAR", "年度无法识别", "not a year"
    BAD_FLAG = "BAD_FLAG", "是否标志无法识别", "neither yes nor no"
    NO_IDENTITY = "NO_IDENTITY", "没有代码、编号和名称", "no code, no number of its own and no name"


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not taken in (拒收行)."""

    file: str
    line: int
    field: str
    code: RejectCode
    reason: str
    reason_zh: str
    raw: str


def damaged_reject(record: DamagedRecord, *, file: str, columns: int) -> Reject:
    """The reject of a damaged line (损坏行)."""
    code = RejectCode[record.damage.name]
    reason, zh = code.en, code.zh
    if record.damage is Damage.WRONG_COLUMNS:
        reason, zh = f"{record.columns} columns, expected {columns}", f"本行 {record.columns} 列，应为 {columns} 列"
    return Reject(file, record.line, "", code, reason, zh, record.raw[:_LONGEST_RAW])


def value_reject(problem: Problem, *, field: Field, value: str, file: str, line: int, raw: str) -> Reject:
    """The reject of a row with a value that cannot be read (取值有误的行)."""
    code = RejectCode[problem.name]
    return Reject(
        file,
        line,
        field.name,
        code,
        f"{field.name}: {value!r} is {code.en}",
        f"{field.zh}“{value}”：{code.zh}",
        raw[:_LONGEST_RAW],
    )


def nameless_reject(*, file: str, line: int, raw: str) -> Reject:
    """The reject of a row that does not say whom it is about (无主体的行)."""
    code = RejectCode.NO_IDENTITY
    return Reject(file, line, "", code, code.en, code.zh, raw[:_LONGEST_RAW])


class RejectFile:
    """The reject files of a folder, written anew with the rejects of one kind replaced (拒收文件).

    Rows go to `into` first; `finish` adds those of other kinds that `old` holds. Raises OSError where the disk is full.
    """

    def __init__(self, into: Path, *, kind: RegisterKind, old: Path) -> None:
        self._kind, self._into, self._old = kind, into, old
        self._writer = pq.ParquetWriter(into / PARQUET, _SCHEMA, compression="zstd")
        self._waiting: list[Reject] = []
        self.by_code: Counter[str] = Counter()

    def add(self, rejects: list[Reject]) -> None:
        """Note rejects (记录)."""
        self._waiting += rejects
        self.by_code.update(x.code.value for x in rejects)
        if len(self._waiting) >= _ROWS:
            self._write()

    def finish(self) -> None:
        """Add the rejects of other kinds and write the CSV file (完成)."""
        self._write()
        for batch in _others(self._old / PARQUET, self._kind):
            self._writer.write_batch(batch)
        self._writer.close()
        with (self._into / CSV).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_SCHEMA.names)
            with pq.ParquetFile(self._into / PARQUET) as rejects:
                for batch in rejects.iter_batches(_ROWS):
                    writer.writerows(zip(*(x.to_pylist() for x in batch.columns), strict=True))

    def abandon(self) -> None:
        """Stop writing (放弃)."""
        self._writer.close()

    def _write(self) -> None:
        if self._waiting:
            rows = [
                (self._kind.value, x.file, x.line, x.field, x.code.value, x.reason, x.reason_zh, x.raw) for x in self._waiting
            ]
            self._writer.write_batch(
                pa.record_batch([pa.array(x, y.type) for x, y in zip(zip(*rows, strict=True), _SCHEMA, strict=True)], _SCHEMA)
            )
            self._waiting = []


def _others(path: Path, kind: RegisterKind) -> Iterator[pa.RecordBatch]:
    if not path.exists():
        return
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_ROWS):
                yield batch.filter(pc.not_equal(batch["kind"], kind.value))
    except pa.ArrowInvalid as error:
        raise BadFile(f"{path} from an earlier import is damaged ({error}); remove it and import again", field="out") from error
