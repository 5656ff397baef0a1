"""One table, two readers: the knock-outs of one firm in Python and of a register in Ibis say the same."""

import random
from datetime import date
from pathlib import Path
from typing import Any, Final

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.rating.knock_outs import RegisterKnockOuts, knock_out_bits
from huoshui.adapters.registers.screening.engines import open_engine
from huoshui.errors import BadFile
from huoshui.rules.knock_out import KnockOut, KnockOuts
from huoshui.rules.screening import GRADES, STATUSES
from huoshui.services.rating.basis import products, read_product
from huoshui.terms import EngineName, Tristate

ON: Final = date(2025, 6, 30)
WORDS: Final = {"tax_grade": GRADES, "register_status": tuple(x.value for x in STATUSES)}


def facts_around(rules: tuple[KnockOut, ...], *, count: int, as_words: bool) -> pa.Table:
    """Facts at and around every bound, some missing."""
    chance = random.Random(count)  # noqa: S311 -- a test's dice
    columns: dict[str, Any] = {}
    for rule in rules:
        words = WORDS.get(rule.fact)
        if words:
            choices: list[Any] = [*words, "another"] if as_words else list(range(-1, len(words) + 1))
        else:
            bounds = [x for x in (rule.at_least, rule.at_most, *rule.one_of, *rule.none_of) if isinstance(x, int)]
            choices = [x + near for x in bounds for near in (-1, 0, 1)]
        kind = pa.string() if words and as_words else pa.int64()
        columns[rule.fact] = pa.array([chance.choice([None, *choices]) for _ in range(count)], kind)
    return pa.table(columns)


@pytest.mark.parametrize("as_words", [True, False])
@pytest.mark.parametrize("product", products(on=ON))
def test_one_firm_and_a_register_are_judged_alike(product: str, as_words: bool) -> None:
    rules = read_product(product, on=ON)[0].knock_outs
    table = facts_around(rules, count=3_000, as_words=as_words)
    failed, unknown = RegisterKnockOuts(rules, schema=table.schema).bits(table)
    reader = KnockOuts(rules)
    assert list(zip(failed.tolist(), unknown.tolist(), strict=True)) == [reader.bits(x) for x in table.to_pylist()]


@pytest.mark.spark
def test_spark_judges_a_register_as_one_firm_is_judged(tmp_path: Path) -> None:
    rules = read_product("tax_loan", on=ON)[0].knock_outs
    table = facts_around(rules, count=500, as_words=True)
    numbered = table.append_column("pos", pa.array(range(table.num_rows), pa.int64()))
    asked = knock_out_bits(ibis.table(ibis.Schema.from_pyarrow(numbered.schema), name="facts"), rules=rules, keep=["pos"])
    with open_engine(EngineName.SPARK, expression=asked, master="local[2]", memory=1 << 30, folder=tmp_path) as engine:
        found = engine.run({"facts": numbered}).sort_by("pos")
    reader = KnockOuts(rules)
    bits = zip(found["failed"].to_pylist(), found["unknown"].to_pylist(), strict=True)
    assert list(bits) == [reader.bits(x) for x in table.to_pylist()]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "flag"]),
            st.one_of(
                st.tuples(st.just("at_least"), st.integers(-3, 3)),
                st.tuples(st.just("at_most"), st.integers(-3, 3)),
                st.tuples(st.just("one_of"), st.frozensets(st.integers(-3, 3), min_size=1).map(tuple)),
                st.tuples(st.just("none_of"), st.frozensets(st.integers(-3, 3), min_size=1).map(tuple)),
            ),
            st.sampled_from([Tristate.NOT_MET, Tristate.NOT_KNOWN]),
        ),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.tuples(*[st.one_of(st.none(), st.integers(-4, 4))] * 2, st.one_of(st.none(), st.booleans())), max_size=20),
)
@settings(max_examples=20, deadline=None)
def test_any_table_is_read_alike(asked: list[Any], rows: list[Any]) -> None:
    rules = tuple(
        KnockOut(f"r{i}", fact, "要求", "asked", "证明", "evidence", otherwise=otherwise, **{test: value})
        for i, (fact, (test, value), otherwise) in enumerate(asked)
    )
    kinds = {"a": pa.int64(), "b": pa.int16(), "flag": pa.bool_()}
    table = pa.table({x: pa.array([row[i] for row in rows], kind) for i, (x, kind) in enumerate(kinds.items())})
    failed, unknown = RegisterKnockOuts(rules, schema=table.schema).bits(table)
    reader = KnockOuts(rules)
    assert list(zip(failed.tolist(), unknown.tolist(), strict=True)) == [reader.bits(x) for x in table.to_pylist()]


def test_a_fact_without_a_column_is_not_known_of_any_firm() -> None:
    rules = read_product("default", on=ON)[0].knock_outs
    table = pa.table({"other": [1, 2], "is_fraud_flagged": pa.nulls(2)})
    failed, unknown = RegisterKnockOuts(rules, schema=table.schema).bits(table)
    assert (failed.tolist(), unknown.tolist()) == ([0, 0], [(1 << len(rules)) - 1] * 2)


def test_a_column_of_another_kind_is_refused() -> None:
    rules = read_product("default", on=ON)[0].knock_outs
    with pytest.raises(BadFile, match="is_fraud_flagged"):
        RegisterKnockOuts(rules, schema=pa.schema({"is_fraud_flagged": pa.float64()}))
