"""Whom a row is about: a code before a number before a name, and runs of rows looked at once say what single rows say."""

from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.registers import firm_keys, parts
from huoshui.adapters.registers.firm_keys import COLUMNS, NO_KEY, WORDS, keys_of, names_of

CODE = "91350211M0000XUF4R"


def read(tmp_path: Path, rows: list[dict[str, Any]]) -> pa.Table:
    table = pa.table({x: pa.array([row.get(x) for row in rows], pa.string()) for x in COLUMNS})
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=37)
    (part,) = parts.split([tmp_path / "x.parquet"])
    return parts.read(part, columns=COLUMNS, as_words=WORDS)


def test_a_code_comes_before_a_number_and_a_number_before_a_name(tmp_path: Path) -> None:
    number, name = {"register_no": "7", "register_scheme": "mine"}, {"name": "厦门甲有限公司", "region_code": "350203"}
    rows = [{"uscc": CODE, **number, **name}, {"uscc": CODE.lower()}, {**number, **name}, number, name, dict(name), {}]
    found = keys_of(read(tmp_path, rows), allow_historical=True).key.tolist()
    assert (found[0], found[2], found[4], found[6]) == (found[1], found[3], found[5], NO_KEY)
    assert len(set(found)) == 4


def test_runs_of_rows_say_what_single_rows_say(tmp_path: Path) -> None:
    chance = Random(2)  # noqa: S311 -- test data
    firms = [
        {"uscc": CODE},
        {"register_no": "7", "register_scheme": "a"},
        {"register_no": "7", "register_scheme": "b"},
        {"name": "甲"},
        {},
    ]
    rows = [x for _ in range(40) for x in [chance.choice(firms)] * chance.randint(10, 30)]
    table = read(tmp_path, rows)
    assert firm_keys._runs(table) is not None
    found = keys_of(table, allow_historical=True)
    single = firm_keys._keys_of(table, allow_historical=True)
    assert found.key.tolist() == single.key.tolist()
    assert [x.tolist() for x in found.others] == [x.tolist() for x in single.others]


def test_a_firm_is_called_by_its_code_else_its_number_else_its_name(tmp_path: Path) -> None:
    rows = [
        {"uscc": f" {CODE.lower()}", "register_no": "7"},
        {"uscc": "123", "register_no": "7"},
        {"uscc": "123"},
        {"name": "甲"},
    ]
    found = names_of(read(tmp_path, rows), pa.array(range(4)).to_numpy(), allow_historical=True)
    assert found["firm_id"].to_pylist() == [CODE, "7", "123", "甲"]
