"""From effects to the integer points table (整数评分表): points, probabilities by points, grades by probability."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.additive import probability
from huoshui.adapters.learning.calibration import Calibration
from huoshui.adapters.learning.fitting import Fitted, Main, PairEffect
from huoshui.adapters.learning.sample import Sample
from huoshui.adapters.learning.segments import Segments
from huoshui.adapters.learning.settings import Settings, Words
from huoshui.rules.points_table import Field, Grade, Kind, Pair, PdStep, PointsTable, Role

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
DOUBLING: Final = 40
ANCHOR: Final = 600
ANCHOR_ODDS: Final = 50
STEP: Final = 8
MARGIN: Final = 80  # two doublings: an overlay stays inside the table
_LN2: Final = 0.6931471805599453
_LN_ANCHOR: Final = 3.912023005428146
_PLACES: Final = Decimal("0.0001")
_LEAST_LOG_ODDS: Final = -7.600402  # a probability of 0.0005: less cannot be told
_MOST_LOG_ODDS: Final = 4.595120  # 0.99


def make_table(
    fitted: Fitted, *, calibration: Calibration, sample: Sample, settings: Settings, segments: Segments | None = None
) -> PointsTable:
    """The points table of a fit (生成评分表), with the level of each segment where there are any.

    A field that moves nobody is left out. A missing value that no firm showed gets the points of the worst cell: not known is
    not a pass. An unseen category is neutral.
    """
    scale = calibration.slope * DOUBLING / _LN2
    fields = [_field(x, scale=scale, words=settings.words.get(x.name, Words())) for x in fitted.mains]
    effects = [x for x in fitted.pairs if np.any(_points(x.effects, scale))]
    pairs = tuple(_pair(x, fields=fields, scale=scale) for x in effects)
    paired = {name for x in pairs for name in (x.first, x.second)}
    used = [x for x in fields if x.name in paired or any(x.all_points)] or fields[:1]
    base = round(ANCHOR - DOUBLING / _LN2 * (calibration.level + _LN_ANCHOR))
    total = base + _totals(fitted, used=used, pairs=pairs, effects=effects, sample=sample)
    if segments is not None:
        level = _segment(segments, words=settings.words.get(segments.column.name, Words()))
        total = total + np.array(level.all_points, np.int64)[_segment_cells(segments, missing=level.missing_cell)]
        used = [*used, level]
    steps = _steps(total, calibration=calibration)
    return PointsTable(
        name=settings.name,
        fields=tuple(used),
        base=base,
        pd_steps=steps,
        grades=_grades(steps, bounds=settings.grades),
        pairs=pairs,
        signed_leaks=settings.signed,
        version=settings.version,
        outcome=settings.outcome,
        doubling=DOUBLING,
    )


def _totals(
    fitted: Fitted, *, used: Sequence[Field], pairs: Sequence[Pair], effects: Sequence[PairEffect], sample: Sample
) -> Ints:
    cells = {x.name: codes for x, codes in zip(fitted.mains, fitted.cells(sample), strict=True)}
    total = np.zeros(len(sample), np.int64)
    for field in used:
        total += np.array(field.all_points, np.int64)[cells[field.name]]
    for pair, x in zip(pairs, effects, strict=True):
        total += np.array(pair.points, np.int64)[x.first_groups[cells[pair.first]], x.second_groups[cells[pair.second]]]
    return total


def _segment(segments: Segments, *, words: Words) -> Field:
    """A segment as a field: it moves the level and is no reason; missing and unseen segments move nothing."""
    return Field(
        name=segments.column.name,
        kind=Kind.CATEGORY,
        points=tuple(_points(segments.effects, DOUBLING / _LN2).tolist()),
        missing=0,
        groups=tuple((x,) for x in segments.column.levels),
        role=Role.SEGMENT,
        zh=words.zh,
        en=words.en,
        unit=words.unit,
    )


def _segment_cells(segments: Segments, *, missing: int) -> npt.NDArray[np.intp]:
    code = segments.column.values.astype(np.intp)
    return np.where(code < 0, missing, code)


def _pair(pair: PairEffect, *, fields: Sequence[Field], scale: float) -> Pair:
    return Pair(
        fields[pair.first].name,
        fields[pair.second].name,
        tuple(pair.first_groups.tolist()),
        tuple(pair.second_groups.tolist()),
        tuple(tuple(row) for row in _points(pair.effects, scale).tolist()),
    )


def _points(effects: Floats, scale: float) -> Ints:
    """Whole points of effects on the log-odds of default; the last digits, which may differ by machine, are dropped first."""
    return np.floor(np.round(-effects * scale, 6) + 0.5).astype(np.int64)


def _field(main: Main, *, scale: float, words: Words) -> Field:
    points = _points(main.effects, scale)
    values = points[: main.ordered].tolist()
    missing = int(points[-1]) if main.mass[-1] > 0 else min([*values, 0])
    return Field(
        name=main.name,
        kind=main.kind,
        points=tuple(values),
        missing=missing,
        other=int(points[-2]) if main.kind is Kind.CATEGORY else 0,
        cuts=main.cuts,
        groups=main.groups,
        neutral=int(np.floor(np.round(float((points * main.mass).sum() / max(float(main.mass.sum()), 1e-9)), 6) + 0.5)),
        direction=main.direction if main.kind is Kind.NUMBER else 0,
        actionable=words.actionable,
        zh=words.zh,
        en=words.en,
        unit=words.unit,
    )


def _steps(total: Ints, *, calibration: Calibration) -> tuple[PdStep, ...]:
    """Probabilities from the lowest points to the highest: in steps of a fifth of a doubling where firms are, else wider."""
    ordered = np.sort(total)
    low, high = int(ordered[len(total) // 200]), int(ordered[-1 - len(total) // 200])
    start, found = (low - MARGIN) // STEP * STEP, list[PdStep]()
    while start <= high + MARGIN:
        width = STEP if low - STEP < start <= high else 3 * STEP
        inside = total[(total >= start) & (total < start + width)]
        middle = float(inside.mean()) if len(inside) else start + (width - 1) / 2
        step = _step(start, middle, calibration=calibration)
        if found:
            least, most = min(step.low, found[-1].low), min(step.high, found[-1].high)
            step = PdStep(start, step.pd, least, max(step.pd, most))
        if not found or (step.pd, step.low, step.high) != (found[-1].pd, found[-1].low, found[-1].high):
            found.append(step)
        start += width
    return tuple(found)


def _step(start: int, middle: float, *, calibration: Calibration) -> PdStep:
    log_odds = np.clip(np.array([(ANCHOR - middle) * _LN2 / DOUBLING - _LN_ANCHOR]), _LEAST_LOG_ODDS, _MOST_LOG_ODDS)
    low, high = calibration.interval(log_odds)
    pd = _decimal(float(probability(log_odds)[0]), ROUND_HALF_UP)
    least, most = _decimal(float(low[0]), ROUND_FLOOR), _decimal(float(high[0]), ROUND_CEILING)
    return PdStep(start, pd, min(pd, least), max(pd, most))


def _decimal(value: float, rounding: str) -> Decimal:
    return min(Decimal(repr(round(value, 9))).quantize(_PLACES, rounding=rounding), Decimal(1))


def _grades(steps: Sequence[PdStep], *, bounds: Mapping[str, Decimal]) -> tuple[Grade, ...]:
    """Each grade from the lowest points whose probability it still allows; the riskiest takes all below."""
    found: list[Grade] = []
    codes = list(bounds)
    taken: set[int] = set()
    for code in codes[:-1]:
        allowed = [x.from_points for x in steps if x.pd <= bounds[code]]
        if allowed and allowed[0] not in taken:
            taken.add(allowed[0])
            found.append(Grade(code, allowed[0]))
    lowest = steps[0].from_points
    if lowest not in taken:
        found.append(Grade(codes[-1], lowest))
    return tuple(reversed(found))
