"""Any register file (登记文件): what it is, is found by its first bytes; its tables are opened."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from huoshui.adapters.registers.csv_file import open_csv
from huoshui.adapters.registers.parquet_file import MAGIC, open_parquet
from huoshui.adapters.registers.tabular import LOOK, ReadAs, Table
from huoshui.adapters.registers.xlsx_file import open_xlsx
from huoshui.errors import BadFile

_SPREADSHEETS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_OTHERS: Final = {b"%PDF": "a PDF", b"\x1f\x8b": "a gzip archive", b"7z\xbc\xaf": "a 7z archive", b"Rar!": "a RAR archive"}
_EXPECTED: Final = "expected CSV, XLSX or Parquet"


def open_file(path: Path, *, read_as: ReadAs = LOOK) -> Sequence[Table]:
    """The tables of a file (打开登记文件): one, or one a sheet. Raises BadFile, and BadMapping where the mapping misleads."""
    if path.is_dir():
        raise BadFile(f"{path} is a folder; {_EXPECTED}", field="file")
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(0, 2)
            size = file.tell()
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}; {_EXPECTED}", field="file") from error
    if size == 0:
        raise BadFile(f"{path} is empty; {_EXPECTED}", field="file")
    if head in _OTHERS:
        raise BadFile(f"{path} is {_OTHERS[head]}; {_EXPECTED}", field="file")
    if head == MAGIC or path.suffix.lower() in (".parquet", ".pq"):
        return (open_parquet(path),)
    if head in _SPREADSHEETS or path.suffix.lower() in (".xlsx", ".xlsm", ".xlsb"):
        return open_xlsx(path, read_as=read_as)
    return (open_csv(path, read_as=read_as),)
