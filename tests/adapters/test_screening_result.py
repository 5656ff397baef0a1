"""The folder of a screening as rows; services/test_firms.py loads whole folders."""

from pathlib import Path

import pytest

from huoshui.adapters.screening_result import open_result
from huoshui.errors import BadFile


@pytest.mark.parametrize("text", ["", "{}", '{"counts": {"universe": 1}}', "[1]"])
def test_a_folder_without_a_whole_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadFile):
        open_result(tmp_path)
