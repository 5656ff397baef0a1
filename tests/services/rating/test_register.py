"""A register is rated as its firms are, one by one; what does not fit is refused, and nothing is left behind."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.rating.result_table import rounded
from huoshui.adapters.signing import TrustedKey, add_trusted, make_key
from huoshui.errors import BadFile, BadModel, BadRequest, NotApproved, OutputError
from huoshui.rules.rating import Rating
from huoshui.services.rating import open_rater, rate_firm, rate_register
from tests.services.rating.small_rating import (
    FACTS,
    ON,
    TABLE,
    firms,
    small_rater,
    table_of,
    write_features,
    write_small_model,
)

PRODUCTS: Final = ("indicative", "default", "tax_loan", "invoice_loan_2020")


def as_row(firm_id: str, rating: Rating, *, language: Literal["zh", "en"]) -> dict[str, Any]:
    """What the file must say of a firm that was rated alone."""
    score, limit, price = rating.score, rating.limit, rating.price
    return {
        "firm_id": firm_id,
        "decision": rating.decision.value,
        "grade": score.grade if score else None,
        "points": score.points if score else None,
        "pd": rounded(score.pd) if score else None,
        "pd_low": rounded(score.pd_low) if score else None,
        "pd_high": rounded(score.pd_high) if score else None,
        "limit_fen": rating.limit_fen,
        "rate": None if rating.rate is None else rounded(rating.rate),
        "all_in_rate": None if rating.all_in_rate is None else rounded(rating.all_in_rate),
        "limit_method": limit.lowest.value if limit else None,
        "indicative_limit_fen": limit.limit_fen if limit else None,
        "indicative_rate": rounded(price.rate) if price else None,
        "codes": [x.value for x in rating.codes],
        "knock_outs": [x.rule.rule for x in rating.knock_outs if x.verdict == "not_met"],
        "not_known": [x.rule.rule for x in rating.knock_outs if x.verdict == "not_known"],
        "reasons": [x.zh if language == "zh" else x.en for x in rating.reasons],
    }


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_register_and_its_firms_are_rated_alike(product: str, language: Literal["zh", "en"], tmp_path: Path) -> None:
    rows = firms(600, seed=len(product))
    features = write_features(tmp_path / "features.parquet", table_of(rows))
    rater = small_rater(tmp_path, product=product)
    summary = rate_register(features, rater=rater, out=tmp_path / "ratings.parquet", language=language)
    found = pq.read_table(tmp_path / "ratings.parquet").to_pylist()
    expected = [
        as_row(f"F{i}", rate_firm(x, rater=rater, with_improvements=False).rating, language=language)
        for i, x in enumerate(rows)
    ]
    assert found == expected
    assert summary["firms"] == len(rows)
    assert summary["limit_fen"] == sum(x["limit_fen"] or 0 for x in expected)


def test_the_three_decisions_all_occur_and_say_why(tmp_path: Path) -> None:
    features = write_features(tmp_path / "features.parquet", table_of(firms(500)))
    rate_register(features, rater=small_rater(tmp_path), out=tmp_path / "ratings.parquet")
    for row in pq.read_table(tmp_path / "ratings.parquet").to_pylist():
        if row["decision"] == "offer":
            assert (row["codes"], row["knock_outs"], row["not_known"]) == ([], [], [])
            assert row["limit_fen"] > 0
        else:
            assert row["codes"] != []
            assert (row["limit_fen"], row["rate"]) == (0 if row["decision"] == "refused" else None, None)


def test_facts_beside_the_features_are_joined_by_firm(tmp_path: Path) -> None:
    rows = firms(300)
    whole = table_of(rows)
    beside = ["firm_id", *(x for x in FACTS if x not in ("sales_12m", "months_of_data"))]
    features = write_features(tmp_path / "features.parquet", whole.drop_columns(beside[1:]), group=100)
    pq.write_table(whole.select(beside).take(list(range(299, -1, -1))), tmp_path / "facts.parquet")
    rater = small_rater(tmp_path)
    rate_register(features, rater=rater, facts=tmp_path / "facts.parquet", out=tmp_path / "joined.parquet")
    rate_register(write_features(tmp_path / "whole.parquet", whole), rater=rater, out=tmp_path / "ratings.parquet")
    joined, direct = (pq.read_table(tmp_path / x) for x in ("joined.parquet", "ratings.parquet"))
    assert joined.to_pylist() == direct.to_pylist()


def test_the_same_features_give_the_same_bytes(tmp_path: Path) -> None:
    features = write_features(tmp_path / "features.parquet", table_of(firms(400)))
    rater = small_rater(tmp_path)
    for name in ("one", "two"):
        rate_register(features, rater=rater, out=tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_basis_is_kept_with_the_ratings(tmp_path: Path) -> None:
    features = write_features(tmp_path / "features.parquet", table_of(firms(5)), on=date(2025, 5, 31))
    rate_register(features, rater=small_rater(tmp_path), out=tmp_path / "ratings.parquet")
    basis = json.loads(pq.read_schema(tmp_path / "ratings.parquet").metadata[b"huoshui.basis"])
    assert (basis["on"], basis["features_on"], basis["product"]) == ("2025-06-30", "2025-05-31", "default")
    assert basis["model"]["version"] == "3"
    assert {x["policy"] for x in basis["citations"]} == {"knock_outs", "limit", "pricing", "lpr"}
    assert "unsigned" in basis["notices"][0] or "model" in basis["notices"][0]


def test_features_without_a_firm_or_of_another_catalog_or_of_a_later_day_are_refused(tmp_path: Path) -> None:
    rater, table, out = small_rater(tmp_path), table_of(firms(5)), tmp_path / "ratings.parquet"
    wrong = {
        "empty": (table.slice(0, 0), {}, BadRequest, "holds no firm"),
        "catalog": (table, {"version": "2"}, BadFile, "feature catalog 2"),
        "later": (table, {"on": date(2025, 7, 1)}, BadRequest, "after 2025-06-30"),
        "field": (table.drop_columns("buyer_hhi"), {}, BadFile, "lacks buyer_hhi"),
        "firm": (table.rename_columns({"firm_id": "id"}), {}, BadFile, "no column firm_id"),
    }
    for name, (given, written, error, message) in wrong.items():
        features = write_features(tmp_path / f"{name}.parquet", given, **written)  # type: ignore[arg-type]
        with pytest.raises(error, match=message):
            rate_register(features, rater=rater, out=out)
    assert not out.exists()


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (pa.array(["F1", "F2", "F1"]), "names the firm F1 more than once"),
        (pa.array(["F1", "", "F3"]), "a row without firm_id"),
        (pa.array([[1], [2], [3]]), "firm_id is of type list"),
        (pa.array([1.5, 2.5, 3.5]), "firm_id is of type double"),
    ],
)
def test_firms_that_cannot_be_told_apart_are_refused(tmp_path: Path, ids: pa.Array, said: str) -> None:
    table = table_of(firms(3))
    path = tmp_path / "f.parquet"
    pq.write_table(table.set_column(table.column_names.index("firm_id"), "firm_id", ids), path)
    with pytest.raises(BadFile, match=said):
        rate_register(path, rater=small_rater(tmp_path / "model"), out=tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_a_number_above_64_bits_and_a_day_that_is_none_are_one_sentence(tmp_path: Path) -> None:
    table, path, rater = table_of(firms(3)), tmp_path / "f.parquet", small_rater(tmp_path / "model")
    place = table.column_names.index("sales_12m")
    pq.write_table(table.set_column(place, "sales_12m", pa.array([2**64 - 1] * 3, pa.uint64())), path)
    with pytest.raises(BadFile, match="not in range"):
        rate_register(path, rater=rater, out=tmp_path / "out.parquet")
    pq.write_table(table.replace_schema_metadata({"huoshui.on": "someday"}), path)
    with pytest.raises(BadFile, match="made for b'someday'; expected a day"):
        rate_register(path, rater=rater, out=tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_columns_of_another_kind_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    table = table_of(firms(5))
    for name, kind in (("buyer_hhi", pa.string()), ("loan_balance", pa.float64()), ("tax_arrears", pa.string())):
        place = table.column_names.index(name)
        wrong = table.set_column(place, name, table.column(place).cast(kind))
        features = write_features(tmp_path / "features.parquet", wrong)
        with pytest.raises(BadFile, match=name):
            rate_register(features, rater=small_rater(tmp_path, product="tax_loan"), out=tmp_path / "out" / "ratings.parquet")
        assert list((tmp_path / "out").iterdir()) == []


def test_a_file_that_is_no_parquet_and_an_out_that_is_a_folder_are_refused(tmp_path: Path) -> None:
    rater = small_rater(tmp_path)
    (tmp_path / "text.parquet").write_text("firm_id", encoding="utf-8")
    for name in ("text.parquet", "nowhere.parquet"):
        with pytest.raises(BadFile):
            rate_register(tmp_path / name, rater=rater, out=tmp_path / "ratings.parquet")
    features = write_features(tmp_path / "features.parquet", table_of(firms(5)))
    with pytest.raises(BadRequest, match="is a folder"):
        rate_register(features, rater=rater, out=tmp_path)
    with pytest.raises(BadRequest, match="is what is read"):
        rate_register(features, rater=rater, out=features)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError):
        rate_register(features, rater=rater, out=tmp_path / "file" / "ratings.parquet")


def test_facts_that_contradict_the_features_are_refused(tmp_path: Path) -> None:
    rater, table = small_rater(tmp_path), table_of(firms(5))
    features = write_features(tmp_path / "features.parquet", table)
    pq.write_table(table.select(["firm_id", "loan_balance"]), tmp_path / "both.parquet")
    twice = pa.table({"firm_id": ["F1", "F1"], "note": [1, 2]})
    pq.write_table(twice, tmp_path / "twice.parquet")
    for name, message in (("both.parquet", "loan_balance stands in"), ("twice.parquet", "names a firm twice")):
        with pytest.raises(BadFile, match=message):
            rate_register(features, rater=rater, facts=tmp_path / name, out=tmp_path / "ratings.parquet")


def test_a_model_that_was_changed_or_that_nobody_approved_rates_nobody(tmp_path: Path) -> None:
    path = write_small_model(tmp_path / "model")
    trusted = tmp_path / "trusted.yaml"
    add_trusted(trusted, key=TrustedKey("陈立", ("checker",), ON, make_key(tmp_path / "chen.pem").public_key))
    with pytest.raises(NotApproved):
        open_rater(path, on=ON, trusted=trusted)
    other = write_small_model(tmp_path / "other", table=replace(TABLE, base=900))
    (path / "model.yaml").write_bytes((other / "model.yaml").read_bytes())
    with pytest.raises(BadModel, match="content has changed"):
        open_rater(path, on=ON, allow_unapproved=True)
    with pytest.raises(BadModel):
        open_rater(tmp_path / "nowhere", on=ON, allow_unapproved=True)


@pytest.mark.parametrize("origin", [None, "features", "facts", "model"])
def test_ratings_are_called_synthetic_where_features_facts_or_model_are(origin: str | None, tmp_path: Path) -> None:
    table = table_of(firms(20))
    features = write_features(tmp_path / "features.parquet", table.drop_columns(["division"]), synthetic=origin == "features")
    mark = {"huoshui.synthetic": str(origin == "facts").lower()}
    pq.write_table(table.select(["firm_id", "division"]).replace_schema_metadata(mark), tmp_path / "facts.parquet")
    training = json.dumps({"catalog": "1"} | ({"synthetic": True} if origin == "model" else {}))
    write_small_model(tmp_path / "model", training=training)
    summary = rate_register(
        features, rater=small_rater(tmp_path), out=tmp_path / "ratings.parquet", facts=tmp_path / "facts.parquet"
    )
    metadata = pq.read_schema(tmp_path / "ratings.parquet").metadata
    is_synthetic = origin is not None
    assert metadata[b"huoshui.synthetic"] == (b"true" if is_synthetic else b"false")
    assert summary["synthetic"] == summary["basis"]["synthetic"] == is_synthetic
    assert ("synthetic data (合成数据)" in summary["basis"]["notices"]) == is_synthetic
    assert json.loads(metadata[b"huoshui.basis"]) == summary["basis"]
    assert summary["basis"]["model"]["synthetic"] == (origin == "model")


def test_the_indicative_limits_are_those_of_firms_whose_evidence_is_missing(tmp_path: Path) -> None:
    features = write_features(tmp_path / "features.parquet", table_of(firms(300)))
    summary = rate_register(features, rater=small_rater(tmp_path), out=tmp_path / "ratings.parquet")
    found = pq.read_table(tmp_path / "ratings.parquet").to_pylist()
    missing = [x["indicative_limit_fen"] or 0 for x in found if x["decision"] == "not_known"]
    assert summary["open_limit_fen"] == sum(missing) > 0
