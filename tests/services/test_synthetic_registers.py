"""What synthetic registers hold: the planted shares, and a truth that plain Python confirms row by row."""

import json
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

from huoshui.adapters.synthetic.basis import Noise
from huoshui.adapters.synthetic.part import TABLES
from huoshui.rules.registration_number import check_registration_number
from huoshui.rules.uscc import check_uscc, clean_code
from huoshui.services.generate import GenerateRequest, generate_registers
from huoshui.terms import CodeVerdict
from tests.services.plain_screening import PlainScreening, Row, key_of, read_rows

ON: Final = date(2025, 6, 30)
FIRMS: Final = 20_000
Rows = dict[Noise, dict[str, list[Row]]]


def make(out: Path, *, firms: int, noise: Noise, on: date = ON) -> None:
    generate_registers(GenerateRequest(firms, 1, out, "350000", on, noise), progress=lambda *_: None)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Noise, Path]:
    top = tmp_path_factory.mktemp("synthetic")
    for noise in Noise:
        make(top / noise, firms=FIRMS, noise=noise)
    return {noise: top / noise for noise in Noise}


@pytest.fixture(scope="module")
def rows(folders: dict[Noise, Path]) -> Rows:
    return {noise: {table: read_rows(folder, table) for table in TABLES} for noise, folder in folders.items()}


@pytest.mark.parametrize("on", [ON, date(2025, 7, 1), date(2024, 2, 29)])
def test_the_truth_without_noise_is_what_plain_python_finds_in_every_row(tmp_path: Path, on: date) -> None:
    make(tmp_path, firms=3_000, noise=Noise.NONE, on=on)
    expected = PlainScreening(tmp_path, on=on).answers()
    truth = {x["row_id"]: x for x in read_rows(tmp_path, "truth")}
    assert {i: x["reasons"] for i, x in truth.items()} == {i: x.reasons for i, x in expected.items()}
    assert {i: x["is_listed"] for i, x in truth.items()} == {i: x.is_listed for i, x in expected.items()}
    assert {i: x["duplicate_of"] for i, x in truth.items()} == {i: x.duplicate_of for i, x in expected.items()}
    judged = [i for i, x in expected.items() if x.duplicate_of is None]
    for told in ("tags", "size_class", "is_active", "has_loan"):
        assert [(i, truth[i][told]) for i in judged] == [(i, getattr(expected[i], told)) for i in judged]
    assert all(x["usable_key"] for x in truth.values())
    assert read_rows(tmp_path, "links") == []


@pytest.mark.parametrize("noise", [Noise.REGISTER, Noise.HARD])
def test_rows_with_a_usable_key_are_judged_right_by_key_alone(folders: dict[Noise, Path], noise: Noise) -> None:
    expected = PlainScreening(folders[noise], on=ON).answers()
    usable = [x for x in read_rows(folders[noise], "truth") if x["usable_key"]]
    assert 0.93 * FIRMS < len(usable) < FIRMS
    assert [(x["row_id"], x["reasons"], x["is_listed"]) for x in usable] == [
        (x["row_id"], expected[x["row_id"]].reasons, expected[x["row_id"]].is_listed) for x in usable
    ]


def test_the_truth_does_not_hang_on_the_noise(rows: Rows) -> None:
    told = [[{k: v for k, v in x.items() if k != "usable_key"} for x in rows[noise]["truth"]] for noise in Noise]
    assert told[0] == told[1] == told[2]


def test_every_reason_that_registers_can_show_occurs(rows: Rows) -> None:
    found = {reason for x in rows[Noise.REGISTER]["truth"] for reason in x["reasons"]}
    assert found == {"D01", "D02", "R01", "R02", "R03", "R10", "R20", "R21", "L01", "U01", "U20", "N01"}


def test_codes_without_noise_pass_both_checks_and_no_two_firms_share_one(rows: Rows) -> None:
    registry, truth = rows[Noise.NONE]["registry"], rows[Noise.NONE]["truth"]
    verdicts = [check_uscc(x["uscc"]) for x in registry]
    assert {(x.verdict, x.organisation_check) for x in verdicts} == {(CodeVerdict.VALID, True)}
    assert len({x.organisation_code for x in verdicts}) == len({x["firm"] for x in truth}) == FIRMS


@pytest.mark.parametrize("table", ["registry", "tax", "loans"])
def test_codes_are_miswritten_as_often_as_planned(rows: Rows, table: str) -> None:
    found: Counter[str] = Counter()
    for dirty, clean in zip(rows[Noise.REGISTER][table], rows[Noise.NONE][table], strict=True):
        found[how_miswritten(dirty["uscc"], clean["uscc"])] += 1
    planned = {
        "missing": 0.012, "changed": 0.009, "truncated": 0.005, "old number": 0.004, "lower case": 0.0035, "full width": 0.003,
        "blanks": 0.003, "historical": 0.08 if table == "tax" else 0,
    }  # fmt: skip
    total = sum(found.values())
    assert set(found) <= {*planned, "clean"}
    assert {x: found[x] for x in planned} == {x: as_often(share, of=total, table=table) for x, share in planned.items()}


def as_often(share: float, *, of: int, table: str) -> Any:
    """Within five standard deviations; the filings of one taxpayer, four at most, are miswritten together."""
    return pytest.approx(share * of, abs=5 * (share * of * (4 if table == "tax" else 1)) ** 0.5)


def how_miswritten(code: str | None, right: str) -> str:
    text = code or ""
    is_old = len(text) == 15 and check_registration_number(text).verdict is CodeVerdict.VALID
    is_one_off = len(text) == 18 and sum(a != b for a, b in zip(text, right, strict=True)) == 1
    is_usable = key_of(code, is_tax=True) is not None
    found = [
        name
        for name, holds in (
            ("missing", code is None), ("clean", code == right), ("historical", code == right[2:17]),
            ("lower case", code != right and text.upper() == right),
            ("blanks", text != right and "".join(text.split()) == right),
            ("full width", not text.isascii() and clean_code(text) == right and not any(x.isspace() for x in text)),
            ("changed", is_one_off and not is_usable), ("old number", is_old and not is_usable and code != right[2:17]),
            ("truncated", 0 < len(text) < 18 and right.startswith(text) and not is_usable),
        )
        if holds
    ]  # fmt: skip
    return ", ".join(found) or "something else"


def test_names_are_miswritten_as_often_as_planned(rows: Rows) -> None:
    pairs = [(x["name"], y["name"]) for x, y in zip(rows[Noise.REGISTER]["tax"], rows[Noise.NONE]["tax"], strict=True)]
    forms = [(a, b) for a, b in pairs if a != b and shortened(a) == shortened(b)]
    typos = [x for x in pairs if len(x[0]) == len(x[1]) and sum(a != b for a, b in zip(*x, strict=True)) == 1]
    others = [x for x in pairs if x[0] != x[1] and x not in forms and x not in typos]
    with_form = [x for x in pairs if x[1].endswith(("有限公司", "有限责任公司")) and not x[1].endswith("股份有限公司")]
    assert len(forms) / len(with_form) == pytest.approx(0.01, rel=0.3)
    assert len(typos) / len(pairs) == pytest.approx(0.007, rel=0.3)
    assert len(others) / len(pairs) == pytest.approx(0.06, rel=0.15)
    assert {plain(a) for a, _ in others} == {plain(b) for _, b in others}


def shortened(name: str) -> str:
    return name.replace("有限责任公司", "有限公司")


def plain(name: str) -> str:
    return "".join(chr(ord(x) - 0xFEE0) if 0xFF01 <= ord(x) <= 0xFF5E else x for x in name if x not in " \u3000")


def test_registers_have_their_planned_volumes(rows: Rows) -> None:
    told = rows[Noise.REGISTER]
    assert len(told["registry"]) / FIRMS == pytest.approx(1.013, abs=0.002)
    assert len({x["name"] for x in rows[Noise.NONE]["tax"]}) / FIRMS == pytest.approx(0.595, abs=0.015)
    periods = Counter(x["period_end"] for x in told["tax"])
    assert sorted(periods) == [date(2024, 9, 30), date(2024, 12, 31), date(2025, 3, 31), ON]
    assert periods[ON] / FIRMS == pytest.approx(0.6 * 0.4 * 0.97, rel=0.05)
    assert periods[date(2024, 9, 30)] / FIRMS == pytest.approx(0.6 * 0.9, rel=0.05)
    assert sum(x["sales_fen"] == 0 for x in told["tax"]) / len(told["tax"]) == pytest.approx(0.12, rel=0.05)
    assert len(told["loans"]) / FIRMS == pytest.approx(0.28, rel=0.05)
    consumer = sum(x["loan_kind"] in ("消费", "信用卡", "对外担保") for x in told["loans"])
    assert consumer / len(told["loans"]) == pytest.approx(0.2, rel=0.1)
    assert sum(x["granted_on"] is not None and x["granted_on"] > ON for x in told["loans"]) > 0
    listed = Counter(x["list_name"] for x in told["exclusions"])
    assert {x: n / FIRMS for x, n in listed.items()} == {
        "失信被执行人": pytest.approx(0.003, rel=0.4), "经营异常名录": pytest.approx(0.005, rel=0.4),
        "税务非正常户": pytest.approx(0.002, rel=0.4),
    }  # fmt: skip
    assert sum(x["expires_on"] is not None and x["expires_on"] <= ON for x in told["exclusions"]) > 20


def test_a_taxpayer_files_a_period_once_and_its_rows_lie_together(rows: Rows) -> None:
    tax = rows[Noise.NONE]["tax"]
    assert len({(x["uscc"], x["period_end"]) for x in tax}) == len(tax)
    runs = 1 + sum(a["uscc"] != b["uscc"] for a, b in pairwise(tax))
    assert runs == len({x["uscc"] for x in tax})
    assert [x["row_id"] for x in tax] == list(range(len(tax)))


def test_names_are_shared_only_where_the_truth_says_so(rows: Rows) -> None:
    told = {x["row_id"]: x for x in rows[Noise.NONE]["truth"]}
    firms: dict[tuple[str, str], set[int]] = {}
    for row in rows[Noise.NONE]["registry"]:
        firms.setdefault((row["region_code"], row["name"]), set()).add(told[row["row_id"]]["firm"])
    shared = {firm for several in firms.values() if len(several) > 1 for firm in several}
    assert shared == {x["firm"] for x in told.values() if x["has_namesake"]}
    assert 0 < len(shared) < FIRMS / 200


def test_links_name_the_current_record_of_every_row_whose_code_is_lost(rows: Rows) -> None:
    registers = ("registry", "tax", "loans", "exclusions")
    for noise in (Noise.REGISTER, Noise.HARD):
        told, clean = rows[noise], rows[Noise.NONE]
        current = {x["row_id"]: y["uscc"] for x, y in zip(told["registry"], clean["registry"], strict=True)}
        right = {(table, x["row_id"]): x["uscc"] for table in registers for x in clean[table]}
        lost = {
            (table, x["row_id"])
            for table in registers
            for x in told[table]
            if key_of(x["uscc"], is_tax=table == "tax") is None
        }
        assert {(x["register"], x["row_id"]) for x in told["links"]} == lost
        assert all(current[x["registry_row_id"]] == right[x["register"], x["row_id"]] for x in told["links"])
        extra = {x["row_id"] for x in told["truth"] if x["duplicate_of"] is not None}
        assert not {x["registry_row_id"] for x in told["links"]} & extra


def test_no_two_firms_share_an_old_number(rows: Rows) -> None:
    owners: dict[str, set[int]] = {}
    for noise in (Noise.REGISTER, Noise.HARD):
        lost = {(x["register"], x["row_id"]): x["firm"] for x in rows[noise]["links"] if x["code_noise"] == "old_number"}
        for register in ("registry", "tax", "loans", "exclusions"):
            for row in rows[noise][register]:
                if (register, row["row_id"]) in lost:
                    owners.setdefault(row["uscc"], set()).add(lost[register, row["row_id"]])
    assert len(owners) > 100
    assert {len(x) for x in owners.values()} == {1}


def test_hard_noise_hits_names_only_where_the_code_is_lost(rows: Rows) -> None:
    usual, hard = rows[Noise.REGISTER], rows[Noise.HARD]
    lost = {(x["register"], x["row_id"]) for x in hard["links"]}
    for table in ("tax", "loans", "exclusions"):
        differing = {
            (table, x["row_id"])
            for x, y in zip(hard[table], usual[table], strict=True)
            if (x["name"], x["region_code"]) != (y["name"], y["region_code"])
        }
        assert differing <= lost
    assert hard["registry"] == usual["registry"]
    told = [x for x in hard["links"] if x["register"] != "registry"]
    shares = Counter(x["hard_noise"] for x in told)
    assert {x: n / len(told) for x, n in shares.items()} == {
        "clean": pytest.approx(0.7, rel=0.1), "place_lost": pytest.approx(0.1, rel=0.35),
        "replaced": pytest.approx(0.1, rel=0.35), "lost": pytest.approx(0.05, rel=0.5),
        "form_lost": pytest.approx(0.05, rel=0.5),
    }  # fmt: skip
    assert sum(x["is_moved"] for x in told) / len(told) == pytest.approx(0.03, rel=0.7)


def test_every_file_says_that_it_is_synthetic(folders: dict[Noise, Path]) -> None:
    folder = folders[Noise.REGISTER]
    files = [folder / f"{x}.parquet" for x in TABLES]
    told = json.loads((folder / "generate.json").read_text(encoding="utf-8"))
    assert told["synthetic"] is True
    assert "合成数据" in told["notice"]
    assert {pq.read_metadata(x).metadata[b"huoshui.synthetic"] for x in files} == {b"true"}
    for register in ("registry", "tax", "loans", "invoices", "exclusions"):
        assert {x["source_file"] for x in read_rows(folder, register)} == {f"合成数据-{register}-0000"}


def test_what_is_counted_is_what_is_there(folders: dict[Noise, Path], rows: Rows) -> None:
    told = json.loads((folders[Noise.REGISTER] / "generate.json").read_text(encoding="utf-8"))
    truth = rows[Noise.REGISTER]["truth"]
    assert {x: n["rows"] for x, n in told["tables"].items()} == {x: len(y) for x, y in rows[Noise.REGISTER].items()}
    assert told["counts"]["truth"]["is_listed"] == sum(x["is_listed"] for x in truth)
    assert told["counts"]["truth"]["reason.R20"] == sum("R20" in x["reasons"] for x in truth)
    assert told["counts"]["tax"]["code.missing"] == sum(x["uscc"] is None for x in rows[Noise.REGISTER]["tax"])


