"""Result folders of a screening, made by hand (筛查结果样例)."""

import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.world import uscc

REGION: Final = "350203"
_REGISTRY: Final = ("row_id", "township", "entity_type", "status", "established_on", "representative_name")
_OTHERS: Final = ("exclusions", "loans", "tax")


def row(number: int, **given: Any) -> dict[str, Any]:
    """A row of a registry with what a screening says about it."""
    return {
        "row_id": number, "uscc": uscc(REGION, number), "register_no": None, "name": f"厦门市思明区测试{number}号商行",
        "region_code": REGION, "industry_code": "5211", "size_class": "micro", "is_active": True, "has_loan": False,
        "is_listed": True, "tags": "", "reasons": ["N01"],
        "verdict": "N01", "priority": 50 + number % 3, "township": "城关镇", "entity_type": "有限责任公司",
        "status": "存续", "established_on": date(2019, 5, 6), "representative_name": f"测试{number}", **given,
    }  # fmt: skip


def write_result(
    folder: Path,
    rows: list[dict[str, Any]],
    *,
    on: str = "2026-03-31",
    registry: bool = True,
    universe: int | None = None,
    registers: tuple[str, ...] = _OTHERS,
) -> Path:
    """A result folder of a day, with its registry beside it, as `huoshui screen` writes it; `registers` were read besides."""
    place = folder / on
    place.mkdir(exist_ok=True)
    table = pa.Table.from_pylist(rows)
    inputs: dict[str, list[dict[str, Any]]] = {x: [{"file": f"{x}.parquet"}] for x in registers}
    inputs["registry"] = []
    if registry:
        path = place / "registry.parquet"
        pq.write_table(table.select(list(_REGISTRY)), path)
        inputs["registry"] = [
            {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256(path.read_bytes()).hexdigest()}
        ]
    pq.write_table(table.drop_columns(list(_REGISTRY[1:])), place / "firms.parquet")
    superseded = sum(x["verdict"] == "D02" for x in rows)
    counts = {"universe": len(rows) if universe is None else universe, "by_reason": {"D02": superseded}}
    manifest = {
        "format": "huoshui screening 1", "rule": "never_borrowed", "region": REGION, "on": on, "synthetic": True,
        "inputs": inputs, "counts": counts, "citations": [],
    }  # fmt: skip
    (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return place
