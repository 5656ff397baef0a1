"""Region codes and the regions above them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import UnknownRegion
from huoshui.policy.region import NATION, PROVINCES, check_region, region_chain, region_prefix

regions = st.tuples(st.sampled_from(sorted(PROVINCES)), st.integers(0, 9999)).map(lambda x: f"{x[0]}{x[1]:04}")


@pytest.mark.parametrize(
    ("code", "chain", "prefix"),
    [
        ("350203", ("350203", "350200", "350000", "000000"), "350203"),
        ("350200", ("350200", "350000", "000000"), "3502"),
        ("350000", ("350000", "000000"), "35"),
        ("000000", ("000000",), ""),
        (" 110101 ", ("110101", "110100", "110000", "000000"), "110101"),
    ],
)
def test_a_region_lies_in_its_city_its_province_and_the_nation(code: str, chain: tuple[str, ...], prefix: str) -> None:
    assert (region_chain(code), region_prefix(code)) == (chain, prefix)


@given(regions)
def test_the_chain_begins_with_the_region_ends_with_the_nation_and_never_repeats(code: str) -> None:
    chain = region_chain(code)
    assert (chain[0], chain[-1], len(set(chain))) == (code, NATION, len(chain))
    assert [x for x in chain if not code.startswith(region_prefix(x))] == []


@pytest.mark.parametrize("code", ["", "35", "35020", "3502031", "35O203", "３５０２０３", "fujian", "350 203"])
def test_what_is_not_six_digits_is_refused(code: str) -> None:
    with pytest.raises(UnknownRegion, match="is not a region code; expected six digits of GB/T 2260 such as 350203") as refused:
        check_region(code)
    assert refused.value.field == "region"


@pytest.mark.parametrize("code", ["990000", "000001", "100000", "830101"])
def test_a_region_of_no_province_is_refused(code: str) -> None:
    with pytest.raises(UnknownRegion, match=f"no province of GB/T 2260 begins with {code[:2]}; got region {code}"):
        check_region(code)
