"""The plan of the house, where no linter knows it. Each check is a function from a file to its findings, shown able to find."""

import ast
import itertools
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final

import pytest

from huoshui.policy import check_files
from scripts.terms_page import render

ROOT: Final = Path(__file__).parents[1]
SOURCE: Final = ROOT / "src" / "huoshui"
Check = Callable[[Path, str], Iterator[str]]

FILE_LINES: Final = 400
FUNCTION_LINES: Final = 40
CHINESE_IN_BRACKETS: Final = re.compile(r"[(（][^)）]*[\u4e00-\u9fff]")
SUBJECTLESS: Final = re.compile(r"(?:^|_)(?:utils?|helpers?|commons?|misc)(?:_|$)")
THIRD_PARTY: Final = re.compile(
    r"\.min\.(?:js|css|mjs)$|\.(?:woff2?|ttf|otf|ttc|eot|jar|whl|tar|gz|zip|so|dll|dylib|exe|pyd|a|o)$"
)
REGISTRY: Final = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|debian|ubuntu|aliyun|aliyuncs|tsinghua|ustc|bfsu|npmmirror|tencentyun|huaweicloud"
    r"|artifactory|nexus|repo1?\.maven|unpkg|jsdelivr)(?:\.[a-z0-9-]+)*\.(?:org|com|cn|net|edu)\b"
)
INDEX_SETTING: Final = re.compile(r"(?:--(?:extra-)?index-url|--default-index|--find-links|--registry)[ =]+\S*[/:]")
MACHINE_PATH: Final = re.compile(r"(?<![\w./$}*-])/(?:root|home|Users|opt|work|srv|mnt|tmp)/\w")
UNGUARDED: Final = re.compile(r"\.objects\.(?!visible_to\b)\w+")


WRITTEN_BY_DJANGO: Final = SOURCE / "migrations" / "0001_initial.py"


def tracked() -> list[Path]:
    """Every file in git that is still there and that people wrote."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    there = (ROOT / name for name in listed.split("\0") if name)
    return [x for x in there if x.is_file() and x != WRITTEN_BY_DJANGO]


def texts(*suffixes: str) -> Iterator[tuple[Path, str]]:
    for path in tracked():
        if not suffixes or path.suffix in suffixes:
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def under(folder: Path, check: Check, *suffixes: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {finding}"
        for path, text in texts(*suffixes)
        if path.is_relative_to(folder)
        for finding in check(path, text)
    ]


def long_files(_path: Path, text: str) -> Iterator[str]:
    lines = len(text.splitlines())
    if lines > FILE_LINES:
        yield f"{lines} lines; split it by subject, {FILE_LINES} are the limit"


def long_functions(_path: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{node.lineno}: {node.name} has {lines} lines; {FUNCTION_LINES} are the limit"


def nameless_subjects(path: Path, _text: str) -> Iterator[str]:
    if SUBJECTLESS.search(path.stem):
        yield "name a file after its subject, not after being of use"


def missing_terms(_path: Path, text: str) -> Iterator[str]:
    tree = ast.parse(text)
    public = [
        x
        for x in tree.body
        if isinstance(x, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not x.name.startswith("_")
    ]
    for node in (tree, *public):
        name = "the module" if isinstance(node, ast.Module) else node.name
        first_line = (ast.get_docstring(node) or "").partition("\n")[0]
        if not CHINESE_IN_BRACKETS.search(first_line):
            yield f"{name}: the first line of the docstring must hold the Chinese term in brackets"


def unguarded_reads(_path: Path, text: str) -> Iterator[str]:
    for found in UNGUARDED.finditer(text):
        yield f"{found.group()}: pages and routers read through .objects.visible_to(viewer) only"


def writes(_path: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if name in {"save", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}:
                yield f"{node.lineno}: .{name}(): only services write"


def addresses(_path: Path, text: str) -> Iterator[str]:
    for found in (*REGISTRY.finditer(text), *INDEX_SETTING.finditer(text), *MACHINE_PATH.finditer(text)):
        yield f"line {text.count(chr(10), 0, found.start()) + 1}: {found.group()}: no registry's address and no machine's path"


def third_party(path: Path, text: str) -> Iterator[str]:
    if THIRD_PARTY.search(path.name):
        yield "no third-party or built file is committed"
    elif path.suffix in {".js", ".css", ".svg"} and max(map(len, text.splitlines()), default=0) > 1000:
        yield "looks minified: no third-party file is committed"


EVERYWHERE: Final[dict[str, tuple[Check, Path, tuple[str, ...]]]] = {
    "no file is longer than 400 lines": (long_files, ROOT, (".py",)),
    "no function is longer than 40 lines": (long_functions, ROOT, (".py",)),
    "every file is named after a subject": (nameless_subjects, ROOT, (".py",)),
    "every public thing names its Chinese term": (missing_terms, SOURCE, (".py",)),
    "no file holds an address or a machine's path": (addresses, ROOT, ()),
    "no third-party file is committed": (third_party, ROOT, ()),
    "pages read what the viewer may see": (unguarded_reads, SOURCE / "web", (".py", ".html")),
    "routers read what the caller may see": (unguarded_reads, SOURCE / "api", (".py",)),
    "pages do not write": (writes, SOURCE / "web", (".py",)),
    "routers do not write": (writes, SOURCE / "api", (".py",)),
}


@pytest.mark.parametrize("promise", EVERYWHERE)
def test_the_tree_keeps(promise: str) -> None:
    check, folder, suffixes = EVERYWHERE[promise]
    assert under(folder, check, *suffixes) == []


BAD: Final[list[tuple[Check, str, str]]] = [
    (long_files, "a.py", "x = 1\n" * 401),
    (long_functions, "a.py", "def f():\n" + "    x = 1\n" * 40),
    (nameless_subjects, "date_utils.py", ""),
    (nameless_subjects, "common.py", ""),
    (missing_terms, "a.py", '"""No term."""'),
    (missing_terms, "a.py", '"""A module (模块)."""\ndef f() -> None:\n    """No term.\n\n    (术语)"""'),
    (missing_terms, "a.py", '"""A module (模块)."""\nclass C: pass'),
    (unguarded_reads, "a.py", "Demand.objects.all()"),
    (writes, "a.py", "demand.save()"),
    (addresses, "a.md", "https://" + "pypi" + ".org/simple"),
    (addresses, "a.md", "pip install --index-url " + "http://x/simple"),
    (addresses, "a.md", "see /" + "home/ann/notes"),
    (third_party, "htmx.min.js", ""),
    (third_party, "font.woff2", ""),
    (third_party, "a.js", "x" * 1001),
]


@pytest.mark.parametrize(("check", "name", "text"), BAD)
def test_each_check_sees_what_it_looks_for(check: Check, name: str, text: str) -> None:
    assert len(list(check(Path(name), text))) == 1


GOOD: Final[list[tuple[Check, str, str]]] = [
    (long_files, "a.py", "x = 1\n" * 400),
    (long_functions, "a.py", "def f():\n" + "    x = 1\n" * 39),
    (nameless_subjects, "commonwealth.py", ""),
    (missing_terms, "a.py", '"""A module (模块)."""\ndef f() -> None:\n    """A thing（事物）。"""\ndef _g() -> None: ...'),
    (unguarded_reads, "a.py", "Demand.objects.visible_to(viewer)"),
    (addresses, "a.md", "docs/run.md, src/huoshui/root/x and <https://www.apache.org/licenses/>"),
    (third_party, "page.js", "const x = 1;\n" * 1000),
]


@pytest.mark.parametrize(("check", "name", "text"), GOOD)
def test_no_check_sees_what_is_not_there(check: Check, name: str, text: str) -> None:
    assert list(check(Path(name), text)) == []


def test_every_policy_value_is_dated_sourced_last_checked_and_exact() -> None:
    count, findings = check_files(on=date(2026, 11, 24))
    assert [f"{x.path}: {x.message}" for x in findings if x.kind == "broken"] == []
    assert count == len([x for x in (SOURCE / "policy").rglob("*.yaml") if x.parent.name.isdigit()])


@pytest.mark.parametrize("floor", ["rules", "services"])
def test_every_rule_and_every_step_has_a_test_of_the_same_name(floor: str) -> None:
    steps = {x.stem for x in (SOURCE / floor).iterdir() if not x.name.startswith("_") and (x.suffix == ".py" or x.is_dir())}
    tests = {x.stem.removeprefix("test_") for x in (ROOT / "tests" / floor).iterdir()}
    assert sorted(steps - tests) == []


def imported() -> set[str]:
    """The distributions that src imports, by their names in the lock."""
    modules: set[str] = set()
    for _, text in ((p, t) for p, t in texts(".py") if p.is_relative_to(SOURCE)):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                modules |= {x.name.partition(".")[0] for x in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.partition(".")[0])
    named = re.findall(r'"([a-z]\w+)(?:\.[\w.]+)?"', (SOURCE / "site" / "settings.py").read_text(encoding="utf-8"))
    known = packages_distributions()
    return {known[x][0].lower() for x in modules | set(named) if x in known} - {"huoshui"}


def test_what_is_declared_is_what_is_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = itertools.chain(project["dependencies"], *project["optional-dependencies"].values())
    declared = {re.split(r"[^\w-]", x, maxsplit=1)[0].lower() for x in wanted}
    for_others = {"setuptools", "sqlglot", "onnxruntime", "psycopg"}  # of PySpark on 3.12, Ibis, RapidOCR and Django
    assert declared - for_others == imported() - for_others


def test_the_page_of_terms_is_made_from_the_terms() -> None:
    assert (ROOT / "docs" / "terms.md").read_text(encoding="utf-8") == render(), "run: make terms"
