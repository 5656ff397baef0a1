"""A synthetic churn table (合成流失率表): the share of customers lost at a rate, by grade; our own curve, nobody's data.

With u running from 0 at the lowest rate to 1 at the highest, a grade loses MOST × u × (1 + s) / (u + s): nobody at the lowest
rate, more with every step, and the less patient the grade, the smaller its s.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

LOWEST, HIGHEST, STEP = Decimal("0.04"), Decimal("0.15"), Decimal("0.0025")
MOST: Final = Decimal("0.95")
PATIENCE: Final = {"A": Decimal("0.18"), "B": Decimal("0.24"), "C": Decimal("0.32")}
_PLACES: Final = Decimal("0.000001")


def churn_text(*, notice: str) -> str:
    """The table as CSV, below a line that says that it is synthetic (流失率表文本)."""
    heading = ",".join(["rate", *(f"churn_{grade}" for grade in PATIENCE)])
    return "\n".join([notice, heading, *_lines(), ""])


def _lines() -> Iterator[str]:
    for step in range(int((HIGHEST - LOWEST) / STEP) + 1):
        rate = LOWEST + STEP * step
        along = STEP * step / (HIGHEST - LOWEST)
        lost = (MOST * along * (1 + x) / (along + x) for x in PATIENCE.values())
        yield ",".join([str(rate), *(str(x.quantize(_PLACES)) for x in lost)])
