"""What is in force: the nearest region, the last day, the end."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from huoshui import policy
from huoshui.errors import BadPolicyFile, NoPolicy, UnknownRegion
from huoshui.policy import Citation
from huoshui.terms import DayCount

Write = Callable[..., Path]
ON = date(2026, 6, 1)


def field(name: str, values: dict[str, str], *, source: str = "notice 1") -> str:
    """The text of one field; values by day, as YAML."""
    lines = "".join(f"    {day}: {{value: {value}, source: {source}}}\n" for day, value in values.items())
    return f"{name}:\n  zh: 试\n  values:\n{lines}  checked_on: 2026-01-01\n"


def in_force(name: str = "trial", *, region: str = "000000", on: date = ON) -> dict[str, object]:
    return {key: x.value for key, x in policy.read(name, region=region, on=on).fields.items()}


def test_the_last_value_dated_on_or_before_the_day_is_in_force(write: Write) -> None:
    write(field("a", {"2026-06-01": "3", "2024-01-01": "1", "2025-01-01": "2"}))
    days = [date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 1), date(2026, 5, 31), date(2026, 6, 1)]
    assert [in_force(on=x) for x in days] == [{"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}, {"a": 3}]


def test_the_nearest_region_wins_field_by_field(write: Write) -> None:
    write(field("a", {"2020-01-01": "nation"}) + field("b", {"2020-01-01": "nation"}) + field("c", {"2020-01-01": "nation"}))
    write(field("a", {"2020-01-01": "province"}) + field("b", {"2020-01-01": "province"}), region="350000")
    write(field("a", {"2020-01-01": "city"}), region="350200")
    write(field("d", {"2020-01-01": "county"}), region="350203")
    assert in_force(region="350203") == {"a": "city", "b": "province", "c": "nation", "d": "county"}
    assert in_force(region="350205") == {"a": "city", "b": "province", "c": "nation"}
    assert in_force(region="350100") == {"a": "province", "b": "province", "c": "nation"}
    assert in_force(region="440300") == {"a": "nation", "b": "nation", "c": "nation"}


def test_a_nearer_region_wins_even_with_an_older_value(write: Write) -> None:
    write(field("a", {"2026-01-01": "new"}))
    write(field("a", {"2010-01-01": "old"}), region="350203")
    assert in_force(region="350203") == {"a": "old"}


def test_a_value_of_the_future_leaves_the_region_above_in_force(write: Write) -> None:
    write(field("a", {"2020-01-01": "nation"}))
    write(field("a", {"2026-06-02": "county"}), region="350203")
    assert in_force(region="350203") == {"a": "nation"}
    assert in_force(region="350203", on=date(2026, 6, 2)) == {"a": "county"}


def test_null_ends_a_field_without_falling_back(write: Write) -> None:
    write(field("a", {"2020-01-01": "1"}) + field("b", {"2020-01-01": "2"}))
    write(field("a", {"2025-01-01": "9", "2026-01-01": "null"}), region="350000")
    assert in_force(region="350203", on=date(2025, 12, 31)) == {"a": 9, "b": 2}
    assert in_force(region="350203", on=date(2026, 1, 1)) == {"b": 2}
    assert in_force(region="440300") == {"a": 1, "b": 2}


def test_a_field_may_begin_again_after_its_end(write: Write) -> None:
    write(field("a", {"2020-01-01": "1", "2021-01-01": "null", "2022-01-01": "2"}) + field("b", {"2019-01-01": "0"}))
    assert [in_force(on=date(year, 6, 1)) for year in (2020, 2021, 2022)] == [{"a": 1, "b": 0}, {"b": 0}, {"a": 2, "b": 0}]


def test_a_table_is_replaced_as_a_whole(write: Write) -> None:
    write(field("a", {"2020-01-01": "{x: 1, y: 2}"}))
    write(field("a", {"2020-01-01": "{x: 5}"}), region="350000")
    assert in_force(region="350000") == {"a": {"x": 5}}


def test_the_first_folder_wins_within_a_region_and_a_nearer_region_wins_in_any_folder(write: Write) -> None:
    write(field("a", {"2020-01-01": "one"}) + field("b", {"2030-01-01": "one"}), region="350000", folder="one")
    write(field("a", {"2021-01-01": "two"}) + field("b", {"2021-01-01": "two"}), region="350000", folder="two")
    write(field("c", {"2020-01-01": "two"}), region="350200", folder="two")
    write(field("c", {"2020-01-01": "one"}), region="350000", folder="one")
    assert in_force(region="350000", on=date(2026, 1, 1)) == {"c": "one", "b": "two", "a": "two"}
    assert in_force(region="350203")["c"] == "two"


def test_an_extra_folder_comes_before_the_built_in_one(write: Write) -> None:
    write(field("one_year", {"2020-01-01": '"0.01"'}), name="lpr")
    found = policy.read("lpr", on=date(2022, 8, 21))
    assert (found["one_year"], found["over_five_years"]) == ("0.01", "0.0445")


def test_a_changed_file_is_read_again(write: Write) -> None:
    path = write(field("a", {"2020-01-01": "1"}))
    assert in_force() == {"a": 1}
    write(field("a", {"2020-01-01": "2"}))
    os.utime(path, ns=(0, 0))
    assert in_force() == {"a": 2}


def test_what_was_read_says_where_it_comes_from(write: Write) -> None:
    write(
        "rate:\n  zh: 利率\n  unit: rate a year\n  note: first\n  checked_on: 2026-01-02\n  values:\n"
        '    2026-01-01: {value: "0.015", source: 文号 1, unconfirmed: true, note: second}\n',
        region="350000",
    )
    found = policy.read("trial", region="350203", on=ON)
    dated = found.dated("rate")
    assert (found.name, found.region, found.on) == ("trial", "350203", ON)
    assert (dated.zh, dated.value, dated.unit, dated.note, dated.checked_on) == (
        "利率", "0.015", "rate a year", "first; second", date(2026, 1, 2),
    )  # fmt: skip
    assert found.citations == (Citation("trial", "rate", "350000", date(2026, 1, 1), "文号 1", True),)


@pytest.mark.parametrize("name", ["nope", "../000000/lpr", "Lpr", ""])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(NoPolicy, match=r"^no policy is called '.*'; known are activity, .*, lpr, ") as refused:
        policy.read(name, on=ON)
    assert refused.value.field == "name"


def test_a_policy_of_another_region_says_so(write: Write) -> None:
    write(field("a", {"2020-01-01": "1"}), region="440800")
    with pytest.raises(NoPolicy, match=r"^policy trial says nothing for region 350203; expected a region that has it"):
        policy.read("trial", region="350203", on=ON)


def test_before_its_first_day_a_policy_says_when_it_begins() -> None:
    with pytest.raises(NoPolicy) as refused:
        policy.read("lpr", on=date(2019, 8, 19))
    assert refused.value.message == (
        "policy lpr has nothing in force in region 000000 on 2019-08-19; its first value is of 2019-08-20"
    )


def test_after_its_end_a_policy_has_nothing_in_force(write: Write) -> None:
    write(field("a", {"2020-01-01": "1", "2021-01-01": "null"}))
    with pytest.raises(NoPolicy) as refused:
        policy.read("trial", on=ON)
    assert refused.value.message == "policy trial has nothing in force in region 000000 on 2026-06-01"


def test_a_region_must_be_one() -> None:
    with pytest.raises(UnknownRegion):
        policy.read("lpr", region="fujian", on=ON)


def test_a_field_that_is_not_in_force_is_refused(write: Write) -> None:
    write(field("a", {"2020-01-01": "1"}))
    with pytest.raises(NoPolicy, match=r"^policy trial has no b in force in region 000000 on 2026-06-01$"):
        policy.read("trial", on=ON)["b"]


def test_a_history_holds_every_value_nearest_region_and_newest_first(write: Write) -> None:
    write(field("a", {"2020-01-01": "1", "2021-01-01": "2"}) + field("b", {"2020-01-01": "3"}))
    write(field("a", {"2030-01-01": "9", "2022-01-01": "null"}), region="350000")
    found = policy.read_history("trial", region="350203")
    assert {key: [(x.value, x.region) for x in values] for key, values in found.items()} == {
        "a": [(9, "350000"), (None, "350000"), (2, "000000"), (1, "000000")],
        "b": [(3, "000000")],
    }
    with pytest.raises(NoPolicy, match="no policy is called 'nope'"):
        policy.read_history("nope")


def test_every_name_is_listed_with_its_regions(write: Write) -> None:
    write(field("a", {"2020-01-01": "1"}))
    write(field("a", {"2020-01-01": "1"}), region="350203", folder="two")
    assert policy.regions_by_name()["trial"] == ("000000", "350203")
    assert list(policy.regions_by_name()) == sorted(policy.names())


@dataclass(frozen=True)
class Terms:
    """What a rule would ask for."""

    rate: Decimal
    begins: date
    day_count: DayCount
    months: int = 6
    cap_fen: int | None = None


WHOLE = {"rate": '"0.015"', "begins": "2026-01-01", "day_count": "act/365", "cap_fen": "null", "more": "1"}


def written(changed: dict[str, str]) -> str:
    return "".join(field(key, {"2020-01-01": value}) for key, value in (WHOLE | changed).items() if value)


def test_a_rule_gets_decimals_days_and_terms_and_nothing_it_did_not_ask_for(write: Write) -> None:
    write(written({}))
    assert policy.bind(policy.read("trial", on=ON), Terms) == Terms(Decimal("0.015"), date(2026, 1, 1), DayCount.ACT_365)


def test_a_table_can_be_bound_alone(write: Write) -> None:
    write(field("one", {"2020-01-01": '{rate: "0.015", begins: "2026-01-01", day_count: act/360, months: 3}'}))
    found = policy.bind_table(policy.read("trial", on=ON), field="one", shape=Terms)
    assert found == Terms(Decimal("0.015"), date(2026, 1, 1), DayCount.ACT_360, months=3)


@pytest.mark.parametrize("missing", ["rate", "day_count"])
def test_a_field_that_a_rule_needs_must_be_there(missing: str, write: Write) -> None:
    write(written({missing: ""}))
    with pytest.raises(NoPolicy, match=f"^policy trial is incomplete in region 000000 on 2026-06-01: .*{missing}"):
        policy.bind(policy.read("trial", on=ON), Terms)


@pytest.mark.parametrize("wrong", [{"rate": "high"}, {"begins": "soon"}, {"day_count": "act/364"}, {"months": "[1]"}])
def test_a_value_of_the_wrong_kind_is_refused(wrong: dict[str, str], write: Write) -> None:
    write(written(wrong))
    with pytest.raises(BadPolicyFile, match=rf"^policy trial in region 000000: .*{next(iter(wrong))}"):
        policy.bind(policy.read("trial", on=ON), Terms)
