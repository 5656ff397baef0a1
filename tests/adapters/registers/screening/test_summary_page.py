import re
from collections.abc import Iterator
from copy import deepcopy
from html.parser import HTMLParser
from typing import Any, Final

import pytest

from huoshui.adapters.industries import industry_name
from huoshui.adapters.regions import region_name
from huoshui.adapters.registers.screening.naming import Language
from huoshui.adapters.registers.screening.summary_page import SHOWN, render_summary, share

VOID: Final = {"meta", "link", "br", "wbr", "rect", "path", "polygon"}
HAN: Final = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


def cited(policy: str, field: str, **found: Any) -> dict[str, Any]:
    return {"policy": policy, "field": field, **found}


REASONS_OF_350203: Final = {"D02": 101, "R01": 1_502, "L01": 3_064, "U05": 324, "N01": 3_010}
SUMMARY: Final[dict[str, Any]] = {
    "synthetic": True, "region": "350200", "on": "2025-06-30", "engine": "duckdb",
    "rule": {"name": "never_borrowed", "definition": "截至筛查日从未有过经营性贷款", "definition_en": "no loan record ever"},
    "rows_read": {"registry": 12_357, "tax": 71_204, "loans": 4_113, "invoices": 0, "exclusions": 219},
    "universe": 12_345, "duplicates": 12, "listed": 5_017,
    "by_reason": {"D02": 101, "R01": 1_502, "R02": 0, "R10": 2_203, "E01": 57, "L01": 3_064, "U05": 401, "N01": 5_017},
    "by_any_reason": {"D02": 101, "R01": 1_502, "R10": 3_333, "E01": 88, "L01": 3_999, "U05": 777, "U20": 654, "N01": 7_468},
    "by_region": {
        "350203": {"universe": 8_001, "listed": 3_010, "by_reason": REASONS_OF_350203},
        "350299": {"universe": 4_340, "listed": 2_004, "by_reason": {"R10": 2_203, "E01": 57, "U05": 76, "N01": 2_004}},
        "000000": {"universe": 4, "listed": 3, "by_reason": {"U05": 1, "N01": 3}},
    },
    "by_industry": {
        "65": {"universe": 12_000, "listed": 5_000, "by_reason": {"N01": 5_000}},
        "00": {"universe": 345, "listed": 17, "by_reason": {"N01": 17}},
    },
    "by_size": {"unknown": 666, "medium": 97, "small": 2_345, "micro": 9_237},
    "by_link": {"code": 11_888, "name_region": 302, "none": 155},
    "linked": {
        "registry": {"without_code": 457, "linked": 302, "several": 31, "unlinked": 124},
        "tax": {"without_code": 911, "linked": 801, "several": 43, "unlinked": 67},
    },
    "funnel": [
        {"step": "universe", "zh": "登记记录", "en": "registry rows", "count": 12_345, "left": {}},
        {"step": "firms", "zh": "主体", "en": "firms", "count": 12_244, "left": {"D02": 101}},
        {"step": "active", "zh": "有经营活动迹象", "en": "active", "count": 8_539, "left": {"R01": 1_502, "R10": 2_203}},
        {"step": "admitted", "zh": "不在排除名单", "en": "not on an exclusion list", "count": 8_482, "left": {"E01": 57}},
        {"step": "listed", "zh": "无贷户名单", "en": "on the list", "count": 5_017, "left": {"L01": 3_064, "U05": 401}},
    ],
    "citations": [
        cited("no_loan", "never_borrowed", region="000000", since="2000-01-01", source="本系统口径", unconfirmed=True),
        cited("activity", "annual_report_due", region="000000", since="2014-10-01", source="条例第八条", unconfirmed=False),
        cited("house_rule", "a", region="350200", since="2024-02-29", source="公告", unconfirmed=False),
        cited("house_rule", "b", region="350200", since="2024-02-29", source="公告", unconfirmed=False),
    ],
    "changes": {"entered": 1_834, "left": 977, "entered_by": {"new": 1_204, "R10": 630}, "left_by": {"L01": 949, "gone": 28}},
    "accuracy": {
        "compared": 12_346, "listed_right": 12_340, "usable_key": {"rows": 11_889, "equal": 11_887},
        "linked": {"rows": 1_111, "linked": 1_105, "right": 1_104, "precision": "0.9990", "recall": "0.9931"},
        "by_reason": {"R10": {"right": 3_332, "wrong": 5, "missed": 6}, "D01": {"right": 13, "wrong": 0, "missed": 9}},
    },
    "reconciles": True, "buckets": 4, "workbooks": 2, "cpu_seconds": {"reading registry": 1.25, "total": 7.5},
}  # fmt: skip


def page(language: Language, **changed: Any) -> str:
    return render_summary({**SUMMARY, **changed}, language=language, region_name=region_name, industry_name=industry_name)


class Reader(HTMLParser):
    """Reads a page strictly: every element closed in order; collects texts with their language, elements and ids."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), f"an attribute is given twice in <{tag}>"
        self.elements.append((tag, found))
        language = found.get("lang") or (self.open[-1][1] if self.open else "")
        if tag not in VOID:
            self.open.append((tag, language))
        self.texts += [(language, x) for key in ("aria-label", "title") if (x := found.get(key))]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1][0] != "style":
            self.texts.append((self.open[-1][1], data.strip()))

    @property
    def text(self) -> str:
        return " ".join(x for _, x in self.texts)


def figures(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for x in value.values():
            yield from figures(x)
    elif isinstance(value, list):
        for x in value:
            yield from figures(x)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield f"{value:,}"
    elif isinstance(value, float):
        yield str(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_the_summary_is_on_the_page(language: Language) -> None:
    shown = set(re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", Reader(page(language)).text))
    assert sorted(set(figures(SUMMARY)) - shown) == []
    assert {"99.90", "99.31", "40.6"} <= shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_well_formed_and_can_be_heard(language: Language) -> None:
    found = Reader(page(language))
    assert page(language).startswith(f'<!DOCTYPE html>\n<html lang="{ {"zh": "zh-CN", "en": "en"}[language] }">')
    ids = [x["id"] for _, x in found.elements if "id" in x]
    named = [word for _, x in found.elements for word in (x.get("aria-labelledby") or "").split()]
    anchors = [x["href"] for tag, x in found.elements if tag == "a"]
    assert len(ids) == len(set(ids))
    assert set(named) <= set(ids)
    assert {x[1:] for x in anchors if x and x.startswith("#")} <= set(ids)
    assert [x for tag, x in found.elements if tag == "th" and x.get("scope") not in {"col", "row", "rowgroup"}] == []
    assert [x for tag, x in found.elements if tag == "svg" and x.get("role") != "img" and x.get("aria-hidden") != "true"] == []
    assert sum(tag == "h1" for tag, _ in found.elements) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_step_of_the_funnel_is_a_picture_with_a_title_and_a_description(language: Language) -> None:
    elements = [tag for tag, _ in Reader(page(language)).elements]
    assert elements.count("desc") == len(SUMMARY["funnel"])
    assert sum(x.get("role") == "img" for _, x in Reader(page(language)).elements) == len(SUMMARY["funnel"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_loads_and_runs_nothing(language: Language) -> None:
    text = page(language)
    found = Reader(text)
    assert [x for x in ("http:", "https:", "//", "@import", "url(") if x in text] == []
    assert {tag for tag, _ in found.elements} & {"script", "img", "iframe", "object", "form"} == set()
    assert [x for _, x in found.elements if any(name.startswith("on") or name == "style" for name in x)] == []


def test_the_two_languages_lead_to_each_other() -> None:
    ways = {
        language: {x["href"] for tag, x in Reader(page(language)).elements if tag == "a" and "hreflang" in x}
        for language in LANGUAGES
    }
    assert ways == {"zh": {"summary.en.html"}, "en": {"summary.html"}}


def test_the_english_page_holds_no_chinese_but_what_has_no_english() -> None:
    found = Reader(page("en")).texts
    assert [x for language, x in found if language == "en" and HAN.search(x)] == []
    assert {x for language, x in found if language == "zh-CN"} == {
        "中文", "福建省厦门市", "思明区", "厦门市350299", "本系统口径", "条例第八条", "公告",
    }  # fmt: skip


def test_the_chinese_page_has_a_chinese_label_wherever_the_english_one_has_an_english_one() -> None:
    pages = {language: Reader(page(language)) for language in LANGUAGES}
    assert [tag for tag, _ in pages["zh"].elements if tag != "span"] == [
        tag for tag, _ in pages["en"].elements if tag != "span"
    ]
    latin = {x for language, x in pages["zh"].texts if language == "zh-CN" and re.search("[a-z]{3}", x)}
    codes = set("never_ borrowed never_borrowed annual_ report_ due house_rule no_loan activity".split()) | {"DuckDB 单机"}
    assert {x for x in latin if not x.endswith((".parquet", ".json")) and x != "counties"} <= codes


def test_what_comes_from_files_is_escaped() -> None:
    hostile = '<script>alert("x")</script>'
    changed = deepcopy(SUMMARY)
    changed["citations"][0]["source"] = changed["rule"]["definition"] = changed["rule"]["definition_en"] = hostile
    changed["funnel"][0] |= {"zh": hostile, "en": hostile}
    changed["by_region"] = {'"><img src=x>': changed["by_region"]["350203"], "350206": changed["by_region"]["350299"]}
    for language in LANGUAGES:
        found = Reader(page(language, **changed))
        assert {tag for tag, _ in found.elements} & {"script", "img"} == set()
        assert hostile in found.text


@pytest.mark.parametrize(
    ("language", "yes", "no"), [("zh", "总数相符", "总数不符"), ("en", "The total reconciles", "does not reconcile")]
)
def test_a_total_that_does_not_reconcile_is_said_so(language: Language, yes: str, no: str) -> None:
    right, wrong = page(language), page(language, universe=12_346)
    assert (yes in right, no in right, yes in wrong, no in wrong) == (True, False, False, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_synthetic_data_is_said_to_be_so_and_real_data_is_not(language: Language) -> None:
    notice = {"zh": "不对应任何真实主体", "en": "No firm here is real"}[language]
    assert (notice in page(language), notice in page(language, synthetic=False)) == (True, False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_not_measured_is_left_out(language: Language) -> None:
    ids = {x.get("id") for _, x in Reader(page(language, changes=None, accuracy=None)).elements}
    assert ids & {"changes", "accuracy"} == set()


def test_what_is_unconfirmed_is_marked_and_only_that() -> None:
    assert Reader(page("zh")).text.count("待核实") == 1 + sum(x["unconfirmed"] for x in SUMMARY["citations"])


def test_rejected_rows_are_shown_where_they_are_known() -> None:
    assert "导入时拒收 无可用代码" in Reader(page("zh", rejected={"registry": 3_141})).text
    assert "12,357 3,141 457" in Reader(page("zh", rejected={"registry": 3_141})).text


def counties(*listed: int) -> dict[str, Any]:
    return {
        f"3502{i:02d}": {"universe": n + 1, "listed": n, "by_reason": {"N01": n, "L01": 1}} for i, n in enumerate(listed, 1)
    }


def test_one_is_not_called_all_nor_many() -> None:
    """Two counties are all of them; of one, each sentence is in the singular."""
    several = {language: Reader(page(language)).text for language in LANGUAGES}
    assert "All 3 counties with every verdict" in several["en"]
    assert "All 2 divisions with every verdict" in several["en"]
    assert "全部 3 个县区及各结论户数" in several["zh"]
    group = {"universe": 1, "listed": 1, "by_reason": {"N01": 1}}
    counted = dict.fromkeys(("D02", "R10", "U05", "U20", "N01"), 1)
    changed: dict[str, Any] = {
        "universe": 1, "listed": 1, "by_region": {"350203": group}, "by_industry": {"65": group}, "by_reason": counted,
        "by_any_reason": counted, "linked": {"tax": {"without_code": 1, "linked": 0, "several": 1, "unlinked": 0}},
    }  # fmt: skip
    one = {language: Reader(page(language, **changed)).text for language in LANGUAGES}
    assert "1 county with every verdict" in one["en"]
    assert "1 division with every verdict" in one["en"]
    assert "1 个县区及各结论户数" in one["zh"]
    assert not re.search(r"All 1|全部 1|\b1 (firms|rows|counties|divisions)", one["en"] + one["zh"])


def test_counties_beyond_the_first_are_added_up_as_others() -> None:
    text = Reader(page("en", by_region=counties(*range(1_000, 1_000 + SHOWN + 2)))).text
    assert "2 others 2,003 2,001 99.9\u00a0%" in text


def test_one_county_too_many_is_shown_by_name() -> None:
    text = Reader(page("en", by_region=counties(*range(1_000, 1_000 + SHOWN + 1)))).text
    assert "others" not in text


def test_a_province_is_shown_by_city_too() -> None:
    groups = {"350203": 10, "350205": 20, "350102": 400}
    found = {code: {"universe": n, "listed": n, "by_reason": {"N01": n}} for code, n in groups.items()}
    text = Reader(page("zh", region="350000", by_region=found)).text
    assert "福州市 400 400 100.0\u00a0% 厦门市 30 30 100.0\u00a0%" in text
    assert "福州市鼓楼区 400 400" in text


def test_a_screening_that_lists_nobody_has_a_page() -> None:
    nobody = {"universe": 3, "listed": 0, "by_reason": {"L01": 3}}
    text = page(
        "zh",
        universe=3,
        listed=0,
        by_reason={"L01": 3},
        by_region={"350203": nobody},
        by_industry={"65": nobody},
        by_link={},
        by_size={},
    )
    assert "思明区 3 0 0.0\u00a0%" in Reader(text).text


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (1, 8, "12.5\u00a0%"),
        (0, 8, "0.0\u00a0%"),
        (8, 8, "100.0\u00a0%"),
        (1, 10**6, "<0.1\u00a0%"),
        (10**6 - 1, 10**6, ">99.9\u00a0%"),
        (0, 0, "–"),
    ],
)
def test_a_share_is_never_nothing_for_something_nor_all_for_less(part: int, whole: int, shown: str) -> None:
    assert share(part, whole) == shown


def test_rows_of_other_regions_are_told_where_there_are_any() -> None:
    linked = {"tax": {**SUMMARY["linked"]["tax"], "outside": 7_654}}
    shown = page("zh", outside_region=98_765, linked=linked)
    assert ("98,765" in shown, "7,654" in shown, "属地区以外" in shown) == (True, True, True)
    assert "属地区以外" not in page("zh", outside_region=0)
