"""One rule, two readers (一表两读): one firm in Python and a register in Ibis say the same, on every engine."""

import random
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from huoshui.adapters.registers.screening import expression, tables
from huoshui.adapters.registers.screening.engines import open_engine
from huoshui.adapters.registers.screening.expression import FACTS
from huoshui.rules.screening import CURRENT, LARGEST_FEN, REASONS, SIZES, SUPERSEDED, FirmFacts, screen_firm
from huoshui.rules.visit_priority import score_firm
from huoshui.services.screening.basis import read_screening_basis
from huoshui.terms import EngineName, Evidence, Tag

ON: Final = date(2025, 6, 30)
RULES: Final = ("never_borrowed", "never_borrowed_owner", "no_current_loan")
TYPES: Final = {
    "pos": pa.int32(),
    "key": pa.int64(),
    "region": pa.int32(),
    "division": pa.int16(),
    "established": pa.int32(),
    "revenue": pa.int64(),
    "assets": pa.int64(),
    "sales_12m": pa.int64(),
    "sales_6m": pa.int64(),
    "tax_employees": pa.int64(),
    "tax_assets": pa.int64(),
    "filings": pa.int64(),
    "last_filing": pa.int32(),
    "last_invoice": pa.int32(),
    "employees": pa.int32(),
    "loans_of_firm": pa.int64(),
    "loans_of_owner": pa.int64(),
    "report_year": pa.int16(),
}


MONEY: Final = (-1, 0, 1, 30_000_000_00, 300_000_00, 299_999_99, 5_000_000_00)


def _facts(chance: random.Random, *, rows: int, year: int, sales: int, invoices: int) -> FirmFacts:
    """Facts at and around every threshold."""

    def near(day: int) -> int:
        return day + chance.choice((-1, 0, 1))

    def money() -> int:
        return chance.choice((*MONEY, chance.randrange(10**13)))

    return FirmFacts(
        record_state=chance.choice((CURRENT, CURRENT, CURRENT, SUPERSEDED)),
        status=chance.randrange(4),
        kind=chance.randrange(6),
        size_row=chance.randrange(-2, rows),
        employees=chance.choice((-1, 0, 9, 10, 19, 20, 99, 100, 299, 300, 1000)),
        revenue=money(),
        assets=money(),
        report_year=chance.choice((-1, 2022, 2023, 2024)),
        filings=chance.choice((0, 1, 4)),
        last_filing=chance.choice((-1, near(year))),
        sales_12m=chance.choice((max(0, money()), max(0, money()), LARGEST_FEN - 1, LARGEST_FEN, -LARGEST_FEN)),
        sales_6m=chance.choice((max(0, money()), max(0, money()), LARGEST_FEN, -LARGEST_FEN)),
        tax_employees=chance.choice((-1, 0, 10, 300)),
        tax_assets=money(),
        tax_abnormal=chance.choice((-1, 0, 1)),
        last_invoice=chance.choice((-1, near(invoices))),
        loans_of_firm=chance.choice((0, 0, 2)),
        loans_of_owner=chance.choice((0, 0, 1)),
        tags=chance.randrange(32),
        excluded=chance.choice((0, 0, 1)),
        lookable=chance.choice((0, 1, 1, 1)),
        grade=chance.randrange(6),
        established=chance.choice((-1, 0, near(sales), near(year), near(19_000))),
    )


def _table(facts: list[FirmFacts]) -> pa.Table:
    columns: dict[str, Any] = {
        name: [getattr(x, name, 0) for x in facts] for name in FACTS if name not in ("pos", "key", "region", "division", "link")
    }
    columns |= {
        "pos": range(len(facts)),
        "key": range(len(facts)),
        "region": [350203] * len(facts),
        "division": [65] * len(facts),
    }
    columns["link"] = [1] * len(facts)
    return pa.table({name: pa.array(list(columns[name]), TYPES.get(name, pa.int8())) for name in FACTS})


@pytest.fixture(params=[EngineName.DUCKDB, pytest.param(EngineName.SPARK, marks=pytest.mark.spark)])
def engine_name(request: pytest.FixtureRequest) -> EngineName:
    """Every engine, one after the other."""
    assert isinstance(request.param, EngineName)
    return request.param


def _run(name: EngineName, asked: ir.Table, given: Mapping[str, pa.Table], folder: Path) -> pa.Table:
    with open_engine(name, expression=asked, master="local[2]", memory=1 << 30, folder=folder) as engine:
        return engine.run(given).sort_by("pos")


@pytest.mark.parametrize("rule_name", RULES)
def test_one_firm_and_a_register_are_judged_alike(rule_name: str, engine_name: EngineName, tmp_path: Path) -> None:
    basis = read_screening_basis(rule_name, region="350203", on=ON)
    rule = basis.rule
    chance = random.Random(rule_name)  # noqa: S311 -- a test's dice
    facts = [
        _facts(chance, rows=len(rule.sizes.rows), year=rule.year_since, sales=rule.sales_since, invoices=rule.invoices_since)
        for _ in range(20_000 if engine_name is EngineName.DUCKDB else 4_000)
    ]
    schema = ibis.schema({name: str(ibis.dtype(expression_type)) for name, expression_type in _ibis_types().items()})
    asked = expression.verdicts(ibis.table(schema, name="facts"), rule=rule, priority=basis.priority)
    sizes = pa.Table.from_pylist(
        tables.size_rows(rule), schema=pa.schema([(n, getattr(pa, k)()) for n, k in tables.SIZE_ROWS.items()])
    )
    found = _run(engine_name, asked, {"facts": _table(facts), "size_rows": sizes}, tmp_path).to_pylist()
    assert len(found) == len(facts)
    for one, row in zip(facts, found, strict=True):
        verdict = screen_firm(one, rule=rule)
        points = score_firm(one, rule=basis.priority)
        assert _named(row["reason_bits"], REASONS) == verdict.reasons, one
        assert _named(row["evidence_bits"], tuple(Evidence)) == verdict.evidence, one
        assert _named(row["tags"], tuple(Tag)) == verdict.tags
        assert SIZES[row["size"]] is verdict.size_class, one
        assert bool(row["is_listed"]) is verdict.is_listed, one
        assert row["priority"] == sum(x.points for x in points), one


def _ibis_types() -> dict[str, str]:
    return {name: str(TYPES.get(name, pa.int8())) for name in FACTS}


def _named(bits: int, order: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(x for i, x in enumerate(order) if bits >> i & 1)
