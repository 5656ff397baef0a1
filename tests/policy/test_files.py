"""Bad policy files: each is refused with the sentence that says what is wrong."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from huoshui import policy
from huoshui.errors import BadPolicyFile
from huoshui.policy.files import load

Write = Callable[..., Path]
GOOD: Final = "{value: 1, source: notice}"
CHECKED: Final = "checked_on must be a day such as 2026-11-23"
KEYS: Final = "expected zh, en, unit, note, values, checked_on"
PAIR: Final = "expected value and source, and at most unconfirmed and note"
EXACT: Final = "put decimals in quotes, they are read exactly"


def entry(values: str, *, zh: str = "zh: 试", checked_on: str = "checked_on: 2026-01-01") -> str:
    return f"a: {{{zh}, {checked_on}, values: {{{values}}}}}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "expected fields with dated values at the top level"),
        ("[1]", "expected fields with dated values at the top level"),
        ("a: 1", "a: expected zh, values and checked_on"),
        (entry(f"2026-01-01: {GOOD}", zh="en: x"), "a: expected zh, values and checked_on"),
        (entry(f"2026-01-01: {GOOD}", zh="zh: 试, vaule: 1"), f"a: unknown key vaule; {KEYS}"),
        (entry(f"2026-01-01: {GOOD}", zh="zh: 1"), "a: zh, en, unit and note must be text"),
        (entry(f"2026-01-01: {GOOD}", zh="zh: ' '"), "a: zh, en, unit and note must be text"),
        (entry(f"2026-01-01: {GOOD}", zh="zh: 试, note: [x]"), "a: zh, en, unit and note must be text"),
        (entry(f"2026-01-01: {GOOD}", checked_on="checked_on: soon"), f"a: {CHECKED}"),
        (entry(f"2026-01-01: {GOOD}", checked_on="checked_on: 2026-01-01 10:00:00"), f"a: {CHECKED}"),
        (entry(""), "a: values must map days to values"),
        ("a: {zh: 试, checked_on: 2026-01-01, values: [1]}", "a: values must map days to values"),
        (entry(f"2026: {GOOD}"), "a: 2026 is not a day such as 2026-01-01"),
        (entry(f"2026-1: {GOOD}"), "a: '2026-1' is not a day such as 2026-01-01"),
        (entry(f"2026-01-01 00:00:00: {GOOD}"), "a: datetime.datetime(2026, 1, 1, 0, 0) is not a day such as 2026-01-01"),
        (entry("2026-01-01: 1"), f"a, 2026-01-01: {PAIR}"),
        (entry("2026-01-01: {value: 1}"), f"a, 2026-01-01: {PAIR}"),
        (entry("2026-01-01: {source: x}"), f"a, 2026-01-01: {PAIR}"),
        (entry("2026-01-01: {value: 1, source: x, url: y}"), f"a, 2026-01-01: {PAIR}"),
        (entry("2026-01-01: {value: 1, source: ''}"), "a, 2026-01-01: source must name the notice"),
        (entry("2026-01-01: {value: 1, source: 2024}"), "a, 2026-01-01: source must name the notice"),
        (entry("2026-01-01: {value: 1, source: x, unconfirmed: 'no'}"), "a, 2026-01-01: unconfirmed must be true or false"),
        (entry("2026-01-01: {value: 0.015, source: x}"), f"a, 2026-01-01: {EXACT}"),
        (entry("2026-01-01: {value: 1.0e+3, source: x}"), f"a, 2026-01-01: {EXACT}"),
        (entry("2026-01-01: {value: .nan, source: x}"), f"a, 2026-01-01: {EXACT}"),
        (entry("2026-01-01: {value: {x: [1, {y: 0.5}]}, source: x}"), f"a, 2026-01-01: {EXACT}"),
        (entry("2026-01-01: {value: {0.5: x}, source: x}"), f"a, 2026-01-01: {EXACT}"),
    ],
)
def test_a_bad_file_is_refused_with_its_sentence(text: str, sentence: str, write: Write) -> None:
    path = write(text)
    with pytest.raises(BadPolicyFile) as refused:
        load(path)
    assert refused.value.message.removeprefix(f"{path}: ") == sentence


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a: [", "while parsing"),
        ("a: 1\na: 2", "a is given twice"),
        (entry(f"2026-01-01: {GOOD}, 2026-01-01: {GOOD}"), "2026-01-01 is given twice"),
        (entry("2026-01-01: {value: {x: 1, x: 2}, source: y}"), "x is given twice"),
        (entry(f"2026-02-30: {GOOD}"), "day is out of range for month"),
        ("!!python/object:os.system {}", "could not determine a constructor"),
        ("a: *b", "undefined alias"),
    ],
)
def test_what_yaml_cannot_read_is_refused_in_one_line(text: str, part: str, write: Write) -> None:
    path = write(text)
    with pytest.raises(BadPolicyFile) as refused:
        load(path)
    assert refused.value.message.startswith(f"{path}: not readable as YAML: ")
    assert part in refused.value.message
    assert "\n" not in refused.value.message


def test_a_file_that_is_not_utf8_is_refused(write: Write) -> None:
    path = write("")
    path.write_bytes("a: 试".encode("gb18030"))
    with pytest.raises(BadPolicyFile, match="not readable as YAML"):
        load(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPolicyFile, match="cannot be read: No such file or directory"):
        load(tmp_path / "x.yaml")


def test_a_bad_file_stops_the_reading(write: Write) -> None:
    write("a: 1", region="350000")
    with pytest.raises(BadPolicyFile):
        policy.read("trial", region="350203", on=date(2026, 1, 1))


def test_a_folder_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(tmp_path / "no"))
    with pytest.raises(BadPolicyFile, match=r"^HUOSHUI_POLICY_PATH names .*/no, which is not a folder; "):
        policy.read("lpr", on=date(2026, 1, 1))
