"""The kernels for names against slow Python: a reader of names written for these tests."""

from typing import Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.registers.kernels import Nearness, block_hashes, compare_names, name_hashes, name_keys, own_keys

BLANKS: Final = " \t\n\u00a0\u3000\u200b\ufeff"


def clean_name(text: str) -> str:
    """A name as the kernel compares it."""
    found = ""
    for x in text:
        half = chr(ord(x) - 0xFEE0) if "\uff01" <= x <= "\uff5e" else x
        half = half.upper() if half.isascii() else {"【": "(", "〔": "(", "】": ")", "〕": ")"}.get(half, half)
        found += "" if half in BLANKS else half
    return found.replace("责任公司", "公司")


NAME_TEXT: Final = st.text(
    st.one_of(
        st.sampled_from("厦门福建甲乙丙贸易有限公司股份店(（）)aAｂＢ1１ \u3000"), st.characters(exclude_categories=["C", "Z"])
    ),
    max_size=25,
)  # fmt: skip


@given(names=st.lists(NAME_TEXT, max_size=20))
def test_two_names_have_one_key_exactly_when_they_are_the_same_written_plainly(names: list[str]) -> None:
    hashes = name_hashes(pa.array(names, pa.string())).tolist()
    plain = [clean_name(x) for x in names]
    assert [x == 0 for x in hashes] == [not x for x in plain]
    assert len(set(hashes)) == len(set(plain))
    assert len(set(zip(hashes, plain, strict=True))) == len(set(plain))


@pytest.mark.parametrize(
    "written",
    ["厦门甲乙（福建）贸易有限责任公司", "厦门甲乙(福建)贸易有限公司", " 厦门甲乙 （福建）\u3000贸易有限公司",
     "厦门甲乙【福建】贸易有限公司",
     "厦门甲乙〔福建〕贸易有限公司\u200b", "\ufeff厦门甲乙(福建)贸易有限公司", "厦门甲乙(福建)贸易有限责任 公司",
     "厦门甲乙(福建)贸易有限责 任公\u3000司", "厦门甲乙(福建)贸易有限责任\u3000公司\u2003"],
)  # fmt: skip
def test_width_blanks_brackets_and_the_legal_form_do_not_part_a_name(written: str) -> None:
    first, second = name_hashes(pa.array(["厦门甲乙（福建）贸易有限公司", written])).tolist()
    assert first == second


def test_case_does_not_part_a_name() -> None:
    assert (
        len(
            set(
                name_hashes(
                    pa.array(["ABC贸易有限公司", "abc贸易有限公司", "ＡＢＣ贸易有限公司", "ａｂｃ贸易有限公司"])
                ).tolist()
            )
        )
        == 1
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("甲乙有限公司", "甲乙股份有限公司"),
        ("甲乙有限公司", "甲乙公司"),
        ("甲责任乙", "甲乙"),
        ("甲（乙）公司", "甲乙公司"),
        ("甲公司", "乙公司"),
    ],
)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    first, second = name_hashes(pa.array([one, other])).tolist()
    assert first != second


@pytest.mark.parametrize("length", [*range(50, 80), 190, 195, 199, 200, 201, 250, 5_000])
def test_what_is_long_counts_to_its_last_character(length: int) -> None:
    texts = ["长" * length + x for x in ("甲", "乙", "", "甲甲")] + ["乙" + "长" * length, "长" * length + "有限责任 公司"]
    assert len(set(name_hashes(pa.array(texts)).tolist())) == len(texts)
    assert len(set(own_keys(pa.array(texts), seed=1).tolist())) == len(texts)
    one, other = name_hashes(pa.array(["长" * length + "有限责任公司", "长" * length + "有限公司"])).tolist()
    assert one == other
    rows, first = np.arange(len(texts)), np.zeros(len(texts), np.int64)
    if length > 200:
        found = compare_names(pa.array(texts), rows, pa.array(texts), first).tolist()
        assert found == [Nearness.EQUAL] + [Nearness.FAR] * 5


def test_names_that_differ_in_one_digit_have_keys_of_their_own() -> None:
    names = pa.array([f"厦门{x:06d}贸易有限公司" for x in range(200_000)])
    assert len(np.unique(name_hashes(names))) == 200_000


@given(places=st.lists(st.integers(0, 999_999), min_size=2, max_size=2, unique=True), name=NAME_TEXT.filter(clean_name))
def test_one_name_has_a_key_of_its_own_in_every_place(places: list[int], name: str) -> None:
    hashes = name_hashes(pa.array([name, name, ""]))
    keys = name_keys(hashes, place=np.array([*places, places[0]], np.int32)).tolist()
    assert keys[0] != keys[1]
    assert max(keys[:2]) < -1
    assert keys[2] == -1


def edits(one: str, other: str) -> int:
    """The edit distance over characters."""
    row = list(range(len(other) + 1))
    for i, x in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, y in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def without_form(name: str) -> str:
    """A name without the legal form at its end, where more than two characters are left."""
    form = next((x for x in ("股份有限公司", "有限公司", "公司") if name.endswith(x) and len(name) > len(x) + 2), "")
    return name.removesuffix(form)


def halves(name: str, shift: int = 0) -> tuple[str, str]:
    """The first and the second half of a name without any legal form, cut as if it were longer."""
    form = next((x for x in ("股份有限公司", "有限公司", "公司") if name.endswith(x) and name != x), "")
    core = name.removesuffix(form)
    whole = max(0, len(core) + shift)
    return core[: (whole + 1) // 2], core[max(0, len(core) - whole // 2) :]


def share_half(one: str, other: str) -> bool:
    first, last = halves(other)
    return any(x == first or y == last for x, y in (halves(one, shift) for shift in range(-6, 7)))


def expected_nearness(one: str, other: str) -> Nearness:
    a, b = clean_name(one), clean_name(other)
    found = near_before_halves(a, b)
    return found if found is Nearness.EQUAL or (share_half(a, b) and share_half(b, a)) else Nearness.FAR


def near_before_halves(a: str, b: str) -> Nearness:
    core_a, core_b = without_form(a), without_form(b)
    shorter, longer = sorted((a, b), key=len)
    if a == b:
        return Nearness.EQUAL
    if min(len(core_a), len(core_b)) < 4:
        return Nearness.FAR
    if core_a == core_b and (core_a == a or core_b == b):
        return Nearness.FORM_DROPPED
    if (core_a == a) == (core_b == b) and edits(a, b) == 1:
        return Nearness.ONE_EDIT
    is_shortened = 2 <= len(longer) - len(shorter) <= 6 and longer.endswith(shorter)
    return Nearness.PLACE_DROPPED if is_shortened else Nearness.FAR


PLACES: Final = ("", "厦门", "厦门市", "厦门市甲乙市")


@st.composite
def near_pairs(draw: st.DrawFn, *, shortest: int = 1, wrong_form: bool = True) -> tuple[str, str]:
    alphabet = st.sampled_from("厦门市甲乙a1")
    core = draw(st.text(alphabet, min_size=shortest, max_size=shortest + 6))
    forms = st.sampled_from(["", "公司", "有限公司", "有限责任公司", "股份有限公司"])
    one = draw(st.sampled_from(PLACES)) + core + draw(forms)
    begins = draw(st.sampled_from(PLACES)) + core
    other = begins + draw(forms)
    place = draw(st.integers(0, len(other) if wrong_form else len(begins) - 1))
    change = draw(st.integers(0, 3))
    if change == 1:
        other = other[:place] + draw(alphabet) + other[place:]
    elif change == 2:
        other = other[:place] + other[place + 1 :]
    elif change == 3:
        other = other[:place] + draw(alphabet) + other[place + 1 :]
    return one, other


@given(pairs=st.lists(st.one_of(near_pairs(), st.tuples(NAME_TEXT, NAME_TEXT)), min_size=1, max_size=10))
def test_names_are_as_near_as_a_slow_comparison_finds_them(pairs: list[tuple[str, str]]) -> None:
    rows = np.arange(len(pairs), dtype=np.int64)
    left, right = (pa.array([x[side] for x in pairs], pa.string()) for side in range(2))
    expected = [expected_nearness(*x) for x in pairs]
    assert compare_names(left, rows, right, rows).tolist() == expected
    assert compare_names(right, rows[::-1], left, rows[::-1]).tolist() == expected[::-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("11公司", "厦门11公司"),
        ("ab有限公司", "厦门ab有限公司"),
        ("厦门甲乙丙", "厦门甲乙丙公司"),
        ("甲乙丙丁", "厦门市甲乙丙丁"),
    ],
)
def test_a_short_name_may_be_near_too(one: str, other: str) -> None:
    rows = np.array([0], np.int64)
    assert compare_names(pa.array([one]), rows, pa.array([other]), rows).tolist() != [Nearness.FAR]


@settings(max_examples=200)
@given(pair=near_pairs(shortest=1).filter(lambda x: expected_nearness(*x) is not Nearness.FAR))
def test_near_names_share_a_half_when_they_are_cut_alike(pair: tuple[str, str]) -> None:
    for one, other in (pair, pair[::-1]):
        first, last = block_hashes(pa.array([other]))
        cuts = [block_hashes(pa.array([one]), shift=x) for x in range(-6, 7)]
        assert any(x[0] == first[0] or x[1] == last[0] for x in cuts)


@settings(max_examples=200)
@given(pair=near_pairs(shortest=5, wrong_form=False))
def test_a_name_long_enough_is_never_far_for_want_of_a_half(pair: tuple[str, str]) -> None:
    assert expected_nearness(*pair) is near_before_halves(*map(clean_name, pair))
