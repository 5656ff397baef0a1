"""What all calculators share: readers, defaults, batches."""

import argparse
import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from huoshui.cli.calculator import (
    Calculator,
    Field,
    Result,
    Values,
    read_choice,
    read_count,
    read_date,
    read_once,
    read_text,
    today,
)
from huoshui.errors import BadChoice, BadDate, BadRequest, HuoshuiError, InputError
from huoshui.terms import DayCount

Capture = pytest.CaptureFixture[str]
FIELDS = (
    Field("first-name", read_text, "a name", required=True),
    Field("count", read_count, "how many", default=3),
    Field("on", read_date, "a day"),
    Field("fee", read_text, "a fee", repeated=True),
)


def add(values: Values) -> Result:
    if values["count"] == 13:
        raise BadRequest("not thirteen")
    rest = {x: values[x] for x in ("count", "on", "fee")}
    return {"name": values["first_name"], **rest, "half": Decimal("0.50")}


def add_many(values: list[Values]) -> Iterator[Result | HuoshuiError]:
    for x in values:
        yield BadRequest("not thirteen") if x["count"] == 13 else {**add(x), "many": len(values)}


CALCULATOR = Calculator(FIELDS, add, lambda result: f"{result['name']}: {result['count']}")


def call(calculator: Calculator, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    calculator.add_arguments(parser)
    return calculator.run(parser.parse_args(arguments))


def batch(calculator: Calculator, path: Path, capsys: Capture, text: str) -> tuple[int, list[Any], str]:
    path.write_text(text, encoding="utf-8")
    status = call(calculator, "--batch", str(path))
    shown = capsys.readouterr()
    return status, [json.loads(x) for x in shown.out.splitlines()], shown.err


def test_what_is_left_out_has_its_default() -> None:
    assert CALCULATOR.read({"first-name": "a"}) == {"first_name": "a", "count": 3, "on": None, "fee": ()}
    assert CALCULATOR.read({"first_name": "a", "count": None}) == {"first_name": "a", "count": 3, "on": None, "fee": ()}


def test_a_repeated_field_is_one_value_or_a_list() -> None:
    assert CALCULATOR.read({"first-name": "a", "fee": "x"})["fee"] == ("x",)
    assert CALCULATOR.read({"first-name": "a", "fee": ["x", "y"]})["fee"] == ("x", "y")


@pytest.mark.parametrize(
    ("given", "sentence", "field"),
    [
        ({}, "first-name is missing: a name", "first-name"),
        ({"first-name": None}, "first-name is missing: a name", "first-name"),
        ({"first-name": "a", "cuont": 1}, "there is no field 'cuont'; expected first-name, count, on, fee", "cuont"),
        ({"first-name": " "}, "first-name must be text; got ' '", "first-name"),
        ({"first-name": "a", "count": -1}, "count must be a whole number of zero or more; got -1", "count"),
        ({"first-name": "a", "count": True}, "count must be a whole number of zero or more; got True", "count"),
        ({"first-name": "a", "count": "３"}, "count must be a whole number of zero or more; got '３'", "count"),
        ({"first-name": "a", "on": "2026-02-30"}, "on must be a day such as 2026-01-31; got '2026-02-30'", "on"),
        ({"first-name": "a", "on": "20260131"}, "on must be a day such as 2026-01-31; got '20260131'", "on"),
        ({"first-name": "a", "fee": ["x", 1]}, "fee must be text; got 1", "fee"),
    ],
)
def test_wrong_values_are_refused_with_a_sentence(given: dict[str, object], sentence: str, field: str) -> None:
    with pytest.raises(InputError) as refused:
        CALCULATOR.read(given)
    assert (refused.value.message, refused.value.field) == (sentence, field)


def test_a_choice_is_one_of_its_words() -> None:
    read = read_choice(*DayCount)
    assert read(" ACT/360 ", "day-count") is DayCount.ACT_360
    with pytest.raises(BadChoice, match="day-count must be one of act/360, act/365, 30/360; got 'act/364'"):
        read("act/364", "day-count")


def test_a_day_is_written_in_one_way() -> None:
    assert read_date(" 2026-01-31 ", "on") == date(2026, 1, 31)
    with pytest.raises(BadDate):
        read_date("2026-W05-6", "on")


def test_today_is_a_day_of_china() -> None:
    assert type(today()) is date


def test_one_result_is_text_or_json(capsys: Capture) -> None:
    assert call(CALCULATOR, "--first-name", "a", "--count", "5") == 0
    assert capsys.readouterr().out == "a: 5\n"
    assert call(CALCULATOR, "--first-name", "a", "--on", "2026-01-31", "--fee", "x", "--fee", "y", "--json") == 0
    assert capsys.readouterr().out == '{"name":"a","count":3,"on":"2026-01-31","fee":["x","y"],"half":"0.50"}\n'


@pytest.mark.parametrize("given", [("--first-name", "\udcff"), ("--first-name", "a", "--fee", "x", "--fee", "\udcff")])
def test_an_argument_that_is_not_utf8_is_refused(given: tuple[str, ...]) -> None:
    with pytest.raises(BadRequest, match="must be text in UTF-8"):
        call(CALCULATOR, *given)


@pytest.mark.parametrize("many", [None, add_many])
def test_a_batch_keeps_its_order_and_goes_on_after_bad_lines(many: Any, tmp_path: Path, capsys: Capture) -> None:
    calculator = Calculator(FIELDS, add, str, calculate_many=many)
    text = '{"first-name": "a", "count": 1}\n{}\n{"first-name": "b", "count": 13}\nx\n\n{"first-name": "c", "fee": ["z"]}'
    status, found, said = batch(calculator, tmp_path / "b", capsys, text)
    assert (status, said) == (1, "huoshui: 4 line(s) could not be calculated\n")
    assert [x.get("name") or x["error"]["message"] for x in found if "not a JSON" not in str(x)] == [
        "a", "first-name is missing: a name", "not thirteen", "c",
    ]  # fmt: skip
    assert [x["error"]["code"] for x in found[3:5]] == ["bad_request", "bad_request"]
    assert [x.get("many") for x in found if "name" in x] == ([3, 3] if many else [None, None])


def test_a_part_of_a_batch_reads_each_thing_once(tmp_path: Path, capsys: Capture) -> None:
    seen: list[str] = []

    def read(name: str) -> str:
        seen.append(name)
        return name.upper()

    def named(values: Values, *, read: Callable[[str], str]) -> Result:
        return {"name": read(values["first_name"])} if values["count"] != 13 else add(values)

    calculator = Calculator(FIELDS, add, str, calculate_many=read_once(named, read=read))
    lines = ['{"first-name": "a"}', '{"first-name": "b"}', '{"first-name": "c", "count": 13}', '{"first-name": "a"}']
    status, found, _ = batch(calculator, tmp_path / "b", capsys, "\n".join(lines))
    assert (status, [x.get("name") for x in found]) == (1, ["A", "B", None, "A"])
    assert seen == ["a", "b"]


def test_a_quick_way_answers_the_lines_it_knows_and_leaves_the_others(tmp_path: Path, capsys: Capture) -> None:
    calculator = Calculator(FIELDS, add, str, quick=lambda lines: [{"name": "quick"} if b"quick" in x else None for x in lines])
    status, found, _ = batch(calculator, tmp_path / "b", capsys, '{"first-name": "a"}\nquick\nx\n')
    assert (status, [x.get("name") for x in found]) == (1, ["a", "quick", None])


def test_a_sound_batch_has_status_zero_and_an_empty_one_has_no_output(tmp_path: Path, capsys: Capture) -> None:
    assert batch(CALCULATOR, tmp_path / "b", capsys, '{"first-name": "a"}\n')[0] == 0
    assert batch(CALCULATOR, tmp_path / "b", capsys, "") == (0, [], "")


ANY = Calculator((Field("x", lambda value, _: value, "anything"),), lambda values: {"x": values["x"]}, str)


def test_numbers_in_json_are_exact(tmp_path: Path, capsys: Capture) -> None:
    status, found, _ = batch(ANY, tmp_path / "b", capsys, '{"x": 0.1}\n{"x": 123456789012345678901234567890}\n')
    assert (status, [x["x"] for x in found]) == (0, ["0.1", 123456789012345678901234567890])


@pytest.mark.parametrize("line", ['{"x": 1e31}', '{"x": 1e-999999}', '{"x": 1e9999999999999999999}', '{"x": NaN}', "[1]", ""])
def test_a_line_that_is_no_object_or_holds_an_impossible_number_is_refused(line: str, tmp_path: Path, capsys: Capture) -> None:
    status, found, _ = batch(ANY, tmp_path / "b", capsys, line + "\n")
    assert (status, found[0]["error"]["code"]) == (1, "bad_request")
    assert found[0]["error"]["message"].startswith("not a JSON object in UTF-8: ")


def test_a_batch_in_another_encoding_is_refused_line_by_line(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "b"
    path.write_bytes('{"x": "中"}\n{"x": 1}\n'.encode("gb18030"))
    assert call(ANY, "--batch", str(path)) == 1
    found = [json.loads(x) for x in capsys.readouterr().out.splitlines()]
    assert [found[0]["error"]["code"], found[1]] == ["bad_request", {"x": 1}]
