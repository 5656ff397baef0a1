"""A statement is compiled once for the same rules, and again for others or where what is kept is damaged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from huoshui.adapters.registers.screening.kept_sql import kept_sql


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("HUOSHUI_CACHE", str(tmp_path / "cache"))
    return []


def compiler(compiled: list[str], sql: str) -> Callable[[], str]:
    """A compiler that notes what it compiled."""

    def compile_sql() -> str:
        compiled.append(sql)
        return sql

    return compile_sql


def test_the_same_rules_are_compiled_once(compiled: list[str]) -> None:
    found = [kept_sql(["duckdb", 1], compile_sql=compiler(compiled, "SELECT\n'活水'")) for _ in range(3)]
    assert found == ["SELECT\n'活水'"] * 3
    assert compiled == ["SELECT\n'活水'"]


def test_other_rules_are_compiled_for_themselves(compiled: list[str]) -> None:
    found = [kept_sql(["duckdb", x], compile_sql=compiler(compiled, f"SELECT {x}")) for x in (1, 2, 1)]
    assert found == ["SELECT 1", "SELECT 2", "SELECT 1"]
    assert compiled == ["SELECT 1", "SELECT 2"]


@pytest.mark.parametrize("damage", [b"", b"SELECT 2", b"\xff\xfe\n", b"0\nSELECT 2"])
def test_what_is_damaged_is_compiled_again(compiled: list[str], tmp_path: Path, damage: bytes) -> None:
    kept_sql(["duckdb"], compile_sql=compiler(compiled, "SELECT 1"))
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(damage)
    assert kept_sql(["duckdb"], compile_sql=compiler(compiled, "SELECT 1")) == "SELECT 1"
    assert compiled == ["SELECT 1", "SELECT 1"]


def test_without_a_folder_every_run_compiles(compiled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HUOSHUI_CACHE", str(tmp_path / "file" / "cache"))
    found = [kept_sql(["duckdb"], compile_sql=compiler(compiled, "SELECT 1")) for _ in range(2)]
    assert found == compiled == ["SELECT 1", "SELECT 1"]
