"""The facts of every registry row, kept beside a result (保存主体事实), so that other thresholds need no register.

A folder `facts` holds one Parquet file a bucket (the columns of expression.FACTS, the row's place in the register, and its
reasons at the time), and `row_ids.parquet` with the row id of every place. `recount` judges the facts again, by the very
expression that judged them first.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Final

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening import expression, tables
from huoshui.adapters.registers.screening.expression import SIZED_KINDS
from huoshui.adapters.registers.screening.firm_file import coded, lists, verdict_places
from huoshui.errors import BadFile, OutputError
from huoshui.rules.screening import EXACT_DUPLICATE, REASONS, ScreeningRule
from huoshui.rules.visit_priority import PriorityRule

_CODES: Final = [x.value for x in REASONS]
_KEPT: Final = tuple(x for x in expression.FACTS if x != "pos")
_TYPES: Final = {
    "key": "int64",
    "row": "int64",
    "region": "int32",
    "record_state": "int8",
    "status": "int8",
    "kind": "int8",
    "size_row": "int8",
    "division": "int16",
    "employees": "int32",
    "revenue": "int64",
    "assets": "int64",
    "report_year": "int16",
    "established": "int32",
    "filings": "int32",
    "last_filing": "int32",
    "sales_12m": "int64",
    "sales_6m": "int64",
    "tax_employees": "int64",
    "tax_assets": "int64",
    "tax_abnormal": "int8",
    "grade": "int8",
    "last_invoice": "int32",
    "loans_of_firm": "int64",
    "loans_of_owner": "int64",
    "tags": "int8",
    "excluded": "int8",
    "lookable": "int8",
    "link": "int8",
    "reason_bits": "int16",
}
_FEW: Final = [x for x, kind in _TYPES.items() if kind in ("int8", "int16")] + ["loans_of_firm", "loans_of_owner", "filings"]
_NO_REASON: Final = ("region", "division", "established", "filings", "grade", "tags", "link")
_JUDGED: Final = [x for x in _TYPES if x not in ("key", *_NO_REASON)]
_FIGURES: Final = {"staff": "employees", "turnover": "revenue", "wealth": "assets"}
_SPANS: Final = [(figure, f"{figure}_{level}") for figure in _FIGURES for level in tables.LEVELS]
_MOVED: Final = {"moved_row": "int8"} | {f"{span}_{end}": "int64" for _, span in _SPANS for end in ("from", "until")}
_ROWS_PER_GROUP: Final = 1 << 18


def keep_facts(result: pa.Table, *, rows: npt.NDArray[np.int64], path: Path) -> None:
    """Write one bucket's facts with their reasons (保存一桶); `rows` is the place in the register by the result's `pos`.

    Rows whose size matters come first, so that others need not be read where only bounds of the size table move.
    """
    schema = _schema(_TYPES)
    how: dict[str, Any] = {"compression": "lz4", "use_dictionary": _FEW, "write_statistics": ["kind"]}
    try:
        with pq.ParquetWriter(path, schema, **how) as writer:
            for is_sized in (True, False):
                for batch in result.to_batches():
                    chosen = np.flatnonzero(np.isin(batch["kind"].to_numpy(), SIZED_KINDS) == is_sized)
                    writer.write_batch(_taken(batch, chosen, rows=rows, schema=schema), row_group_size=_ROWS_PER_GROUP)
    except OSError as error:
        raise OutputError(f"cannot write to {path.parent}: {error.strerror or error}") from error


def _taken(
    batch: pa.RecordBatch, chosen: npt.NDArray[np.int64], *, rows: npt.NDArray[np.int64], schema: pa.Schema
) -> pa.RecordBatch:
    columns = {x: batch[x].to_numpy(zero_copy_only=False)[chosen] for x in (*_KEPT, "reason_bits", "pos")}
    columns["row"] = rows[columns["pos"]]
    return pa.record_batch([pa.array(columns[x.name], x.type) for x in schema], schema=schema)


def keep_row_ids(split: Sequence[parts.Part], *, path: Path) -> None:
    """Write the row id of every place in the register (保存行号)."""
    schema = pa.schema([pa.field("row_id", pa.int64())])
    plain = {"use_dictionary": False, "column_encoding": {"row_id": "DELTA_BINARY_PACKED"}, "write_statistics": False}
    with pq.ParquetWriter(path, schema, compression="lz4", **plain) as writer:
        for part in split:
            ids = parts.row_numbers(parts.read(part, columns=("row_id",)), part)
            writer.write_table(pa.table([ids], schema=schema))


@dataclass(frozen=True, slots=True)
class Recount:
    """How many rows had which reasons and have which now (重新统计): bits of REASONS, one entry a pair."""

    before: npt.NDArray[np.int16]
    now: npt.NDArray[np.int16]
    rows: npt.NDArray[np.int64]


def judged_by(rule: ScreeningRule) -> dict[str, Any]:
    """What decides the reasons of given facts (判定参数): the bounds of the size table, and all else; integers and flags."""
    return {
        "bounds": tables.size_rows(rule),
        "others": {
            "year_since": rule.year_since,
            "invoices_since": rule.invoices_since,
            "report_due_year": rule.report_due_year,
            "owner_loans": rule.loans.owner_loans,
            "sole_trader_owner": rule.loans.sole_trader_owner,
        },
    }


def moved_spans(before: Sequence[dict[str, int]], now: Sequence[dict[str, int]]) -> list[dict[str, int]]:
    """By row of the size table the spans of figures that compare otherwise than before with some bound (变动区间).

    A figure `x < bound` differs exactly between the two bounds, also where one of them is the -1 of an unused bound.
    """
    found = []
    for old, new in zip(before, now, strict=True):
        row = {"moved_row": new["size_row"]}
        for figure, name in _FIGURES.items():
            for level in tables.LEVELS:
                ends = old[f"{level}_{name}"], new[f"{level}_{name}"]
                row[f"{figure}_{level}_from"], row[f"{figure}_{level}_until"] = min(ends), max(ends)
        if any(row[f"{span}_from"] < row[f"{span}_until"] for _, span in _SPANS):
            found.append(row)
    return found


class KeptFacts:
    """Facts that a screening kept (已存事实), judged by another rule. Raises BadFile where the folder holds none.

    `before` is what `judged_by` gave for the screening. Where only bounds of the size table moved, only the rows with a
    figure between an old and a new bound are judged again; all others keep the reasons that the same expression gave them.
    """

    def __init__(self, folder: Path, *, rule: ScreeningRule, priority: PriorityRule, before: dict[str, Any]) -> None:
        self._folder = folder
        self._files = sorted(str(x) for x in folder.glob("facts-*.parquet"))
        if not self._files:
            raise BadFile(f"{folder} holds no kept facts; expected the result of `huoshui screen --keep-facts`", field="facts")
        self._sizes = pa.Table.from_pylist(tables.size_rows(rule), schema=_schema(tables.SIZE_ROWS))
        now = judged_by(rule)
        self._moved = moved_spans(before["bounds"], now["bounds"]) if before["others"] == now["others"] else None
        self._touched = _kept().select(*_JUDGED) if self._moved is None else _touched(rule)
        self._judged = _judged(rule, priority)

    def recount(self) -> Recount:
        """Count the rows by their reasons before and now (按前后原因计数)."""
        kept = _kept()
        with self._opened() as connection:
            stay = _run(connection, kept.group_by(before=kept.reason_bits).agg(rows=kept.count()))
            found = _run(connection, self._judged.group_by(["before", "now"]).agg(rows=self._judged.count()))
        before, rows = (stay[x].to_numpy() for x in ("before", "rows"))
        again = [found[x].to_numpy() for x in ("before", "now", "rows")]
        rows = rows - np.array([again[2][again[0] == x].sum() for x in before], np.int64)
        return Recount(*(np.concatenate(x) for x in zip((before, before, rows), again, strict=True)))

    def changed(self) -> pa.Table:
        """The rows whose reasons change (变动行): row_id, deciding reason before and now, all reasons before and now."""
        rows = self._judged.filter(self._judged.before != self._judged.now)
        with self._opened() as connection:
            found = _run(connection, rows.order_by(rows.row))
        place, before, now = (found[x].to_numpy() for x in ("row", "before", "now"))
        row_ids = pq.read_table(self._folder / "row_ids.parquet")["row_id"].take(pa.array(place))
        return pa.table({
            "row_id": row_ids, "before": coded(verdict_places(before), _CODES), "now": coded(verdict_places(now), _CODES),
            "reasons_before": lists(before, _CODES), "reasons_now": lists(now, _CODES),
        })  # fmt: skip

    @contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that has the facts, the size table, and as `touched` the rows that are to be judged again.

        Touched rows are few among many: they are gathered first, because an expression over scattered rows costs as much as
        over all.
        """
        try:
            with duckdb.connect(config={"threads": 2, "preserve_insertion_order": False}) as connection:
                connection.execute("SET enable_progress_bar = false")
                connection.read_parquet(list(self._files)).create_view("facts")
                connection.register("size_rows", self._sizes)
                connection.register("moved", pa.Table.from_pylist(self._moved or [], schema=_schema(_MOVED)))
                asked = ibis.to_sql(self._touched, dialect="duckdb")
                connection.execute(f"CREATE TEMP {'VIEW' if self._moved is None else 'TABLE'} touched AS {asked}")
                yield connection
        except duckdb.Error as error:
            message = str(error).splitlines()[0]
            raise BadFile(f"the facts kept in {self._folder} cannot be read: {message}", field="facts") from error


def _run(connection: duckdb.DuckDBPyConnection, asked: ir.Table) -> pa.Table:
    return connection.sql(str(ibis.to_sql(asked, dialect="duckdb"))).to_arrow_table()


def _kept() -> Any:
    kept: Any = ibis.table(_TYPES, name="facts")
    return kept.filter(kept.record_state != EXACT_DUPLICATE)


def _schema(types: Mapping[str, str]) -> pa.Schema:
    return pa.schema([(name, getattr(pa, kind)()) for name, kind in types.items()])


def _touched(rule: ScreeningRule) -> ir.Table:
    """The rows whose size matters and of which a figure lies in a moved span."""
    kept = _kept()
    spans: Any = ibis.table(_MOVED, name="moved")
    kept = kept.filter(expression.is_sized(kept))
    kept = kept.inner_join(spans, kept.size_row == spans.moved_row)
    kept = kept.mutate(**expression.figures(kept, rule=rule))
    tests = [(kept[x] >= kept[f"{span}_from"]) & (kept[x] < kept[f"{span}_until"]) for x, span in _SPANS]
    return kept.filter(reduce(or_, tests)).select(*_JUDGED)


def _judged(rule: ScreeningRule, priority: PriorityRule) -> ir.Table:
    """Place, reasons before and reasons now of the touched rows.

    `verdicts` hands `pos` and `key` through untouched; here they carry the reasons before and the place. Facts that no reason
    looks at are not read.
    """
    touched: Any = ibis.table({x: _TYPES[x] for x in _JUDGED}, name="touched")
    given = touched.mutate(key=touched.row, pos=touched.reason_bits, **dict.fromkeys(_NO_REASON, ibis.literal(0)))
    found = expression.verdicts(given, rule=rule, priority=priority)
    return found.select(row=found.key, before=found.pos, now=found.reason_bits)


def verdict_codes(bits: npt.NDArray[np.int16]) -> list[str]:
    """The code of the reason that decides (决定性原因代码)."""
    return [_CODES[x] for x in verdict_places(bits).tolist()]


def verdict_counts(bits: npt.NDArray[np.int16], *, rows: npt.NDArray[np.int64]) -> dict[str, int]:
    """Rows by the reason that decides (按决定性原因计数)."""
    counts = np.bincount(verdict_places(bits), weights=rows, minlength=len(REASONS)).astype(np.int64)
    return dict(zip(_CODES, counts.tolist(), strict=True))
