"""Registers' own numbers: which firm one stands for, told by all registers together."""

from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.own_numbers import has_own_numbers, read_number_book
from huoshui.rules.register_words import MOST_NAMES
from huoshui.rules.registration_number import registration_check
from huoshui.terms import RegisterKind
from tests.adapters.registers.small_registers import (
    ON,
    Row,
    firm,
    loan,
    screen,
    table_of,
    uscc_of,
    without_code,
    write_registers,
    wrong_uscc,
)
from tests.adapters.registers.test_kernels import with_inner_check

R1: Final = {"register_no": "R1", "register_scheme": "x"}


def filing(number: int, **given: Any) -> Row:
    return {"row_id": number, "uscc": uscc_of(number), "period_end": ON, "sales_fen": 100_00, **given}


def numbered(row: Row, **given: Any) -> Row:
    """The row with the number R1 and no code."""
    return without_code(row, **R1, **given)


def borrowers(folder: Path, **tables: list[Row]) -> list[int]:
    return [x for x, y in screen(folder, tables).firms.items() if y["has_loan"]]


def test_a_number_stands_for_the_code_that_the_registry_gives_beside_it(tmp_path: Path) -> None:
    assert borrowers(tmp_path, registry=[firm(1, **R1), firm(2)], loans=[numbered(loan(1))]) == [1]


def test_a_number_without_a_code_in_the_registry_is_found_by_rows_that_give_a_code_too(tmp_path: Path) -> None:
    assert borrowers(tmp_path, registry=[numbered(firm(1)), firm(2)], loans=[loan(9, **R1)]) == [1]


def test_the_code_beside_a_number_that_the_registry_lacks_finds_its_firm_in_every_register(tmp_path: Path) -> None:
    tables = {"registry": [numbered(firm(1)), firm(2)], "loans": [loan(9, name=None)], "tax": [filing(9, **R1)]}
    assert borrowers(tmp_path, **tables) == [1]


def test_a_number_that_only_other_registers_give_stands_for_the_code_beside_it_there(tmp_path: Path) -> None:
    tables = {"registry": [firm(1), firm(2)], "loans": [numbered(loan(1))], "tax": [filing(2, **R1)]}
    assert borrowers(tmp_path, **tables) == [2]


def test_a_code_that_the_registry_knows_goes_before_a_number(tmp_path: Path) -> None:
    assert borrowers(tmp_path, registry=[numbered(firm(1)), firm(2)], loans=[loan(2, **R1)]) == [2]


def test_two_strange_codes_beside_one_number_are_both_rows_of_its_firm(tmp_path: Path) -> None:
    tables = {"registry": [numbered(firm(1)), firm(2)], "loans": [loan(8, **R1)], "tax": [filing(9, **R1)]}
    found = screen(tmp_path, tables).firms[1]
    assert (found["has_loan"], found["sales_12m_fen"]) == (True, 100_00)


def test_a_number_beside_the_codes_of_two_firms_stands_for_neither(tmp_path: Path) -> None:
    registry = [firm(1, **R1), firm(2, **R1), firm(3)]
    found = screen(tmp_path, {"registry": registry, "loans": [numbered(loan(7)), numbered(loan(8), name=firm(3)["name"])]})
    assert [found.firms[x]["has_loan"] for x in (1, 2, 3)] == [False, False, True]
    assert [found.links["loans", x]["outcome"] for x in (7, 8)] == ["several", "linked"]


def test_a_number_that_nobody_knows_leaves_the_row_to_its_name(tmp_path: Path) -> None:
    """A bank that numbers its customers in its own way gives no code, but the name."""
    tables = {
        "registry": [firm(1), firm(2)],
        "loans": [numbered(loan(8), name=firm(2)["name"]), numbered(loan(9), name="无此公司")],
    }
    found = screen(tmp_path, tables)
    assert [x for x, y in found.firms.items() if y["has_loan"]] == [2]
    assert [found.links["loans", x]["outcome"] for x in (8, 9)] == ["linked", "unlinked"]


def test_an_older_registry_row_with_only_the_number_is_superseded(tmp_path: Path) -> None:
    old = numbered(firm(2), name="别的名字有限公司", updated_on=date(2020, 1, 1))
    found = screen(tmp_path, {"registry": [old, firm(1, **R1)], "loans": [loan(9)]})
    assert found.firms[2]["reasons"] == ["D02"]
    assert found.duplicates == {2: {"row_id": 2, "kind": "superseded", "kept_row_id": 1}}


def test_a_code_as_written_is_proof_also_where_the_registry_has_a_number_beside_it(tmp_path: Path) -> None:
    registry = [firm(1, uscc=wrong_uscc(1), **R1), firm(2)]
    loans = [loan(1, uscc=wrong_uscc(1).lower(), name=None), loan(2, uscc=wrong_uscc(2), name=None)]
    found = screen(tmp_path, {"registry": registry, "loans": loans})
    assert [found.firms[x]["has_loan"] for x in (1, 2)] == [True, False]
    assert found.firms[1]["link_method"] == "legacy_code"


def test_a_registry_row_with_the_same_code_as_written_and_no_number_is_the_same_firm(tmp_path: Path) -> None:
    old = firm(2, uscc=wrong_uscc(1), name="别的名字有限公司", updated_on=date(2020, 1, 1))
    found = screen(tmp_path, {"registry": [firm(1, uscc=wrong_uscc(1), **R1), old], "loans": [loan(9)]})
    assert found.firms[2]["reasons"] == ["D02"]


def fifteen(holds: bool) -> str:
    """Fifteen digits that pass the check of an old registration number, and perhaps of a taxpayer id too."""
    texts = ("350203" + with_inner_check(f"{n:08d}") for n in range(10**6))
    return next(x for x in texts if x.isdigit() and (registration_check(x[:14]) == x[14]) is holds)


@pytest.mark.parametrize("kind", ["tax", "loans"])
def test_an_old_number_that_could_also_be_a_taxpayer_id_links_by_its_text(tmp_path: Path, kind: str) -> None:
    number = fifteen(holds=True)
    row = {"tax": filing(1, uscc=number), "loans": loan(1, uscc=number)}
    tables = {"registry": [firm(1, uscc=number), firm(2)], "loans": [loan(9)], kind: [row[kind]]}
    found = screen(tmp_path, tables)
    assert found.links[kind, 1]["firm_row_id"] == 1
    assert found.links[kind, 1]["method"] == "legacy_code"


def test_fifteen_digits_that_fit_one_firm_by_text_and_another_as_taxpayer_id_are_left_to_people(tmp_path: Path) -> None:
    number = fifteen(holds=True)
    other = uscc_of(int(number[6:14]))
    assert other[8:17] == number[6:]
    tables = {"registry": [firm(1, uscc=number), firm(2, uscc=other)], "loans": [loan(9)], "tax": [filing(1, uscc=number)]}
    assert screen(tmp_path, tables).links["tax", 1]["outcome"] == "several"
    del tables["registry"][0]
    assert screen(tmp_path, tables).links["tax", 1]["firm_row_id"] == 2


def test_registers_without_numbers_need_no_book(tmp_path: Path) -> None:
    registers = write_registers(tmp_path, {"registry": [firm(1)], "loans": [loan(1, **R1)], "tax": [filing(1)]})
    split = {kind: parts.split((path,)) for kind, path in registers.items()}
    assert [has_own_numbers(split[x]) for x in (RegisterKind.REGISTRY, RegisterKind.LOANS, RegisterKind.TAX)] == [
        False,
        True,
        False,
    ]
    assert read_number_book(split) is not None
    del split[RegisterKind.LOANS]
    assert read_number_book(split) is None


def test_numbers_in_a_file_without_statistics_are_seen(tmp_path: Path) -> None:
    pq.write_table(table_of("loans", [loan(1)]), tmp_path / "loans.parquet", write_statistics=False)
    assert has_own_numbers(parts.split((tmp_path / "loans.parquet",)))


NO_NUMBER: Final = ("无", "-", "－－", "0", "000000", "不 详", "暂无", "NULL", "null", "N/A", "ｎ／ａ", "***", "／", "未知")


@pytest.mark.parametrize("written", NO_NUMBER)
def test_a_placeholder_is_no_number(tmp_path: Path, written: str) -> None:
    """Two firms and a loan have it: the firms are two, and the loan is that of the firm whose name it gives."""
    given = {"register_no": written, "register_scheme": "x"}
    registry = [without_code(firm(1), **given), without_code(firm(2), **given), firm(3, **given)]
    loans = [without_code(loan(8, name=firm(2)["name"]), **given), without_code(loan(9), **given)]
    found = screen(tmp_path, {"registry": registry, "loans": loans})
    assert [x for x, y in found.firms.items() if y["has_loan"]] == [2]
    assert [y["reasons"] for y in found.firms.values()] == [["N01"], ["L01"], ["N01"]]
    assert [found.links["loans", x]["outcome"] for x in (8, 9)] == ["linked", "unlinked"]
    assert found.duplicates == {}


@pytest.mark.parametrize("schemes", [("x", "x"), ("x", None), ("x", "gs15")])
def test_a_placeholder_is_none_under_every_scheme(tmp_path: Path, schemes: tuple[str | None, str | None]) -> None:
    registry = [without_code(firm(i), register_no="不详", register_scheme=x) for i, x in enumerate(schemes, start=1)]
    assert screen(tmp_path, {"registry": [*registry, firm(3)], "loans": [loan(3)]}).duplicates == {}


@pytest.mark.parametrize("region", ["350000", "350203"])
@pytest.mark.parametrize(("names", "is_number"), [(MOST_NAMES, True), (MOST_NAMES + 1, False)])
def test_a_number_that_too_many_names_share_is_none(tmp_path: Path, names: int, is_number: bool, region: str) -> None:
    """Some rows lie in another county, and every name stands there twice."""
    rows = [numbered(firm(i, region_code=("350203", "350206")[i % 2])) for i in range(1, names + 1)]
    registry = [*rows, *[{**x, "row_id": 20 + x["row_id"], "employees": 6} for x in rows], firm(60)]
    loans = [numbered(loan(8, name=firm(60)["name"])), numbered(loan(9))]
    found = screen(tmp_path, {"registry": registry, "loans": loans}, region=region)
    inside = [x["row_id"] for x in registry[:-1] if x["region_code"].startswith(region.rstrip("0"))]
    current = {20 + names} if is_number else {x for x in inside if x > 20}
    assert set(inside) - set(found.duplicates) == current & set(inside)
    assert found.firms[60]["has_loan"] is not is_number


def test_a_number_beside_the_codes_of_two_firms_makes_no_firm_of_rows_without_a_code(tmp_path: Path) -> None:
    registry = [firm(1, **R1), firm(2, **R1), numbered(firm(3)), numbered(firm(4))]
    found = screen(tmp_path, {"registry": registry, "loans": [without_code(loan(9, name=firm(3)["name"]))]})
    assert found.duplicates == {}
    assert [x for x, y in found.firms.items() if y["has_loan"]] == [3]
