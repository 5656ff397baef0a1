"""One firm's rating says everything it rests on, in whole numbers and decimal text."""

import json
from pathlib import Path

from huoshui.services.rating import rate_firm
from tests.services.rating.small_rating import SOUND, firms, small_rater


def test_a_rating_is_json_and_the_same_every_time(tmp_path: Path) -> None:
    rater = small_rater(tmp_path)
    for i, firm in enumerate(firms(60)):
        first, second = (rate_firm(firm, rater=rater, firm_id=f"F{i}") for _ in range(2))
        assert first == second
        assert json.loads(json.dumps(first.as_dict(), ensure_ascii=False))["firm_id"] == f"F{i}"


def test_the_basis_names_model_product_day_and_sources(tmp_path: Path) -> None:
    basis = rate_firm(SOUND, rater=small_rater(tmp_path)).as_dict()["basis"]
    assert (basis["on"], basis["region"], basis["product"], basis["base_rate"]) == ("2025-06-30", "000000", "default", "0.0300")
    assert (basis["model"]["name"], basis["model"]["version"], len(basis["model"]["sha256"])) == ("small", "3", 64)
    assert {"policy", "field", "region", "since", "source", "unconfirmed"} == set(basis["citations"][0])
    assert any("pricing.default" in x for x in basis["notices"])


def test_every_line_of_limit_and_price_is_shown(tmp_path: Path) -> None:
    found = rate_firm({**SOUND, "tax_grade": "C"}, rater=small_rater(tmp_path)).as_dict()
    lines = {x["method"]: x for x in found["limit"]["lines"]}
    assert set(lines) == {"working_capital", "sales_share", "tax_multiple", "product_cap"}
    assert lines["tax_multiple"]["not_applicable"]["code"] == "no_multiple"
    assert lines["sales_share"]["value_fen"] == 160_000_000
    items = [x["item"] for x in found["price"]["lines"]]
    assert items == ["funds", "expected_loss", "operating", "capital", "margin", "tax", "rounding", "bound"]


def test_improvements_are_left_out_where_nobody_asks(tmp_path: Path) -> None:
    rater = small_rater(tmp_path)
    firm = {**SOUND, "max_gap_months_12": 6, "sales_12m": 1_000}
    assert rate_firm(firm, rater=rater, with_improvements=False).improvements == ()
    assert rate_firm(firm, rater=rater).improvements != ()
