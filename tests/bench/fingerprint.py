"""The fingerprint of a screening: counts and sums over the rows whose verdict, points and rank no linking by name can touch.

Such a row has a usable code, no other row of its firm lacks one, and no engine's linking gave it a row that is not its own.
Rank is taken among such rows. All engines must agree on every figure.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from huoshui.rules.screening import SIZES
from tests.bench.peers.job import REASON_BITS

SIZE_PLACES: Final = " ".join(f"WHEN '{x.value}' THEN {place}" for place, x in enumerate(SIZES))
OUR_BITS: Final = f"list_sum(list_transform(reasons, lambda x: map {REASON_BITS}[x]))"
OUR_COLUMNS: Final = (
    f"row_id, {OUR_BITS} AS bits, CASE size_class {SIZE_PLACES} END AS size, priority, sales_12m_fen AS sales_12m, is_listed"
)
PEER_COLUMNS: Final = "row_id, bits, size, priority, sales_12m, is_listed"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Sums over the rows that linking cannot touch; `universe` and `listed` are over all rows and may differ by linking."""

    rows: int
    bits: int
    sizes: int
    priority: int
    sales: int
    rows_listed: int
    rank: int
    duplicates: int

    def __str__(self) -> str:
        """All figures in one line."""
        return " ".join(str(getattr(self, x)) for x in self.__slots__)


def untouched(data: Path, *, ours: Path, into: Path) -> Path:
    """Write the row ids that linking cannot touch: by the generator's truth, and by what our linking did."""
    path = into / "untouched.parquet"
    duckdb.execute(
        f"""COPY (
            SELECT row_id FROM read_parquet(?)
            WHERE usable_key AND firm NOT IN (SELECT firm FROM read_parquet(?))
                AND row_id NOT IN (SELECT firm_row_id FROM read_parquet(?) WHERE firm_row_id IS NOT NULL)
        ) TO '{path}' (FORMAT parquet)""",
        [files_of(data, "truth"), files_of(data, "links"), str(ours / "links.parquet")],
    )
    return path


def fingerprint(folder: Path, *, rows: Path, is_ours: bool) -> Fingerprint:
    """The fingerprint of one result folder."""
    columns = OUR_COLUMNS if is_ours else PEER_COLUMNS
    duplicates = "kind = 'exact'" if is_ours else "true"
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '4GB'; SET threads = 2; SET preserve_insertion_order = false")
        sums = connection.execute(
            f"""SELECT count(*), sum(bits), sum(size), sum(priority), sum(sales_12m), count(*) FILTER (is_listed)
                FROM (SELECT {columns} FROM read_parquet(?)) WHERE row_id IN (SELECT row_id FROM read_parquet(?))""",
            [str(folder / "firms.parquet"), str(rows)],
        ).fetchall()[0]
        rank = connection.execute(
            """SELECT sum(place * (row_id % 1000)) FROM (
                 SELECT row_id, row_number() OVER (PARTITION BY region_code ORDER BY rank) AS place
                 FROM read_parquet(?) WHERE row_id IN (SELECT row_id FROM read_parquet(?)))""",
            [str(folder / "visit_list.parquet"), str(rows)],
        ).fetchall()[0]
        copies = connection.execute(
            f"SELECT count(*) FROM read_parquet(?) WHERE {duplicates}", [str(folder / "duplicates.parquet")]
        ).fetchall()[0]
    return Fingerprint(*(int(x or 0) for x in (*sums, *rank, *copies)))


def files_of(data: Path, name: str) -> list[str]:
    """The Parquet files of a table of the generator."""
    path = data / f"{name}.parquet"
    return sorted(str(x) for x in path.glob("*.parquet")) if path.is_dir() else [str(path)]
