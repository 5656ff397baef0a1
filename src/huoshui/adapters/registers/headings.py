"""The heading row of a table (表头识别): which row it is, and the unit of money that a heading names."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from huoshui.adapters.registers.synonyms import all_words, plain, without_brackets

ROWS_LOOKED_AT: Final = 30
UNITS: Final = {
    "分": 0,
    "元": 2,
    "角": 1,
    "百元": 4,
    "千元": 5,
    "万元": 6,
    "十万元": 7,
    "百万元": 8,
    "千万元": 9,
    "亿元": 10,
    "万亿元": 14,
}
_UNIT: Final = re.compile(r"(万亿|千万|百万|十万|亿|万|千|百)?\s*(?:人民币)?\s*(元|圆)")
_SHORT_UNIT: Final = re.compile(r"[(（\[【/:：,，]\s*(?:人民币|rmb|cny)?\s*(万亿|亿|万|千)\s*[)）\]】]?$", re.IGNORECASE)
_ENGLISH_UNITS: Final = {
    "wan": "万元",
    "wy": "万元",
    "10k": "万元",
    "yuan": "元",
    "cny": "元",
    "rmb": "元",
    "fen": "分",
    "cents": "分",
}
_FOREIGN: Final = re.compile(r"美元|欧元|日元|英镑|港元|港币|usd|eur|jpy|gbp|hkd", re.IGNORECASE)
_VALUE: Final = re.compile(r"[-+]?[\d,.]+%?|\d{4}[-/年.].*|[0-9A-Z]{8,}|[A-Z]{1,3}\d+|[0-9a-f]{32,}")
_MANY: Final = 2


def unit_of(heading: str) -> str | None:
    """The unit of money in a heading (金额单位): `注册资本(万元)` says 万元; None where it says nothing."""
    text = unicodedata.normalize("NFKC", heading).strip()
    if _FOREIGN.search(text):
        return None
    if found := _UNIT.search(text):
        return f"{found[1] or ''}元"
    if found := _SHORT_UNIT.search(text):
        return f"{found[1]}元"
    last = re.split(r"[^a-z0-9]+", text.lower().rstrip(")] "))[-1]
    return _ENGLISH_UNITS.get(last)


def unit_above(rows: Sequence[Sequence[str]]) -> str | None:
    """The unit that a note above the headings states (表头上方的单位说明): `单位：万元`."""
    notes = (cell for row in rows for cell in row if "单位" in cell or "unit" in cell.lower())
    return next(filter(None, map(unit_of, notes)), None)


def is_foreign(heading: str) -> bool:
    """Whether a heading names another currency (外币)."""
    return bool(_FOREIGN.search(unicodedata.normalize("NFKC", heading)))


def is_known(heading: str) -> bool:
    """Whether a heading is one that registers use (已知列名)."""
    return plain(heading) in all_words() or plain(without_brackets(heading)) in all_words()


def find_header(rows: Sequence[Sequence[str]]) -> int | None:
    """The place of the heading row among the first rows (表头位置), or None where the table has no headings.

    Titles and notes above the headings are passed over: they fill fewer cells. A row of known headings wins.
    """
    filled = [[x for x in row if x.strip()] for row in rows]
    widest = max((len(x) for x in filled), default=0)
    if widest == 0:
        return None
    for place, cells in enumerate(filled):
        known = sum(map(is_known, cells))
        if known and (known >= _MANY or len(cells) == widest == 1) and known * 2 >= len(cells):
            return place
    for place, cells in enumerate(filled):
        if 2 * len(cells) < widest or (widest > 1 and len(cells) == 1):
            continue
        if _is_like_the_rest(rows, place):
            return None
        return place
    return None


def _is_like_the_rest(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether a row is data: it holds values, written like those in the rows below."""
    first, below = rows[place], [x for x in rows[place + 1 :] if any(x)]
    if not any(_VALUE.fullmatch(x.strip()) for x in first) or not below:
        return bool(first) and all(_VALUE.fullmatch(x.strip()) for x in first if x.strip())
    same = [
        _form(cell) in {_form(row[column]) for row in below if column < len(row)}
        for column, cell in enumerate(first)
        if cell.strip()
    ]
    return 5 * sum(same) >= 4 * len(same)


def _form(cell: str) -> str:
    """A cell with its letters, digits and characters by class: `A11` is `A9`, `2025-06-13` is `9-9-9`."""
    classes = ["9" if x.isdigit() else "A" if x.isascii() and x.isalpha() else "汉" if x.isalpha() else x for x in cell.strip()]
    return "".join(x for before, x in pairwise(["", *classes]) if x != before)
