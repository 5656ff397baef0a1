"""Size classes with the figures in force."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from huoshui.errors import BadCode, BadPolicyFile, NoPolicy
from huoshui.money import to_fen
from huoshui.rules.size_class import Bounds, NotCovered, SeveralRows, SizeRow, industry_rows, judge, row_for
from huoshui.services.size_class import SizeBasis, place_industry, read_basis
from huoshui.terms import SizeClass

SHARED: Final = Path(__file__).parents[3] / "shared"
FILE: Final = Path(__file__).parents[1] / "cases" / "size_class.yaml"
CASES: Final[list[dict[str, Any]]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
ON: Final = date(2026, 1, 1)
FEN_PER_WAN: Final = 1_000_000


@pytest.fixture(scope="module")
def basis() -> SizeBasis:
    return read_basis(on=ON)


def fen(wan: str | None) -> int | None:
    return None if wan is None else to_fen(Decimal(wan) * FEN_PER_WAN)


def row_of(industry: str, basis: SizeBasis, *, edition: str = "2017") -> str | None:
    found = row_for(industry, table=basis.tables[edition])
    return found.code if isinstance(found, SizeRow) else None


@pytest.mark.parametrize("case", CASES, ids=str)
def test_worked_cases_have_their_class(case: dict[str, Any], basis: SizeBasis) -> None:
    place = place_industry(case["industry"], basis=basis)
    revenue_fen, assets_fen = fen(case.get("revenue_wan")), fen(case.get("assets_wan"))
    found = judge(place.found, employees=case.get("employees"), revenue_fen=revenue_fen, assets_fen=assets_fen)
    assert (found.size_class, found.row and found.row.code) == (case["is"], case["row"])


def test_there_are_sixteen_rows_and_the_figures_rise_from_small_to_large(basis: SizeBasis) -> None:
    rows = basis.tables["2017"].rows
    assert [x.code for x in rows] == ["A", "I", "E", "F1", "F2", "G1", "G2", "G3", "H1", "H2", "I1", "I2", "K1", "K2", "L", "O"]
    for row in rows:
        for figure in ("employees", "revenue_fen", "assets_fen"):
            small, medium, large = (getattr(x, figure) for x in (row.small, row.medium, row.large))
            assert (small is None) == (medium is None) == (large is None)
            assert small is None or 0 < small < medium < large


def test_ten_thousand_yuan_become_fen(basis: SizeBasis) -> None:
    software = row_for("6510", table=basis.tables["2017"])
    assert isinstance(software, SizeRow)
    assert software.small == Bounds(employees=10, revenue_fen=50_000_000)


@pytest.mark.parametrize(
    ("row", "industries"),
    [
        ("A", "0111 05 A"), ("I", "0610 1310 4411 46 B C D"), ("E", "4710 50 E"), ("F1", "5111 F51"), ("F2", "52"),
        ("G1", "5411 58 5910 591 G5810"), ("G2", "592 5930 5990"), ("G3", "6010 60"), ("H1", "61"), ("H2", "6210"),
        ("I1", "6311 64"), ("I2", "6513 65"), ("K1", "7010 701"), ("K2", "7020"), ("L", "71 7291 L"),
        ("O", "7030 7090 73 M 7511 76 79 N 80 82 O 85 8511 86 9011 R"),
    ],
)  # fmt: skip
def test_industries_belong_to_their_row(row: str, industries: str, basis: SizeBasis) -> None:
    assert {x: row_of(x, basis) for x in industries.split()} == dict.fromkeys(industries.split(), row)


@pytest.mark.parametrize("industry", "53 5310 66 6620 J 69 7040 704 83 8310 P 84 8411 91 9600 S 97 T".split())
def test_some_industries_are_not_covered(industry: str, basis: SizeBasis) -> None:
    assert isinstance(row_for(industry, table=basis.tables["2017"]), NotCovered)
    place = place_industry(industry, basis=basis)
    assert judge(place.found, employees=5, revenue_fen=5, assets_fen=5).size_class is SizeClass.NOT_APPLICABLE


@pytest.mark.parametrize("industry", ["F", "G", "H", "I", "K", "Q", "59", "70"])
def test_some_codes_are_too_short_to_tell(industry: str, basis: SizeBasis) -> None:
    assert isinstance(place_industry(industry, basis=basis).found, SeveralRows)


@pytest.mark.parametrize(
    ("industry", "in_2017", "in_2011"),
    [
        ("5911", "G1", "G2"), ("58", "G1", "G1"), ("82", "O", None), ("84", None, "O"), ("79", "O", "O"), ("90", "O", None),
        ("96", None, None),
    ],
)  # fmt: skip
def test_the_edition_of_the_code_decides(industry: str, in_2017: str | None, in_2011: str | None, basis: SizeBasis) -> None:
    assert (row_of(industry, basis), row_of(industry, basis, edition="2011")) == (in_2017, in_2011)


def test_a_code_that_means_another_row_in_the_older_edition_gets_a_note(basis: SizeBasis) -> None:
    def notes(industry: str, edition: str | None = None) -> tuple[str, ...]:
        return place_industry(industry, basis=basis, edition=edition).notes

    assert notes("82") == ("按 GB/T 4754—2017 为 O，按 2011 版则为不适用，请核对代码版本 (check the edition of the code)",)
    assert [notes(x) for x in ("6510", "7040", "97")] == [(), (), ()]
    assert notes("82", "2017") == ()


def test_the_newest_edition_in_force_is_read_unless_one_is_named(basis: SizeBasis) -> None:
    def edition(used: SizeBasis, named: str | None = None) -> str:
        return place_industry("6510", basis=used, edition=named).edition

    before = read_basis(on=date(2017, 12, 27))
    assert (edition(basis), edition(basis, "2011"), edition(before)) == ("2017", "2011", "2011")
    with pytest.raises(NoPolicy, match="knows no edition 2017; expected 2011"):
        edition(before, "2017")


def test_the_answer_cites_the_figures_and_the_industries(basis: SizeBasis) -> None:
    cited = place_industry("6510", basis=basis).citations
    assert [(x.policy, x.field, x.region, x.since, x.unconfirmed) for x in cited] == [
        ("size_class", "rows", "000000", date(2017, 12, 28), False),
        ("size_class", "industries_2017", "000000", date(2017, 12, 28), True),
    ]
    assert "国统字〔2017〕213号" in cited[0].source


def test_before_the_rule_there_is_no_class() -> None:
    with pytest.raises(NoPolicy, match="first value is of 2011-06-18"):
        read_basis(on=date(2011, 6, 17))


def test_a_code_that_no_edition_knows_is_refused(basis: SizeBasis) -> None:
    with pytest.raises(BadCode):
        place_industry("9810", basis=basis)


CLASSES: Final = ("large", "medium", "small")


def local(folder: Path, *, rows: str = "X1", span: str = "65", section: str = "65") -> None:
    path = folder / "350203" / "size_class.yaml"
    path.parent.mkdir()
    values = {
        "rows": [{"code": "X1", "zh": "甲", "en": "a"} | {x: {"employees": 3 - n} for n, x in enumerate(CLASSES)}],
        "industries_2017": {"rows": {rows: [span]}, "not_covered": [], "sections": {"I": section}},
        "industries_2011": None,
    }
    fields = {
        field: {"zh": field, "values": {date(2020, 1, 1): {"value": value, "source": "试"}}, "checked_on": date(2026, 11, 23)}
        for field, value in values.items()
    }
    path.write_text(yaml.safe_dump(fields, allow_unicode=True), encoding="utf-8")


def test_a_county_may_have_a_rule_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local(tmp_path)
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(tmp_path))
    basis = read_basis(region="350203", on=ON)
    place = place_industry("65", basis=basis)
    found = judge(place.found, employees=2, revenue_fen=None, assets_fen=None)
    assert (found.size_class, found.row and found.row.code) == (SizeClass.MEDIUM, "X1")
    assert {x.region for x in place.citations} == {"350203"}
    assert [x.code for x in read_basis(region="350205", on=ON).tables["2017"].rows][:2] == ["A", "I"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"rows": "X2"}, "industries_2017 names row X2, which is not in rows"),
        ({"span": "6-10"}, "'6-10' is not an industry code or a range such as 06-46"),
        ({"span": "x"}, "'x' is not an industry code or a range such as 06-46"),
        ({"section": "65-"}, "'65-' is not an industry code or a range such as 06-46"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(
    given: dict[str, str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local(tmp_path, **given)
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(tmp_path))
    with pytest.raises(BadPolicyFile) as refused:
        read_basis(region="350203", on=ON)
    assert refused.value.message == f"policy size_class: {sentence}"


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is missing: the classes of GB/T 4754 are not at hand")
def test_every_class_of_the_industry_standard_has_its_place(basis: SizeBasis) -> None:
    lines = (SHARED / "data" / "reference" / "gbt4754_2017.csv").read_text(encoding="utf-8").splitlines()[1:]
    codes = [x.partition(",")[0] for x in lines]
    lookup = industry_rows(basis.tables["2017"])
    several = {"F", "G", "H", "I", "K", "Q", "G59", "K70"}
    assert len(codes) > 1900
    assert {x for x in codes if x not in lookup} == several
