"""The synthetic registers of the benchmarks: made once by `huoshui generate` with seed 1, kept in a cache folder."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.bench.measured import ROOT

NATION: Final = "000000"
ON: Final = "2025-06-30"
KINDS: Final = ("registry", "tax", "loans", "invoices", "exclusions")


def cache() -> Path:
    """Where registers are kept: HUOSHUI_BENCH_DATA, or a folder among the system's temporary files."""
    return Path(os.environ.get("HUOSHUI_BENCH_DATA") or Path(tempfile.gettempdir()) / "huoshui-bench")


def registers(firms: int, *, noise: str = "register") -> Path:
    """The folder of the registers of so many firms of the nation; made now if it is not there."""
    folder = cache() / f"{firms}-{noise}"
    if not (folder / "generate.json").exists():
        print(f"making the registers of {firms:,} firms in {folder}", flush=True)
        command = ["generate", "--firms", str(firms), "--seed", "1", "--region", NATION, "--on", ON, "--noise", noise]
        command += ["--out", str(folder)]
        subprocess.run([sys.executable, "-m", "huoshui", *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder


def screen(
    data: Path, *, out: Path, memory: str = "4GB", more: tuple[str, ...] = (), kinds: tuple[str, ...] = KINDS
) -> list[str]:  # fmt: skip
    """The command that screens the registers of a folder."""
    inputs = [x for kind in kinds for x in (f"--{kind}", str(data))]
    return [
        "-m", "huoshui", "screen", *inputs, "--rule", "never_borrowed", "--region", NATION, "--on", ON, "--workbooks", "none",
        "--memory", memory, "--out", str(out), "--quiet", *more,
    ]  # fmt: skip
