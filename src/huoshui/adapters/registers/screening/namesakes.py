"""Registry rows that a comparison of lists may take for one firm (同名同号主体): equal code, own number, or name and region.

Lists are compared by text. To compare only what changed, all rows must be there that share a text with a changed one, and those
that share one with these, until there are no more.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints, KeyTable, code_keys, name_hashes
from huoshui.adapters.registers.screening.identity import region_number
from huoshui.adapters.registers.screening.kept_state import State
from huoshui.adapters.registers.screening.kept_text import number_keys
from huoshui.adapters.registers.screening.standard import Unkeyed

_COLUMNS = ("uscc", "register_no", "name", "region_code")


def with_namesakes(state: State, rows: Ints, *, bad: Unkeyed) -> Ints:
    """The rows, and all that are tied to them by equal texts (加同名同号行), ascending; `bad` are rows without a usable key."""
    known = new = np.unique(rows)
    while len(new):
        found = np.unique(np.concatenate(list(_tied(state, new, bad=bad))))
        new = np.setdiff1d(found, known, assume_unique=True)
        known = np.union1d(known, new)
    return known


def _tied(state: State, rows: Ints, *, bad: Unkeyed) -> Iterator[Ints]:
    text = state.texts(rows, columns=_COLUMNS).table
    for name in ("uscc", "register_no"):
        column = parts.whole(text[name].drop_null())
        codes = code_keys(column, allow_historical=False).key
        yield state.firms(codes[codes >= 0], by="key", columns=())["row"]
        yield state.numbered(number_keys(column))
    named = np.flatnonzero(text["name"].is_valid().to_numpy())
    hashes = name_hashes(text["name"])[named]
    names = _named(hashes, parts.words(text["region_code"], region_number, np.int32)[named])
    good = state.firms(np.unique(hashes), by="name_hash", columns=("name_hash", "region"))
    yield good["row"][KeyTable(names).find(_named(good["name_hash"], good["region"])) >= 0]
    yield bad.rows[KeyTable(names).find(_named(bad.who.name_hash, bad.who.region)) >= 0]


def _named(hashes: Ints, region: npt.NDArray[np.int32]) -> Ints:
    """Name and region in one number; for blank names too, which have no name key."""
    return hashes ^ (region.astype(np.int64) << 40)
