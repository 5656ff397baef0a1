"""How right a screening is (准确度), measured against the known truth of synthetic registers."""

from pathlib import Path
from typing import Any, Final

import duckdb

from huoshui.adapters.registers.parts import check_columns
from huoshui.errors import BadFile

_EXPECTED: Final = "the truth.parquet of synthetic registers"
_NEEDED: Final = ("row_id", "usable_key", "is_listed", "reasons")
_LINKS_NEEDED: Final = ("register", "row_id", "registry_row_id")
_COMPARED: Final = """
    CREATE TEMP TABLE compared AS
    SELECT t.row_id, t.usable_key, coalesce(f.is_listed, false) AS ours, t.is_listed AS theirs,
           list_sort(coalesce(f.reasons, CASE WHEN d.row_id IS NULL THEN NULL ELSE ['D01'] END)) AS our_reasons,
           list_sort(t.reasons) AS their_reasons
    FROM read_parquet(?) t
    LEFT JOIN read_parquet(?) f USING (row_id)
    LEFT JOIN (SELECT row_id FROM read_parquet(?) WHERE kind = 'exact') d USING (row_id)
    WHERE f.row_id IS NOT NULL OR d.row_id IS NOT NULL
"""
_BY_REASON: Final = """
    SELECT reason, count(*) FILTER (mine AND real), count(*) FILTER (mine AND NOT real), count(*) FILTER (real AND NOT mine)
    FROM (SELECT reason, list_contains(our_reasons, reason) AS mine, list_contains(their_reasons, reason) AS real
          FROM compared, (SELECT DISTINCT unnest(their_reasons || our_reasons) AS reason FROM compared))
    GROUP BY reason ORDER BY reason
"""
_LINKS: Final = """
    SELECT count(*) FILTER (o.outcome = 'linked'), count(*) FILTER (o.outcome = 'linked' AND o.firm_row_id = t.registry_row_id),
           count(*) FILTER (t.registry_row_id IS NOT NULL)
    FROM read_parquet(?) o JOIN read_parquet(?) t ON t.register = o.register AND t.row_id = o.row_id
    WHERE o.register <> 'registry'
"""


def check_truth(truth: Path) -> None:
    """Whether a file or folder holds the truth of synthetic registers (核对真值文件); raises BadFile."""
    if not truth.exists():
        raise BadFile(f"{truth} does not exist; expected {_EXPECTED}", field="truth")
    check_columns(truth, columns=_NEEDED, expected=_EXPECTED, field="truth")
    links = truth.with_name("links.parquet")
    if links.exists():
        check_columns(links, columns=_LINKS_NEEDED, expected="the links.parquet beside the truth", field="truth")


def measure_accuracy(truth: Path, *, folder: Path, memory: int, spill: Path) -> dict[str, Any]:
    """Compare a screening with the truth (核对准确度): rows with a usable key, links, and every reason.

    `memory` in bytes is what may be used before rows are spilled. Raises BadFile for a truth that cannot be read or compared.
    """
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory >> 20}MiB",
        "temp_directory": str(spill),
    }
    try:
        with duckdb.connect(config=limits) as connection:
            return _measure(connection, truth=truth, folder=folder)
    except duckdb.Error as error:
        raise BadFile(
            f"{truth} cannot be compared with: {str(error).splitlines()[0]}; expected {_EXPECTED}", field="truth"
        ) from error


def _measure(connection: duckdb.DuckDBPyConnection, *, truth: Path, folder: Path) -> dict[str, Any]:
    files = [_pattern(truth), str(folder / "firms.parquet"), str(folder / "duplicates.parquet")]
    connection.execute(_COMPARED, files)
    compared, usable, equal, listed_right = connection.execute(
        "SELECT count(*), count(*) FILTER (usable_key),"
        " count(*) FILTER (usable_key AND our_reasons = their_reasons AND ours = theirs),"
        " count(*) FILTER (ours = theirs) FROM compared"
    ).fetchall()[0]
    reasons = connection.execute(_BY_REASON).fetchall()
    found: dict[str, Any] = {
        "compared": compared,
        "listed_right": listed_right,
        "usable_key": {"rows": usable, "equal": equal},
        "by_reason": {reason: {"right": right, "wrong": wrong, "missed": missed} for reason, right, wrong, missed in reasons},
        "linked": None,
    }
    links = truth.with_name("links.parquet")
    if links.exists():
        linked, right, real = connection.execute(_LINKS, [str(folder / "links.parquet"), _pattern(links)]).fetchall()[0]
        found["linked"] = {
            "rows": real, "linked": linked, "right": right,
            "precision": f"{right / linked:.4f}" if linked else None, "recall": f"{right / real:.4f}" if real else None,
        }  # fmt: skip
    return found


def _pattern(path: Path) -> str:
    return str(path / "*.parquet") if path.is_dir() else str(path)
