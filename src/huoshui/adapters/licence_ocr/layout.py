"""Where the fields of a licence stand (执照版面): labels, the values to their right or below, and lines that go on.

The recognizer gives lines in no useful order: two columns interleave, a label may hang together with its value, and labels are
spaced (`名    称`). So every line is placed by its box alone: beside a label, below one, or below a line that it continues.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Final

from huoshui.rules.uscc import clean_code
from huoshui.terms import LicenceField

_F: Final = LicenceField
LABELS: Final[dict[str, LicenceField | None]] = {  # None: a label whose value nobody needs, which still ends the one before
    "统一社会信用代码": _F.USCC,
    "统一社会信用代码/注册号": _F.USCC,
    "名称": _F.NAME,
    "字号名称": _F.NAME,
    "类型": _F.KIND,
    "主体类型": _F.KIND,
    "法定代表人": _F.REPRESENTATIVE,
    "负责人": _F.REPRESENTATIVE,
    "经营者": _F.REPRESENTATIVE,
    "经营者姓名": _F.REPRESENTATIVE,
    "投资人": _F.REPRESENTATIVE,
    "执行事务合伙人": _F.REPRESENTATIVE,
    "住所": _F.ADDRESS,
    "经营场所": _F.ADDRESS,
    "营业场所": _F.ADDRESS,
    "主要经营场所": _F.ADDRESS,
    "成立日期": _F.ESTABLISHED_ON,
    "注册日期": _F.ESTABLISHED_ON,
    "营业期限": _F.VALID_UNTIL,
    "经营期限": _F.VALID_UNTIL,
    "合伙期限": _F.VALID_UNTIL,
    "注册资本": _F.CAPITAL,
    "出资额": _F.CAPITAL,
    "成员出资总额": _F.CAPITAL,
    "经营范围": _F.SCOPE,
    "业务范围": _F.SCOPE,
    "组成形式": None,
    "登记机关": None,
    "实收资本": None,
    "副本": None,
}
_BY_LENGTH: Final = sorted(LABELS, key=len, reverse=True)
_MANY_LINES: Final = frozenset({_F.ADDRESS, _F.SCOPE, _F.NAME, _F.KIND})
_SPLIT: Final = {"名": "称", "类": "型", "住": "所"}  # labels that come apart where the spacing is wide
_APART: Final = ":：_-—·. "


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as recognized (文字行): its box in pixels, upright, and how sure the recognizer is (0 to 1)."""

    text: str
    sure: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """From top to bottom, in pixels."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half way down, in pixels."""
        return (self.top + self.bottom) / 2

    def beside(self, other: "Line") -> bool:
        """Whether both stand on one line of the page."""
        return min(self.bottom, other.bottom) - max(self.top, other.top) > 0.5 * min(self.height, other.height)


@dataclass(slots=True)
class _Value:
    label: Line
    name: LicenceField | None
    lines: list[Line] = field(default_factory=list)


def upright(corners: Sequence[Sequence[Sequence[float]]], texts: Sequence[str], sures: Sequence[float]) -> list[Line]:
    """Lines with the page's slant taken out (摆正): `corners` are four points a line, from the upper left, clockwise."""
    slants = [
        math.atan2(b[1] - a[1], b[0] - a[0]) for (a, b, *_), text in zip(corners, texts, strict=True) if len(text.strip()) > 3
    ]
    slant = median(slants) if slants else 0.0
    cos, sin = math.cos(-slant), math.sin(-slant)
    lines = []
    for points, text, sure in zip(corners, texts, sures, strict=True):
        turned = [(x * cos - y * sin, x * sin + y * cos) for x, y in points]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = turned
        lines.append(Line(text.strip(), float(sure), (ax + dx) / 2, (ay + by) / 2, (bx + cx) / 2, (cy + dy) / 2))
    return lines


def fields_of(lines: Iterable[Line]) -> dict[LicenceField, tuple[Line, ...]]:
    """The lines of each field that was found, in reading order (归类字段)."""
    labels: list[_Value] = []
    rest: list[Line] = []
    for line in _joined(sorted(lines, key=lambda x: (x.middle, x.left))):
        found = _label(line)
        if found is None:
            rest.append(line)
        else:
            label, hanging = found
            labels.append(_Value(label, LABELS[label.text], [hanging] if hanging else []))
    for line in sorted(rest, key=lambda x: (x.top, x.left)):
        if (home := _home_of(line, labels, rest)) is not None:
            home.lines.append(line)
    best: dict[LicenceField, tuple[Line, ...]] = {}
    for value in labels:
        if value.name is not None and value.lines and value.name not in best:
            best[value.name] = tuple(x for row in _rows(value.lines) for x in row)
    return best


def _rows(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines from top to bottom, those that stand beside each other from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda x: x.middle):
        if rows and line.beside(rows[-1][0]):
            rows[-1] = sorted([*rows[-1], line], key=lambda x: x.left)
        else:
            rows.append([line])
    return rows


def count_labels(lines: Iterable[Line]) -> int:
    """How many labels of a licence can be read (可读标签数): almost none where the picture lies on its side."""
    return sum(_label(x) is not None for x in lines)


def _joined(lines: list[Line]) -> list[Line]:
    """The lines, those labels put together that came apart."""
    used: set[int] = set()
    joined: list[Line] = []
    for line in lines:
        last = _SPLIT.get(line.text)
        other = next((x for x in lines if last and x.text.startswith(last) and _follows(x, line)), None)
        if other is None:
            joined.append(line)
        else:
            used.add(id(other))
            joined.append(replace(other, text=line.text + other.text, left=line.left))
    return [x for x in joined if id(x) not in used]


def _follows(line: Line, before: Line) -> bool:
    return line.beside(before) and 0 < line.left - before.right < 4 * before.height


def _label(line: Line) -> tuple[Line, Line | None] | None:
    """The label that a line begins with, and the value where that hangs on it."""
    text = line.text
    letters = [(place, x) for place, x in enumerate(text) if not x.isspace()]
    plain = "".join(x for _, x in letters)
    for label in _BY_LENGTH:
        if not plain.startswith(label) and plain != f"({label})":
            continue
        if len(plain) == len(label) or plain == f"({label})":
            return replace(line, text=label), None
        cut = letters[len(label)][0]
        value = text[cut:].lstrip(_APART)
        apart = text[letters[len(label) - 1][0] + 1 : cut].strip() == "" and cut > letters[len(label) - 1][0] + 1
        if not value or not (apart or text[cut] in _APART or _may_follow(label, value)):
            return None
        split = line.left + (line.right - line.left) * cut / len(text)
        return replace(line, text=label, right=split), replace(line, text=value, left=split)
    return None


def _may_follow(label: str, value: str) -> bool:
    """Whether what hangs on a label without a gap is its value and not more of a sentence that begins like a label."""
    field_ = LABELS[label]
    if field_ is _F.USCC:
        return looks_like_code(value)
    if field_ in {_F.ESTABLISHED_ON, _F.VALID_UNTIL}:
        return value[:1].isdigit() or value.startswith("长期")
    return field_ is _F.REPRESENTATIVE and len(value) <= 4


def looks_like_code(text: str) -> bool:
    """Whether a text can be meant as a credit code (疑似信用代码): 15 to 20 Latin letters and digits and nothing else."""
    code = clean_code(text)
    return 15 <= len(code) <= 20 and code.isascii() and code.isalnum()


def _home_of(line: Line, given: Sequence[_Value], rest: Sequence[Line]) -> _Value | None:
    """The value that a line belongs to: of the label beside it, of the line that it continues, of the label above it."""
    labels = [x for x in given if x.name is not _F.USCC or looks_like_code(line.text)]
    slack = 0.6 * line.height
    beside = [x for x in labels if x.label.beside(line) and x.label.right <= line.left + slack]
    if beside:
        nearest = max(beside, key=lambda x: x.label.right)
        between = [x for x in rest if x is not line and x.beside(line) and nearest.label.right - slack <= x.left < line.left]
        if not between or (between == nearest.lines and line.left - between[-1].right < 4 * line.height):
            return nearest
    for value in labels:
        last = max(value.lines, key=lambda x: x.bottom, default=None)
        if last is None or value.name not in _MANY_LINES:
            continue
        first = min(value.lines, key=lambda x: x.left)
        aligned = abs(first.left - line.left) < 2.5 * line.height
        if aligned and -0.3 * line.height < line.top - last.bottom < 0.9 * line.height:
            return value
    for value in labels:
        below = line.top - value.label.bottom
        if not value.lines and abs(value.label.left - line.left) < 2 * line.height and -slack < below < 1.5 * line.height:
            return value
    return None
