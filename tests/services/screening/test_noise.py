"""Registers clean, noisy and very noisy, on several days: clean ones are judged without a fault, links stay right."""

from datetime import date
from pathlib import Path

import pytest

from huoshui.adapters.synthetic.basis import Noise
from huoshui.rules.screening import REASONS
from huoshui.terms import RegisterKind
from tests.adapters.registers.small_registers import ON, read_table, screen_files
from tests.services.screening.conftest import generated

CODES = [x.value for x in REASONS]


@pytest.mark.parametrize(
    ("on", "region"),
    [(ON, "350200"), (date(2025, 7, 1), "440000"), (date(2024, 2, 29), "350203"), (date(2026, 5, 31), "000000")],
    ids=str,
)
def test_without_noise_every_row_is_as_the_truth_says(tmp_path: Path, on: date, region: str) -> None:
    registers = generated(tmp_path / "registers", firms=4_000, region=region, noise=Noise.NONE, on=on)
    found = screen_files(tmp_path, registers, region=region, on=on)
    truth = read_table(tmp_path / "registers" / "truth.parquet")
    exact = {x for x, y in found.duplicates.items() if y["kind"] == "exact"}
    ours = {x: sorted(y["reasons"], key=CODES.index) for x, y in found.firms.items()} | {x: ["D01"] for x in exact}
    assert ours == {x["row_id"]: x["reasons"] for x in truth}
    assert {x for x, y in found.firms.items() if y["is_listed"]} == {x["row_id"] for x in truth if x["is_listed"]}
    assert found.links == {}
    assert set(found.summary["by_link"]) <= {"code", "historical"}


@pytest.mark.parametrize(("noise", "precision", "recall"), [(Noise.REGISTER, 0.995, 0.95), (Noise.HARD, 0.995, 0.93)])
def test_links_are_right_under_noise(tmp_path: Path, noise: Noise, precision: float, recall: float) -> None:
    registers = generated(tmp_path / "registers", firms=20_000, region="350000", noise=noise)
    truth = tmp_path / "registers" / "truth.parquet"
    told = screen_files(tmp_path, registers, truth=truth).summary["accuracy"]
    assert told["linked"]["linked"] > 300
    assert float(told["linked"]["precision"]) >= precision
    assert float(told["linked"]["recall"]) >= recall
    assert told["usable_key"]["equal"] == told["usable_key"]["rows"]


def test_a_row_is_never_lost_whatever_the_noise(tmp_path: Path) -> None:
    registers = generated(tmp_path / "registers", firms=3_000, region="350203", noise=Noise.HARD)
    found = screen_files(tmp_path, registers, region="350203")
    read = {x["row_id"] for x in read_table(registers[RegisterKind.REGISTRY])}
    exact = {x for x, y in found.duplicates.items() if y["kind"] == "exact"}
    assert set(found.firms) | exact == read
    assert set(found.firms) & exact == set()
