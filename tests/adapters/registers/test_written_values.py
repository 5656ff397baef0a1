"""How days, amounts, counts and regions are read, in the plain ways (C) and in the others (Python)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.registers import records
from huoshui.adapters.registers.fields import Field, Reading
from huoshui.adapters.registers.headings import UNITS
from huoshui.adapters.registers.records import AmountForm, DayForm
from huoshui.adapters.registers.region_names import region_code
from huoshui.adapters.registers.values import ColumnReader, Problem
from huoshui.adapters.registers.written_amounts import read_written_amount, read_written_count
from huoshui.adapters.registers.written_days import china_day, read_written_day, reader_of
from huoshui.errors import BadMapping

DAYS = st.dates(date(1600, 1, 1), date(9999, 12, 31))
JUNE_13 = date(2025, 6, 13)
PLAIN: list[tuple[Callable[[date], str], DayForm]] = [
    (lambda x: x.isoformat(), DayForm.DASHED),
    (lambda x: f"{x.year:04}/{x.month}/{x.day}", DayForm.SLASHED),
    (lambda x: f"{x.year:04}.{x.month}.{x.day:02}", DayForm.DOTTED),
    (lambda x: f"{x:%Y%m%d}", DayForm.COMPACT),
    (lambda x: f"{x.year:04}年{x.month}月{x.day}日", DayForm.HAN),
    (lambda x: f"{x.isoformat()} 23:59:59.000", DayForm.DASHED),
    (lambda x: f"{x.isoformat()}T00:00", DayForm.DASHED),
    (lambda x: f"{x:%Y%m%d}235959", DayForm.COMPACT),
]


def text(*values: str) -> pa.Array:
    return pa.array(values, pa.string())


@given(st.lists(st.tuples(DAYS, st.sampled_from(range(len(PLAIN)))), max_size=20))
def test_a_day_written_in_a_plain_way_is_that_day(given_days: list[tuple[date, int]]) -> None:
    found, forms = records.days(text(*(PLAIN[way][0](day) for day, way in given_days)))
    assert [date(1970, 1, 1) + timedelta(int(x)) for x in found] == [day for day, _ in given_days]
    assert forms.tolist() == [int(PLAIN[way][1]) for _, way in given_days]


@pytest.mark.parametrize(
    "written",
    [
        "2025-02-29",
        "2025-13-01",
        "2025-06-31",
        "2025-6-",
        "2025/06-13",
        "25-06-13",
        "20250631",
        "2025年6月",
        "2025-06-13 25:00",
        "2025-06-13x",
        "x2025-06-13",
        "2025061",
        "1900-02-29",
        "2025-06-13T08:00Z",
        "0001-01-01",
    ],
)
def test_what_is_no_plain_day_is_left_unread(written: str) -> None:
    assert records.days(text(written))[1].tolist() == [DayForm.UNREAD]


@pytest.mark.parametrize(
    ("written", "day", "form"),
    [
        ("二〇一七年十月二十三日", date(2017, 10, 23), DayForm.NUMERALS),
        ("二○二五年六月十三日", JUNE_13, DayForm.NUMERALS),
        ("一九九九年十二月卅一日", date(1999, 12, 31), DayForm.NUMERALS),
        ("２０２５－０６－１３", JUNE_13, DayForm.DASHED),
        ("2025年 6月 13日", JUNE_13, DayForm.DASHED),
        ("1480000000000.0", date(2016, 11, 24), DayForm.EPOCH_MS),
        ("1.48E+12", date(2016, 11, 24), DayForm.EPOCH_MS),
        ("1749744000", JUNE_13, DayForm.EPOCH_S),
        ("45821", JUNE_13, DayForm.SERIAL),
        ("45821.75", JUNE_13, DayForm.SERIAL),
        ("20250613.0", JUNE_13, DayForm.COMPACT),
        ("13-Jun-2025", JUNE_13, DayForm.ENGLISH),
        ("2025-06-12T16:00:00Z", JUNE_13, DayForm.ZONED),
        ("2025-06-13T00:00:00+08:00", JUNE_13, DayForm.ZONED),
        ("0000-00-00", None, DayForm.EMPTY),
        ("0", None, DayForm.EMPTY),
        ("长期", None, DayForm.EMPTY),
        ("98/5/6", None, DayForm.TWO_DIGIT_YEAR),
        ("31-JAN-97", None, DayForm.TWO_DIGIT_YEAR),
        ("13/06/2025", None, DayForm.UNREAD),
        ("2025-04", None, DayForm.UNREAD),
        ("去年", None, DayForm.UNREAD),
        ("99999999999999999999", None, DayForm.UNREAD),
    ],
)
def test_a_day_written_in_another_way(written: str, day: date | None, form: DayForm) -> None:
    found = read_written_day(written)
    assert (found.day, found.form) == (day, form)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("202504", date(2025, 4, 1), date(2025, 4, 30)),
        ("2024年2月", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025Q1", date(2025, 1, 1), date(2025, 3, 31)),
        ("2025年第二季度", date(2025, 4, 1), date(2025, 6, 30)),
        ("2024年度", date(2024, 1, 1), date(2024, 12, 31)),
        ("2025-01-01至2025-03-31", date(2025, 1, 1), date(2025, 3, 31)),
        ("20250101-20250331", date(2025, 1, 1), date(2025, 3, 31)),
        ("2025-03-31", date(2025, 3, 31), date(2025, 3, 31)),
    ],
)
def test_a_tax_period_has_a_first_and_a_last_day(written: str, first: date, last: date) -> None:
    assert [read_written_day(written, period=x).day for x in (min, max)] == [first, last]


@given(st.integers(-2_000_000_000_000, 4_000_000_000_000))
def test_a_moment_is_a_day_in_china_summer_time_included(milliseconds: int) -> None:
    if -1_000_000_000_000 < milliseconds < -650_000_000_000:  # the summer times of 1940 to 1949 are left out
        milliseconds = -milliseconds
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    if moment.year < 1949:  # local mean time and war time
        return
    assert china_day(milliseconds) == moment.astimezone(ZoneInfo("Asia/Shanghai")).date()


@pytest.mark.parametrize(
    ("date_format", "written", "day"),
    [
        ("dd/mm/yyyy", "13/06/2025", JUNE_13),
        ("mm/dd/yyyy", "06/13/2025 00:00", JUNE_13),
        ("yy-mm-dd", "98-5-6", date(1998, 5, 6)),
        ("dd-mon-yy", "31-JAN-97", date(1997, 1, 31)),
        ("yyyymm", "202506", date(2025, 6, 1)),
        ("excel", "45821", JUNE_13),
        ("epoch_ms", "0", date(1970, 1, 1)),
        ("epoch_s", "-1", date(1970, 1, 1)),
        ("dd/mm/yyyy", "13/13/2025", None),
    ],
)
def test_a_stated_format_is_read_as_stated(date_format: str, written: str, day: date | None) -> None:
    assert reader_of(date_format)(written).day == day


@pytest.mark.parametrize("date_format", ["yyyy", "month first", "mm/dd", ""])
def test_a_format_that_tells_no_day_is_refused(date_format: str) -> None:
    with pytest.raises(BadMapping, match="date_format"):
        reader_of(date_format)


@given(st.lists(st.decimals(-(10**9), 10**9, allow_nan=False, places=4), max_size=20), st.sampled_from(list(UNITS.values())))
def test_an_amount_is_exact_to_the_fen_and_rounded_once(values: list[Decimal], scale: int) -> None:
    found, forms = records.amounts(text(*(format(x, "f") for x in values)), scale=scale)
    wanted = [x.scaleb(scale).quantize(Decimal(1), ROUND_HALF_UP) for x in values]
    assert [y for y, form in zip(found.tolist(), forms, strict=True) if form != AmountForm.UNREAD] == [
        int(x) for x, form in zip(wanted, forms, strict=True) if form != AmountForm.UNREAD
    ]
    assert all(abs(x) >= 2**63 // 20 for x, form in zip(wanted, forms, strict=True) if form == AmountForm.UNREAD)
    rounded = [x.scaleb(scale) != y for x, y in zip(values, wanted, strict=True)]
    assert [form == AmountForm.ROUNDED for form in forms if form != AmountForm.UNREAD] == [
        x for x, form in zip(rounded, forms, strict=True) if form != AmountForm.UNREAD
    ]


@given(st.text("0123456789,.-+", max_size=12), st.sampled_from([0, 2, 6]))
def test_the_plain_reader_and_the_other_one_agree(written: str, scale: int) -> None:
    found, form = records.amounts(text(written), scale=scale)
    other = read_written_amount(written, scale=scale)
    if written:
        assert (form[0] == AmountForm.UNREAD) == (other.form == AmountForm.UNREAD)
    if other.amount is not None:
        assert found[0] == other.amount


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("500万元", 500_000_000),
        ("1.2亿", 12_000_000_000),
        ("￥1,234.56", 1_234_560_000),
        ("１２３４．５元", 123_450),
        ("(1,234.50)", -1_234_500_000),
        ("1.5E+3", 1_500_000_000),
        ("100万元整", 100_000_000),
        ("人民币 20 万元", 20_000_000),
        ("12", 12_000_000),
        ("不公示", None),
    ],
)
def test_an_amount_says_its_unit_or_has_that_of_its_column(written: str, fen: int | None) -> None:
    assert read_written_amount(written, scale=UNITS["万元"]).amount == fen


def test_other_currencies_and_loose_numbers_are_not_amounts() -> None:
    assert [read_written_amount(x, scale=2).form for x in ("100万美元", "12,34", "3%", "约5万", "9" * 30)] == [
        AmountForm.FOREIGN,
        AmountForm.UNREAD,
        AmountForm.UNREAD,
        AmountForm.UNREAD,
        AmountForm.UNREAD,
    ]


def test_a_count_is_whole_and_not_negative() -> None:
    assert [read_written_count(x).amount for x in ("12人", "12.0", "1,200", "12.5", "-1", "1-10人")] == [
        12,
        12,
        1200,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("350203", "350203"),
        ("350203001002", "350203"),
        ("350203.0", "350203"),
        ("福建省厦门市思明区", "350203"),
        ("厦门市思明区", "350203"),
        ("福建省 / 厦门市 / 思明区", "350203"),
        ("厦门市思明区市场监督管理局", "350203"),
        ("国家税务总局厦门市思明区税务局", "350203"),
        ("福建省", "350000"),
        ("鼓楼区", None),
        ("福州市鼓楼区", "350102"),
        ("火星", None),
    ],
)
def test_a_region_is_read_from_codes_names_and_offices_but_never_guessed(written: str, code: str | None) -> None:
    assert region_code(written) == code


def read(reading: Reading, *values: str | None, name: str = "x") -> tuple[list[object], list[int]]:
    found = ColumnReader(Field(name, "", reading)).read(pa.array(values, pa.string()))
    return found.array.to_pylist(), [] if found.problems is None else found.problems.tolist()


def test_unreadable_values_are_null_with_a_problem_and_empty_ones_without() -> None:
    assert read(Reading.DAY, "2025-06-13", None, "13/13/13", "soon") == (
        [JUNE_13, None, None, None],
        [0, 0, Problem.TWO_DIGIT_YEAR, Problem.BAD_DATE],
    )
    assert read(Reading.AMOUNT, "1", None, "x", "5美元") == (
        [100, None, None, None],
        [0, 0, Problem.BAD_AMOUNT, Problem.FOREIGN_CURRENCY],
    )
    assert read(Reading.COUNT, "1", "1.5", "3000000000", "2人") == (
        [1, None, None, 2],
        [0, Problem.BAD_COUNT, Problem.BAD_COUNT, 0],
    )
    assert read(Reading.YEAR, "2024", "2024年度", "2024-06-30", "24", None) == (
        [2024, 2024, 2024, None, None],
        [0, 0, 0, Problem.BAD_YEAR, 0],
    )
    assert read(Reading.FLAG, "是", "否", "1", "0.0", "2", None, "?") == (
        [True, False, True, False, True, None, None],
        [0, 0, 0, 0, 0, 0, Problem.BAD_FLAG],
    )


def test_codes_lose_what_spreadsheets_added_and_keep_leading_zeros() -> None:
    assert read(Reading.CODE, "00123", "12345.0", "'00077", None) == (["00123", "12345", "00077", None], [])


def test_codes_that_a_spreadsheet_rounded_are_kept_and_counted() -> None:
    found = ColumnReader(Field("uscc", "", Reading.CODE)).read(
        text("9.1350203E+17", "91350203M0001FUE2P", "9.11000001000013e+17")
    )
    assert found.array.to_pylist() == ["9.1350203E+17", "91350203M0001FUE2P", "9.11000001000013e+17"]
    assert found.forms == {"damaged_by_spreadsheet": 2}


def test_names_of_industry_sections_become_their_letters() -> None:
    assert read(Reading.INDUSTRY, "制造业", "信息传输、软件和信息技术服务业", "I6510", "软件开发", None)[0] == [
        "C",
        "I",
        "I6510",
        "软件开发",
        None,
    ]
