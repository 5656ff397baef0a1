"""Small register files for tests, and what an import made of them."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from huoshui.services.registers import Imported, import_registers
from huoshui.terms import RegisterKind

SHARED = Path(__file__).parents[3] / "shared" / "data"
ON = date(2026, 11, 24)
HEADINGS = ["统一社会信用代码", "企业名称", "成立日期", "注册资本(万元)", "从业人数"]
GOOD = ["91350211M0000XUF46", "厦门甲有限公司", "2020-01-02", "1,234.5678", "7"]
needs_data = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the real data folder (shared/data beside the repository) is not there"
)


def write(path: Path, rows: Sequence[Sequence[str]], *, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def take(
    tmp_path: Path, *files: Path, kind: RegisterKind = RegisterKind.REGISTRY, mapping: str | None = None, **options: Any
) -> Imported:
    page = None
    if mapping is not None:
        page = tmp_path / "mapping.yaml"
        page.write_text(mapping, encoding="utf-8")
    return import_registers(files, kind=kind, mapping=page, out=tmp_path / "out", **options)


def rows(tmp_path: Path, kind: RegisterKind = RegisterKind.REGISTRY) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(tmp_path / "out" / f"{kind.value}.parquet").to_pylist()
    return found


def rejects(tmp_path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()
    with (tmp_path / "out" / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [{**x, "line": int(x["line"])} for x in csv.DictReader(file)] == found
    return found


def counts(found: Imported) -> tuple[int, int, int, int, int]:
    return found.read, found.accepted, found.rejected, found.filtered, found.withheld
