"""From invoices to a decision, where they are few, void, negative or not of this time: never a silent number."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from huoshui.rules.features import features_of
from huoshui.rules.features_catalog import CATALOG
from huoshui.rules.features_invoices import Invoice, fold_invoices
from huoshui.rules.points_table import Field, Grade, Kind, PdStep, PointsTable
from huoshui.services.rating import FirmRater, open_rater, rate_firm
from huoshui.terms import Decision
from tests.services.rating.small_rating import ON, write_small_model

TABLE: Final = PointsTable(
    "of invoices",
    (
        Field("sales_12m", Kind.NUMBER, (0, 30), -10, cuts=(Decimal(10_000_000),), direction=1),
        Field("void_rate_amt", Kind.NUMBER, (20, 0), 5, cuts=(Decimal(3_000),), direction=-1),
        Field("last_invoice_days", Kind.NUMBER, (10, 0), 0, cuts=(Decimal(60),), direction=-1),
    ),
    300,
    (PdStep(0, Decimal("0.2"), Decimal("0.1"), Decimal("0.4")), PdStep(340, Decimal("0.02"), Decimal("0.01"), Decimal("0.04"))),
    (Grade("D", 0), Grade("B", 300), Grade("A", 340)),
)
MONTH: Final = 100_000_000


def sales(months: int, *, amount: int = MONTH, is_void: bool = False, before: int = 0) -> list[Invoice]:
    """One invoice a month, up to the month before the day."""
    days = [ON - timedelta(days=31 + 30 * x) for x in range(before, before + months)]
    return [Invoice(False, x, amount, amount // 10, f"{i}", f"P{i % 5}", is_void) for i, x in enumerate(days)]


@pytest.fixture
def rater(tmp_path: Path) -> FirmRater:
    """A product that asks for invoices only."""
    model = write_small_model(tmp_path / "model", table=TABLE)
    return open_rater(model, on=ON, product="invoice_loan_2020", allow_unapproved=True)


def decided(rater: FirmRater, invoices: list[Invoice]) -> dict[str, Any]:
    features = features_of(fold_invoices(invoices, on=ON), catalog=CATALOG)
    return rate_firm(features, rater=rater).as_dict()


def test_a_firm_with_a_year_of_sales_is_offered_a_loan(rater: FirmRater) -> None:
    found = decided(rater, sales(18))
    assert (found["decision"], found["grade"], found["codes"]) == ("offer", "A", [])
    assert found["limit_fen"] == 100_000_000


@pytest.mark.parametrize(
    ("invoices", "decision", "codes", "open_rules"),
    [
        ([], "not_known", ["U31", "U32"], ["months_of_data", "net_sales"]),
        (sales(1), "not_known", ["U31"], ["months_of_data"]),
        (sales(18, is_void=True), None, None, None),
        (sales(18, amount=-MONTH), "refused", ["K01", "U34"], []),
        ([Invoice(False, date(2025, 7, 1), MONTH)], "not_known", ["U31", "U32"], ["months_of_data", "net_sales"]),
        ([Invoice(False, None, None)], "not_known", ["U31", "U32"], ["months_of_data", "net_sales"]),
    ],
    ids=["none", "one month", "all void", "negative only", "of the future", "without day and amount"],
)
def test_a_firm_without_sound_sales_has_no_limit_and_a_clear_reason(
    invoices: list[Invoice], decision: str | None, codes: list[str] | None, open_rules: list[str] | None, rater: FirmRater
) -> None:
    found = decided(rater, invoices)
    assert found["decision"] != Decision.OFFER.value
    assert (found["rate"], bool(found["limit_fen"])) == (None, False)
    assert found["codes"] != []
    if decision is not None:
        assert (found["decision"], [x["code"] for x in found["codes"]]) == (decision, codes)
        assert [x["rule"] for x in found["knock_outs"] if x["verdict"] == "not_known"] == open_rules


def test_one_wild_amount_does_not_leave_whole_numbers(rater: FirmRater) -> None:
    found = decided(rater, [*sales(18), Invoice(False, date(2025, 3, 1), 10**30, 0, "wild", "P1")])
    assert (found["decision"], found["limit_fen"]) == ("offer", 100_000_000)
