"""The 425 real firms: the product's features beside an independent computation, value by value, on two days."""

from datetime import date
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from huoshui.services.features.one_firm import features_of_firm
from huoshui.services.features.request import FeatureRequest
from huoshui.services.features.run import make_features
from huoshui.terms import RegisterKind
from tests.bench.peers import polars_features

DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "invoices_425_firms"
REPEATED_ROWS: Final = 11_670
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real invoices are not here (no folder shared beside the repository)"
)


@pytest.fixture(scope="module")
def invoices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invoices as a standard register."""
    out = tmp_path_factory.mktemp("real") / "invoices.parquet"
    files = {direction: DATA.glob(f"{name}_*.parquet") for direction, name in (("sale", "sales"), ("purchase", "purchases"))}
    tables = [pl.read_parquet(x).with_columns(direction=pl.lit(way)) for way, found in files.items() for x in sorted(found)]
    fen = {f"{x}_fen": (pl.col(x) * 100).round().cast(pl.Int64) for x in ("amount", "tax", "total")}
    rows = pl.concat(tables).with_columns(**fen, register_scheme=pl.lit("contest"), uscc=pl.lit(None, pl.String))
    rows = rows.rename({"enterprise_id": "register_no", "date": "invoiced_on", "status": "invoice_state"})
    rows.drop("amount", "tax", "total").write_parquet(out)
    return out


@pytest.mark.parametrize("on", [date(2020, 1, 31), date(2020, 2, 29)])
def test_every_value_is_that_of_an_independent_computation(invoices: Path, tmp_path: Path, on: date) -> None:
    report = make_features(FeatureRequest({RegisterKind.INVOICES: [invoices]}, on, tmp_path / "out"), progress=lambda _: None)
    expected = polars_features.features(invoices, on)
    found = pl.read_parquet(tmp_path / "out")
    assert found.select(expected.columns).sort("firm_id").equals(expected)
    assert (len(found), report["invoices"]["rows_repeated"]) == (425, REPEATED_ROWS)
    rows = {x["firm_id"]: x for x in found.to_dicts()}
    for firm in ("E1", "E124", "E425"):
        assert features_of_firm(firm, registers={RegisterKind.INVOICES: [invoices]}, on=on) == rows[firm]
