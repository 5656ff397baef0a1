"""Generated registers and their screenings, made once for all tests that ask about them."""

from datetime import date
from pathlib import Path
from typing import Final

import pytest

from huoshui.adapters.synthetic.basis import Noise
from huoshui.adapters.synthetic.part import REGISTERS
from huoshui.services.generate import GenerateRequest, generate_registers
from huoshui.terms import EngineName, RegisterKind
from tests.adapters.registers.small_registers import ON, Found, screen_files

PROVINCE: Final = "350000"
NATION: Final = "000000"


def generated(out: Path, *, firms: int, region: str, noise: Noise = Noise.REGISTER, on: date = ON) -> dict[RegisterKind, Path]:
    """Synthetic registers with their truth beside them."""
    generate_registers(GenerateRequest(firms, 11, out, region, on, noise), progress=lambda *_: None)
    return {kind: out / f"{kind.value}.parquet" for kind in REGISTERS}


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> dict[RegisterKind, Path]:
    """Registers of 6,000 firms of a province."""
    return generated(tmp_path_factory.mktemp("province"), firms=6_000, region=PROVINCE)


@pytest.fixture(scope="session")
def province_screened(province: dict[RegisterKind, Path], tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The screening of the province, with every output."""
    truth = province[RegisterKind.REGISTRY].with_name("truth.parquet")
    return screen_files(tmp_path_factory.mktemp("screened"), province, truth=truth, workbooks="all")


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> dict[RegisterKind, Path]:
    """Registers of the nation with 100,000 firms."""
    return generated(tmp_path_factory.mktemp("nation"), firms=100_000, region=NATION)


@pytest.fixture(scope="session")
def nation_on_duckdb(nation: dict[RegisterKind, Path], tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The screening of the nation on one machine."""
    truth = nation[RegisterKind.REGISTRY].with_name("truth.parquet")
    return screen_files(tmp_path_factory.mktemp("duckdb"), nation, region=NATION, truth=truth)


@pytest.fixture(scope="session")
def nation_on_spark(nation: dict[RegisterKind, Path], tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The screening of the nation on a real local Spark."""
    truth = nation[RegisterKind.REGISTRY].with_name("truth.parquet")
    folder = tmp_path_factory.mktemp("spark")
    return screen_files(folder, nation, region=NATION, truth=truth, engine=EngineName.SPARK, memory=1 << 30)
