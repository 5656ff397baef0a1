import base64
import json
import os
import subprocess
import sys
from pathlib import Path


def huoshui(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    inherited = {x: y for x, y in os.environ.items() if not x.startswith(("HUOSHUI_", "DJANGO_"))}
    command = [sys.executable, "-m", "huoshui", *arguments]
    return subprocess.run(command, env={**inherited, "HUOSHUI_DATA": str(data)}, capture_output=True, text=True, check=False)


def test_a_new_key_has_thirty_two_bytes_and_is_new_each_time(tmp_path: Path) -> None:
    made = {huoshui("keys", "new", data=tmp_path).stdout.strip() for _ in range(2)}
    assert {len(base64.urlsafe_b64decode(x)) for x in made} == {32}
    assert len(made) == 2


def test_rotation_without_tables_is_one_sentence(tmp_path: Path) -> None:
    done = huoshui("keys", "rotate", "--json", data=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "output_error"
