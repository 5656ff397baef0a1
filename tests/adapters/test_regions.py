import gb2260
import pytest

from huoshui.adapters.regions import region_name
from huoshui.policy.region import PROVINCES


@pytest.mark.parametrize(
    ("code", "within", "name"),
    [
        ("350203", None, "思明区"),
        ("350203", "350200", "思明区"),
        ("350203", "350203", "思明区"),
        ("350203", "350000", "厦门市思明区"),
        ("350203", "000000", "福建省厦门市思明区"),
        ("350200", "000000", "福建省厦门市"),
        ("350000", None, "福建省"),
        ("110101", "000000", "北京市东城区"),
        ("110100", None, "北京市"),
        ("350201", "000000", "福建省厦门市市辖区"),
        ("429004", "000000", "湖北省仙桃市"),
        ("500228", "000000", "重庆市梁平县"),
        ("000000", None, "全国"),
    ],
)
def test_a_region_is_named_from_below_another_on(code: str, within: str | None, name: str) -> None:
    assert region_name(code, language="zh", within=within) == name


@pytest.mark.parametrize("within", [None, "350000", "350400"])
def test_a_code_newer_than_the_library_is_named_by_its_city_and_itself(within: str | None) -> None:
    assert region_name("350405", language="zh", within=within) == "三明市350405"


def test_a_code_newer_than_the_library_keeps_its_path() -> None:
    assert region_name("350405", language="zh", within="000000") == "福建省三明市350405"


def test_a_code_that_older_revisions_had_keeps_its_name() -> None:
    assert region_name("350204", language="zh") == "开元区"


@pytest.mark.parametrize(
    ("code", "zh", "en"), [("", "地区不明", "region not known"), ("35020", "地区不明 35020", "region not known 35020")]
)
def test_what_is_no_code_is_said_to_be_not_known(code: str, zh: str, en: str) -> None:
    assert (region_name(code, language="zh"), region_name(code, language="en")) == (zh, en)


def test_an_english_page_shows_the_chinese_name() -> None:
    assert region_name("350203", language="en", within="000000") == "福建省厦门市思明区"


def test_every_division_of_the_library_has_a_name_within_the_nation() -> None:
    divisions = gb2260.data.data[None]
    unnamed = [code for code in divisions if not region_name(str(code), language="zh", within="000000")]
    assert (len(divisions) > 3000, unnamed) == (True, [])


def test_every_province_has_a_name() -> None:
    assert [x for x in sorted(PROVINCES) if region_name(f"{x}0000", language="zh")[-1] not in "省市区"] == []
