"""Made firms whose risk is known: numbers, categories, gaps, a pair effect, eras whose level moves."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

FIELDS: Final = ("sales", "void", "gap", "trade", "urban")
Bools = npt.NDArray[np.bool_]


def make_firms(rows: int, *, seed: int = 1, eras: int = 8) -> pa.Table:
    """Firms with `firm_id`, `year`, the fields and `bad`."""
    draw = np.random.default_rng(seed)
    sales = np.exp(draw.normal(16, 1.5, rows))
    void = draw.beta(1, 12, rows)
    gap = draw.integers(0, 9, rows).astype(np.float64)
    gap[draw.random(rows) < 0.15] = np.nan
    trade = np.array(["C", "F", "G", "I", "NO"])[draw.integers(0, 5, rows)]
    urban = draw.random(rows) < 0.6
    year = 2010 + draw.integers(0, eras, rows)
    risk = -2.2 - 0.7 * (np.log(sales) - 16) + 5 * void + 0.2 * np.nan_to_num(gap, nan=4.0) + 0.8 * (trade == "NO")
    risk += np.where((trade == "C") & urban, 1.2, 0) - np.where((trade == "F") & urban, 1.2, 0) + 0.08 * (year - 2010)
    bad = draw.random(rows) < 1 / (1 + np.exp(-risk))
    return pa.table({
        "firm_id": [f"F{i:06d}" for i in range(rows)],
        "year": year.astype(np.int64),
        "sales": np.round(sales).astype(np.int64),
        "void": np.round(void, 6),
        "gap": pa.array(gap, pa.float64(), from_pandas=True),
        "trade": pa.array([None if i % 50 == 0 else str(x) for i, x in enumerate(trade)]),
        "urban": urban,
        "bad": bad,
    })  # fmt: skip
