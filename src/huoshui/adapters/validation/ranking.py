"""How well a score ranks (排序能力): AUC, Gini, KS and the ROC curve, weighted, ties counted half."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Roc:
    """The ROC curve (ROC 曲线): shares of good and of bad firms refused, as the cut falls from the riskiest firm on."""

    good: Floats
    bad: Floats


class Ranking:
    """Firms sorted by risk once (排序), weighed again and again. Higher `risk` is riskier; `outcome` true is a default."""

    def __init__(self, risk: npt.NDArray[np.float64] | npt.NDArray[np.int64], *, outcome: Bools) -> None:
        self._order = np.argsort(-np.asarray(risk, np.float64), kind="stable")
        ordered = np.asarray(risk)[self._order]
        self._starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(ordered) else np.array([], np.int64)
        self._bad = np.asarray(outcome, np.float64)[self._order]

    def _masses(self, weight: Floats) -> tuple[Floats, Floats]:
        ordered = weight[self._order]
        both = np.add.reduceat(ordered, self._starts) if len(ordered) else ordered
        bad = np.add.reduceat(ordered * self._bad, self._starts) if len(ordered) else ordered
        return both - bad, bad

    def auc(self, weight: Floats) -> float:
        """The chance that a bad firm is ranked riskier than a good one (AUC); NaN without both."""
        good, bad = self._masses(weight)
        if not good.sum() > 0 or not bad.sum() > 0:
            return float("nan")
        better = good.sum() - np.cumsum(good)
        return float((bad * (better + good / 2)).sum() / (good.sum() * bad.sum()))

    def ks(self, weight: Floats) -> float:
        """The largest distance between the two distributions (KS); NaN without both."""
        good, bad = self._masses(weight)
        if not good.sum() > 0 or not bad.sum() > 0:
            return float("nan")
        return float(np.abs(np.cumsum(bad) / bad.sum() - np.cumsum(good) / good.sum()).max())

    def roc(self, weight: Floats, *, points: int = 101) -> Roc:
        """The ROC curve at evenly spaced shares of good firms (ROC 曲线), both ends included."""
        good, bad = self._masses(weight)
        x = np.append(0.0, np.cumsum(good) / max(good.sum(), 1e-300))
        y = np.append(0.0, np.cumsum(bad) / max(bad.sum(), 1e-300))
        at = np.linspace(0, 1, points)
        return Roc(at, np.interp(at, x, y))
