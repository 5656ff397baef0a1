"""One engine makes the features of a register several times in one process: the first time cold, then warm.

    python -m tests.bench.features_engine huoshui INVOICES.parquet OUT.parquet 3

Prints JSON: CPU seconds of the process up to the end of the first time, imports and all, and the least of the later times.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

ON: Final = date(2020, 2, 29)
OURS: Final = "huoshui"


def ours(register: Path, out: Path) -> Callable[[], object]:
    """The product's own step, hashes of its sources and all its features."""
    from huoshui.services.features.request import FeatureRequest
    from huoshui.services.features.run import make_features
    from huoshui.terms import RegisterKind

    request = FeatureRequest({RegisterKind.INVOICES: [register]}, ON, out)
    return lambda: make_features(request, progress=lambda _: None)


def polars(register: Path, out: Path) -> Callable[[], object]:
    """Polars."""
    from tests.bench.peers import polars_features

    return lambda: polars_features.features(register, ON).write_parquet(out)


def duckdb(register: Path, out: Path) -> Callable[[], object]:
    """DuckDB."""
    from tests.bench.peers import duckdb_features

    return lambda: duckdb_features.features(register, ON).write_parquet(str(out))


ENGINES: Final = {OURS: ours, "Polars": polars, "DuckDB": duckdb}


def main() -> None:
    """Run, and print."""
    engine, register, out, times = sys.argv[1:]
    make = ENGINES[engine](Path(register), Path(out))
    make()
    found, cold = [], time.process_time()
    for _ in range(int(times)):
        started = time.process_time()
        make()
        found.append(time.process_time() - started)
    print(json.dumps({"cold": cold, "warm": min(found, default=cold)}))


if __name__ == "__main__":
    main()
