"""What changed since a former screening (名单变动): who entered the list, who left it, and why."""

from pathlib import Path
from typing import Any, Final

import duckdb

from huoshui.errors import BadFile

_PAIRS: Final = """
    SELECT coalesce(n.code, o.code) AS uscc, coalesce(n.name, o.name) AS name, n.row_id, n.region_code,
           o.verdict AS verdict_before, n.verdict AS verdict_now, o.listed AS was_listed, n.listed AS is_listed
    FROM (SELECT coalesce(uscc, register_no, name) AS code, name, row_id, region_code, verdict::VARCHAR AS verdict, is_listed AS listed
          FROM read_parquet(?) WHERE verdict <> 'D02') n
    FULL JOIN (SELECT coalesce(uscc, register_no, name) AS code, name, verdict::VARCHAR AS verdict, is_listed AS listed
               FROM read_parquet(?) WHERE verdict <> 'D02') o ON n.code = o.code AND (n.code <> n.name OR n.name = o.name)
    WHERE coalesce(n.listed, false) <> coalesce(o.listed, false)
"""


def compare_lists(previous: Path, *, now: Path, into: Path) -> dict[str, Any]:
    """Write changes.parquet and count (名单变动): `entered_by` the verdict before, `left_by` the verdict now; `gone` and `new` rows.

    Firms are matched by code, own number, or name. Raises BadFile when `previous` holds no screening.
    """
    former = previous / "firms.parquet"
    if not former.is_file():
        raise BadFile(f"{previous} holds no former screening; expected a folder with firms.parquet", field="previous")
    connection = duckdb.connect()
    changes = connection.sql(_PAIRS, params=[str(now / "firms.parquet"), str(former)]).to_arrow_table()
    connection.register("changes", changes)
    connection.execute("COPY (FROM changes ORDER BY is_listed DESC NULLS LAST, row_id) TO '" + str(into / "changes.parquet").replace("'", "''") + "' (FORMAT parquet)")
    counted = connection.execute(
        "SELECT coalesce(is_listed, false), CASE WHEN coalesce(is_listed, false) THEN coalesce(verdict_before, 'new')"
        " ELSE coalesce(verdict_now, 'gone') END, count(*) FROM changes GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    entered = {why: n for is_listed, why, n in counted if is_listed}
    left = {why: n for is_listed, why, n in counted if not is_listed}
    return {"entered": sum(entered.values()), "left": sum(left.values()), "entered_by": entered, "left_by": left}
