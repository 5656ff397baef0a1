"""Synthetic invoices for benchmarks, in the form that an import writes: firm by firm, sales before purchases."""

import json
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.registers.fields import fields_of, schema_of
from huoshui.terms import RegisterKind

SEED: Final = 11
LAST_DAY: Final = 18313  # 2020-02-21, days since 1970
DAYS: Final = 1100
PARTIES_OF_A_FIRM: Final = 60
PARTIES: Final = 2_000_000
GROUP: Final = 1 << 18
AT_A_TIME: Final = 1 << 21
STATES: Final = pa.array(["有效发票", "作废发票", " 作废发票"])
SIDES: Final = pa.array(["sale", "purchase"])


def invoices(rows: int, *, rows_of_a_firm: int = 400) -> Path:
    """A register of so many invoices, made once and kept in the temporary folder."""
    folder = Path(tempfile.gettempdir()) / "huoshui-bench" / f"invoices-{rows}-{rows_of_a_firm}"
    path = folder / "invoices.parquet"
    if (folder / "complete").is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    schema = schema_of(RegisterKind.INVOICES)
    words = [x.name for x in fields_of(RegisterKind.INVOICES).values() if x.repeats]
    words += ["uscc", "register_no", "name", "source_file"]
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1, use_dictionary=words) as writer:
        for start in range(0, rows, AT_A_TIME):
            count = min(AT_A_TIME, rows - start)
            chance = np.random.default_rng([SEED, start])
            writer.write_table(_table(start, count, rows_of_a_firm, chance).cast(schema), row_group_size=GROUP)
    (folder / "complete").write_text(json.dumps({"rows": rows}), encoding="utf-8")
    return path


def _table(start: int, count: int, rows_of_a_firm: int, chance: np.random.Generator) -> pa.Table:
    place = np.arange(start, start + count)
    firm = place // rows_of_a_firm
    is_purchase = (place % rows_of_a_firm) * 2 >= rows_of_a_firm
    day = LAST_DAY - chance.integers(0, DAYS, count)
    amount = np.maximum(1, (chance.lognormal(12, 1.8, count)).astype(np.int64))
    amount = np.where(chance.random(count) < 0.03, -amount // 2, amount)
    party = (firm * 7919 + np.minimum(chance.geometric(0.08, count), PARTIES_OF_A_FIRM)) % PARTIES
    number = chance.integers(10**7, 10**8, count)
    state = np.where(chance.random(count) < 0.05, chance.integers(1, 3, count), 0)
    repeats = np.flatnonzero(chance.random(count) < 0.01)
    repeats = repeats[
        (repeats > 0) & (place[repeats] % rows_of_a_firm != 0) & (is_purchase[repeats] == is_purchase[repeats - 1])
    ]
    for values in (day, amount, party, number, state):
        values[repeats] = values[repeats - 1]
    tax = amount * 13 // 100
    none = pa.nulls(count, pa.string())
    return pa.table({
        "row_id": pa.array(place), "uscc": none, "register_no": _texts("F", firm), "register_scheme": pa.repeat("bench", count),
        "name": none, "region_code": none, "invoice_no": _texts("", number),
        "invoiced_on": pa.array(day.astype(np.int32)).cast(pa.date32()),
        "direction": SIDES.take(pa.array(is_purchase.astype(np.int8))), "counterparty_id": _texts("P", party),
        "counterparty_name": none, "amount_fen": pa.array(amount), "tax_fen": pa.array(tax),
        "total_fen": pa.array(amount + tax), "invoice_state": STATES.take(pa.array(state)),
        "source_file": pa.repeat("bench", count), "source_line": pa.array(place),
    })  # fmt: skip


def _texts(letter: str, numbers: npt.NDArray[Any]) -> pa.Array:
    text = pa.array(numbers).cast(pa.string())
    if not letter:
        return text
    return pc.binary_join_element_wise(pa.scalar(letter), text, "")
