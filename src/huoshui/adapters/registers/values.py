"""Columns of text into typed columns (取值): the plain ways in C for all rows at once, the others by value and remembered.

A value that is written but cannot be read makes its row unread: the row goes to the rejects with a problem. Text, codes,
regions and industries are never unread.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.registers import records
from huoshui.adapters.registers.fields import NO_WORDS, YES_WORDS, Field, Reading
from huoshui.adapters.registers.headings import UNITS
from huoshui.adapters.registers.records import AmountForm, DayForm
from huoshui.adapters.registers.region_names import region_code
from huoshui.adapters.registers.written_amounts import read_written_amount, read_written_count
from huoshui.adapters.registers.written_days import WrittenDay, read_written_day, reader_of

Problems = npt.NDArray[np.uint8]
_REMEMBERED: Final = 200_000
_YUAN: Final = "元"
_DAY_ZERO: Final = date(1970, 1, 1).toordinal()
_YEAR: Final = re.compile(r"((?:19|20)\d{2})(?:\.0+)?(?:年|年度|年报)?(?:[-/年]?\d{1,2}.*)?")
_DAMAGED: Final = r"^\d(?:\.\d+)?[eE]\+?\d{2}$"
_SECTIONS: Final = dict(
    zip(
        "农林牧渔业 采矿业 制造业 电力热力燃气及水生产和供应业 建筑业 批发和零售业 交通运输仓储和邮政业 "
        "住宿和餐饮业 信息传输软件和信息技术服务业 "
        "金融业 房地产业 租赁和商务服务业 科学研究和技术服务业 水利环境和公共设施管理业 "
        "居民服务修理和其他服务业 教育 卫生和社会工作 文化体育和娱乐业 "
        "公共管理社会保障和社会组织 国际组织".split(),
        "ABCDEFGHIJKLMNOPQRST",
        strict=True,
    )
)  # fmt: skip


class Problem(IntEnum):
    """Why a value could not be read (取值问题)."""

    NONE = 0
    BAD_DATE = 1
    TWO_DIGIT_YEAR = 2
    BAD_AMOUNT = 3
    FOREIGN_CURRENCY = 4
    BAD_COUNT = 5
    BAD_YEAR = 6
    BAD_FLAG = 7


@dataclass(frozen=True, slots=True)
class Values:
    """A column as it was read (取值结果): `problems` is one Problem a row, None where there are none."""

    array: pa.Array
    problems: Problems | None
    forms: Counter[str]


class ColumnReader:
    """Reads the columns of one field of one mapping (列取值)."""

    def __init__(self, field: Field, *, unit: str | None = None, date_format: str = "auto") -> None:
        self._field = field
        self._scale = UNITS[unit or _YUAN]
        self._auto = date_format == "auto"
        self._read_day = self._day_reader(date_format)
        self._known: dict[str, tuple[Any, int]] = {}
        self._convert: Callable[[pa.Array], Values] = {
            Reading.DAY: self._days, Reading.AMOUNT: self._amounts, Reading.COUNT: self._counts, Reading.YEAR: self._years,
            Reading.FLAG: self._flags, Reading.REGION: self._regions, Reading.INDUSTRY: self._industries,
            Reading.CODE: self._codes,
        }.get(field.reading, _texts)  # fmt: skip

    def read(self, column: pa.Array) -> Values:
        """The values of a clean text column (取值)."""
        return self._convert(column)

    def _day_reader(self, date_format: str) -> Callable[[str], WrittenDay]:
        period: Any = {"period_start": min, "period_end": max}.get(self._field.name)
        if date_format == "auto":
            return lambda text: read_written_day(text, period=period)
        return reader_of(date_format)

    def _days(self, column: pa.Array) -> Values:
        if self._auto:
            found, form = records.days(column)
        else:
            found = np.zeros(len(column), np.int32)
            form = np.where(np.asarray(column.is_valid()), np.uint8(DayForm.UNREAD), np.uint8(DayForm.EMPTY))

        def read(text: str) -> tuple[int, int]:
            written = self._read_day(text)
            return (0 if written.day is None else written.day.toordinal() - _DAY_ZERO), int(written.form)

        self._look_again(column, found, form, read)
        problems = np.zeros(len(form), np.uint8)
        problems[form == DayForm.UNREAD] = Problem.BAD_DATE
        problems[form == DayForm.TWO_DIGIT_YEAR] = Problem.TWO_DIGIT_YEAR
        array = _with_nulls(pa.date32(), found, (form == DayForm.EMPTY) | (problems > 0))
        return Values(array, problems if problems.any() else None, _counted(form, DayForm))

    def _amounts(self, column: pa.Array) -> Values:
        found, form = records.amounts(column, scale=self._scale)

        def read(text: str) -> tuple[int, int]:
            written = read_written_amount(text, scale=self._scale)
            return written.amount or 0, int(written.form)

        self._look_again(column, found, form, read)
        problems = np.zeros(len(form), np.uint8)
        problems[form == AmountForm.UNREAD] = Problem.BAD_AMOUNT
        problems[form == AmountForm.FOREIGN] = Problem.FOREIGN_CURRENCY
        array = _with_nulls(pa.int64(), found, (form == AmountForm.EMPTY) | (problems > 0))
        return Values(array, problems if problems.any() else None, _counted(form, AmountForm))

    def _counts(self, column: pa.Array) -> Values:
        found, form = records.amounts(column, scale=0)
        form[(form == AmountForm.ROUNDED) | (found < 0) | (found > np.iinfo(np.int32).max)] = AmountForm.UNREAD

        def read(text: str) -> tuple[int, int]:
            written = read_written_count(text)
            fits = written.amount is None or written.amount <= np.iinfo(np.int32).max
            return (written.amount or 0, int(written.form)) if fits else (0, int(AmountForm.UNREAD))

        self._look_again(column, found, form, read)
        unread = form == AmountForm.UNREAD
        array = _with_nulls(pa.int32(), found.astype(np.int32), (form == AmountForm.EMPTY) | unread)
        return Values(array, np.where(unread, np.uint8(Problem.BAD_COUNT), np.uint8(0)) if unread.any() else None, Counter())

    def _look_again(self, column: pa.Array, found: Any, form: Any, read: Callable[[str], tuple[int, int]]) -> None:
        """Read by value what is not written in a plain way."""
        rows = np.flatnonzero(form == DayForm.UNREAD)
        if not len(rows):
            return
        coded = (column if len(rows) == len(column) else column.take(pa.array(rows))).dictionary_encode()
        values = [self._remembered(x, read) for x in coded.dictionary.to_pylist()]
        index = coded.indices.to_numpy()
        found[rows] = np.array([x for x, _ in values], found.dtype)[index]
        form[rows] = np.array([x for _, x in values], form.dtype)[index]

    def _remembered(self, text: str, read: Callable[[str], tuple[Any, int]]) -> tuple[Any, int]:
        if text not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[text] = read(text)
        return self._known[text]

    def _years(self, column: pa.Array) -> Values:
        def read(text: str) -> tuple[int | None, int]:
            found = _YEAR.fullmatch(unicodedata.normalize("NFKC", text))
            return (int(found[1]), 0) if found else (None, Problem.BAD_YEAR)

        return self._by_value(column, read, pa.int16())

    def _flags(self, column: pa.Array) -> Values:
        def read(text: str) -> tuple[bool | None, int]:
            word = unicodedata.normalize("NFKC", text).lower().removesuffix(".0")
            if word in YES_WORDS or word in NO_WORDS:
                return word in YES_WORDS, 0
            return (True, 0) if word.isdigit() else (None, Problem.BAD_FLAG)

        return self._by_value(column, read, pa.bool_())

    def _regions(self, column: pa.Array) -> Values:
        _, offsets, _ = records.text_buffers(column)
        if not column.null_count and (np.diff(offsets) == 6).all() and _lies_within(column, "0", "9"):
            return Values(column, None, Counter())
        result = self._by_value(column, lambda text: (region_code(text), 0), pa.string())
        lost = result.array.null_count - column.null_count
        return Values(result.array, None, Counter({"unknown_region": lost} if lost else {}))

    def _industries(self, column: pa.Array) -> Values:
        """Codes as they are, names of sections as their letters."""
        if _lies_within(column, "0", "Z"):
            return Values(column, None, Counter())

        def read(text: str) -> tuple[str, int]:
            return industry_section(text) or text.removesuffix(".0"), 0

        return self._by_value(column, read, pa.string())

    def _codes(self, column: pa.Array) -> Values:
        """Codes without what spreadsheets add; what they have damaged is kept and counted."""
        if _lies_within(column, "0", "Z"):
            return Values(column, None, Counter())
        column = pc.replace_substring_regex(column, r"^['`]+", "")
        column = pc.replace_substring_regex(column, r"^(\d+)\.0+$", r"\1")
        damaged = pc.sum(pc.match_substring_regex(column, _DAMAGED)).as_py() or 0
        return Values(column, None, Counter({"damaged_by_spreadsheet": damaged} if damaged else {}))

    def _by_value(self, column: pa.Array, read: Callable[[str], tuple[Any, int]], kind: pa.DataType) -> Values:
        coded = column.dictionary_encode()
        values = [self._remembered(x, read) for x in coded.dictionary.to_pylist()]
        array = pa.array([x for x, _ in values], kind).take(coded.indices)
        problems = np.array([x for _, x in values] + [0], np.uint8)[pc.fill_null(coded.indices, len(values)).to_numpy()]
        return Values(array, problems if problems.any() else None, Counter())


def industry_section(text: str) -> str | None:
    """The letter of a section of GB/T 4754 by its name (行业门类), whatever stands between its words."""
    return _SECTIONS.get(re.sub(r"[\W_]", "", text))


def _texts(column: pa.Array) -> Values:
    return Values(column, None, Counter())


def _lies_within(column: pa.Array, first: str, last: str) -> bool:
    """Whether every byte of a text column is from one ASCII character to another."""
    _, offsets, raw = records.text_buffers(column)
    text = raw[offsets[0] : offsets[-1]]
    return not len(text) or bool(text.min() >= ord(first) and text.max() <= ord(last))


def _with_nulls(kind: pa.DataType, found: npt.NDArray[Any], missing: npt.NDArray[np.bool_]) -> pa.Array:
    valid, nulls = None, int(missing.sum())
    if nulls:
        valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(found), [valid, pa.py_buffer(found)], nulls)


def _counted(form: npt.NDArray[np.uint8], names: Iterable[Any]) -> Counter[str]:
    counts = np.bincount(form, minlength=1)
    return Counter({x.name.lower(): int(counts[x]) for x in names if x < len(counts) and counts[x]})
