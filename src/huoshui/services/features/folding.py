"""Invoices add up range by range of firms (分段汇总), before anyone knows which parties several firms share."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from huoshui.adapters.features.buckets import Buckets
from huoshui.adapters.features.fold import Folded, Ints, Pairs, Places, fold_rows, shared_parties, shared_sums
from huoshui.services.features.request import FeatureRequest

FIRMS_IN_MEMORY: Final = 150_000


@dataclass(frozen=True, slots=True)
class Range:
    """Neighbouring firms (主体区间): `first`, the one after the last, and `facts` of the firms `with_rows`, from `first` on."""

    first: int
    end: int
    with_rows: Places
    facts: Ints


def fold_ranges(buckets: Buckets, own: Ints, request: FeatureRequest, *, folder: Path) -> Iterator[Range]:
    """The figures of all firms, range by range (汇总); figures of many firms wait in files while the parties are counted."""
    waiting: list[tuple[int, int, Path | Folded]] = []
    parties: list[Ints] = []
    for first, end, rows in buckets.each(len(own)):
        rows["firm"] -= first
        folded = fold_rows(rows, firms=end - first, own=own[first:end], on=request.on, repeats_count=request.repeats_count)
        parties.append(folded.pairs.party)
        folded = _of_firms_with_rows(folded, np.bincount(rows["firm"], minlength=end - first))
        waiting.append((first, end, folded if len(own) <= FIRMS_IN_MEMORY else _keep(folded, folder / f"facts-{first}.npz")))
    shared = shared_parties(parties)
    del parties
    for first, end, kept in waiting:
        folded = _kept(kept) if isinstance(kept, Path) else kept
        with_rows, whole = folded.facts[:, -1].astype(np.int32), Folded(folded.facts[:, :-1], folded.pairs)
        yield Range(first, end, with_rows, np.hstack([whole.facts, shared_sums(whole, shared)]))


def _of_firms_with_rows(folded: Folded, counts: Ints) -> Folded:
    """Only the firms that have rows; their places become the last column, and pairs name a firm by its row."""
    with_rows = np.flatnonzero(counts)
    row_of = np.zeros(len(counts), np.int32)
    row_of[with_rows] = np.arange(len(with_rows), dtype=np.int32)
    pairs = Pairs(row_of[folded.pairs.firm], *astuple(folded.pairs)[1:])
    return Folded(np.hstack([folded.facts[with_rows], with_rows[:, np.newaxis]]), pairs)


def _keep(folded: Folded, path: Path) -> Path:
    pairs = folded.pairs
    np.savez(path, facts=folded.facts, firm=pairs.firm, party=pairs.party, sold=pairs.sold, bought=pairs.bought)
    return path


def _kept(path: Path) -> Folded:
    with np.load(path) as found:
        folded = Folded(found["facts"], Pairs(found["firm"], found["party"], found["sold"], found["bought"]))
    path.unlink()
    return folded
