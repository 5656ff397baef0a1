"""Text for people (文本排版): columns that line up although Chinese characters are two cells wide."""

from collections.abc import Iterable, Sequence
from unicodedata import combining, east_asian_width


def cells(text: str) -> int:
    """How many cells of a terminal the text takes (显示宽度)."""
    return sum(0 if combining(x) else 2 if east_asian_width(x) in "WF" else 1 for x in text)


def aligned(rows: Iterable[Sequence[str]], *, indent: str = "", gap: str = "  ") -> str:
    """Rows as lines whose columns line up (对齐成列); the last column is not padded, rows may differ in length."""
    kept = [tuple(x) for x in rows]
    widths = [max(cells(x[i]) for x in kept if i < len(x)) for i in range(max(map(len, kept), default=0))]
    return "\n".join(
        indent + gap.join(x + " " * (width - cells(x)) for x, width in zip(row, widths, strict=False)).rstrip() for row in kept
    )
