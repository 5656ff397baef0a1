"""Tokens of loan codes: one spelling each, and no other is taken."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.loan_token import LENGTH, OpenedToken, keys_of, make_token, open_token
from huoshui.errors import BadKey, ForeignCode, ForgedCode


def seed(number: int) -> str:
    return base64.urlsafe_b64encode(bytes([number]) * 32).decode()


OLD, NEW, FOREIGN = (f"{name}:{seed(x)}" for x, name in enumerate(("2026", "2027", "elsewhere")))
KEYS = keys_of(f"{NEW},{OLD}")
NUMBER = UUID("7f1de9a4-5f0b-4f43-8c41-0f7f0a0d1c2b")
TOKEN = make_token(NUMBER, key=KEYS[0])
numbers = st.binary(min_size=16, max_size=16).map(lambda x: UUID(bytes=x))


@given(numbers)
def test_a_token_is_read_back_as_what_was_signed(number: UUID) -> None:
    token = make_token(number, key=KEYS[0])
    assert len(token) == LENGTH
    assert token.isalnum()
    assert token.isupper()
    assert open_token(token, keys=KEYS) == OpenedToken(number, "2027")


@given(st.integers(0, LENGTH - 1), st.integers(0, 7))
def test_a_token_with_any_flipped_bit_is_refused(place: int, bit: int) -> None:
    raw = bytearray(TOKEN.encode())
    raw[place] ^= 1 << bit
    with pytest.raises((ForgedCode, ForeignCode)):
        open_token(raw.decode("latin-1"), keys=KEYS)


@given(st.integers(0, 84), st.integers(1, 255))
def test_a_token_with_any_changed_byte_inside_is_refused(place: int, change: int) -> None:
    raw = bytearray(base64.b32decode(TOKEN))
    raw[place] ^= change
    with pytest.raises((ForgedCode, ForeignCode)):
        open_token(base64.b32encode(bytes(raw)).decode(), keys=KEYS)


@given(st.text(max_size=200) | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=", min_size=130, max_size=140))
def test_whatever_else_is_scanned_is_refused(text: str) -> None:
    with pytest.raises((ForgedCode, ForeignCode)):
        open_token(text, keys=KEYS)


@given(numbers)
def test_a_token_of_another_installation_is_foreign(number: UUID) -> None:
    with pytest.raises(ForeignCode):
        open_token(make_token(number, key=keys_of(FOREIGN)[0]), keys=KEYS)


@given(numbers)
def test_a_token_that_names_our_key_but_is_signed_with_another_is_forged(number: UUID) -> None:
    foreign = bytearray(base64.b32decode(make_token(number, key=keys_of(FOREIGN)[0])))
    foreign[1:5] = KEYS[0].id
    with pytest.raises(ForgedCode):
        open_token(base64.b32encode(bytes(foreign)).decode(), keys=KEYS)


def test_part_of_a_token_lower_case_and_blanks_are_not_the_token() -> None:
    for other in (TOKEN[:-1], TOKEN + "A", TOKEN.lower(), f" {TOKEN[1:]}", ""):
        with pytest.raises(ForgedCode):
            open_token(other, keys=KEYS)


def test_after_a_rotation_old_codes_are_good_until_their_key_is_removed() -> None:
    printed = make_token(NUMBER, key=keys_of(OLD)[0])
    assert open_token(printed, keys=KEYS).key_name == "2026"
    assert open_token(make_token(NUMBER, key=KEYS[0]), keys=KEYS).key_name == "2027"
    with pytest.raises(ForeignCode):
        open_token(printed, keys=keys_of(NEW))


@pytest.mark.parametrize(
    "text", ["", ",", "name", ":", f":{seed(1)}", "a:AAAA", "a:***", f"a:{seed(1)},a:{seed(2)}", f"a:{seed(1)},b:{seed(1)}"]
)
def test_keys_that_cannot_be_used_are_refused_and_not_shown(text: str) -> None:
    with pytest.raises(BadKey) as refused:
        keys_of(text)
    assert seed(1) not in str(refused.value)


def test_a_key_does_not_show_its_seed() -> None:
    assert seed(1) not in repr(KEYS)
