"""Nights of new rows for synthetic registers (夜间增量), for about one firm in a hundred.

Most get a filing, some a loan, an invoice, a new record or an entry on a list, some of these without a code or with a name
written otherwise; and a few firms are new.
"""

import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.bench.measured import ROOT
from tests.bench.registers import KINDS, NATION, ON

SHARE: Final = 0.01
_OF_FIRMS: Final = {"registry": 0.08, "tax": 0.7, "loans": 0.08, "invoices": 0.1, "exclusions": 0.01}  # of the share
_NEW_FIRMS: Final = 0.02  # of the share
_LOST_CODES: Final = 50  # one row in so many has no code
_CUT_NAMES: Final = 200  # one row in so many has no code and a name that is one character shorter


def prepare(data: Path, *, into: Path) -> dict[str, Path]:
    """Registers as folders of parts, the files of `data` linked as the first ones; returns the folder of each."""
    folders = {}
    for kind in KINDS:
        folders[kind] = into / kind
        folders[kind].mkdir(parents=True)
        path = data / f"{kind}.parquet"
        for place, file in enumerate(sorted(path.glob("*.parquet")) if path.is_dir() else [path]):
            os.link(file.resolve(), folders[kind] / f"part-{place:06d}.parquet")
    return folders


def add_night(folders: dict[str, Path], *, firms: int, seed: int) -> dict[str, int]:
    """Write one more part of every register; returns its rows."""
    with tempfile.TemporaryDirectory() as name:
        new = Path(name) / "new"
        few = max(10, int(firms * SHARE * _NEW_FIRMS))
        command = ["generate", "--firms", str(few), "--seed", str(1000 + seed), "--region", NATION, "--on", ON]
        command += ["--out", str(new)]
        subprocess.run([sys.executable, "-m", "huoshui", *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        rows = {kind: int(firms * SHARE * share) for kind, share in _OF_FIRMS.items()}
        return {kind: _add(kind, folders[kind], new=new, rows=rows[kind], seed=seed) for kind in KINDS}


def _add(kind: str, folder: Path, *, new: Path, rows: int, seed: int) -> int:
    files = sorted(folder.glob("*.parquet"))
    old = _sample(files[0], rows=rows, seed=seed)
    last = max(pc.max(pq.read_table(x, columns=["row_id"])["row_id"]).as_py() for x in files[-2:])
    table = pa.concat_tables([_changed(kind, _blurred(old)), pq.ParquetFile(new / f"{kind}.parquet").read().cast(old.schema)])
    ids = pa.array(np.arange(last + 1, last + 1 + table.num_rows), table.schema.field("row_id").type)
    table = table.set_column(table.schema.get_field_index("row_id"), table.schema.field("row_id"), ids)
    pq.write_table(table.cast(old.schema), folder / f"part-{100_000 + seed:06d}.parquet", compression="zstd")
    return int(table.num_rows)


def _sample(path: Path, *, rows: int, seed: int) -> pa.Table:
    """Rows at equal distances from a file."""
    file = pq.ParquetFile(path)
    step = max(1, file.metadata.num_rows // max(rows, 1))
    found, start = [], 0
    for group in range(file.num_row_groups):
        table = file.read_row_group(group)
        places = np.arange(-(start - seed % step) % step, table.num_rows, step)
        found.append(table.take(pa.array(places)))
        start += table.num_rows
    return pa.concat_tables(found)


def _blurred(table: pa.Table) -> pa.Table:
    """Some codes lost, some of these names a character shorter."""
    place = np.arange(table.num_rows)
    lost = pa.array((place % _LOST_CODES == 0) | (place % _CUT_NAMES == 1))
    names = table["name"].combine_chunks()
    cut = pc.if_else(pa.array(place % _CUT_NAMES == 1), pc.utf8_slice_codeunits(names, 0, 5), names)
    rest = pc.if_else(pa.array(place % _CUT_NAMES == 1), pc.utf8_slice_codeunits(names, 6), pa.scalar(""))
    table = _set(table, "uscc", pc.if_else(lost, pa.scalar(None, pa.string()), table["uscc"].cast(pa.string())))
    return _set(table, "name", pc.binary_join_element_wise(cut, rest, ""))


def _changed(kind: str, table: pa.Table) -> pa.Table:
    """Later rows of the same firms."""
    place, day = np.arange(table.num_rows), date.fromisoformat(ON)
    constants: dict[str, dict[str, Any]] = {
        "registry": {"updated_on": date(2025, 6, 29)}, "tax": {"period_end": day, "filed_on": day},
        "loans": {"granted_on": date(2025, 6, 28)}, "invoices": {"invoiced_on": date(2025, 6, 29)},
        "exclusions": {"listed_on": date(2025, 6, 27)},
    }  # fmt: skip
    for name, value in constants[kind].items():
        table = _set(table, name, pa.repeat(pa.scalar(value, pa.date32()), table.num_rows))
    if kind == "registry":
        status = pc.if_else(pa.array(place % 3 == 0), pa.scalar("注销"), table["status"].cast(pa.string()))
        table = _set(table, "status", status)
    return table


def _set(table: pa.Table, name: str, values: Any) -> pa.Table:
    field = table.schema.field(name)
    return table.set_column(table.schema.get_field_index(name), field, values.cast(field.type))
