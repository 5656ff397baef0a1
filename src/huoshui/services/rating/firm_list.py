"""Rate only the firms of a list (按名单评级): a visit list, or any Parquet file that names firms."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.rating.features_file import FIRM, FeaturesFile
from huoshui.adapters.registers.firm_keys import COLUMNS, names_of
from huoshui.errors import BadFile, BadRequest

_NAMING: Final = ("uscc", "register_no")


def keep_listed(features: FeaturesFile, *, firms: Path) -> FeaturesFile:
    """The features of the firms that a file names (名单内主体), by `firm_id`, or by `uscc` and `register_no` as registers do.

    The order stays that of the features. Raises BadFile for a file that names no firm in such a column, and BadRequest where
    the features hold none of them.
    """
    wanted = pc.drop_null(pc.unique(_read_ids(firms)))
    if not len(wanted):
        raise BadFile(f"{firms} names no firm; expected a row a firm", field="firms")
    kept = features.only_firms(wanted)
    if not kept.rows:
        raise BadRequest(f"{features.path} holds none of the {len(wanted):,} firms of {firms}", field="firms")
    return kept


def _read_ids(path: Path) -> pa.ChunkedArray:
    if not path.is_file():
        raise BadFile(f"{path} is missing; expected a Parquet file with a row a firm", field="firms")
    try:
        with pq.ParquetFile(path) as file:
            there = set(file.schema_arrow.names)
            if FIRM in there:
                return file.read(columns=[FIRM])[FIRM].cast(pa.string())
            if not there.intersection(_NAMING):
                raise BadFile(f"{path} has no column {FIRM}, uscc or register_no; expected a row a firm", field="firms")
            table = file.read(columns=[x for x in COLUMNS if x in there])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise BadFile(f"{path} cannot be read as Parquet: {' '.join(str(error).split())}", field="firms") from error
    for name in COLUMNS:
        if name not in there:
            table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
    return names_of(table, np.arange(table.num_rows), allow_historical=True)[FIRM]
