"""What a card is made of (模型卡的组成): sections of blocks that the page and the PDF both draw, so that they never differ."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "good", "watch", "bad"]
Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table (单元格): its text, a smaller text after it, and a tone that colours it."""

    text: str
    note: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table (列): its heading, whether it holds figures, and its part of the width."""

    title: str
    figures: bool = False
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings (表格); a row of one cell is a heading inside the table."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with what they are (要素)."""

    rows: tuple[tuple[str, Cell], ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure (主要指标): a label, the figure, and the smaller line under it."""

    label: str
    value: str
    note: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Figures:
    """Key figures side by side (主要指标)."""

    items: tuple[Figure, ...]
    kind: Literal["figures"] = "figures"


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that must not be overlooked (提示)."""

    text: str
    tone: Tone
    kind: Literal["notice"] = "notice"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph (段落)."""

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Points:
    """One field's cells with their points (字段分值): label, share of the training, points, from where to where the bar runs.

    `start` and `end` are shares of the width, 0 to 1; equal for no points.
    """

    title: str
    note: str
    rows: tuple["PointsRow", ...]
    kind: Literal["points"] = "points"


@dataclass(frozen=True, slots=True)
class PointsRow:
    """One cell of a field (分箱)."""

    label: str
    share: str
    points: str
    start: float
    end: float
    tone: Tone


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences one under the other (要点)."""

    items: tuple[str, ...]
    kind: Literal["bullets"] = "bullets"


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing (图): SVG, what it shows in words for those who cannot see it, and its caption."""

    svg: str
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class Charts:
    """Drawings side by side, two at most (并排的图)."""

    items: tuple[Chart, ...]
    kind: Literal["charts"] = "charts"


Block = Table | Facts | Figures | Notice | Text | Points | Bullets | Charts


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the card under a heading (章节)."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A whole card in one language (模型卡). `status` and its tone stand at the top of every page, and so does a `mark`."""

    language: Language
    title: str
    subtitle: str
    status: str
    tone: Tone
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    footer: str
    mark: str = ""
