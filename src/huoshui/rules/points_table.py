"""The integer points table of a rating (评分表): main effects and a few pair cells, points to grade and to a probability.

Higher points are safer. Every field has a row of cells: for a number the spans between its cuts, then one cell for a missing
value; for a category its groups, then one cell for a value that the training never saw, then one for a missing value. A score
is the sum of whole points, read with comparisons only; a probability is looked up as a decimal. Two readers share this table:
`score` here for one firm, and an expression for a register; they agree to the last firm.

How a number is compared: the value and the cut are both taken as IEEE binary64 (correctly rounded), and a value equal to a cut
lies in the upper cell. NaN is missing. A category is compared as text: an integer by its digits, a truth value by its word.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from math import isfinite
from typing import Any, Final

from huoshui.errors import BadModel, BadRequest

MAX_PAIRS: Final = 8


class Kind(StrEnum):
    """How a field is compared (字段类型)."""

    NUMBER = "number"
    CATEGORY = "category"


class Role(StrEnum):
    """What a field is there for (字段角色): a factor of the rating, or a segment whose level is calibrated apart."""

    FACTOR = "factor"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True)
class Field:
    """One field and the points of its cells (评分字段).

    `cuts` (numbers) rise strictly; `groups` (categories) share no value. `points` has one entry for each value cell, `other` is
    the cell of unseen categories, `missing` that of missing values. `neutral` is the mean of the firms it was trained on.
    `direction` is 1 where higher values may not cost points, -1 where they may not gain any, 0 where neither was demanded.
    `actionable` fields are those that a firm can change. `unit` is `fen`, `share`, `bp`, `ppm`, `months`,
    `days`, `count`, `grade` or another word.
    """

    name: str
    kind: Kind
    points: tuple[int, ...]
    missing: int
    other: int = 0
    cuts: tuple[Decimal, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    neutral: int = 0
    direction: int = 0
    actionable: bool = False
    role: Role = Role.FACTOR
    zh: str = ""
    en: str = ""
    unit: str = ""

    @property
    def all_points(self) -> tuple[int, ...]:
        """Points by cell number: the value cells, then other (categories only), then missing."""
        return (*self.points, *((self.other,) if self.kind is Kind.CATEGORY else ()), self.missing)

    @property
    def missing_cell(self) -> int:
        """The number of the cell of missing values, which is the last."""
        return len(self.all_points) - 1


@dataclass(frozen=True, slots=True)
class Pair:
    """What two fields add when they come together (组合项).

    `first_groups` and `second_groups` give each cell number of the two fields its row and its column in `points`.
    """

    first: str
    second: str
    first_groups: tuple[int, ...]
    second_groups: tuple[int, ...]
    points: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class PdStep:
    """From these points on, this probability of default with its interval (违约概率档)."""

    from_points: int
    pd: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Grade:
    """From these points on, this grade (评级档): a letter A to D, and a finer digit."""

    code: str
    from_points: int


@dataclass(frozen=True, slots=True)
class Overlay:
    """Points that move the level of every firm from a day on (水平调整), and why; the ranking stays."""

    since: date
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class SignedLeak:
    """A leak alarm that someone signed for (已签认的泄漏警报), with the reason."""

    field: str
    alarm: str
    reason: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class PointsTable:
    """A model of record (评分表). Raises BadModel when it contradicts itself.

    `fields` are read in this order. `pd_steps` and `grades` rise by points; the first of each also holds below its points.
    `doubling` is how many points halve the odds of default. `outcome` says in words what is predicted.
    """

    name: str
    fields: tuple[Field, ...]
    base: int
    pd_steps: tuple[PdStep, ...]
    grades: tuple[Grade, ...]
    pairs: tuple[Pair, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    signed_leaks: tuple[SignedLeak, ...] = ()
    version: str = ""
    outcome: str = ""
    doubling: int = 40

    def __post_init__(self) -> None:
        _check_fields(self.fields)
        _check_pairs(self.pairs, fields={x.name: x for x in self.fields})
        _check_steps(self)

    def field(self, name: str) -> Field:
        """The field of that name. Raises BadModel when there is none."""
        for found in self.fields:
            if found.name == name:
                return found
        raise BadModel(f"the points table {self.name!r} has no field {name!r}", field=name)

    def overlay_points(self, on: date | None = None) -> int:
        """The points of the latest overlay that is in force on a day; without a day, of the latest one."""
        known = [x for x in self.overlays if on is None or x.since <= on]
        return max(known, key=lambda x: x.since).points if known else 0


@dataclass(frozen=True, slots=True)
class Score:
    """What the table says of one firm (评分结果): `points` with base and overlay; `cells` by field, in the table's order."""

    points: int
    pd: Decimal
    pd_low: Decimal
    pd_high: Decimal
    grade: str
    cells: tuple[int, ...]


class Reader:
    """A table made ready to score firms one by one (单户读取器): a few microseconds each. `on` picks the overlay."""

    __slots__ = ("_fields", "_grade_from", "_grades", "_pairs", "_step_from", "_steps", "base", "table")

    def __init__(self, table: PointsTable, *, on: date | None = None) -> None:
        self.table = table
        self.base = table.base + table.overlay_points(on)
        self._fields = tuple(_prepared(x) for x in table.fields)
        place = {x.name: i for i, x in enumerate(table.fields)}
        self._pairs = tuple((place[x.first], place[x.second], _grid(x)) for x in table.pairs)
        self._step_from = [x.from_points for x in table.pd_steps[1:]]
        self._steps = tuple((x.pd, x.low, x.high) for x in table.pd_steps)
        self._grade_from = [x.from_points for x in table.grades[1:]]
        self._grades = tuple(x.code for x in table.grades)

    def cells(self, values: Mapping[str, Any]) -> tuple[int, ...]:
        """The cell of every field. Raises BadRequest when a field is absent (null is a value) or is of another kind."""
        found = []
        for name, cuts, codes, points in self._fields:
            try:
                value = values[name]
            except KeyError:
                raise BadRequest(
                    f"the field {name} is absent; the points table needs it, null if unknown", field=name
                ) from None
            if value is None or value != value:  # noqa: PLR0124 -- NaN is the value that differs from itself
                found.append(len(points) - 1)
            elif codes is None:
                found.append(bisect_right(cuts, value if type(value) is float else _number(value, name)))
            else:
                found.append(codes.get(value if type(value) is str else _text(value, name), len(points) - 2))
        return tuple(found)

    def points(self, cells: Sequence[int]) -> int:
        """The points of a row of cells, with base and overlay."""
        total = self.base
        for (_, _, _, points), cell in zip(self._fields, cells, strict=True):
            total += points[cell]
        for first, second, grid in self._pairs:
            total += grid[cells[first]][cells[second]]
        return total

    def grade(self, points: int) -> str:
        """The grade of so many points."""
        return self._grades[bisect_right(self._grade_from, points)]

    def rated(self, cells: tuple[int, ...]) -> Score:
        """What the table says of a row of cells."""
        points = self.points(cells)
        pd, low, high = self._steps[bisect_right(self._step_from, points)]
        return Score(points, pd, low, high, self._grades[bisect_right(self._grade_from, points)], cells)

    def score(self, values: Mapping[str, Any]) -> Score:
        """Score one firm; raises as `cells` does."""
        return self.rated(self.cells(values))


def score(table: PointsTable, *, values: Mapping[str, Any], on: date | None = None) -> Score:
    """Score one firm (单户评分). For many firms keep a Reader. Raises BadRequest when a field is absent or of another kind."""
    return Reader(table, on=on).score(values)


_EXACT: Final = 1 << 53  # up to here a register's reader, which compares doubles, tells every whole number apart
_Prepared = tuple[str, list[int | float], dict[str, int] | None, tuple[int, ...]]


def _prepared(field: Field) -> _Prepared:
    if field.kind is Kind.NUMBER:
        return field.name, [_cut(x) for x in field.cuts], None, field.all_points
    codes = {value: i for i, group in enumerate(field.groups) for value in group}
    return field.name, [], codes, field.all_points


def _grid(pair: Pair) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(pair.points[i][j] for j in pair.second_groups) for i in pair.first_groups)


def _cut(cut: Decimal) -> int | float:
    """A cut as it is compared: whole numbers as such, so that whole features meet no float."""
    return int(cut) if cut == cut.to_integral_value() and abs(cut) <= _EXACT else float(cut)


def _number(value: object, name: str) -> int | float:
    if isinstance(value, int):
        return value
    if isinstance(value, (float, Decimal)):
        return float(value)
    raise BadRequest(f"{value!r} is not a number; the field {name} is compared with numbers", field=name)


def _text(value: object, name: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, str)):
        return str(value)
    raise BadRequest(f"{value!r} is not a category; the field {name} takes text, an integer or a truth value", field=name)


def _check_fields(fields: Sequence[Field]) -> None:
    names = [x.name for x in fields]
    if not names or len(set(names)) != len(names):
        raise BadModel("a points table needs fields, each under a name of its own")
    for x in fields:
        cuts = [float(cut) for cut in x.cuts]
        if any(a >= b for a, b in pairwise(cuts)) or not all(map(isfinite, cuts)):
            raise BadModel(f"the cuts of {x.name} do not rise strictly", field=x.name)
        values = [value for group in x.groups for value in group]
        if len(set(values)) != len(values):
            raise BadModel(f"a category of {x.name} stands in two groups", field=x.name)
        wanted = len(x.cuts) + 1 if x.kind is Kind.NUMBER else len(x.groups)
        if len(x.points) != wanted or (x.cuts if x.kind is Kind.CATEGORY else x.groups):
            raise BadModel(f"{x.name} has points for {len(x.points)} cells; expected {wanted}", field=x.name)
        steps = [x.direction * (b - a) for a, b in pairwise(x.points)]
        if x.direction not in {-1, 0, 1} or any(step < 0 for step in steps):
            raise BadModel(f"the points of {x.name} run against its direction {x.direction}", field=x.name)


def _check_pairs(pairs: Sequence[Pair], *, fields: Mapping[str, Field]) -> None:
    if len(pairs) > MAX_PAIRS:
        raise BadModel(f"a points table has at most {MAX_PAIRS} pairs, not {len(pairs)}")
    for x in pairs:
        if x.first not in fields or x.second not in fields or x.first == x.second:
            raise BadModel(f"a pair is of two fields of the table, not of {x.first} and {x.second}")
        height, width = len(x.points), len(x.points[0]) if x.points else 0
        fits = (
            len(x.first_groups) == fields[x.first].missing_cell + 1
            and len(x.second_groups) == fields[x.second].missing_cell + 1
            and all(0 <= group < height for group in x.first_groups)
            and all(0 <= group < width for group in x.second_groups)
            and all(len(row) == width for row in x.points)
        )
        if not fits:
            raise BadModel(f"the cells of the pair {x.first} and {x.second} do not fit their fields", field=x.first)


def _check_steps(table: PointsTable) -> None:
    for rows, word in ((table.pd_steps, "probabilities"), (table.grades, "grades")):
        starts = [x.from_points for x in rows]
        if not starts or any(a >= b for a, b in pairwise(starts)):
            raise BadModel(f"the {word} of a points table must rise strictly by points, and there must be one at least")
    for step in table.pd_steps:
        if not 0 <= step.low <= step.pd <= step.high <= 1:
            raise BadModel(f"the probability {step.pd} from {step.from_points} points must lie in its interval, within 0 and 1")
    if any(a.pd < b.pd for a, b in pairwise(table.pd_steps)):
        raise BadModel("more points may not mean a higher probability of default")
    if len({x.code for x in table.grades}) != len(table.grades) or any(x.code[:1] not in set("ABCD") for x in table.grades):
        raise BadModel("every grade has a code of its own that begins with A, B, C or D")
