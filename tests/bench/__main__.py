"""Runs benchmarks: `python -m tests.bench` all of them, `python -m tests.bench screening` one; `--list` names them.

Each benchmark is a module `tests/bench/bench_NAME.py` with a `main()` that prints its table. It gets a process of its own, so
that peak memory is its own. Nothing is written to the documentation: figures are copied there by hand, with their date.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

HERE: Final = Path(__file__).parent
PREFIX: Final = "bench_"


def names() -> list[str]:
    """The benchmarks that are there."""
    return sorted(x.stem.removeprefix(PREFIX) for x in HERE.glob(f"{PREFIX}*.py"))


def machine() -> str:
    """What the figures were measured on."""
    cpu = next(
        (x.partition(":")[2].strip() for x in _lines("/proc/cpuinfo") if x.startswith("model name")), platform.processor()
    )
    memory = psutil.virtual_memory().total / 2**30
    load = ", ".join(f"{x:.2f}" for x in os.getloadavg())
    packages = ", ".join(f"{x} {version(x)}" for x in ("duckdb", "ibis-framework", "pyarrow", "polars", "pandas", "pyspark"))
    return (
        f"machine   {psutil.cpu_count()} x {cpu}, {memory:.0f} GiB, load {load}\n"
        f"system    {platform.platform()}, Python {platform.python_version()}\n"
        f"packages  {packages}\n"
        f"commit    {_commit()}, {time.strftime('%Y-%m-%d %H:%M')}"
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).is_file() else []


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "not in git"


def run(name: str) -> int:
    """One benchmark in a process of its own; its exit status."""
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    program = f"import importlib; importlib.import_module('tests.bench.{PREFIX}{name}').main()"
    status = subprocess.run([sys.executable, "-c", program], cwd=HERE.parents[1], check=False).returncode
    print(f"== {name}: {'done' if status == 0 else f'failed with status {status}'} in {time.monotonic() - started:.0f} s")
    return status


def main() -> int:
    """Run what was asked for; 0 if all of it ended well."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Run benchmarks.")
    parser.add_argument("name", nargs="*", help=f"one of {', '.join(names()) or '(none yet)'}; all when left out")
    parser.add_argument("--list", action="store_true", help="name the benchmarks and stop")
    arguments = parser.parse_args()
    if unknown := set(arguments.name) - set(names()):
        parser.error(f"there is no benchmark {min(unknown)!r}; expected {', '.join(names()) or 'none yet'}")
    if arguments.list:
        print("\n".join(names()))
        return 0
    print(machine())
    return max([run(name) for name in arguments.name or names()], default=0, key=abs)


if __name__ == "__main__":
    sys.exit(main())
