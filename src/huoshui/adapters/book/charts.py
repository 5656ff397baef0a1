"""The charts of a book as points on a grid (图表坐标): what the page draws as SVG; no drawing library, no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import sqrt
from typing import Any, Final

WIDTH: Final = 640
HEIGHT: Final = 300
LEFT: Final = 64
BOTTOM: Final = 40
TOP: Final = 28
RIGHT: Final = 30
_STEPS: Final = (1, 2, 2.5, 5, 10)
_LARGEST_DOT: Final = 12.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis (刻度): where it is and what it says."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Dot:
    """A dot (点): its place, its radius and what it says of itself."""

    x: float
    y: float
    radius: float
    value: float
    note: Any


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its dots (折线): `path` is what SVG draws."""

    name: str
    path: str
    end: tuple[float, float]
    dots: tuple[Dot, ...]
    marks: tuple[Dot, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines between two axes (折线图)."""

    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        return round(self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin), 1)

    def ticks(self) -> tuple[Tick, ...]:
        step = nice_step((self.high - self.low) / 5)
        first = -int(-self.low // step) if self.low >= 0 else int(self.low // step)
        values = [x * step for x in range(first, int(self.high / step + 1e-9) + 1)]
        return tuple(Tick(self.at(x), x) for x in values if self.low - 1e-12 <= x)


def nice_step(rough: float) -> float:
    """The next step of an axis that people read easily (刻度间隔): 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** (len(str(int(rough))) - 1) if rough >= 1 else 1.0
    while power > rough:
        power /= 10
    return next(x * power for x in _STEPS if x * power >= rough)


def acceptance_chart(acceptance: Mapping[str, Any]) -> Chart:
    """Share accepted against rate, a line a grade, with the offers of the plan as marks (利率—接受率)."""
    rates = [float(x) for curve in acceptance.values() for x in curve["rates"]]
    x_axis = _Axis(min(rates), max(*rates, min(rates) + 0.01), LEFT, WIDTH - RIGHT)
    y_axis = _Axis(0.0, 1.0, HEIGHT - BOTTOM, TOP)
    most = max((n for curve in acceptance.values() for n in curve["offers"].values()), default=0)
    lines = []
    for name, curve in acceptance.items():
        points = [(float(r), float(k)) for r, k in zip(curve["rates"], curve["accepted"], strict=True)]
        observed = [
            Dot(x_axis.at(float(r)), y_axis.at(float(k)), 2.0, float(k), r)
            for r, k in zip(curve["rates"], curve["observed"], strict=True)
        ]
        marks = [
            Dot(x_axis.at(float(r)), y_axis.at(_between(points, float(r))), _LARGEST_DOT * sqrt(n / most), n, r)
            for r, n in curve["offers"].items()
        ]
        lines.append(_line(name, [(x_axis.at(x), y_axis.at(y)) for x, y in points], observed, marks))
    return Chart(tuple(lines), x_axis.ticks(), y_axis.ticks())


def frontier_chart(points: Sequence[Mapping[str, Any]], *, firms: int, profit_fen: int) -> Chart:
    """Profit against firms served, with this plan as a mark (利润—户数前沿)."""
    counts = [*(x["firms"] for x in points), firms]
    profits = [*(x["profit_fen"] for x in points), profit_fen]
    spread = max(max(counts) - min(counts), 2)
    x_axis = _Axis(max(min(counts) - spread * 0.06, 0), max(counts) + spread * 0.06, LEFT + 30, WIDTH - RIGHT)
    margin = max(max(profits) - min(profits), max(map(abs, profits)) * 0.02, 100) * 0.25
    y_axis = _Axis(min(profits) - margin, max(profits) + margin, HEIGHT - BOTTOM, TOP)
    dots = [Dot(x_axis.at(x["firms"]), y_axis.at(x["profit_fen"]), 4.0, x["profit_fen"], x["firms"]) for x in points]
    mark = Dot(x_axis.at(firms), y_axis.at(profit_fen), 8.0, profit_fen, firms)
    return Chart((_line("", [(d.x, d.y) for d in dots], dots, [mark]),), x_axis.ticks(), y_axis.ticks())


def _line(name: str, places: Sequence[tuple[float, float]], dots: Sequence[Dot], marks: Sequence[Dot]) -> Line:
    path = " ".join(f"{'L' if i else 'M'}{x} {y}" for i, (x, y) in enumerate(places))
    return Line(name, path, places[-1], tuple(dots), tuple(marks))


def _between(points: Sequence[tuple[float, float]], rate: float) -> float:
    for (left, before), (right, after) in pairwise(points):
        if left <= rate <= right:
            return before + (after - before) * (rate - left) / (right - left)
    return points[-1][1]


def percent(value: str | float | None, places: int = 2) -> str:
    """A fraction as per cent (百分比); a dash where there is none."""
    return "–" if value is None else f"{Decimal(str(value)) * 100:.{places}f}\u00a0%"
