"""Whom a row is about: by its code, by its register's own number, or not at all."""

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest

from huoshui.adapters.registers.screening.identity import Identity, identify, inside, region_number
from huoshui.rules.registration_number import registration_check
from tests.adapters.registers.small_registers import Row, uscc_of, wrong_uscc

COLUMNS: Final = ("uscc", "register_no", "register_scheme", "name", "region_code")
OLD_NUMBER: Final = "35020310000011" + registration_check("35020310000011")


def identity(*rows: Row, historical: bool = False) -> Identity:
    table = pa.table({x: pa.array([row.get(x) for row in rows], pa.string()) for x in COLUMNS})
    return identify(table, allow_historical=historical)


def key(**row: Any) -> int:
    return int(identity(row).key[0])


def test_a_code_goes_before_the_registers_own_number_which_is_kept_beside_it() -> None:
    found = identity({"uscc": uscc_of(5), "register_no": "7", "register_scheme": "x"})
    assert found.key.tolist() == [key(uscc=uscc_of(5))]
    assert found.own.tolist() == [key(register_no="7", register_scheme="x")]
    assert found.far.tolist() == [-1]


def test_an_own_number_counts_within_its_scheme_only() -> None:
    keys = [key(register_no="7", register_scheme=x) for x in ("x", "y", "", None)]
    assert keys[2] == keys[3]
    assert len(set(keys)) == 3
    rows: list[Row] = [{"register_no": str(n), "register_scheme": scheme} for scheme in ("x", "y", None) for n in (7, 8)]
    together = identity(*rows).key.tolist()
    assert together == [key(**x) for x in rows]
    assert len(set(together)) == 6


def test_an_old_registration_number_is_the_same_in_both_columns() -> None:
    as_code = identity({"uscc": OLD_NUMBER})
    as_own = identity({"register_no": OLD_NUMBER, "register_scheme": "gs15"})
    assert (as_code.key.tolist(), as_own.key.tolist()) == ([-1], as_code.far.tolist())


def test_a_code_that_fails_its_check_is_proof_only_together_with_another_row() -> None:
    found = identity({"uscc": wrong_uscc(5)}, {"uscc": wrong_uscc(5).lower()}, {"uscc": wrong_uscc(6)})
    assert found.key.tolist() == [-1, -1, -1]
    assert found.far[0] == found.far[1] != found.far[2]
    assert found.unusable.tolist() == [0, 1, 2]


@pytest.mark.parametrize("code", [None, "", "无", "0" * 20, "91350203"])
def test_a_text_that_is_no_code_proves_nothing(code: str | None) -> None:
    found = identity({"uscc": code})
    assert (found.key.tolist(), found.far.tolist(), found.own.tolist()) == ([-1], [-1], [-1])


def test_a_historical_taxpayer_id_counts_in_tax_only() -> None:
    code = uscc_of(5)
    row = {"uscc": code[2:17]}
    assert identity(row, historical=True).key.tolist() == [key(uscc=code)]
    assert identity(row).key.tolist() == [-1]


def test_a_name_counts_within_its_region_and_no_name_not_at_all() -> None:
    rows: list[Row] = [
        {"name": "甲乙丙丁", "region_code": "350203"}, {"name": "甲乙 丙丁", "region_code": " 350203"},
        {"name": "甲乙丙丁", "region_code": "350206"}, {"name": None, "region_code": "350203"},
    ]  # fmt: skip
    keys = identity(*rows).name_key().tolist()
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] == -1


def test_taking_rows_keeps_every_field_together() -> None:
    rows = [{"uscc": uscc_of(x), "name": f"n{x}", "region_code": f"35020{x}"} for x in range(5)]
    found = identity(*rows).take(np.array([3, 1]))
    assert found.key.tolist() == [key(uscc=uscc_of(x)) for x in (3, 1)]
    assert found.region.tolist() == [350203, 350201]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("350203", 350203),
        (" 350203 ", 350203),
        ("350203001", 350203),
        ("3502", 0),
        ("", 0),
        (None, 0),
        ("三五零二零三", 0),
        ("35020x", 0),
    ],
)
def test_a_region_is_six_digits_or_not_known(text: str | None, number: int) -> None:
    assert region_number(text) == number


@pytest.mark.parametrize(
    ("prefix", "expected"), [("", [1, 1, 1, 1]), ("35", [1, 1, 0, 0]), ("3502", [1, 0, 0, 0]), ("350203", [1, 0, 0, 0])]
)
def test_a_region_holds_the_codes_that_begin_with_its_digits(prefix: str, expected: list[int]) -> None:
    regions = np.array([350203, 350102, 360102, 0], np.int32)
    assert inside(prefix)(regions).tolist() == [bool(x) for x in expected]
