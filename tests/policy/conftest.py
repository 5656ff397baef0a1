"""A policy folder of a test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a policy file; the first call for a folder puts it at the end of HUOSHUI_POLICY_PATH."""
    known: list[str] = []

    def write_file(text: str, *, region: str = "000000", name: str = "trial", folder: str = "one") -> Path:
        path = tmp_path / folder / region / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if folder not in known:
            known.append(folder)
            monkeypatch.setenv("HUOSHUI_POLICY_PATH", ":".join(str(tmp_path / x) for x in known))
        return path

    return write_file
