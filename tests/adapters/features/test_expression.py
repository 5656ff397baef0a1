"""One definition, two readers: the expression says of a register what the plain readers say of each of its firms."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import astuple
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huoshui.adapters.features.expression import features
from huoshui.adapters.features.fact_table import fact_table
from huoshui.adapters.features.fold import NONE, day_number
from huoshui.adapters.features.tables import EVENTS, event_table, firm_table
from huoshui.adapters.registers.screening.engines import Engine, open_engine
from huoshui.rules.features import features_of
from huoshui.rules.features_catalog import CATALOG
from huoshui.rules.features_invoices import FACTS, SHARED, Facts
from huoshui.rules.features_registers import (
    Case,
    Filing,
    Insured,
    Loan,
    Registration,
    is_debt,
    is_defendant,
    is_penalty,
    litigation_facts,
    loan_facts,
    registry_facts,
    social_security_facts,
    tax_facts,
    tax_grade,
)
from huoshui.terms import EngineName, RegisterKind

ON: Final = date(2020, 2, 15)
Firm = dict[RegisterKind, Any]
Features = dict[str, int | None]
Registers = frozenset[RegisterKind]
GIVEN: Final = frozenset(RegisterKind) - {RegisterKind.EXCLUSIONS}
INVOICES_ONLY: Final = frozenset({RegisterKind.INVOICES})

days = st.integers(-60, 1500).map(lambda x: ON - timedelta(days=x))
month_ends = st.integers(-1, 30).map(lambda x: date(2020 + (1 - x) // 12, (1 - x) % 12 + 1, 1) - timedelta(days=1))
fen = st.one_of(st.none(), st.integers(-(10**6), 10**9), st.sampled_from([0, 10**17, -(10**17)]))
some_fen = st.one_of(st.none(), st.integers(0, 3).map(lambda x: x * 100))
filings = st.builds(
    Filing, st.one_of(st.none(), month_ends), st.one_of(month_ends, days), some_fen | fen, some_fen | fen,
    st.sampled_from([None, "A", "b级", "M", "D", "X"]), st.one_of(st.none(), days),
)  # fmt: skip
insured = st.builds(Insured, month_ends, st.one_of(st.none(), st.integers(0, 50)), some_fen, some_fen)
cases = st.builds(
    Case, st.sampled_from([None, "合同纠纷", "行政处罚"]), days, st.sampled_from([None, "原告", "被告", "被执行人"]), fen,
    st.one_of(st.none(), days),
)  # fmt: skip
loans = st.builds(
    Loan, st.sampled_from([None, "经营贷款", "消费贷款"]), st.sampled_from([None, "企业", "法定代表人"]),
    st.one_of(st.none(), days), st.one_of(st.none(), days), fen, fen, st.sampled_from([None, "甲银行", "乙银行"]),
)  # fmt: skip
facts = st.fixed_dictionaries(
    dict.fromkeys((*FACTS, *SHARED), st.one_of(st.none(), st.integers(-20, 20), st.integers(-9 * 10**14, 9 * 10**14)))
)
firm = st.fixed_dictionaries(
    {
        RegisterKind.INVOICES: st.one_of(st.none(), facts),
        RegisterKind.REGISTRY: st.builds(Registration, st.one_of(st.none(), days), fen),
        RegisterKind.TAX: st.lists(filings, max_size=12),
        RegisterKind.SOCIAL_SECURITY: st.lists(insured, max_size=8),
        RegisterKind.LITIGATION: st.lists(cases, max_size=5),
        RegisterKind.LOANS: st.lists(loans, max_size=5),
    }
)


def plain(firm: Firm, known: Registers) -> Features:
    """What the readers of one firm say."""
    found: Facts = dict(firm[RegisterKind.INVOICES] or {}) if RegisterKind.INVOICES in known else {}
    told = {kind: firm[kind] if kind in known else None for kind in firm}
    found |= registry_facts(told[RegisterKind.REGISTRY], on=ON)
    found |= tax_facts(told[RegisterKind.TAX] or (), on=ON)
    found |= social_security_facts(told[RegisterKind.SOCIAL_SECURITY] or (), on=ON)
    found |= litigation_facts(told[RegisterKind.LITIGATION], on=ON)
    found |= loan_facts(told[RegisterKind.LOANS], on=ON)
    return features_of(found, catalog=CATALOG)


def number(value: Any) -> int:
    if isinstance(value, date):
        return day_number(value)
    return NONE if value is None else int(value)


def column(values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([number(x) for x in values], np.int64)


def columns_of(kind: RegisterKind, rows: list[Any]) -> dict[str, Any]:
    words: dict[Any, int] = {}
    if kind is RegisterKind.TAX:
        names = {
            "start": "period_start",
            "period": "period_end",
            "sales": "sales_fen",
            "paid": "tax_paid_fen",
            "filed": "filed_on",
        }
        found = {name: column([getattr(x, field) for x in rows]) for name, field in names.items()}
        return found | {"grade": column([tax_grade(x.credit_grade) for x in rows])}
    if kind is RegisterKind.SOCIAL_SECURITY:
        return dict(zip(("period", "heads", "paid", "due"), map(column, zip(*map(astuple, rows), strict=True)), strict=True))
    texts = ("case_kind", "role") if kind is RegisterKind.LITIGATION else ("loan_kind", "borrower_role", "lender")
    found = {f"content_{i}": column([words.setdefault(getattr(x, t), len(words)) for x in rows]) for i, t in enumerate(texts)}
    if kind is RegisterKind.LITIGATION:
        found |= {"filed": column([x.filed_on for x in rows]), "closed": column([x.closed_on for x in rows])}
        found |= {"is_penalty": column([is_penalty(x.case_kind) for x in rows])}
        return found | {
            "is_defendant": column([is_defendant(x.role) for x in rows]),
            "amount": column([x.amount_fen for x in rows]),
        }
    found |= {"granted": column([x.granted_on for x in rows]), "settled": column([x.settled_on for x in rows])}
    found |= {"is_debt": column([is_debt(x.loan_kind, x.borrower_role) for x in rows])}
    return found | {"amount": column([x.amount_fen for x in rows]), "balance": column([x.balance_fen for x in rows])}


def tables_of(firms: list[Firm]) -> dict[str, pa.Table]:
    """The firms as the tables of the expression."""
    registered = [x[RegisterKind.REGISTRY] for x in firms]
    registry = {"established": column([x.established_on for x in registered])}
    registry |= {"capital": column([x.registered_capital_fen for x in registered])}
    with_facts = np.array([i for i, x in enumerate(firms) if x[RegisterKind.INVOICES]], np.int32)
    values = [[number(firms[i][RegisterKind.INVOICES][name]) for name in (*FACTS, *SHARED)] for i in with_facts]
    found = {
        "firms": firm_table(len(firms), registry, on=ON),
        "invoice_facts": fact_table(np.array(values, np.int64).reshape(-1, len(FACTS) + len(SHARED)), firms=with_facts),
    }
    for kind, name in EVENTS.items():
        rows = [(place, x) for place, firm in enumerate(firms) for x in firm[kind]]
        example = {RegisterKind.TAX: Filing(None, ON, None, None), RegisterKind.SOCIAL_SECURITY: Insured(ON, None, None, None)}
        example |= {
            RegisterKind.LITIGATION: Case(None, ON, None, None),
            RegisterKind.LOANS: Loan(None, None, None, None, None, None),
        }
        columns = columns_of(kind, [x for _, x in rows] or [example[kind]])
        columns = columns if rows else {key: value[:0] for key, value in columns.items()}
        found[name] = event_table(kind, np.array([x for x, _ in rows], np.int32), columns, on=ON)
    return found


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[list[Firm], Registers], list[Features]]]:
    """The expression on DuckDB, compiled once for all registers and once for the invoices alone."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("duckdb")
        engines = {x: stack.enter_context(opened(EngineName.DUCKDB, x, folder)) for x in (GIVEN, INVOICES_ONLY)}
        yield lambda firms, known: read(engines[known], firms)


def opened(name: EngineName, known: Registers, folder: Path) -> AbstractContextManager[Engine]:
    expression = features(CATALOG, on=ON, given=known)
    return open_engine(name, expression=expression, master="local[1]", memory=1 << 30, folder=folder)


def read(engine: Engine, firms: list[Firm]) -> list[Features]:
    rows = engine.run(tables_of(firms)).sort_by("firm").to_pylist()
    return [{x.name: row[x.name] for x in CATALOG} for row in rows]


@given(firms=st.lists(firm, min_size=1, max_size=12))
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
def test_the_expression_says_what_the_plain_readers_say(
    duckdb: Callable[[list[Firm], Registers], list[Features]], firms: list[Firm]
) -> None:
    assert duckdb(firms, GIVEN) == [plain(x, GIVEN) for x in firms]


@given(firms=st.lists(firm, min_size=1, max_size=3))
@settings(deadline=None, max_examples=5, suppress_health_check=list(HealthCheck))
def test_a_register_that_was_not_given_says_nothing(
    duckdb: Callable[[list[Firm], Registers], list[Features]], firms: list[Firm]
) -> None:
    firms = [x | {RegisterKind.REGISTRY: Registration(None, None)} for x in firms]
    assert duckdb(firms, INVOICES_ONLY) == [plain(x, INVOICES_ONLY) for x in firms]


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_spark_says_what_duckdb_says(tmp_path: Path, duckdb: Callable[[list[Firm], Registers], list[Features]]) -> None:
    firms = examples(40)
    with opened(EngineName.SPARK, GIVEN, tmp_path) as engine:
        assert read(engine, firms) == duckdb(firms, GIVEN)


def examples(count: int) -> list[Firm]:
    """Some firms, the same each time."""
    chance = Random(3)  # noqa: S311 -- test data
    found: list[Firm] = []

    def one_of(*values: Any) -> Any:
        return chance.choice(values)

    def day(least: int = -60, most: int = 1500) -> date:
        return ON - timedelta(days=chance.randint(least, most))

    for _ in range(count):
        amounts = {
            x: one_of(None, chance.randint(-20, 20), chance.randint(-(9 * 10**14), 9 * 10**14)) for x in (*FACTS, *SHARED)
        }
        found.append({
            RegisterKind.INVOICES: one_of(None, amounts, amounts),
            RegisterKind.REGISTRY: Registration(one_of(None, day()), one_of(None, 10**8)),
            RegisterKind.TAX: [
                Filing(None, day(), one_of(None, chance.randint(0, 10**9)), one_of(0, 5), one_of("A", "D", None), day())
                for _ in range(chance.randint(0, 30))
            ],
            RegisterKind.SOCIAL_SECURITY: [
                Insured(day(), one_of(None, 7, 9), 100, one_of(100, 200)) for _ in range(chance.randint(0, 20))
            ],
            RegisterKind.LITIGATION: [
                Case(one_of("合同纠纷", "行政处罚"), day(), one_of("原告", "被告"), one_of(None, 5), one_of(None, day()))
                for _ in range(chance.randint(0, 5))
            ],
            RegisterKind.LOANS: [
                Loan(one_of("经营贷款", "消费贷款"), None, day(), one_of(None, day()), 10**8, one_of(None, 10**7))
                for _ in range(chance.randint(0, 5))
            ],
        })  # fmt: skip
    return found
