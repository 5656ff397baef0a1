"""A drawing in SVG (绘图): lines, areas, dots and texts on axes, written by one template; the same data are the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10
from typing import Final, Literal

from huoshui.adapters.model_card.environment import template

BLUE: Final = "#0b5bd3"
DEEP: Final = "#0b3d91"
RED: Final = "#b42318"
GREEN: Final = "#176b34"
AMBER: Final = "#b45309"
INK: Final = "#1a2233"
SOFT: Final = "#56617a"
LINE: Final = "#dfe5ee"
FAINT: Final = "#aab4c6"
WHITE: Final = "#ffffff"


@dataclass(frozen=True, slots=True)
class Shape:
    """A path, filled or stroked (路径)."""

    path: str
    color: str
    opacity: float = 1.0
    width: float = 2.0
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line (直线)."""

    x1: str
    y1: str
    x2: str
    y2: str
    color: str
    width: float = 1.0
    dash: str = ""
    round: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle (圆点)."""

    x: str
    y: str
    r: float
    fill: str
    color: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text (文字)."""

    x: str
    y: str
    text: str
    anchor: Literal["start", "middle", "end"] = "middle"
    color: str = SOFT
    size: float = 12
    turn: bool = False


@dataclass(slots=True)
class Drawing:
    """What is drawn (图形), in pixels from the upper left corner."""

    width: int
    height: int
    areas: list[Shape] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    lines: list[Shape] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    texts: list[Words] = field(default_factory=list)

    def svg(self) -> str:
        """The drawing as SVG (输出SVG)."""
        return template("chart.svg.j2").render(c=self)


@dataclass(frozen=True, slots=True)
class Axes:
    """A frame with two scales (坐标系): data from `low` to `high` on each axis go to pixels inside the frame."""

    left: float
    top: float
    right: float
    bottom: float
    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> str:
        """Where a value lies from the left (横坐标)."""
        part = (value - self.x_low) / (self.x_high - self.x_low)
        return px(self.left + part * (self.right - self.left))

    def y(self, value: float) -> str:
        """Where a value lies from the top (纵坐标)."""
        part = (value - self.y_low) / (self.y_high - self.y_low)
        return px(self.bottom - part * (self.bottom - self.top))

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        """A line through points (折线)."""
        return "M" + " L".join(f"{self.x(a)},{self.y(b)}" for a, b in points)

    def frame(
        self, drawing: Drawing, *, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]], x: str, y: str
    ) -> None:
        """Grid, ticks and names of the axes (坐标轴)."""
        for value, label in y_ticks:
            drawing.rules.append(Rule(px(self.left), self.y(value), px(self.right), self.y(value), LINE))
            drawing.texts.append(Words(px(self.left - 7), px(float(self.y(value)) + 4), label, "end", size=11))
        for value, label in x_ticks:
            drawing.rules.append(Rule(self.x(value), px(self.bottom), self.x(value), px(self.bottom + 4), FAINT))
            drawing.texts.append(Words(self.x(value), px(self.bottom + 18), label, size=11))
        drawing.rules.append(Rule(px(self.left), px(self.bottom), px(self.right), px(self.bottom), FAINT))
        drawing.texts.append(Words(px((self.left + self.right) / 2), px(self.bottom + 36), x))
        drawing.texts.append(Words(px(14), px((self.top + self.bottom) / 2), y, turn=True))


def px(value: float) -> str:
    """Pixels to a tenth (像素)."""
    return f"{value:.1f}"


def even_ticks(high: float, *, low: float = 0.0, count: int = 5) -> list[float]:
    """Round numbers from low to high (整刻度), about as many as asked for."""
    span = (high - low) / max(count - 1, 1)
    if span <= 0:
        return [low]
    unit = 10 ** floor(log10(span))
    step = next(x * unit for x in (1, 2, 2.5, 5, 10) if x * unit >= span * 0.999)
    first = ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, floor(high / step + 1e-9) + 1)]
