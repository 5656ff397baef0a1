"""What may not change a verdict: the number of buckets, the cut of the files, the order of the rows, the region asked for."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening import pipeline
from huoshui.terms import RegisterKind
from tests.adapters.registers.small_registers import Found, screen_files

FILES = ("firms", "visit_list", "links", "review", "duplicates")
Registers = Mapping[RegisterKind, Path]
pytestmark = pytest.mark.xdist_group("province")


def table(found: Found, file: str) -> pa.Table:
    """A file of a result, text as text: how it is put into dictionaries may differ."""
    held = pq.ParquetFile(found.out / f"{file}.parquet").read()
    words = [x for x in held.schema.names if pa.types.is_dictionary(held.schema.field(x).type)]
    for name in words:
        held = held.set_column(held.schema.get_field_index(name), name, held[name].cast(pa.string()))
    return held


def in_pieces(registers: Registers, folder: Path) -> dict[RegisterKind, Path]:
    """Each register as a folder of three files with row groups of 500 rows."""
    for kind, path in registers.items():
        whole = pq.ParquetFile(path).read()
        inside = folder / kind.value
        inside.mkdir(parents=True)
        cuts = [0, whole.num_rows // 7, whole.num_rows // 2, whole.num_rows]
        for number, (start, end) in enumerate(pairwise(cuts)):
            pq.write_table(whole.slice(start, end - start), inside / f"part-{number:04d}.parquet", row_group_size=500)
    return {kind: folder / kind.value for kind in registers}


def shuffled(registers: Registers, folder: Path) -> dict[RegisterKind, Path]:
    folder.mkdir()
    chance = np.random.default_rng(5)
    for kind, path in registers.items():
        whole = pq.ParquetFile(path).read()
        pq.write_table(whole.take(pa.array(chance.permutation(whole.num_rows))), folder / f"{kind.value}.parquet")
    return {kind: folder / f"{kind.value}.parquet" for kind in registers}


def test_many_buckets_give_what_one_gives(
    province: Registers, province_screened: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = 1 << 30
    monkeypatch.setattr(pipeline, "_BYTES_A_FIRM", memory // 2 // 400)
    found = screen_files(tmp_path, province, memory=memory)
    assert (province_screened.summary["buckets"], found.summary["buckets"]) == (1, 16)
    for name in FILES:
        assert table(found, name).equals(table(province_screened, name)), name


def test_other_cuts_of_the_files_give_the_same(
    province: Registers, province_screened: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROWS_PER_PART", 700)
    pieces = in_pieces(province, tmp_path / "pieces")
    cut = parts.split(parts.locate(pieces[RegisterKind.REGISTRY], kind=RegisterKind.REGISTRY))
    assert len(cut) > 5
    found = screen_files(tmp_path, pieces)
    for name in ("firms", "visit_list", "duplicates"):
        assert table(found, name).equals(table(province_screened, name)), name
    registry = [x for x in province_screened.links if x[0] in ("registry", "loans", "exclusions")]
    assert {x: found.links[x] for x in registry} == {x: province_screened.links[x] for x in registry}


def test_many_buckets_and_many_parts_together_give_the_same(
    province: Registers, province_screened: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROWS_PER_PART", 600)
    monkeypatch.setattr(pipeline, "_BYTES_A_FIRM", (1 << 29) // 1_000)
    found = screen_files(tmp_path, in_pieces(province, tmp_path / "pieces"), memory=1 << 30)
    assert found.summary["buckets"] == 8
    assert table(found, "firms").equals(table(province_screened, "firms"))


def test_the_order_of_the_rows_changes_no_firm(province: Registers, province_screened: Found, tmp_path: Path) -> None:
    found = screen_files(tmp_path, shuffled(province, tmp_path / "shuffled"))
    assert list(found.firms) != list(province_screened.firms)
    assert found.firms == province_screened.firms
    assert found.duplicates == province_screened.duplicates
    for name in ("universe", "duplicates", "listed", "by_reason", "by_region", "by_industry", "by_size", "by_link"):
        assert found.summary[name] == province_screened.summary[name], name


def test_a_county_by_itself_is_screened_as_within_its_province(
    province: Registers, province_screened: Found, tmp_path: Path
) -> None:
    counties = province_screened.summary["by_region"]
    county = max(counties, key=lambda x: (counties[x]["universe"], x))
    found = screen_files(tmp_path, province, region=county)
    within = {x: y for x, y in province_screened.firms.items() if y["region_code"] == county}
    assert found.firms == within
    assert found.summary["by_region"] == {county: counties[county]}


def test_registers_in_one_folder_are_found_by_their_names(
    province: Registers, province_screened: Found, tmp_path: Path
) -> None:
    folder = province[RegisterKind.REGISTRY].parent
    found = screen_files(tmp_path, dict.fromkeys(province, folder))
    assert found.summary["rows_read"] == province_screened.summary["rows_read"]
    assert table(found, "firms").equals(table(province_screened, "firms"))


def test_a_register_more_never_lists_a_firm_that_has_a_loan(
    province: Registers, province_screened: Found, tmp_path: Path
) -> None:
    least = {x: province[x] for x in (RegisterKind.REGISTRY, RegisterKind.LOANS)}
    found = screen_files(tmp_path, least)
    assert found.summary["rows_read"]["tax"] == 0
    borrowers = {x for x, y in found.firms.items() if y["has_loan"]}
    assert len(borrowers) > 100
    assert not {x for x in borrowers if province_screened.firms[x]["is_listed"]}
