"""What a row of a screening says about a firm."""

import pytest

from huoshui.services.firm_fields import region_without_zeros, short_name


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("000000", ""), ("350000", "35"), ("350200", "3502"), ("350203", "350203"), ("110120", "110120"),
        ("350203001", "350203001"), ("350203001000", "350203001"), ("350203001002", "350203001002"), ("350203000000", "350203"),
        ("350200000000", "3502"),
    ],
)  # fmt: skip
def test_a_region_code_as_a_prefix_has_no_levels_that_are_empty(code: str, prefix: str) -> None:
    assert region_without_zeros(code) == prefix


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("厦门市思明区甲乙商行", "甲乙商行"), ("福建省厦门市甲乙公司", "甲乙公司"), ("厦门甲乙公司", "甲乙公司"),
        ("思明甲乙店", "甲乙店"), ("甲乙公司", "甲乙公司"), ("厦门市", "厦门市"), ("北京甲公司", "北京甲公司"),
    ],
)  # fmt: skip
def test_a_short_name_leaves_out_the_region_it_begins_with(name: str, short: str) -> None:
    assert short_name(name, region="350203") == short
