"""A small model and firms for the tests of a rating: every kind of field, a pair, a segment, gaps, figures at the bounds."""

import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.points_file import points_text
from huoshui.rules.points_table import Field, Grade, Kind, Overlay, Pair, PdStep, PointsTable, Role
from huoshui.services.model.folder import write_model
from huoshui.services.rating import FirmRater, open_rater

ON: Final = date(2025, 6, 30)
FIELDS: Final = (
    Field(
        "sales_12m", Kind.NUMBER, (0, 20, 45), 10, cuts=(Decimal(50_000_000), Decimal(500_000_000)), neutral=20, direction=1,
        actionable=True, zh="近12个月销售额", en="sales of 12 months", unit="fen",
    ),
    Field("max_gap_months_12", Kind.NUMBER, (30, 12, 0), 12, cuts=(Decimal(2), Decimal(5)), direction=-1, zh="最长断票月数"),
    Field("buyer_hhi", Kind.NUMBER, (25, 25, 0), 5, cuts=(Decimal("1000.5"), Decimal(400_000)), direction=-1),
    Field("trade", Kind.CATEGORY, (15, 0), 3, other=5, groups=(("C", "F"), ("H",)), zh="行业"),
    Field("region_kind", Kind.CATEGORY, (5, -5), 0, groups=(("1",), ("2",)), role=Role.SEGMENT),
)  # fmt: skip
PAIR: Final = Pair("sales_12m", "trade", (0, 1, 1, 0), (0, 1, 1, 0), ((0, -6), (4, 2)))
TABLE: Final = PointsTable(
    name="small",
    fields=FIELDS,
    base=400,
    pd_steps=(
        PdStep(0, Decimal("0.4"), Decimal("0.2"), Decimal("0.6")),
        PdStep(440, Decimal("0.09"), Decimal("0.05"), Decimal("0.14")),
        PdStep(470, Decimal("0.031234567"), Decimal("0.02"), Decimal("0.05")),
        PdStep(500, Decimal("0.004"), Decimal("0.001"), Decimal("0.009")),
    ),
    grades=(Grade("D1", 0), Grade("C1", 430), Grade("B1", 455), Grade("B2", 480), Grade("A1", 505)),
    pairs=(PAIR,),
    overlays=(Overlay(date(2025, 1, 1), -10, "level"),),
    version="3",
)
FACTS: Final = (
    "months_of_data", "sales_12m", "sales_yoy", "profit_rate_declared", "cash_cycle_days", "tax_total_12m", "tax_total_24m",
    "tax_grade", "loan_balance", "register_status", "is_serious_violation", "is_dishonest_debtor", "is_tax_non_normal",
    "has_current_overdue", "is_fraud_flagged", "firm_age_months", "tax_paid_months_3", "tax_max_gap_months_24", "tax_arrears",
    "overdue_ones_24", "overdue_twos_24", "other_business_loans", "open_loans", "registered_capital", "headcount_ss",
    "applicant_age", "applicant_share", "division", "is_brokered",
)  # fmt: skip
SOUND: Final[dict[str, Any]] = {
    "sales_12m": 800_000_000, "max_gap_months_12": 0, "buyer_hhi": 900, "trade": "C", "region_kind": "1",
    "months_of_data": 36, "sales_yoy": 500, "profit_rate_declared": 800, "cash_cycle_days": 60, "tax_total_12m": 20_000_000,
    "tax_total_24m": 30_000_000, "tax_grade": "A", "loan_balance": 0, "register_status": "operating", "is_serious_violation": 0,
    "is_dishonest_debtor": 0, "is_tax_non_normal": 0, "has_current_overdue": 0, "is_fraud_flagged": 0, "firm_age_months": 60,
    "tax_paid_months_3": 3, "tax_max_gap_months_24": 1, "tax_arrears": 0, "overdue_ones_24": 0, "overdue_twos_24": 0,
    "other_business_loans": 0, "open_loans": 0, "registered_capital": 100_000_000, "headcount_ss": 20,
    "applicant_age": 40, "applicant_share": 10_000, "division": 51, "is_brokered": 0,
}  # fmt: skip
_WORDS: Final = {"trade": "CFHZ", "region_kind": "12", "tax_grade": ("", *"ABMCD")}


def firms(count: int, *, seed: int = 1, gaps: float = 0.08) -> list[dict[str, Any]]:
    """Sound firms with some figures changed and some missing; the first has none at all."""
    chance = random.Random(seed)  # noqa: S311 -- a test's dice
    return [dict.fromkeys(SOUND), *(_firm(chance, gaps) for _ in range(count - 1))]


def _firm(chance: random.Random, gaps: float) -> dict[str, Any]:
    found = dict(SOUND)
    for name, value in SOUND.items():
        if chance.random() < gaps:
            found[name] = None
        elif chance.random() < 3 * gaps:
            found[name] = _other(name, value, chance)
    return found


def _other(name: str, value: Any, chance: random.Random) -> Any:
    if name in _WORDS:
        return chance.choice(_WORDS[name])
    if name == "register_status":
        return chance.choice(("operating", "closed", "unknown"))
    near = value + chance.choice((-1, 0, 1))
    return chance.choice((near, value // 2, value * 2 + 1, chance.randrange(10**10), -5, 50_000_000, 500_000_000))


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """The firms as columns, with ids F0, F1 and so on."""
    words = {"trade", "region_kind", "tax_grade", "register_status"}
    columns = {x: pa.array([row[x] for row in rows], pa.string() if x in words else pa.int64()) for x in SOUND}
    return pa.table({"firm_id": pa.array([f"F{i}" for i in range(len(rows))]), **columns})


def write_features(
    path: Path, table: pa.Table, *, version: str = "1", on: date = ON, group: int = 1_000, synthetic: bool = False
) -> Path:
    """A file of features as `huoshui features` writes it."""
    metadata = {"huoshui.features": version, "huoshui.on": on.isoformat(), "huoshui.synthetic": str(synthetic).lower()}
    pq.write_table(table.replace_schema_metadata(metadata), path, row_group_size=group)
    return path


def write_small_model(out: Path, *, table: PointsTable = TABLE, training: str = '{"catalog": "1"}') -> Path:
    """An unsigned folder of the small model."""
    files = {"model.yaml": points_text(table).encode(), "training.json": training.encode()}
    write_model(out, files=files, trained_by="maker", on=date(2025, 1, 1), key=None)
    return out


def small_rater(folder: Path, *, product: str = "default") -> FirmRater:
    """A rater of the small model, which nobody approved."""
    path = folder / "model"
    return open_rater(path if path.exists() else write_small_model(path), on=ON, product=product, allow_unapproved=True)
