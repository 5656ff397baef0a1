"""SQL that was compiled before, kept from run to run (求值语句暂存): making it takes a second, which a small register notices.

A statement is found by all that it is made from: the rule and the priorities, the source of the expression and of the words in
it, and the versions of what compiles it. So another rule or another release finds nothing and compiles anew. The folder is
HUOSHUI_CACHE, or `huoshui` in the user's cache; without one that can be written every run compiles.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

_PACKAGE: Final = Path(__file__).parents[3]
_MADE_FROM: Final = (
    "adapters/registers/kernels.py",
    "adapters/registers/screening/expression.py",
    "adapters/registers/screening/tables.py",
    "adapters/registers/screening/verdicts.py",
    "rules/screening.py",
    "rules/visit_priority.py",
    "terms",
)
_COMPILERS: Final = ("ibis-framework", "sqlglot")


def kept_sql(about: Sequence[Any], *, compile_sql: Callable[[], str]) -> str:
    """The statement about some rules (求值语句): as it was compiled before, else compiled now and kept."""
    path = cache_folder() / f"{_key(about)}.sql"
    with suppress(OSError, ValueError):
        digest, sql = path.read_text(encoding="utf-8").split("\n", 1)
        if digest == _digest(sql):
            return sql
    sql = compile_sql()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_text(f"{_digest(sql)}\n{sql}", encoding="utf-8")
        unfinished.replace(path)
    return sql


def cache_folder() -> Path:
    """Where statements are kept (暂存文件夹)."""
    if given := os.environ.get("HUOSHUI_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huoshui"


def _key(about: Sequence[Any]) -> str:
    found = sha256(msgspec.json.encode([*about, *map(version, _COMPILERS)], order="deterministic"))
    for name in _MADE_FROM:
        path = _PACKAGE / name
        for source in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            found.update(source.read_bytes())
    return found.hexdigest()


def _digest(sql: str) -> str:
    return sha256(sql.encode()).hexdigest()
