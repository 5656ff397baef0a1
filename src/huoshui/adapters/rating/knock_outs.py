"""The knock-outs over a register (批量准入检查): the decision table as one Ibis expression, a bit a row for each firm.

The one-firm reader is `rules/knock_out.py`; a property test holds the two together. A fact without a column is not known of any
firm. DuckDB runs the expression on batches of Arrow columns.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.errors import BadFile
from huoshui.rules.knock_out import KnockOut, KnockOuts
from huoshui.terms import Tristate

Ints = npt.NDArray[np.int64]
_TABLE = "facts"


def knock_out_bits(table: ir.Table, *, rules: Sequence[KnockOut], keep: Sequence[str] = ()) -> ir.Table:
    """A table's rows as two columns of bits (规则位): `failed` and `unknown`, the first rule's bit is 1.

    `keep` are columns that stay, such as the firm's id. Raises BadFile for a column of a kind that its rule cannot judge.
    """
    failed: Any = ibis.literal(0, "int64")
    unknown: Any = ibis.literal(0, "int64")
    for place, rule in enumerate(rules):
        bit, none = ibis.literal(1 << place, "int64"), ibis.literal(0, "int64")
        if rule.fact not in table.columns:
            unknown = unknown + bit
            continue
        value = table[rule.fact]
        passes, blank = _tests(rule, value)
        unknown = unknown + ibis.ifelse(blank, bit, none)
        short = ibis.ifelse(~blank & ~passes, bit, none)
        if rule.otherwise is Tristate.NOT_MET:
            failed = failed + short
        else:
            unknown = unknown + short
    return table.select(*keep, failed=failed.cast("int64"), unknown=unknown.cast("int64"))


def _tests(rule: KnockOut, value: Any) -> tuple[Any, Any]:
    """Whether the value passes, and whether it is blank; neither is null."""
    kind, listed = value.type(), rule.listed
    if not (kind.is_integer() or kind.is_boolean() or (kind.is_string() and listed)):
        raise BadFile(f"the facts' column {rule.fact} is of type {kind}; expected whole numbers", field=rule.fact)
    if kind.is_boolean():
        value = value.cast("int8")
    blank = value.isnull()
    if listed:
        if rule.known:
            blank = blank | ~_among(value, rule.known)
        among = _among(value, listed)
        return (among if rule.one_of else ~among), blank
    passes: Any = ibis.literal(True)
    if rule.at_least is not None:
        passes = passes & (value >= rule.at_least)
    if rule.at_most is not None:
        passes = passes & (value <= rule.at_most)
    return passes.fill_null(False), blank


def _among(value: Any, listed: Iterable[int | str]) -> Any:
    """Whether the value is one of those of its own kind; a null is not."""
    fitting = sorted(x for x in listed if isinstance(x, str) == value.type().is_string())
    return value.isin(fitting).fill_null(False) if fitting else ibis.literal(False)


class RegisterKnockOuts:
    """A product's knock-outs made ready for batches of one schema (批量准入读取器). Raises BadPolicyFile and BadFile."""

    def __init__(self, rules: Sequence[KnockOut], *, schema: pa.Schema) -> None:
        self.rules = KnockOuts(rules).rules
        wanted = {x.fact for x in self.rules}
        self.columns = tuple(x.name for x in schema if x.name in wanted and not pa.types.is_null(x.type))
        self._connection = duckdb.connect() if self.columns else None
        if self.columns:
            given = ibis.Schema.from_pyarrow(pa.schema([schema.field(x) for x in self.columns]))
            expression = knock_out_bits(ibis.table(given, name=_TABLE), rules=self.rules)
            self._statement = str(ibis.to_sql(expression, dialect="duckdb"))

    def bits(self, batch: pa.Table) -> tuple[Ints, Ints]:
        """The rows not met and the rows not known of every firm (规则位)."""
        if self._connection is None:
            everything = np.full(batch.num_rows, (1 << len(self.rules)) - 1, np.int64)
            return np.zeros(batch.num_rows, np.int64), everything
        self._connection.register(_TABLE, batch.select(self.columns))
        found = self._connection.sql(self._statement).to_arrow_table()
        self._connection.unregister(_TABLE)
        return found["failed"].to_numpy(), found["unknown"].to_numpy()
