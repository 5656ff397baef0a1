"""Both languages are complete: no template and no page shows Chinese or English that the other language does not have."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from huoshui.terms import Term

WEB: Final = Path(__file__).parents[2] / "src" / "huoshui" / "web"
TEMPLATES: Final = sorted((WEB / "templates").rglob("*.html"))
MODULES: Final = sorted(WEB.rglob("*.py"))
CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
WORDS: Final = re.compile(r"[A-Za-z]{3,}")
BOTH: Final = re.compile(r"""\{%\s*t\s+("[^"]*"|'[^']*'|\S+)\s+("[^"]*"|'[^']*'|\S+?)(?:\s+as\s+\w+)?\s*%\}""")
CLASS_BLOCK: Final = re.compile(r"\{% block \w*class %\}.*?\{% endblock %\}")
EITHER: Final = re.compile(r"(?<!=\")\{% if in_english %\}(.*?)\{% else %\}(.*?)\{% endif %\}", re.DOTALL)
TAG: Final = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
SAYERS: Final = frozenset({"say", "said"})
NO_WORDS: Final = frozenset("PDF CSV XLSX JSON API PNG SVG SHA English Synthetic data openapi json".split())
SHOWN: Final = ("title", "placeholder", "alt", "aria-label", "data-label", "data-picked", "label", "value")


class Said(HTMLParser):
    """What a reader sees of a template, and in which language it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open: list[tuple[str, str]] = [("", "")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {x: y or "" for x, y in attrs}
        language = given.get("lang") or self._open[-1][1]
        if tag not in {"meta", "link", "input", "img", "br", "hr", "path", "rect"}:
            self._open.append((tag, language if tag != "html" else ""))
        is_button = tag == "input" and given.get("type") in {"submit", "button"}
        shown = [given[x] for x in SHOWN if x in given and (x != "value" or is_button)]
        self.found += [(language, x) for x in shown]

    def handle_endtag(self, tag: str) -> None:
        while len(self._open) > 1 and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open[-1][0] not in {"script", "style", "code"}:
            self.found.append((self._open[-1][1], data))


def one_sided(template: str) -> Iterator[str]:
    """What stands in a template in one language only."""
    for zh, en in BOTH.findall(template):
        if zh[0] not in "\"'" or en[0] not in "\"'":
            continue  # a variable of each language
        if CHINESE.search(en) or (zh.strip("\"'").strip() and WORDS.search(zh) and not CHINESE.search(zh) and zh != en):
            yield f"the wrong way round: {zh} {en}"
        if bool(zh.strip("\"'").strip()) != bool(en.strip("\"'").strip()) and CHINESE.search(zh) and len(zh) > 5:
            yield f"said in one language only: {zh} {en}"
    seen = Said()
    template = CLASS_BLOCK.sub("", EITHER.sub(r'<i lang="en">\1</i><i lang="zh-CN">\2</i>', template))
    seen.feed(TAG.sub(" ", template))
    for language, text in seen.found:
        if CHINESE.search(text) and language != "zh-CN":
            yield f"Chinese outside of {{% t %}}: {text.strip()[:60]}"
        if language != "en" and set(WORDS.findall(text)) - NO_WORDS:
            yield f"English outside of {{% t %}}: {text.strip()[:60]}"


def of_one_language(source: str) -> Iterator[str]:
    """What stands in a page module in one language only."""
    tree = ast.parse(source)
    allowed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            allowed.update(id(x) for x in ast.walk(first))
        if isinstance(node, ast.Tuple) and _is_pair(node):
            allowed.add(id(node.elts[0]))
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in SAYERS and len(node.args) == 2:
            allowed.update(id(x) for x in ast.walk(node.args[0]))
            if any(CHINESE.search(x) for x in _texts(node.args[1])):
                yield f"{node.lineno}: Chinese in the English sentence"
        allowed.update(id(x) for k in node.keywords if k.arg == "zh" for x in ast.walk(k.value))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in allowed
            and CHINESE.search(node.value)
        ):
            yield f"{node.lineno}: Chinese outside of say, said and zh=: {node.value[:40]}"


def _is_pair(node: ast.Tuple) -> bool:
    """Whether it is a text in Chinese and the same in English."""
    told = [x.value for x in node.elts if isinstance(x, ast.Constant) and isinstance(x.value, str)]
    return len(node.elts) == len(told) == 2 and bool(WORDS.search(told[1])) and not CHINESE.search(told[1])


def _texts(node: ast.expr) -> Iterator[str]:
    yield from (x.value for x in ast.walk(node) if isinstance(x, ast.Constant) and isinstance(x.value, str))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda x: str(x.relative_to(WEB / "templates")))
def test_a_template_says_everything_in_both_languages(path: Path) -> None:
    assert list(one_sided(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda x: str(x.relative_to(WEB)))
def test_a_page_says_everything_in_both_languages(path: Path) -> None:
    assert list(of_one_language(path.read_text(encoding="utf-8"))) == []


def test_every_word_of_the_field_is_there_in_both_languages() -> None:
    words = [x for kind in Term.__subclasses__() for x in kind]
    number = re.compile(r"[\d/]+")
    assert [x for x in words if not x.en or CHINESE.search(x.en) or not (CHINESE.search(x.zh) or number.fullmatch(x.zh))] == []


@pytest.mark.parametrize("template", [
    "<p>走访</p>", "<p>Visits</p>", '<a title="走访"></a>', '{% t "Visits" "走访" %}', '{% t "走访记录" "" %}',
])  # fmt: skip
def test_what_one_language_lacks_in_a_template_is_seen(template: str) -> None:
    assert list(one_sided(template)) != []


@pytest.mark.parametrize("template", [
    '{% t "走访" "Visits" %}',
    '<p lang="zh-CN">中文</p>', '<p class="hero">{{ firm.name }}</p>', "{% t error.zh error.message %}",
    "{% if in_english %}and {{ more }} more{% else %}另有 {{ more }} 项{% endif %}",
    "{% block main_class %}narrow{% endblock %}",
    '<span lang="en">Synthetic data</span>', '{% t "第" "Page" %}', '<input type="hidden" name="back" value="Visits">',
])  # fmt: skip
def test_what_both_languages_have_in_a_template_is_let_be(template: str) -> None:
    assert list(one_sided(template)) == []


@pytest.mark.parametrize("source", ['x = "走访"', 'say("走访", "走访")', 'f"{x}走访"'])
def test_what_one_language_lacks_in_a_page_is_seen(source: str) -> None:
    assert list(of_one_language(source)) != []


@pytest.mark.parametrize("source", ['"""走访。"""', 'say("走访", "Visits")', 'E("no", zh=f"不{x}")', 'x = "visits"'])
def test_what_both_languages_have_in_a_page_is_let_be(source: str) -> None:
    assert list(of_one_language(source)) == []
