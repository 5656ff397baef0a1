"""The test of a training (训练检验): on later firms, or nested repeated cross-validation, with the challenger beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.learning.additive import probability
from huoshui.adapters.learning.challenger import challenge, train_challenger
from huoshui.adapters.learning.folds import shuffled_folds
from huoshui.adapters.learning.learner import Learned, learn
from huoshui.adapters.learning.sample import Sample
from huoshui.adapters.learning.settings import Settings
from huoshui.adapters.validation.ranking import Ranking
from huoshui.adapters.validation.scoring import Scored, TableReader
from huoshui.rules.points_table import PointsTable
from huoshui.services.model.figures import draw_curves, plain_figures, rounded
from huoshui.services.model.training_figures import (
    FIGURES,
    Judged,
    deciles,
    gains,
    judged,
    lead_of,
    level_figures,
    measure_repeats,
    rolled_figures,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Test:
    """Firms not learnt from, as champion and challenger saw them (检验结果), once or repeatedly."""

    kind: Mapping[str, Any]
    outcome: Bools
    champion: Sequence[Judged]
    challenger: Sequence[Judged]
    prior_odds: tuple[float, float]
    level: Mapping[str, Any] | None = None
    rolled: Mapping[str, Any] | None = None
    scored: Scored | None = None
    eras: tuple[str, ...] = ()

    def weight_of(self, outcome: Bools) -> Floats:
        """How many firms of the population a row stands for (样本权重): by outcome, where the sample was drawn by it."""
        found: Floats = np.where(outcome, *self.prior_odds)
        return found

    @property
    def weight(self) -> Floats:
        """The weight of the rows tested on."""
        return self.weight_of(self.outcome)


def test_out_of_time(
    learned: Learned, *, booster: Any, train: Sample, test: Sample, columns: pa.Table, prior: float | None
) -> Test:
    """Test on later firms (跨期检验): the table as its batch reader reads it."""
    mean = float(train.outcome.mean())
    odds = (1.0, 1.0) if prior is None else (prior / mean, (1 - prior) / (1 - mean))
    reader = TableReader(learned.table)
    cells = reader.cells(columns)
    scored = reader.score(cells)
    outcome = test.outcome > 0
    weight = np.where(outcome, *odds)
    shift = 0.0 if prior is None else float(np.log(odds[0] / odds[1]))
    eras = tuple(test.eras[x] for x in test.era)
    return Test(
        kind={"kind": "out_of_time"},
        outcome=outcome,
        champion=(judged(scored),),
        challenger=(_boosted(challenge(booster, sample=test) + shift),),
        prior_odds=odds,
        level=level_figures(learned.table, cells=cells, outcome=outcome, weight=weight),
        rolled=rolled_figures(learned.table, cells=cells, outcome=outcome, weight=weight, eras=eras),
        scored=scored,
        eras=eras,
    )


def test_by_repeats(
    sample: Sample,
    *,
    columns: pa.Table,
    settings: Settings,
    folds: int,
    repeats: int,
    progress: Callable[[str], None],
) -> Test:
    """Repeated cross-validation (重复交叉验证): in every fold the recipe is chosen anew, on the other folds alone."""
    champions, challengers = [], []
    for repeat in range(repeats):
        progress(f"testing: repeat {repeat + 1} of {repeats}")
        seen = [np.zeros(len(sample)) for _ in range(4)]
        boosted = np.zeros(len(sample))
        for fold in shuffled_folds(sample.outcome, folds=folds, seed=1000 * settings.seed + repeat):
            part = sample.take(fold.learn)
            table = learn(part, settings=settings).table
            reader = TableReader(table)
            found = judged(reader.score(reader.cells(columns.take(pa.array(fold.look)))))
            for into, values in zip(seen, (found.risk, found.pd, found.low, found.high), strict=True):
                into[fold.look] = values
            boosted[fold.look] = challenge(train_challenger(part), sample=sample.take(fold.look))
        champions.append(Judged(*seen))
        challengers.append(_boosted(boosted))
    mean = float(sample.outcome.mean())
    prior = settings.prior
    odds = (1.0, 1.0) if prior is None else (prior / mean, (1 - prior) / (1 - mean))
    kind = {"kind": "repeated_cross_validation", "folds": folds, "repeats": repeats, "nested_choice": True}
    return Test(kind, sample.outcome > 0, champions, challengers, odds)


def metrics_of(test: Test) -> dict[str, Any]:
    """What metrics.json says of a test (指标): the figures plainly, their 95 % intervals, and the challenger's."""
    ours = measure_repeats(test.champion, outcome=test.outcome, weight=test.weight)
    theirs = measure_repeats(test.challenger, outcome=test.outcome, weight=test.weight)
    lead = lead_of(test.challenger, test.champion, outcome=test.outcome, weight=test.weight)
    by_tenth = deciles(mean_of(test.champion), outcome=test.outcome, weight=test.weight)
    return {
        **plain_figures(ours),
        "intervals": {name: [ours[name]["low"], ours[name]["high"]] for name in FIGURES},
        "interval_level": 0.95,
        "pd_interval": {
            "level": 0.9,
            "tenths": len(by_tenth),
            "tenths_held": sum(x["holds"] for x in by_tenth),
            "mean_width": rounded(float(np.mean([x["high"] - x["low"] for x in by_tenth]))),
            "by_tenth": by_tenth,
        },
        "after_level_shift": test.level,
        "rolled_level": test.rolled,
        "challenger": {
            "model": "LightGBM",
            **plain_figures(theirs),
            "intervals": {name: [theirs[name]["low"], theirs[name]["high"]] for name in FIGURES},
            "lead_auc": lead["value"],
            "lead_auc_interval": [lead["low"], lead["high"]],
        },
    }


def curves_of(test: Test, *, table: PointsTable) -> dict[str, Any]:
    """The curves of the firms tested on (检验曲线)."""
    seen = mean_of(test.champion)
    found = {"gains": gains(seen, outcome=test.outcome, weight=test.weight)}
    if test.scored is not None:
        drawn = draw_curves(table, scored=test.scored, outcome=test.outcome, weight=test.weight, periods=test.eras)
        return {**found, **drawn}
    roc = Ranking(seen.risk, outcome=test.outcome).roc(test.weight)
    return {
        **found,
        "rows": len(test.outcome),
        "defaults": int(test.outcome.sum()),
        "calibration": deciles(seen, outcome=test.outcome, weight=test.weight),
        "roc": {"good": np.round(roc.good, 6).tolist(), "bad": np.round(roc.bad, 6).tolist()},
    }


def mean_of(repeats: Sequence[Judged]) -> Judged:
    """What repeated looks at the same firms say on average (各次平均)."""
    first = repeats[0]
    if len(repeats) == 1:
        return first
    return replace(
        first,
        risk=np.mean([x.risk for x in repeats], axis=0),
        pd=np.mean([x.pd for x in repeats], axis=0),
        low=np.mean([x.low for x in repeats], axis=0),
        high=np.mean([x.high for x in repeats], axis=0),
    )


def _boosted(log_odds: Floats) -> Judged:
    log_odds = np.round(log_odds, 3)
    pd = probability(log_odds)
    return Judged(log_odds, pd, pd, pd)
