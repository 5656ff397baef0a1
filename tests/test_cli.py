import json
import subprocess
import sys

import pytest

from huoshui import __version__
from huoshui.cli import COMMANDS, main

HEAVY = {
    "duckdb", "ibis", "jinja2", "msgspec", "numpy", "openpyxl", "pandas", "polars", "pyarrow", "pyspark", "python_calamine",
    "sqlglot", "xlsxwriter", "yaml",
}  # fmt: skip


def loaded_by(*arguments: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after a command."""
    program = (
        "import json, sys\n"
        "from huoshui.cli import main\n"
        f"status = main({list(arguments)!r})\n"
        "print(json.dumps([status, sorted({name.partition('.')[0] for name in sys.modules})]), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    status, modules = json.loads(done.stderr)
    assert status == 0
    return set(modules)


def test_help_answers_at_once_because_it_loads_nothing_heavy() -> None:
    assert loaded_by("--help") & HEAVY == set()


def test_version_loads_nothing_heavy() -> None:
    assert loaded_by("--version") & HEAVY == set()


def test_the_heavy_modules_are_seen_where_they_are_loaded() -> None:
    assert "yaml" in loaded_by("policy", "show", "lpr", "--on", "2022-08-21", "--json")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"  {name} " not in shown] == []


def test_without_a_command_the_help_is_shown_and_the_status_is_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: huoshui" in capsys.readouterr().out


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"huoshui {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert f"usage: huoshui {command}" in capsys.readouterr().out


def test_an_unknown_command_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rain"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("huoshui: there is no command 'rain'; expected one of uscc, size")


def test_with_json_an_error_is_the_only_thing_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rain", "--json"]) == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["code"] == "bad_request"
    assert shown.err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_flag_is_refused_in_one_sentence(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--no-such-flag"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("huoshui: ")
    assert shown.err.count("\n") == 1


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "huoshui", "--version"], check=True, capture_output=True, text=True)
    assert done.stdout == f"huoshui {__version__}\n"
