"""Whom a row of a register is about, by one key (主体键), and what the firm is called.

For readers that do not link by nearness.
A usable credit code or the register's own number decides; else a code as it is written; else name and region. Rows with none of
these have NO_KEY.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import CodeKind, Ints, code_keys, name_hashes, name_keys
from huoshui.adapters.registers.screening import identity
from huoshui.adapters.registers.screening.identity import read_codes, region_number

NO_KEY: Final = -1
_ROWS_OF_A_RUN: Final = 8
COLUMNS: Final = identity.COLUMNS
WORDS: Final = identity.WORDS


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys of some rows (主体键): `key` decides; `others` are what else a row has: own number, taxpayer id, code as written."""

    key: Ints
    others: tuple[Ints, ...]


def keys_of(table: pa.Table, *, allow_historical: bool) -> Keyed:
    """The keys of every row (取主体键); neighbouring rows that say the same are looked at once."""
    starts = _runs(table)
    if starts is None:
        return _keys_of(table, allow_historical=allow_historical)
    found = _keys_of(table.select(COLUMNS).take(pa.array(starts)), allow_historical=allow_historical)
    lengths = np.diff(starts, append=len(table))
    return Keyed(np.repeat(found.key, lengths), tuple(np.repeat(x, lengths) for x in found.others))


def _runs(table: pa.Table) -> Ints | None:
    """Where runs of rows with the same identity start; None where there are too many for that to pay."""
    is_start = np.zeros(len(table), np.bool_)
    is_start[:1] = True
    for name in COLUMNS:
        column, at = table[name], 0
        if column.null_count == len(column):
            continue
        for chunk in column.chunks:
            if not pa.types.is_dictionary(chunk.type):
                return None
            index = (pc.fill_null(chunk.indices, -1) if chunk.null_count else chunk.indices).to_numpy(zero_copy_only=False)
            is_start[at + 1 : at + len(index)] |= index[1:] != index[:-1]
            is_start[at : at + 1] = True
            at += len(index)
    starts = np.flatnonzero(is_start)
    return starts if len(starts) * _ROWS_OF_A_RUN <= len(table) else None


def _keys_of(table: pa.Table, *, allow_historical: bool) -> Keyed:
    codes = read_codes(table, allow_historical=allow_historical)
    key, others = codes.key, (codes.own, codes.maybe, codes.far)
    for other in others:
        if not (missing := key == NO_KEY).any():
            break
        key = other if missing.all() else np.where(missing, other, key)
    if (missing := key == NO_KEY).any():
        key = np.where(missing, name_keys_of(table), key)
    return Keyed(key, others)


def name_keys_of(table: pa.Table) -> Ints:
    """Keys of name and region (名称地区键), NO_KEY where there is no name."""
    hashes = name_hashes(table["name"])
    place = parts.words(table["region_code"], region_number, np.int32)
    return np.where(hashes == 0, NO_KEY, name_keys(hashes, place=place))


def names_of(table: pa.Table, rows: Ints, *, allow_historical: bool) -> pa.Table:
    """What the firms of some rows are called (主体名称): firm_id, name, region_code.

    The firm_id is the credit code where it is usable, else the register's own number, the code as it is written, or the name.
    """
    chosen = table.select(COLUMNS).take(pa.array(rows))
    chosen = pa.table({name: parts.whole(chosen[name]).cast(pa.string()) for name in COLUMNS})
    kind = code_keys(chosen["uscc"], allow_historical=allow_historical).kind
    usable = pa.array(np.isin(kind, (CodeKind.VALID, CodeKind.HISTORICAL)))
    code = pc.utf8_upper(pc.utf8_trim_whitespace(chosen["uscc"]))
    firm_id = pc.coalesce(pc.if_else(usable, code, None), chosen["register_no"], code, chosen["name"])
    return pa.table({"firm_id": firm_id, "name": chosen["name"], "region_code": chosen["region_code"]})
