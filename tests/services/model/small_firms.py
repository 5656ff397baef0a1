"""Firms for the small points table: fields, segments and outcomes that come true as often as the table says."""

import random
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.signing import load_key
from huoshui.adapters.validation.scoring import TableReader
from huoshui.rules.points_table import PointsTable
from huoshui.services.model.figures import draw_curves
from huoshui.services.model.folder import write_model
from huoshui.services.model.validate import report_content
from tests.services.model.small_models import MAKER, TRAINED, People, documents, small_table

ROWS: Final = 600


def small_firms(
    *, rows: int = ROWS, seed: int = 1, level: float = 1.0, shift: float = 0.0, table: PointsTable | None = None
) -> pa.Table:
    """Firms whose odds of default are `level` times those of the table; `shift` moves their sales up."""
    chance = random.Random(seed)  # noqa: S311 -- made-up firms, no secrets
    columns: dict[str, list[Any]] = {
        "firm_id": [f"F{i:05d}" for i in range(rows)],
        "sales": [None if chance.random() < 0.05 else round(chance.lognormvariate(3.5 + shift, 1.5), 2) for _ in range(rows)],
        "trade": [chance.choice(["A", "B", "C", "D", None]) for _ in range(rows)],
        "region": [chance.choice(["350203", "350205", "350206"]) if i else "350299" for i in range(rows)],
        "firm_age_months": [chance.randrange(0, 200) for _ in range(rows)],
        "year": [2020 + i % 3 for i in range(rows)],
    }
    firms = pa.table(columns)
    reader = TableReader(table or small_table())
    pd = reader.score(reader.cells(firms)).pd
    odds = level * pd / (1 - pd)
    outcome = [chance.random() < x for x in (odds / (1 + odds)).tolist()]
    return firms.append_column("outcome", pa.array(outcome))


def write_firms(folder: Path, firms: pa.Table, *, synthetic: bool = False) -> tuple[Path, Path]:
    """Features and outcomes as two files."""
    folder.mkdir(parents=True, exist_ok=True)
    firms = firms.replace_schema_metadata({"huoshui.synthetic": str(synthetic).lower()})
    features, outcomes = folder / "features.parquet", folder / "outcomes.parquet"
    pq.write_table(firms.drop_columns(["outcome"]), features)
    pq.write_table(firms.select(["firm_id", "outcome"]), outcomes)
    return features, outcomes


def write_trained(
    out: Path, *, people: People, table: PointsTable | None = None, auc: float = 0.66, synthetic: bool = False
) -> Path:
    """A model folder with the curves of its training."""
    used, firms = table or small_table(), small_firms(seed=0, rows=2000)
    reader = TableReader(used)
    scored = reader.score(reader.cells(firms))
    outcome = firms.column("outcome").to_numpy()
    weight = (outcome * 0 + 1).astype(float)
    curves = draw_curves(
        used, scored=scored, outcome=outcome, weight=weight, periods=[str(x) for x in firms["year"].to_pylist()]
    )
    metrics = {"auc": auc, "ks": 0.4, "brier": 0.1, "calibration_error": 0.02}
    files = documents(used, metrics=metrics) | {"curves.json": report_content(curves)}
    files |= {"training.json": report_content({"synthetic": True})} if synthetic else {}
    write_model(out, files=files, trained_by=MAKER, on=TRAINED, key=load_key(people.key(MAKER)))
    return out
