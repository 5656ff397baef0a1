"""The level of each segment (分组校准): what its firms default more than their scores say, shrunk where few are known."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.additive import probability
from huoshui.adapters.learning.choosing import level_of
from huoshui.adapters.learning.sample import Column

Floats = npt.NDArray[np.float64]
PRIOR: Final = 10.0  # as sure that a segment is like the others as some dozen defaults make
_STEPS: Final = 30


@dataclass(frozen=True, slots=True)
class Segments:
    """Log-odds of default that each level of a category adds (各组水平差)."""

    column: Column
    effects: Floats


def calibrate_segments(column: Column, *, score: Floats, outcome: Floats) -> Segments:
    """Calibrate the level by segment (分组校准): `score` are log-odds without level; a missing segment adds nothing."""
    known = score + level_of(score, outcome=outcome)
    code = column.values.astype(np.intp)
    inside = code >= 0
    effects = np.zeros(len(column.levels))
    for _ in range(_STEPS):
        expected = probability(known[inside] + effects[code[inside]])
        pull = np.bincount(code[inside], outcome[inside] - expected, len(effects)) - PRIOR * effects
        mass = np.bincount(code[inside], expected * (1 - expected), len(effects)) + PRIOR
        move = np.clip(pull / mass, -0.5, 0.5)
        effects += move
        if float(np.abs(move).max(initial=0.0)) < 1e-8:
            break
    return Segments(column, np.round(effects, 9))
