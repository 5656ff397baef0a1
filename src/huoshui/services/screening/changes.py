"""What changed since a former screening (名单变动): who entered the list, who left it, and why.

Listed firms of both screenings are paired one to one: by code or own number where only one listed row has it, then what is left
by the same code in order, by own number, and by name and region. So the list now = the list before + entered - left, always.
The verdict on the other side is that of a row with the same code, own number, or name and region; older records (D02) and
exact duplicates are no firms and are left out.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import duckdb

from huoshui.adapters.registers.parts import check_columns
from huoshui.errors import BadFile, OutputError

_NEEDED: Final = ("row_id", "uscc", "register_no", "name", "region_code", "is_listed", "verdict")
_FULL: Final = "No space left on device"
_SIDES: Final = ("now", "former")
_KEYS: Final = ("by_code", "by_number", "by_name")
_COLUMNS: Final = """
    row_id, coalesce(uscc, register_no, name) AS uscc, name, region_code::VARCHAR AS region_code, verdict::VARCHAR AS verdict,
    coalesce(uscc, register_no) AS by_code, register_no AS by_number,
    name || chr(31) || coalesce(region_code::VARCHAR, '') AS by_name
"""
_SEVERAL: Final = """
    CREATE TEMP TABLE several AS
    SELECT DISTINCT code
    FROM (SELECT 'now' AS side, hash(coalesce(uscc, register_no)) AS code FROM now WHERE is_listed
          UNION ALL SELECT 'former', hash(coalesce(uscc, register_no)) FROM former WHERE is_listed)
    GROUP BY side, code HAVING count(*) > 1
"""
_OPEN: Final = """
    CREATE TEMP TABLE {side}_open AS
    SELECT {columns}
    FROM (SELECT *, coalesce(uscc, register_no) AS code FROM {side} WHERE is_listed) s
    WHERE code IS NULL OR hash(code) IN (FROM several)
       OR NOT EXISTS (FROM (SELECT coalesce(uscc, register_no) AS code FROM {other} WHERE is_listed) o WHERE o.code = s.code)
"""
_PAIRS: Final = """
    CREATE OR REPLACE TEMP TABLE pairs AS
    SELECT n.row_id AS now_id, f.row_id AS former_id
    FROM (SELECT row_id, {key} AS key, row_number() OVER (PARTITION BY {key} ORDER BY row_id) AS place FROM now_open) n
    JOIN (SELECT row_id, {key} AS key, row_number() OVER (PARTITION BY {key} ORDER BY row_id) AS place FROM former_open) f
    USING (key, place)
"""
_OTHERS: Final = """
    CREATE TEMP TABLE {side}_others AS
    FROM (SELECT {columns} FROM {side} WHERE NOT is_listed AND verdict <> 'D02')
    WHERE hash(by_code) IN (SELECT hash(by_code) FROM {other}_open)
       OR hash(by_number) IN (SELECT hash(by_number) FROM {other}_open WHERE by_number IS NOT NULL)
       OR hash(by_name) IN (SELECT hash(by_name) FROM {other}_open)
"""
_ROWS: Final = """
    SELECT o.uscc, o.name, o.row_id, o.region_code, o.verdict,
           coalesce({verdicts}) AS other_verdict, coalesce({row_ids}) AS other_id
    FROM {side}_open o {joins}
"""
_CHANGES: Final = """
    CREATE TEMP TABLE changes AS
    SELECT uscc, name, row_id, region_code, other_verdict AS verdict_before, verdict AS verdict_now,
           CASE WHEN other_verdict IS NOT NULL THEN false END AS was_listed, true AS is_listed
    FROM ({now})
    UNION ALL
    SELECT uscc, name, other_id, region_code, verdict, other_verdict, true, CASE WHEN other_verdict IS NOT NULL THEN false END
    FROM ({former})
"""
_COUNTED: Final = """
    SELECT coalesce(is_listed, false),
           CASE WHEN is_listed THEN coalesce(verdict_before, 'new') ELSE coalesce(verdict_now, 'gone') END, count(*)
    FROM changes GROUP BY ALL ORDER BY ALL
"""


def check_former(previous: Path) -> None:
    """Whether a folder holds a former screening that can be compared with (核对前次结果); raises BadFile."""
    former = previous / "firms.parquet"
    if not former.is_file():
        raise BadFile(f"{previous} holds no former screening; expected a folder with firms.parquet", field="previous")
    check_columns(former, columns=_NEEDED, expected="the firms.parquet of a former screening", field="previous")


def compare_lists(previous: Path, *, now: Path, into: Path, memory: int, spill: Path) -> dict[str, Any]:
    """Write changes.parquet and count (名单变动): `entered_by` the verdict before, `left_by` the one now.

    Firms that the other screening does not have count as `new` and `gone`. `memory` in bytes is what may be used before rows
    are spilled. Raises BadFile for a `previous` that cannot be read, OutputError where nothing more can be written.
    """
    former = previous / "firms.parquet"
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory >> 20}MiB",
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
        "threads": 2,
    }
    with duckdb.connect(config=limits) as connection:
        connection.execute("SET enable_progress_bar = false")
        try:
            _find(connection, {"now": now / "firms.parquet", "former": former})
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise _no_room(spill, error) from error
        except duckdb.Error as error:
            message = str(error).splitlines()[0]
            raise BadFile(f"{former} cannot be compared with: {message}", field="previous") from error
        ordered = connection.sql("FROM changes ORDER BY is_listed DESC NULLS LAST, row_id, uscc, name")
        try:
            ordered.write_parquet(str(into / "changes.parquet"))
            counted = connection.execute(_COUNTED).fetchall()
        except duckdb.Error as error:
            raise _no_room(into, error) from error
    entered = {why: n for is_listed, why, n in counted if is_listed}
    left = {why: n for is_listed, why, n in counted if not is_listed}
    return {"entered": sum(entered.values()), "left": sum(left.values()), "entered_by": entered, "left_by": left}


def _no_room(folder: Path, error: duckdb.Error) -> OutputError:
    """Why the comparison stopped: DuckDB tells memory and disk apart, but its sentences are long."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return OutputError("the comparison with the former list does not fit into memory; give more --memory", field="memory")
    message = str(error).splitlines()[0]
    return OutputError(f"cannot write to {folder}: {_FULL if _FULL in message else message}", field="out")


def _find(connection: duckdb.DuckDBPyConnection, files: Mapping[str, Path]) -> None:
    for side, path in files.items():
        connection.read_parquet(str(path)).create_view(side)
    connection.execute(_SEVERAL)
    for side, other in (_SIDES, _SIDES[::-1]):
        connection.execute(_OPEN.format(side=side, other=other, columns=_COLUMNS))
    for key in _KEYS:
        connection.execute(_PAIRS.format(key=key))
        for side in _SIDES:
            connection.execute(f"DELETE FROM {side}_open WHERE row_id IN (SELECT {side}_id FROM pairs)")  # noqa: S608 -- our words
    for side, other in (_SIDES, _SIDES[::-1]):
        connection.execute(_OTHERS.format(side=side, other=other, columns=_COLUMNS))
    connection.execute(_CHANGES.format(**{side: _rows(side, other) for side, other in (_SIDES, _SIDES[::-1])}))


def _rows(side: str, other: str) -> str:
    """The rows of one side that are left, with the verdict of the other side by the first key that finds one."""
    found = "SELECT {key} AS key, arg_min(verdict, row_id) AS verdict, min(row_id) AS row_id FROM {other}_others GROUP BY 1"
    joins = [f"LEFT JOIN ({found.format(key=key, other=other)}) {key}_found ON {key}_found.key = o.{key}" for key in _KEYS]
    verdicts, row_ids = (", ".join(f"{key}_found.{column}" for key in _KEYS) for column in ("verdict", "row_id"))
    return _ROWS.format(side=side, verdicts=verdicts, row_ids=row_ids, joins=" ".join(joins))
