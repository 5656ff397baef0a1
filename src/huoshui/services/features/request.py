"""What features are asked for (特征请求)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from huoshui.adapters.registers import parts
from huoshui.errors import BadRequest
from huoshui.terms import EngineName, RegisterKind

REGISTERS: Final = (
    RegisterKind.INVOICES,
    RegisterKind.REGISTRY,
    RegisterKind.TAX,
    RegisterKind.SOCIAL_SECURITY,
    RegisterKind.LITIGATION,
    RegisterKind.LOANS,
)
Files = dict[RegisterKind, tuple[Path, ...]]


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """What to make features of (特征请求): the files of each register, the decision day, where the table goes.

    `repeats_count` takes rows that repeat a number, day, party and amounts for invoices of their own. `memory` is what DuckDB
    or Spark may use, in bytes.
    """

    registers: Mapping[RegisterKind, Sequence[Path]]
    on: date
    out: Path
    engine: EngineName = EngineName.DUCKDB
    spark_master: str = "local[2]"
    memory: int = 1 << 30
    repeats_count: bool = False


def locate(registers: Mapping[RegisterKind, Sequence[Path]]) -> Files:
    """The files of each register (定位文件); raises BadFile, and BadRequest without invoices or with a register of no use."""
    if unused := [x for x in registers if x not in REGISTERS]:
        raise BadRequest(f"features read no {unused[0].value} register", field=unused[0].value)
    if not registers.get(RegisterKind.INVOICES):
        raise BadRequest(
            "--invoices is missing: the invoices of the firms, as `huoshui registers import` writes them", field="invoices"
        )
    found = {kind: dict.fromkeys(y for x in paths for y in parts.locate(x, kind=kind)) for kind, paths in registers.items()}
    return {kind: tuple(files) for kind, files in found.items()}
