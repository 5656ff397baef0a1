"""Registers' own numbers, looked up in all registers together (自有编号对照), before any row is read for good.

A number that some row gives without a code stands for the firm

- whose code the registry gives beside it, in whatever row;
- if the registry gives it, but never with a code: whose code the other registers give beside it, when the registry knows no
  such code and there is only one; otherwise for the firm that has the number;
- if the registry does not give it: whose code the other registers give beside it.

A number beside several codes is doubtful and stands for nobody. One that registry rows of many names give without a code is
none at all: a placeholder that rules/register_words.py does not know. Only numbers that stand without a code somewhere are held
in memory.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow.parquet as pq

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints, KeyTable, name_hashes
from huoshui.adapters.registers.screening.identity import Codes, NumberBook, read_codes
from huoshui.rules.register_words import MOST_NAMES
from huoshui.terms import RegisterKind

_COLUMNS: Final = ("uscc", "register_no", "register_scheme")
_HISTORICAL: Final = (RegisterKind.TAX, RegisterKind.INVOICES)
_NO_PAIRS: Final = np.zeros((0, 2), np.int64)
Split = Mapping[RegisterKind, Sequence[parts.Part]]


def read_number_book(split: Split) -> NumberBook | None:
    """The book of own numbers (读取编号对照), or None where no register has any."""
    if not any(has_own_numbers(x) for x in split.values()):
        return None
    registry = RegisterKind.REGISTRY
    counted = {kind: _gather(split, kind, _alone) for kind in split if has_own_numbers(split[kind])}
    shared = _shared(split, counted[registry]) if registry in counted else np.zeros(0, np.int64)
    alone = {kind: np.setdiff1d(x[:, 0], shared) for kind, x in counted.items()}
    numbers = np.unique(np.concatenate(list(alone.values())))
    table = KeyTable(numbers)
    pairs = {kind: np.unique(_gather(split, kind, lambda x: _pairs(x, table)), axis=0) for kind in alone if len(numbers)}
    of_registry = pairs.pop(registry, _NO_PAIRS)
    others = np.unique(np.concatenate([_NO_PAIRS, *pairs.values()]), axis=0)
    lone = np.setdiff1d(alone.get(registry, numbers[:0]), of_registry[:, 0])
    of_lone = others[np.isin(others[:, 0], lone)]
    strange = of_lone[~np.isin(of_lone[:, 1], _registered(split, of_lone[:, 1]))]
    adopted, adopting = _single(strange)
    once, counts = np.unique(strange[:, 1], return_counts=True)
    fits = np.isin(adopting, once[counts == 1])
    known, firms = _single(of_registry)
    foreign = others[~np.isin(others[:, 0], np.concatenate([lone, of_registry[:, 0]]))]
    told, tellers = _single(foreign)
    left = np.setdiff1d(lone, adopted[fits])
    return NumberBook(
        np.concatenate([known, adopted[fits], left, told]),
        keys=np.concatenate([firms, adopting[fits], left, tellers]),
        doubtful=np.concatenate([np.setdiff1d(of_registry[:, 0], known), np.setdiff1d(foreign[:, 0], told)]),
        shared=shared,
        lone=lone,
        strangers=once,
    )


def has_own_numbers(split: Sequence[parts.Part]) -> bool:
    """Whether some row of a register may have a number of its own (有无自有编号), by the statistics of its files."""
    for part in split:
        metadata = pq.read_metadata(part.path)
        places = [i for i in range(metadata.num_columns) if metadata.schema.column(i).path == "register_no"]
        for group in part.groups:
            for place in places:
                column = metadata.row_group(group).column(place)
                if column.statistics is None or column.statistics.null_count != metadata.row_group(group).num_rows:
                    return True
    return False


def _gather(split: Split, kind: RegisterKind, pick: Callable[[Codes], Ints]) -> Ints:
    """What is picked from the code columns of every part."""

    def work(part: parts.Part) -> Ints:
        table = parts.read(part, columns=_COLUMNS, as_words=_COLUMNS)
        return pick(read_codes(table, allow_historical=kind in _HISTORICAL))

    return np.concatenate(list(parts.each(split[kind], work)))


def _alone(codes: Codes) -> Ints:
    """Numbers of rows without a code, with the number of the rows."""
    return np.stack(np.unique(codes.own[(codes.key == -1) & (codes.own != -1)], return_counts=True), axis=1)


def _shared(split: Split, counted: Ints) -> Ints:
    """Numbers that registry rows without a code give under too many names; only of frequent ones are the names read."""
    numbers, place = np.unique(counted[:, 0], return_inverse=True)
    often = numbers[np.bincount(place, weights=counted[:, 1], minlength=len(numbers)) > MOST_NAMES]
    if not len(often):
        return often
    frequent = KeyTable(often)

    def named(part: parts.Part) -> Ints:
        table = parts.read(part, columns=(*_COLUMNS, "name"), as_words=("register_scheme",))
        codes = read_codes(table, allow_historical=False)
        rows = np.flatnonzero((codes.key == -1) & (frequent.find(codes.own) >= 0))
        names = name_hashes(parts.texts(table["name"], rows))
        return np.unique(np.stack([codes.own[rows], names], axis=1)[names != 0], axis=0)

    pairs = np.unique(np.concatenate([_NO_PAIRS, *parts.each(split[RegisterKind.REGISTRY], named)]), axis=0)
    number, names = np.unique(pairs[:, 0], return_counts=True)
    return np.asarray(number[names > MOST_NAMES])


def _pairs(codes: Codes, wanted: KeyTable) -> Ints:
    """Wanted numbers with the codes beside them."""
    rows = np.flatnonzero((codes.key != -1) & (codes.own != -1))
    rows = rows[wanted.find(codes.own[rows]) >= 0]
    return np.unique(np.stack([codes.own[rows], codes.key[rows]], axis=1), axis=0)


def _registered(split: Split, wanted: Ints) -> Ints:
    """Which codes the registry knows."""
    if not len(wanted):
        return wanted
    table = KeyTable(np.unique(wanted))
    return _gather(split, RegisterKind.REGISTRY, lambda x: np.unique(x.key[table.find(x.key) >= 0]))


def _single(pairs: Ints) -> tuple[Ints, Ints]:
    """Numbers with one code, and that code; `pairs` are distinct."""
    number, first, count = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    return number[count == 1], pairs[first[count == 1], 1]
