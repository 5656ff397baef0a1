"""The whole of a result that holds only changes (合并读取): the base with the changes of every night upon it.

A night with `--changes-only` writes `firms_changed.parquet` and names, in its manifest, the result that it goes on from. Row
ids of such a chain are unique, so the last change of a row holds.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from huoshui.errors import BadFile
from huoshui.services.screening import changes
from huoshui.services.screening.manifest import MANIFEST

FIRMS: Final = "firms.parquet"
CHANGED: Final = "firms_changed.parquet"
BASE: Final = "base"
DUPLICATE: Final = "duplicate"
_MERGED: Final = """
    SELECT * EXCLUDE (change, night) FROM read_parquet(?, union_by_name = true)
    QUALIFY row_number() OVER (PARTITION BY row_id ORDER BY night DESC NULLS LAST) = 1
        AND change IS DISTINCT FROM 'duplicate'
    ORDER BY row_id
"""


def read_firms(folder: Path) -> pa.Table:
    """All firms of a result (读取全部主体), whole or of changes only, by row id; raises BadFile."""
    with duckdb.connect() as connection:
        return _relation(connection, folder).to_arrow_table()


def whole_result(folder: Path, *, into: Path) -> Path:
    """A folder with the whole firms.parquet of a result (完整结果): its own, or `into`, where it is put together."""
    if (folder / FIRMS).is_file():
        return folder
    with duckdb.connect() as connection:
        into.mkdir()
        _relation(connection, folder).write_parquet(str(into / FIRMS))
    return into


def _relation(connection: duckdb.DuckDBPyConnection, folder: Path) -> duckdb.DuckDBPyRelation:
    files = chain(folder)
    if len(files) == 1:
        return connection.sql("FROM read_parquet(?)", params=[str(files[0])])
    return connection.sql(_MERGED, params=[[str(x) for x in files]])


def chain(folder: Path) -> list[Path]:
    """The files of firms that make up a result (结果文件链), the whole one first; raises BadFile where one was replaced."""
    files: list[Path] = []
    while not (folder / FIRMS).is_file():
        manifest = _read(folder)
        if BASE not in manifest or not (folder / CHANGED).is_file():
            raise BadFile(f"{folder} holds no screening; expected {FIRMS}, or {CHANGED} and its base", field="previous")
        files.append(folder / CHANGED)
        base = (folder / manifest[BASE]["folder"]).resolve()
        if digest(base) != manifest[BASE]["sha256"]:
            raise BadFile(f"{base} is not the result that {folder} goes on from; expected it unchanged", field="previous")
        folder = base
    return [folder / FIRMS, *reversed(files)]


def check_former(previous: Path) -> None:
    """Whether a folder holds a former screening that can be compared with (核对前次结果); raises BadFile."""
    if (previous / MANIFEST).is_file() and not (previous / FIRMS).is_file():
        chain(previous)
    else:
        changes.check_former(previous)


def digest(folder: Path) -> str:
    """The digest of a result's manifest (清单摘要); raises BadFile where there is none."""
    try:
        return sha256((folder / MANIFEST).read_bytes()).hexdigest()
    except OSError as error:
        raise BadFile(f"{folder} holds no screening; expected a folder with {MANIFEST}", field="previous") from error


def _read(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadFile(f"{folder} holds no screening; expected a folder with {MANIFEST}", field="previous") from error
    return found
