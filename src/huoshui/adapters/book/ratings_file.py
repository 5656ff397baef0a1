"""Ratings in columns (评级结果): what `huoshui rate` wrote, or any table with a firm, a probability of default and a grade.

Columns: `firm_id`, `pd` (text, decimal or number from 0 to 1), `grade`; where they are there `limit_fen`, `decision`,
`first_time` and whatever side conditions ask for. Firms are put in the order of their ids, so that a plan does not depend on
the order of rows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.book.market import Flags, Ints
from huoshui.errors import BadChoice, BadFile, BadRequest
from huoshui.rules.book import PD_PLACES
from huoshui.terms import Decision, Tristate

UNKNOWN: Final = -1
_NANO: Final = 10**PD_PLACES
_WIDE: Final = pa.decimal128(38, 36)
_NARROW: Final = pa.decimal128(11, PD_PLACES)
_MOST_FEN: Final = 10**15
_REQUIRED: Final = ("firm_id", "grade")
_SYNTHETIC: Final = b"huoshui.synthetic"
_BASIS: Final = b"huoshui.basis"
_KNOWN: Final = ("limit_fen", "indicative_limit_fen", "decision", "first_time")


@dataclass(frozen=True, slots=True)
class Ratings:
    """Rated firms in the order of their ids (评级主体): `pd_nano` is the PD times 10**9; UNKNOWN stands for what is not known.

    `grade` numbers `grades`, `decision` the members of Decision. What may be None is so where there is no such column;
    `indicative_fen` is the limit that a firm would have once its open points are settled. `synthetic` is what the metadata of
    the file or table says, False where they say nothing.
    """

    firm_id: pa.Array
    pd_nano: Ints
    grades: tuple[str, ...]
    grade: Ints
    limit_fen: Ints | None
    indicative_fen: Ints | None
    decision: Ints | None
    first_time: Flags | None
    columns: Mapping[str, pa.Array]
    synthetic: bool = False
    basis: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.firm_id)

    def pd(self, row: int) -> Decimal:
        """A firm's probability of default, exact (违约概率)."""
        return Decimal(int(self.pd_nano[row])).scaleb(-PD_PLACES)


def read_ratings(source: Any, *, pd_column: str = "pd", columns: Sequence[str] = ()) -> Ratings:
    """Ratings from a Parquet file or any Arrow-readable table, such as a data frame (读取评级结果).

    `columns` are others that are wanted. Raises BadFile for a file that cannot be read, BadRequest for missing columns and
    values that cannot be, BadChoice for a decision that is none.
    """
    table = _table(source, wanted=(*_REQUIRED, pd_column, *_KNOWN, *columns))
    missing = [x for x in dict.fromkeys((*_REQUIRED, pd_column, *columns)) if x not in table.column_names]
    if missing:
        raise BadRequest(
            f"the ratings have no column {', '.join(missing)}; there are {', '.join(table.column_names)}", field="ratings"
        )
    if not table.num_rows:
        raise BadRequest("the ratings hold no firm; expected one row a firm", field="ratings")
    ids = _plain(table, "firm_id").cast(pa.string())
    order = pc.sort_indices(ids)
    ids = ids.take(order)
    _check_ids(ids)
    chosen = {x: _plain(table, x).take(order) for x in table.column_names if x != "firm_id"}
    grades = chosen["grade"].cast(pa.string()).dictionary_encode()
    return Ratings(
        firm_id=ids,
        pd_nano=_pd_nano(chosen[pd_column], name=pd_column, ids=ids),
        grades=tuple(grades.dictionary.to_pylist()),
        grade=_ints(grades.indices.cast(pa.int64())),
        limit_fen=_fen(chosen["limit_fen"], ids=ids, name="limit_fen") if "limit_fen" in chosen else None,
        indicative_fen=(
            _fen(chosen["indicative_limit_fen"], ids=ids, name="indicative_limit_fen")
            if "indicative_limit_fen" in chosen
            else None
        ),
        decision=_decisions(chosen["decision"]) if "decision" in chosen else None,
        first_time=flags_of(chosen["first_time"], name="first_time") if "first_time" in chosen else None,
        columns={x: chosen[x] for x in columns if x != "firm_id"},
        synthetic=(table.schema.metadata or {}).get(_SYNTHETIC) == b"true",
        basis=_basis(table.schema.metadata),
    )


def _basis(metadata: Mapping[bytes, bytes] | None) -> Mapping[str, Any]:
    """What the ratings rest on, as `huoshui rate` wrote it; nothing where they say nothing that can be read."""
    try:
        found = json.loads((metadata or {}).get(_BASIS, b"{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def flags_of(column: pa.Array, *, name: str) -> Flags:
    """A column of yes or no as flags (是否列): true, 1, met, yes, 是; what is not known is not yes. Raises BadRequest."""
    if pa.types.is_boolean(column.type) or pa.types.is_integer(column.type):
        return np.asarray(column.cast(pa.bool_()).fill_null(False).to_numpy(zero_copy_only=False), np.bool_)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise BadRequest(f"the column {name} has the type {column.type}; expected yes or no", field="ratings")
    yes = pa.array(["true", "1", "yes", "y", "是", Tristate.MET.value])
    return np.asarray(pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(column)), yes).to_numpy(zero_copy_only=False), np.bool_)


def _table(source: Any, *, wanted: Sequence[str]) -> pa.Table:
    if not isinstance(source, (str, Path)):
        try:
            table = source if isinstance(source, pa.Table) else pa.table(source)
        except (TypeError, ValueError, pa.ArrowInvalid) as error:
            raise BadRequest(
                f"ratings of the type {type(source).__name__} cannot be read as a table", field="ratings"
            ) from error
        return table.select([x for x in dict.fromkeys(wanted) if x in table.column_names])
    path = Path(source)
    if not path.is_file():
        raise BadFile(f"{path} is missing; expected the Parquet file that `huoshui rate` writes", field="ratings")
    try:
        with pq.ParquetFile(path) as file:
            there = file.schema_arrow.names
            return file.read(columns=[x for x in dict.fromkeys(wanted) if x in there]) if "firm_id" in there else _empty(there)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadFile(f"{path} cannot be read as Parquet: {error}", field="ratings") from error


def _empty(names: Sequence[str]) -> pa.Table:
    return pa.table({x: pa.array([], pa.string()) for x in names})


def _plain(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name).combine_chunks()
    column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    column = column.cast(pa.string()) if pa.types.is_string_view(column.type) else column  # no kernel sorts or takes views
    if pa.types.is_nested(column.type):
        raise BadRequest(f"the column {name} holds lists or records; expected one value a firm", field="ratings")
    return column


def _check_ids(ids: pa.Array) -> None:
    if ids.null_count or pc.any(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(ids)), 0)).as_py():
        raise BadRequest("a row of the ratings has no firm_id; expected one for each", field="ratings")
    same = pc.equal(ids[1:], ids[:-1])
    if pc.any(same).as_py():
        firm = ids[pc.index(same, True).as_py()].as_py()
        raise BadRequest(f"firm {firm} stands twice in the ratings; expected one row a firm", field="ratings")


def _pd_nano(column: pa.Array, *, name: str, ids: pa.Array) -> Ints:
    if pa.types.is_integer(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_floating(column.type):
        values = np.asarray(column.to_numpy(zero_copy_only=False), np.float64)
        known = np.isfinite(values) | np.isinf(values)
        inside = known & (values >= 0) & (values <= 1)
        _refuse(known & ~inside, ids=ids, name=name, expected="a number from 0 to 1")
        return np.where(inside, np.floor(np.where(inside, values, 0) * _NANO + 0.5), UNKNOWN).astype(np.int64)
    rounded = _nine_places(column, name=name, ids=ids)
    nano = _ints(pc.multiply(rounded, pa.scalar(_NANO, pa.decimal128(10, 0))).cast(pa.int64()))
    _refuse((nano != UNKNOWN) & ((nano < 0) | (nano > _NANO)), ids=ids, name=name, expected="a number from 0 to 1")
    return nano


def _nine_places(column: pa.Array, *, name: str, ids: pa.Array) -> pa.Array:
    """A column of text or decimals, rounded half up to nine places."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
    try:
        exact = column if pa.types.is_decimal(column.type) else column.cast(_WIDE)
        return pc.round(exact, PD_PLACES, round_mode="half_up").cast(_NARROW)
    except (pa.ArrowNotImplementedError, TypeError) as error:
        raise BadRequest(
            f"the column {name} has the type {column.type}; expected decimals from 0 to 1", field="ratings"
        ) from error
    except pa.ArrowInvalid as error:
        place = next(i for i in range(len(column)) if not _is_decimal(column[i : i + 1]))
        shown = f"firm {ids[place].as_py()} has the {name} {str(column[place].as_py())[:40]!r}"
        raise BadRequest(f"{shown}; expected a decimal from 0 to 1 such as 0.0312", field="ratings") from error


def _is_decimal(one: pa.Array) -> bool:
    try:
        pc.round(one if pa.types.is_decimal(one.type) else one.cast(_WIDE), PD_PLACES).cast(_NARROW)
    except pa.ArrowInvalid:
        return False
    return True


def _fen(column: pa.Array, *, ids: pa.Array, name: str) -> Ints:
    try:
        fen = _ints(column.cast(pa.int64()))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadRequest(f"the column {name} holds what is no whole number of fen: {error}", field="ratings") from error
    known = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.bool_)
    _refuse(known & ((fen < 0) | (fen > _MOST_FEN)), ids=ids, name=name, expected="whole fen, zero or more")
    return fen


def _decisions(column: pa.Array) -> Ints:
    words = pa.array([x.value for x in Decision])
    found = _ints(pc.index_in(column.cast(pa.string()), words).cast(pa.int64()))
    wrong = np.flatnonzero((found == UNKNOWN) & np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.bool_))
    if len(wrong):
        allowed = ", ".join(x.value for x in Decision)
        raise BadChoice(f"the ratings have the decision {column[int(wrong[0])].as_py()!r}; expected {allowed}", field="ratings")
    return found


def _refuse(wrong: Flags, *, ids: pa.Array, name: str, expected: str) -> None:
    if wrong.any():
        firm = ids[int(np.argmax(wrong))].as_py()
        raise BadRequest(f"firm {firm} has a {name} that cannot be; expected {expected}", field="ratings")


def _ints(column: pa.Array) -> Ints:
    return np.array(column.fill_null(UNKNOWN).to_numpy(zero_copy_only=False), np.int64)
