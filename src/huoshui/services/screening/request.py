"""What a screening is asked for (筛查请求)."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from huoshui.terms import EngineName, RegisterKind


@dataclass(frozen=True, slots=True)
class ScreeningRequest:
    """What a screening is asked for (筛查请求). `memory` is in bytes; `workbooks` is auto, all or none."""

    registers: dict[RegisterKind, Path]
    rule: str
    region: str
    on: date
    out: Path
    engine: EngineName = EngineName.DUCKDB
    spark_master: str = "local[2]"
    memory: int = 4 << 30
    previous: Path | None = None
    truth: Path | None = None
    workbooks: str = "auto"
    keep_facts: bool = False
    keep_state: bool = False
    changes_only: bool = False
