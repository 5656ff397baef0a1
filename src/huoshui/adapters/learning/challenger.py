"""The challenger (挑战者模型): gradient boosting beside the model of record, to see what the points table gives away."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.sample import Sample, every_nth
from huoshui.errors import MissingExtra
from huoshui.rules.points_table import Kind

try:
    import lightgbm
except ImportError as missing:
    raise MissingExtra("LightGBM is not installed; run `pip install 'huoshui[risk]'`") from missing

Floats = npt.NDArray[np.float64]
MOST_ROWS: Final = 200_000
TREES: Final = 300
SMALL_TREES: Final = 80
SMALL: Final = 3_000
SETTINGS: Final[dict[str, Any]] = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_child_samples": 50,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.8,
    "cat_smooth": 50,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 1,
    "verbose": -1,
}
SMALL_SETTINGS: Final[dict[str, Any]] = {**SETTINGS, "num_leaves": 4, "min_child_samples": 8}


def train_challenger(sample: Sample) -> Any:
    """Boosted trees on the firms (训练挑战者); at most 200,000 of them."""
    part = every_nth(sample, most=MOST_ROWS)
    small = len(part) < SMALL
    names = [x.name for x in part.columns]
    data = lightgbm.Dataset(
        _matrix(part),
        label=part.outcome,
        categorical_feature=[i for i, x in enumerate(part.columns) if x.kind is Kind.CATEGORY],
        feature_name=[f"field_{i}" for i in range(len(names))],
        free_raw_data=False,
    )
    return lightgbm.train(SMALL_SETTINGS if small else SETTINGS, data, num_boost_round=SMALL_TREES if small else TREES)


def challenge(booster: Any, *, sample: Sample) -> Floats:
    """The challenger's log-odds of default (挑战者评分)."""
    return np.asarray(booster.predict(_matrix(sample), raw_score=True, num_threads=1), np.float64)


def _matrix(sample: Sample) -> Floats:
    columns = [np.where(x.values < 0, np.nan, x.values) if x.kind is Kind.CATEGORY else x.values for x in sample.columns]
    return np.column_stack(columns)
