"""Ratings of a list: only its firms, in the order of the features; what is missing is counted, and nothing is guessed."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.rating.features_file import open_features
from huoshui.cli import main
from huoshui.errors import BadFile, BadRequest
from huoshui.services.rating.firm_list import keep_listed
from tests.services.rating.small_rating import firms, table_of, write_features, write_small_model


@pytest.fixture
def features(tmp_path: Path) -> Path:
    return write_features(tmp_path / "features.parquet", table_of(firms(200)))


def listed(path: Path, **columns: list[str | None]) -> Path:
    pq.write_table(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), path)
    return path


@pytest.mark.parametrize("column", ["firm_id", "uscc", "register_no"])
def test_only_the_firms_of_the_list_are_rated_in_the_order_of_the_features(
    tmp_path: Path, features: Path, column: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = write_small_model(tmp_path / "model"), tmp_path / "ratings.parquet"
    some = listed(tmp_path / "list.parquet", **{column: ["F9", "F3", "F9", "NOBODY", None]})
    command = ["rate", "--model", str(model), "--features", str(features), "--allow-unapproved", "--out", str(out)]
    assert main([*command, "--json"]) == 0
    everybody = {x["firm_id"]: x for x in pq.read_table(out).to_pylist()}
    capsys.readouterr()
    assert main([*command, "--firms", str(some), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["firms"], found["without_features"]) == (2, 1)
    assert pq.read_table(out).to_pylist() == [everybody["F3"], everybody["F9"]]
    assert main([*command, "--firms", str(some)]) == 0
    assert "1 firms of the list have no features" in capsys.readouterr().out


def test_a_list_that_names_nobody_is_refused(tmp_path: Path, features: Path) -> None:
    given = open_features(features)
    for path, error, message in (
        (tmp_path / "nowhere", BadFile, "is missing"),
        (listed(tmp_path / "names.parquet", name=["甲"]), BadFile, "has no column firm_id, uscc or register_no"),
        (listed(tmp_path / "empty.parquet", firm_id=[None]), BadFile, "names no firm"),
        (listed(tmp_path / "others.parquet", firm_id=["X1", "X2"]), BadRequest, "holds none of the 2 firms"),
    ):
        with pytest.raises(error, match=message) as refused:
            keep_listed(given, firms=path)
        assert refused.value.field == "firms"
    pq.write_table(pa.table({"firm_id": [[1]]}), tmp_path / "lists.parquet")
    with pytest.raises(BadFile, match="Unsupported cast from list"):
        keep_listed(given, firms=tmp_path / "lists.parquet")
    (tmp_path / "text.parquet").write_text("firm_id\nF1\n", encoding="utf-8")
    with pytest.raises(BadFile, match="cannot be read as Parquet"):
        keep_listed(given, firms=tmp_path / "text.parquet")
