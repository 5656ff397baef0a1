"""Reasons of a score and what would lift it (评分理由与改进建议), in Chinese and English, tied to the cells of the table."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations, product
from typing import Final, Literal

from huoshui.money import format_yuan
from huoshui.rules.points_table import Field, Kind, PointsTable, Reader, Role, Score

REASONS: Final = 4
_TEN_THOUSAND_YUAN: Final = 1_000_000
_UNIT_ZH: Final = {"months": "个月", "days": "天", "count": "", "grade": "", "years": "年"}
_UNITLESS: Final = frozenset({"count", "grade"})
_PERCENT: Final = {"share": Decimal("0.01"), "bp": Decimal(100), "ppm": Decimal(10_000)}


@dataclass(frozen=True, slots=True)
class PointReason:
    """What one factor cost (扣分理由): `lost` points, more than 0, against the cell it was compared with.

    `fields` are one field, or two for a pair; `cells` are their cells in words; `zh` and `en` are whole sentences.
    """

    fields: tuple[str, ...]
    lost: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Change:
    """One field that would have to lie in another cell (一项变化): from cell number to cell number, in words."""

    field: str
    from_cell: int
    to_cell: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Improvement:
    """The changes that together lift a grade (改进建议), and the points and the grade that they lead to."""

    changes: tuple[Change, ...]
    points: int
    grade: str
    pd: Decimal
    zh: str
    en: str


class Explainer:
    """A table made ready to give reasons (理由读取器): a few microseconds a firm, since each cell's sentence is made once.

    A factor is compared with its best known cell, or with its neutral points: the mean of the firms it was trained on. What a
    pair costs is compared with its best cell, or with nothing; segments are no reasons.
    """

    __slots__ = ("_against", "_of_field", "_of_pair", "_pairs", "_table")

    def __init__(self, table: PointsTable, *, against: Literal["best", "neutral"] = "best") -> None:
        self._table, self._against = table, against
        place = {x.name: i for i, x in enumerate(table.fields)}
        self._pairs = tuple((place[x.first], place[x.second], x) for x in table.pairs)
        self._of_field = tuple(tuple(self._reasons(x)) for x in table.fields)
        self._of_pair: dict[tuple[int, int, int], PointReason] = {}

    def reasons(self, score: Score, *, most: int = REASONS) -> tuple[PointReason, ...]:
        """The factors that cost the most points, most first, in the table's order where they tie; none that costs nothing."""
        found = [row[cell] for row, cell in zip(self._of_field, score.cells, strict=True)]
        for i, (first, second, _) in enumerate(self._pairs):
            key = (i, score.cells[first], score.cells[second])
            found.append(self._of_pair.get(key) or self._reason_of_pair(key))
        return tuple(sorted([x for x in found if x.lost > 0], key=_most_lost)[:most])

    def _reasons(self, field: Field) -> Iterator[PointReason]:
        aim = max(field.points, default=field.missing) if self._against == "best" else field.neutral
        for cell, points in enumerate(field.all_points):
            lost = aim - points if field.role is Role.FACTOR else 0
            yield self._worded((field,), (cell,), lost)

    def _reason_of_pair(self, key: tuple[int, int, int]) -> PointReason:
        i, first, second = key
        place_of_first, place_of_second, pair = self._pairs[i]
        gained = pair.points[pair.first_groups[first]][pair.second_groups[second]]
        aim = max(max(row) for row in pair.points) if self._against == "best" else 0
        fields = self._table.fields[place_of_first], self._table.fields[place_of_second]
        return self._of_pair.setdefault(key, self._worded(fields, (first, second), aim - gained))

    def _worded(self, fields: tuple[Field, ...], cells: tuple[int, ...], lost: int) -> PointReason:
        words = [cell_words(field, cell) for field, cell in zip(fields, cells, strict=True)]
        zh = "与".join(f"{_zh(field)}（{x[0]}）" for field, x in zip(fields, words, strict=True))
        en = " with ".join(f"{_en(field)} ({x[1]})" for field, x in zip(fields, words, strict=True))
        aim_zh, aim_en = ("最优", "the best cell") if self._against == "best" else ("平均", "the average")
        names = tuple(x.name for x in fields)
        return PointReason(names, lost, f"{zh}：比{aim_zh}少{lost}分", f"{en}: {lost} points below {aim_en}")


def _most_lost(reason: PointReason) -> int:
    return -reason.lost


def reasons(
    table: PointsTable, *, score: Score, most: int = REASONS, against: Literal["best", "neutral"] = "best"
) -> tuple[PointReason, ...]:
    """The factors that cost the most points (主要扣分因素). For many firms keep an Explainer, which says how it compares."""
    return Explainer(table, against=against).reasons(score, most=most)


def cell_words(field: Field, cell: int) -> tuple[str, str]:
    """A cell in Chinese and in English (分箱说明): `100万元至250万元` and `1,000,000.00 to 2,500,000.00 yuan`."""
    if cell == field.missing_cell:
        return "缺失", "missing"
    if field.kind is Kind.CATEGORY:
        if cell == len(field.groups):
            return "其他取值", "another value"
        shown = "、".join(field.groups[cell])
        return shown, shown.replace("、", ", ")
    return _span_words(field, cell)


def _span_words(field: Field, cell: int) -> tuple[str, str]:
    if not field.cuts:
        return "有数值", "any value"
    if cell == 0:
        return f"低于{_amount_zh(field.cuts[0], field.unit)}", f"below {_amount_en(field.cuts[0], field.unit)}"
    low = _amount_zh(field.cuts[cell - 1], field.unit), _amount_en(field.cuts[cell - 1], field.unit)
    if cell == len(field.cuts):
        return f"{low[0]}及以上", f"{low[1]} or more"
    return f"{low[0]}至{_amount_zh(field.cuts[cell], field.unit)}", f"{low[1]} to {_amount_en(field.cuts[cell], field.unit)}"


def improvements(reader: Reader, *, score: Score, most: int = 3, fields: int = 3) -> tuple[Improvement, ...]:
    """The smallest changes that lift the grade (提升评级的最小改变): one field if that does, else two, at most `fields`.

    Only fields marked actionable move, and only the way their direction allows; a missing value of any field may be supplied,
    which is the evidence that would change the decision. Fewest fields first, then fewest cells moved, then fewest points.
    """
    moves = [list(_moves(field, cell)) for field, cell in zip(reader.table.fields, score.cells, strict=True)]
    useful = [i for i, x in enumerate(moves) if x]
    for size in range(1, fields + 1):
        found = []
        for chosen in combinations(useful, size):
            options = [_short(moves[i], most=8 if size < 3 else 3) for i in chosen]
            for picked in product(*options):
                cells = list(score.cells)
                for i, (cell, _) in zip(chosen, picked, strict=True):
                    cells[i] = cell
                points = reader.points(cells)
                if points > score.points and reader.grade(points) != score.grade:
                    found.append((sum(x[1] for x in picked), points, tuple(cells)))
        if found:
            return tuple(_distinct(reader, sorted(found), score=score, most=most))
    return ()


def _moves(field: Field, cell: int) -> Iterator[tuple[int, int]]:
    """Cells that a field can move to, each with how far it is, as far as each gains points by itself or in a pair."""
    missing = cell == field.missing_cell
    if field.role is Role.SEGMENT or not (field.actionable or missing):
        return
    for to in range(len(field.points)):
        if to != cell and (missing or field.kind is Kind.CATEGORY or (to - cell) * field.direction >= 0):
            yield to, 1 if missing or field.kind is Kind.CATEGORY else abs(to - cell)


def _short(moves: list[tuple[int, int]], *, most: int) -> list[tuple[int, int]]:
    return sorted(moves, key=lambda x: (x[1], x[0]))[:most]


def _distinct(
    reader: Reader, found: list[tuple[int, int, tuple[int, ...]]], *, score: Score, most: int
) -> Iterator[Improvement]:
    """The smallest of each set of fields, no more than asked for."""
    seen: set[tuple[int, ...]] = set()
    for _, points, cells in found:
        moved = tuple(i for i, (a, b) in enumerate(zip(score.cells, cells, strict=True)) if a != b)
        if moved in seen:
            continue
        seen.add(moved)
        changes = tuple(_change(reader.table.fields[i], score.cells[i], cells[i]) for i in moved)
        after = replace(reader.rated(cells), points=points)
        zh = "；".join(x.zh for x in changes) + f"：评级由{score.grade}升至{after.grade}"
        en = "; ".join(x.en for x in changes) + f": the grade rises from {score.grade} to {after.grade}"
        yield Improvement(changes, points, after.grade, after.pd, zh, en)
        if len(seen) == most:
            return


def _change(field: Field, before: int, after: int) -> Change:
    zh, en = cell_words(field, after)
    if before == field.missing_cell:
        sentence = f"补充{_zh(field)}的证明，且其为{zh}", f"evidence of {_en(field)} that shows {en}"
    else:
        verb = "降至" if field.kind is Kind.NUMBER and after < before else "达到"
        sentence = f"{_zh(field)}{verb}{zh}", f"{_en(field)} at {en}"
    return Change(field.name, before, after, *sentence)


def _zh(field: Field) -> str:
    return field.zh or field.name


def _en(field: Field) -> str:
    return field.en or field.name.replace("_", " ")


def _amount_zh(value: Decimal, unit: str) -> str:
    if unit == "fen":
        if abs(value) >= _TEN_THOUSAND_YUAN:
            return f"{_plain(value / _TEN_THOUSAND_YUAN)}万元"
        return f"{format_yuan(int(value))}元"
    if unit in _PERCENT:
        return f"{_plain(value / _PERCENT[unit])}%"
    return f"{_plain(value)}{_UNIT_ZH.get(unit, unit)}"


def _amount_en(value: Decimal, unit: str) -> str:
    if unit == "fen":
        return f"{format_yuan(int(value))} yuan"
    if unit in _PERCENT:
        return f"{_plain(value / _PERCENT[unit])} %"
    return _plain(value) if unit in _UNITLESS else f"{_plain(value)} {unit}".rstrip()


def _plain(value: Decimal) -> str:
    text = format(value, ",f")
    return text.rstrip("0").rstrip(".") if "." in text else text
