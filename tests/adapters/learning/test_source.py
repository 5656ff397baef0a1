"""Columns that nobody named are found where only one can be meant; outcomes are put beside the features."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.learning.source import Joined, Source, read_joined
from huoshui.errors import BadFile


def features(folder: Path, *, metadata: dict[str, str] | None = None) -> Path:
    path = folder / "features.parquet"
    table = pa.table({"firm_id": ["E1", "E2", "E3", "E4"], "sales_12m": [1, 2, 3, None]})
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


def outcomes(folder: Path, text: str) -> Path:
    path = folder / "outcomes.csv"
    path.write_text(text, encoding="utf-8")
    return path


def joined(folder: Path, text: str, **named: str) -> Joined:
    return read_joined(Source(features(folder), outcomes=outcomes(folder, text), **named))


def test_id_and_outcome_are_found_by_what_they_hold(tmp_path: Path) -> None:
    found = joined(tmp_path, "enterprise_id,name,rating,是否不良\nE1,甲,A,否\nE3,乙,D,是\n")
    assert (found.outcome, found.id) == ("是否不良", "firm_id")
    assert found.table.column_names == ["firm_id", "sales_12m", "是否不良"]
    assert found.table["是否不良"].to_pylist() == ["否", None, "是", None]


def test_a_usual_name_is_taken_for_the_outcome(tmp_path: Path) -> None:
    assert joined(tmp_path, "firm_id,default,is_new\nE1,0,1\nE2,1,0\n").outcome == "default"


def test_the_time_of_the_outcomes_comes_along(tmp_path: Path) -> None:
    found = joined(tmp_path, "firm_id,default,decided_on\nE1,0,2023-01-05\nE3,1,2024-02-06\n", time="decided_on")
    assert found.table.column_names == ["firm_id", "sales_12m", "default", "decided_on"]
    assert found.table["firm_id"].to_pylist() == ["E1", "E3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("firm_id,a,b\nE1,0,1\nE2,1,0\n", "could mean a or b; name it with --outcome"),
        ("firm_id,a\nE1,x\nE2,y\n", "has no column that must be the outcome"),
        ("number,default\n1,0\n2,1\n", "has no column 'firm_id' to join by; it has number, default"),
        ("firm_id,default\nE1,0\nE1,1\n", "firm_id must name each firm once"),
        ("firm_id,default\nX1,0\nX2,1\n", "is among the features"),
    ],
)
def test_what_could_be_several_is_asked_for(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadFile, match=message):
        joined(tmp_path, text)


def test_synthetic_data_and_the_catalog_are_told(tmp_path: Path) -> None:
    beside = outcomes(tmp_path, "firm_id,default\nE1,0\nE2,1\n")
    made = read_joined(Source(features(tmp_path, metadata={"huoshui.synthetic": "true", "huoshui.features": "1"}), beside))
    real = read_joined(Source(features(tmp_path), beside))
    assert [(x.synthetic, x.catalog) for x in (made, real)] == [(True, "1"), (False, None)]
