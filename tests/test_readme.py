import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from huoshui.cli import main

ROOT: Final = Path(__file__).parents[1]


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def commands(page: str) -> list[str]:
    """The calculators that a page tells its reader to try."""
    blocks = re.findall(r"^```sh\n(.*?)^```", read(page), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("huoshui ")]


def test_both_pages_show_the_same_commands() -> None:
    assert commands("README.zh-CN.md") == commands("README.md")
    assert len(commands("README.md")) > 1


@pytest.mark.parametrize("line", commands("README.md"))
def test_what_the_page_tells_to_try_works(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(line)[1:]) == 0
    assert capsys.readouterr().out


PAGES: Final = sorted(x.relative_to(ROOT).as_posix() for x in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file(page: str) -> None:
    targets = [x for x in re.findall(r"\]\(([^)#]+)", read(page)) if "://" not in x]
    assert [x for x in targets if not ((ROOT / page).parent / x).exists()] == []


def test_every_target_that_the_pages_name_is_in_the_makefile() -> None:
    pages = ("README.md", "README.zh-CN.md", "docs/run.md")
    named = {x for page in pages for x in re.findall(r"(?:^|`)make (\w+)", read(page), re.MULTILINE)}
    there = set(re.findall(r"^(\w+):", read("Makefile"), re.MULTILINE))
    assert named - there == set()
