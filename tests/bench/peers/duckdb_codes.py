"""How the DuckDB peers read codes and names: in SQL alone, or by our kernels as vectorised functions over Arrow.

Both give `packed`, key x 16 + kind of entity or -1, and a name key below -1.
"""

from dataclasses import dataclass
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import ARROW, SPECIAL

from huoshui.adapters.registers.kernels import CodeKind, code_keys, name_hashes, name_keys
from tests.bench.peers.job import ENTITIES

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BASE_36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FULL: Final = "".join(chr(0xFF01 + x) for x in range(94))
HALF: Final = "".join(chr(0x21 + x) for x in range(94)).replace("'", "''")
BODY_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
USABLE: Final = (int(CodeKind.VALID), int(CodeKind.HISTORICAL), int(CodeKind.AMBIGUOUS))
KIND_OF_ENTITY: Final = (0, 1, 2, 3, 5, 5, 5, 5, 5)


@dataclass(frozen=True, slots=True)
class Reading:
    """SQL over the columns uscc, name and region: projections one upon the other that end in `packed`, and the name key."""

    code: tuple[str, ...]
    tax_code: tuple[str, ...]
    name: str


def by_kernels(connection: duckdb.DuckDBPyConnection) -> Reading:
    """Our C kernels as functions of the connection."""

    def packed(column: pa.ChunkedArray, *, is_tax: bool) -> pa.Array:
        found = code_keys(column, allow_historical=is_tax)
        kinds = np.array(KIND_OF_ENTITY)[found.entity]
        return pa.array(np.where(np.isin(found.kind, USABLE), found.key << 4 | kinds, -1))

    def named(names: pa.ChunkedArray, region: pa.ChunkedArray) -> pa.Array:
        return pa.array(name_keys(name_hashes(names), place=region.to_numpy()))

    made: tuple[tuple[str, Any, list[str]], ...] = (
        ("code_key", lambda x: packed(x, is_tax=False), ["VARCHAR"]),
        ("tax_key", lambda x: packed(x, is_tax=True), ["VARCHAR"]),
        ("name_key", named, ["VARCHAR", "INTEGER"]),
    )
    for name, function, types in made:
        connection.create_function(name, function, [*types], "BIGINT", type=ARROW, null_handling=SPECIAL)
    return Reading(("code_key(uscc) AS packed",), ("tax_key(uscc) AS packed",), "name_key(name, region)")


def by_sql() -> Reading:
    """SQL alone: the check by strpos (the fastest of many ways), cleaning only where something is to be cleaned."""
    packed = "CASE WHEN code IS NOT NULL THEN (hash(code[9:16]) >> 6)::BIGINT * 16 + {} ELSE {} END"
    entity = "CASE code[1:2] " + " ".join(f"WHEN '{prefix}' THEN {kind}" for prefix, kind in ENTITIES.items()) + " ELSE 0 END"
    historical = f"CASE WHEN {_historical('tidy')} THEN (hash(tidy[7:14]) >> 6)::BIGINT * 16 ELSE -1 END"
    right = (
        f"CASE WHEN {_valid('uscc')} THEN uscc END AS right_code",
        f"CASE WHEN right_code IS NULL THEN {_tidy('uscc')} END AS tidy",
        f"coalesce(right_code, CASE WHEN {_valid('tidy')} THEN tidy END) AS code",
    )
    guarded = f"CASE WHEN regexp_matches(name, '[ a-z\\x{{3000}}\\x{{FF01}}-\\x{{FF5E}}]') THEN {_tidy('name')} ELSE name END"
    name = f"(-(hash(replace({guarded}, '责任公司', '公司'), region) >> 2)::BIGINT - 2)"
    return Reading(
        (*right, f"{packed.format(entity, -1)} AS packed"), (*right, f"{packed.format(entity, historical)} AS packed"), name
    )


def _tidy(text: str) -> str:
    return f"upper(translate(replace(replace({text}, ' ', ''), '　', ''), '{FULL}', '{HALF}'))"


def _valid(code: str) -> str:
    total = " + ".join(f"(strpos('{ALPHABET}', {code}[{x + 1}]) - 1) * {pow(3, x, 31) if x < 17 else 1}" for x in range(18))
    shape = f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}"
    return f"length({code}) = 18 AND regexp_full_match({code}, '{shape}') AND ({total}) % 31 = 0"


def _historical(code: str) -> str:
    total = " + ".join(f"(strpos('{BASE_36}', {code}[{7 + x}]) - 1) * {weight}" for x, weight in enumerate(BODY_WEIGHTS))
    check = f"'0X987654321'[({total}) % 11 + 1]"
    return f"length({code}) = 15 AND regexp_full_match({code}[7:15], '[0-9A-Z]{{8}}[0-9X]') AND {code}[15] = {check}"
