"""Which firms a model learns from and which it is tested on (样本划分): later ones out of time, unless no time is known."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.reading import Rows
from huoshui.errors import BadRequest

Bools = npt.NDArray[np.bool_]
TEST_SHARE: Final = 0.3
LEAST_OF_EACH: Final = 10


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to learn from and, out of time, rows to test on (划分)."""

    train: Bools
    test: Bools
    test_from: str | None

    @property
    def out_of_time(self) -> bool:
        """Whether later firms are kept for the test (是否跨期)."""
        return self.test_from is not None


def split_rows(rows: Rows, *, test_from: str | None) -> Split:
    """Split by time (按时间划分): from `test_from` on, else from where the later third or so of the firms begins.

    Without a time all rows are learnt from. Raises BadRequest where there are too few firms of either outcome on either side.
    """
    if rows.times is None:
        if test_from is not None:
            raise BadRequest("--test-from needs --time, the column of the decision's time", field="test_from")
        everything = np.ones(len(rows.outcome), bool)
        _check_both(rows, everything, word="train on", least=LEAST_OF_EACH)
        return Split(everything, ~everything, None)
    start: Any = _default_start(rows.times) if test_from is None else _as_time(test_from, rows.times)
    later = np.array([x >= start for x in rows.times], np.bool_)
    _check_both(rows, ~later, word=f"train on, before {start}", least=LEAST_OF_EACH)
    _check_both(rows, later, word=f"test on, from {start} on", least=1)
    return Split(~later, later, str(start))


def _default_start(times: npt.NDArray[np.object_]) -> Any:
    """The earliest time from which on at most three tenths of the firms lie; the last time, if that alone is more."""
    ordered = np.sort(times)
    distinct = sorted(set(times))
    if len(distinct) < 2:
        raise BadRequest(f"all firms are of the time {distinct[0]}; there is nothing later to test on", field="time")
    for start in distinct[1:]:
        if len(ordered) - np.searchsorted(ordered, start) <= TEST_SHARE * len(ordered):
            return start
    return distinct[-1]


def _as_time(text: str, times: npt.NDArray[np.object_]) -> Any:
    if not isinstance(times[0], int):
        return text
    if not text.lstrip("-").isdigit():
        raise BadRequest(f"--test-from {text} is no whole number, as the times are; the first is {times[0]}", field="test_from")
    return int(text)


def _check_both(rows: Rows, mask: Bools, *, word: str, least: int) -> None:
    count, bad = int(mask.sum()), int(rows.outcome[mask].sum())
    if min(bad, count - bad) < least:
        wanted = f"at least {least} of either kind are needed"
        raise BadRequest(f"{count} firms to {word}, of which {bad} defaulted; {wanted}", field="outcome")
