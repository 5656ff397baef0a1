"""What holds for every test: one Spark for all, no machine's settings, and no silent skip where nothing may be skipped."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import settings

SHARED: Final = Path(__file__).parents[2] / "shared"
NO_SKIP: Final = os.environ.get("HUOSHUI_NO_SKIP") == "1"
JAVA_IS_MISSING: Final = "Java is missing: Spark tests are skipped (Debian: apt-get install openjdk-17-jre-headless)"
SPARK_IS_MISSING: Final = "PySpark is missing: Spark tests are skipped (pip install 'huoshui[spark]')"

settings.register_profile("huoshui", deadline=None)
settings.register_profile("no_skip", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("no_skip" if NO_SKIP else "huoshui")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HUOSHUI_POLICY_PATH", "HUOSHUI_MODEL_KEY_FILE", "HUOSHUI_MODEL_TRUSTED_KEYS"):
        monkeypatch.delenv(name, raising=False)


def missing_for_spark() -> str | None:
    """Why Spark tests cannot run here, or None."""
    java_home = os.environ.get("JAVA_HOME")
    if not shutil.which("java") and not (java_home and Path(java_home, "bin", "java").is_file()):
        return JAVA_IS_MISSING
    return None if importlib.util.find_spec("pyspark") else SPARK_IS_MISSING


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = missing_for_spark()
    for item in items:
        if item.get_closest_marker("spark"):
            item.add_marker(pytest.mark.xdist_group("spark"))
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


def must_not_be_skipped(reason: str) -> bool:
    """Whether a skip for this reason fails the session: all do but those for data that is not there, and for a disk.

    A system without user namespaces lets nobody mount a small disk, and nothing that can be installed changes that; another
    test lets a file reach its limit instead.
    """
    return not (("shared" in reason and not SHARED.is_dir()) or "cannot be mounted here" in reason)


def _wrong_skips(reporter: Any) -> Iterator[str]:
    for report in reporter.stats.get("skipped", []):
        where = report.longrepr
        reason = str(where[2]) if isinstance(where, tuple) else str(where)
        if must_not_be_skipped(reason):
            yield f"{report.nodeid}: {reason.removeprefix('Skipped: ')}"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not NO_SKIP or reporter is None:
        return
    if wrong := list(_wrong_skips(reporter)):
        session.config.stash[_WRONG] = wrong
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for line in config.stash.get(_WRONG, []):
        terminalreporter.write_line(f"SKIPPED, but HUOSHUI_NO_SKIP=1 lets nothing be skipped: {line}", red=True)


_WRONG: Final = pytest.StashKey[list[str]]()
