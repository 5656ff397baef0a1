"""Splink 5 on the rows without a usable code: `python -m tests.bench.peers.splink_link REGISTRY ROWS TRUTH`.

Settings as a careful user would find them for names and regions alone: DuckDB's edit distance counts bytes, three a Chinese
character, and the u probabilities of near-equal names are too small to be learnt from a sample, so they are set from the size
of the register. Of the pairs above a threshold the best firm of a row is taken, if it is the only best one.
"""

import json
import logging
import sys
import time
from typing import Any, Final

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from tests.bench.peers.duckdb_codes import FULL, HALF

THRESHOLDS: Final = (0.5, 0.9, 0.99)
_TIDY: Final = f"upper(translate(replace(replace(name, ' ', ''), '　', ''), '{FULL}', '{HALF}'))"
_DIRTY: Final = "regexp_matches(name, '[ a-z\\x{3000}\\x{FF01}-\\x{FF5E}]')"
_NORMAL: Final = f"replace(CASE WHEN {_DIRTY} THEN {_TIDY} ELSE name END, '责任公司', '公司')"
_SIDE: Final = """
    CREATE TABLE {side} AS SELECT unique_id, name, region, name[:5] AS head, name[-7:] AS tail,
        CASE WHEN suffix(name, '有限公司') THEN name[:-5] ELSE name END AS core
    FROM (SELECT row_id AS unique_id, {normal} AS name, region_code AS region FROM read_parquet({files}))"""


def main() -> None:
    """Link, and print CPU seconds by step and how right the links are."""
    registry, rows, truth = sys.argv[1:]
    connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False})
    clock = time.process_time()
    seconds: dict[str, float] = {}
    for side, files in (("bad", rows), ("good", registry)):
        connection.execute(_SIDE.format(side=side, normal=_NORMAL, files=repr(files.split(","))))
    clock = _note(seconds, "load and clean", clock)
    linker = _linker(connection)
    clock = _note(seconds, "set up", clock)
    _train(linker)
    clock = _note(seconds, "train", clock)
    pairs = linker.inference.predict(threshold_match_probability=min(THRESHOLDS)).physical_name
    _note(seconds, "predict", clock)
    connection.execute(f"CREATE TABLE firm AS SELECT row_id, firm FROM read_parquet({truth.split(',')})")
    print(json.dumps({"seconds": seconds, "found": {x: _score(connection, pairs, rows, x) for x in THRESHOLDS}}))


def _note(seconds: dict[str, float], step: str, since: float) -> float:
    now = time.process_time()
    seconds[step] = now - since
    return now


def _linker(connection: duckdb.DuckDBPyConnection) -> Linker:
    (count,) = connection.execute("SELECT count(*) FROM good").fetchall()[0]
    settings = SettingsCreator(
        link_type="link_only",
        blocking_rules_to_generate_predictions=[
            block_on("region", "core"), block_on("name"), block_on("region", "head"), block_on("region", "tail"),
        ],
        comparisons=[
            cl.LevenshteinAtThresholds("core", [3, 6]).configure(
                u_probabilities=[1 / count, 3 / count, 30 / count, 1 - 34 / count]
            ),
            cl.ExactMatch("region"),
        ],
        retain_matching_columns=False,
    )  # fmt: skip
    api = DuckDBAPI(connection=connection)
    sides: list[Any] = [
        api.register(connection.sql(f"FROM {x}").to_arrow_table(), dataset_display_name=f"side_{x}") for x in ("bad", "good")
    ]
    return Linker(sides, settings, log_level=logging.CRITICAL)


def _train(linker: Linker) -> None:
    training = linker.training
    training.estimate_probability_two_random_records_match([block_on("region", "name")], recall=0.9)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("region", "tail"), record_sample_proportion=1.0)
    training.estimate_parameters_using_expectation_maximisation(block_on("core"), record_sample_proportion=1.0)


def _score(connection: duckdb.DuckDBPyConnection, pairs: str, rows: str, threshold: float) -> dict[str, int]:
    linked, right = connection.execute(
        f"""WITH best AS (
                SELECT unique_id_l AS row_id, unique_id_r AS firm_row_id, match_weight,
                       max(match_weight) OVER (PARTITION BY unique_id_l) AS top
                FROM {pairs} WHERE match_probability >= {threshold}),
            single AS (
                SELECT best.row_id, min(firm.firm) AS firm FROM best JOIN firm ON firm.row_id = best.firm_row_id
                WHERE match_weight >= top - 1e-9 GROUP BY best.row_id HAVING count(DISTINCT firm.firm) = 1)
            SELECT count(*), count(*) FILTER (single.firm = asked.firm)
            FROM single JOIN read_parquet({rows.split(",")}) asked USING (row_id)"""
    ).fetchall()[0]
    return {"linked": linked, "right": right}


if __name__ == "__main__":
    main()
