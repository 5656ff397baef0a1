import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadRequest
from huoshui.rules.phone import clean_phone


@pytest.mark.parametrize(
    "text", ["13800000001", "+86 138 0000 0001", "0086-138-0000-0001", "１３８００００００01", " 13800000001\n"]
)
def test_a_mobile_number_is_read_however_it_is_written(text: str) -> None:
    assert clean_phone(text) == "13800000001"


@pytest.mark.parametrize("text", ["", "12800000001", "1380000000", "138000000011", "13800000x01", "١٣٨٠٠٠٠٠٠٠١"])
def test_what_is_no_mobile_number_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        clean_phone(text)


@given(st.integers(13, 19), st.integers(0, 10**9 - 1))
def test_a_clean_number_stays(head: int, tail: int) -> None:
    assert clean_phone(f"{head}{tail:09}") == f"{head}{tail:09}"
