"""Peers of the points table on the US loans: boosting and logistic regression always, scorecard libraries where installed."""

import importlib.util
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.bench.us_loans import CATEGORIES, NUMBERS, STRICT

Floats = npt.NDArray[np.float64]
Scores = Callable[[pd.DataFrame], Floats]
ROUNDS: Final = 25


def peers() -> Iterator[tuple[str, Callable[[pd.DataFrame], Scores]]]:
    """The peers that can run here, by name; each learns from loans and then gives log-odds or a score, risky high."""
    yield "logistic regression", logistic
    yield "LightGBM", boosted
    if importlib.util.find_spec("toad") and importlib.util.find_spec("sklearn"):
        yield "toad", by_toad
    if importlib.util.find_spec("optbinning"):
        yield "optbinning", by_optbinning


def timed(make: Callable[[pd.DataFrame], Scores], train: pd.DataFrame) -> tuple[Scores, float]:
    """What a peer learnt, and the CPU seconds it took."""
    started = time.process_time()
    made = make(train)
    return made, time.process_time() - started


def logistic(train: pd.DataFrame) -> Scores:
    """One-hot logistic regression with a ridge of one."""
    columns = _one_hot(train).columns
    mean, spread = _one_hot(train).mean(), _one_hot(train).std().replace(0, 1)

    def matrix(loans: pd.DataFrame) -> Floats:
        given = (_one_hot(loans).reindex(columns=columns, fill_value=0.0) - mean) / spread
        return np.column_stack([np.ones(len(given)), given.to_numpy(np.float64)])

    x, y = matrix(train), train["bad"].to_numpy(np.float64)
    beta = np.zeros(x.shape[1])
    ridge = np.eye(len(beta))
    ridge[0, 0] = 0
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-x @ beta))
        beta += np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + ridge, x.T @ (y - p) - ridge @ beta)
    return lambda loans: matrix(loans) @ beta


def boosted(train: pd.DataFrame) -> Scores:
    """LightGBM, 300 trees of 15 leaves."""
    levels = {x: sorted(train[x].dropna().unique()) for x in CATEGORIES}

    def matrix(loans: pd.DataFrame) -> pd.DataFrame:
        made = loans[list(STRICT)].copy()
        for name, known in levels.items():
            made[name] = pd.Categorical(loans[name].where(loans[name].isin(known)), categories=known)
        return made

    settings = {
        "objective": "binary", "num_leaves": 15, "learning_rate": 0.05, "min_child_samples": 50, "bagging_fraction": 0.8,
        "bagging_freq": 1, "feature_fraction": 0.8, "cat_smooth": 50, "num_threads": 1, "seed": 0, "verbose": -1,
    }  # fmt: skip
    booster = lightgbm.train(settings, lightgbm.Dataset(matrix(train), label=train["bad"].astype("int8")), num_boost_round=300)
    return lambda loans: np.asarray(booster.predict(matrix(loans), raw_score=True), np.float64)


def by_toad(train: pd.DataFrame) -> Scores:
    """toad: chi-merge, weight of evidence, logistic regression."""
    toad: Any = importlib.import_module("toad")
    linear: Any = importlib.import_module("sklearn.linear_model")
    columns = list(STRICT)
    given = _plain(train)
    given["y"] = train["bad"].astype("int8").to_numpy()
    bins = toad.transform.Combiner()
    bins.fit(given, y="y", method="chi", min_samples=0.05)
    woe = toad.transform.WOETransformer()
    made = woe.fit_transform(bins.transform(given), given["y"], exclude=["y"])
    model = linear.LogisticRegression(max_iter=500).fit(made[columns], given["y"])
    return lambda loans: np.asarray(model.decision_function(woe.transform(bins.transform(_plain(loans)))[columns]), np.float64)


def by_optbinning(train: pd.DataFrame) -> Scores:
    """optbinning: optimal bins and a scorecard."""
    optbinning: Any = importlib.import_module("optbinning")
    linear: Any = importlib.import_module("sklearn.linear_model")
    columns = list(STRICT)
    bins = optbinning.BinningProcess(columns, categorical_variables=list(CATEGORIES), min_bin_size=0.03)
    card = optbinning.Scorecard(binning_process=bins, estimator=linear.LogisticRegression(max_iter=500))
    card.fit(_plain(train), train["bad"].astype("int8"))
    return lambda loans: np.asarray(np.log(np.clip(card.predict_proba(_plain(loans))[:, 1], 1e-9, 1 - 1e-9)), np.float64)


def _plain(loans: pd.DataFrame) -> pd.DataFrame:
    made = loans[list(STRICT)].copy()
    for name in CATEGORIES:
        made[name] = made[name].astype("object").fillna("none").astype(str)
    return made


def _one_hot(loans: pd.DataFrame) -> pd.DataFrame:
    numbers = np.log1p(loans[list(NUMBERS)].astype("float64")).fillna(0.0)
    return pd.concat([numbers, pd.get_dummies(_plain(loans)[list(CATEGORIES)], dtype=float)], axis=1)
