"""The column kernels against slow Python: the rules for codes, and a reader of names written for these tests."""

import string
from typing import Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from huoshui.adapters.registers.kernels import (
    CodeKind,
    KeyTable,
    Nearness,
    block_hashes,
    code_keys,
    compare_names,
    name_hashes,
    name_keys,
    own_keys,
)
from huoshui.rules.registration_number import check_registration_number, registration_check
from huoshui.rules.uscc import ALPHABET, check_uscc, clean_code
from huoshui.terms import CodeVerdict
from tests.adapters.registers.small_registers import uscc_of, wrong_uscc

BASE_36: Final = string.digits + string.ascii_uppercase
INNER_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
BLANKS: Final = " \t\n\u00a0\u3000\u200b\ufeff"
ANY_TEXT: Final = st.text(st.one_of(st.characters(exclude_categories=["C", "Z"]), st.sampled_from(BLANKS)), max_size=40)
ORGANISATIONS: Final = st.text(st.sampled_from(ALPHABET), min_size=8, max_size=8)


def with_inner_check(body: str) -> str:
    return body + "0X987654321"[sum(BASE_36.index(x) * w for x, w in zip(body, INNER_WEIGHTS, strict=True)) % 11]


@st.composite
def right_codes(draw: st.DrawFn) -> str:
    start = draw(st.sampled_from(["91", "92", "93", "11", "12", "51", "52", "53", "Y1", "A9"]))
    code = start + draw(st.from_regex(r"[1-9][0-9]{5}", fullmatch=True)) + with_inner_check(draw(ORGANISATIONS))
    return code + (check_uscc(code + "0").expected_check or "")


@st.composite
def written_codes(draw: st.DrawFn) -> str:
    """A code, right or with one wrong character, as people write it."""
    code = draw(right_codes())
    if draw(st.booleans()):
        place = draw(st.integers(0, 17))
        code = code[:place] + draw(st.sampled_from(BASE_36 + "?厂")) + code[place + 1 :]
    if draw(st.booleans()):
        code = code.lower()
    if draw(st.booleans()):
        code = "".join(chr(ord(x) + 0xFEE0) if "!" <= x <= "~" else x for x in code)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(code)))
        code = code[:place] + draw(st.sampled_from(BLANKS)) + code[place:]
    return code


@st.composite
def fifteen(draw: st.DrawFn) -> str:
    """Fifteen characters: an old registration number, a historical taxpayer id, or nearly so."""
    number = draw(st.from_regex(r"[1-9][0-9]{13}", fullmatch=True))
    taxpayer = draw(st.from_regex(r"[1-9][0-9]{5}", fullmatch=True)) + with_inner_check(draw(ORGANISATIONS))
    text = draw(st.sampled_from([number + registration_check(number), taxpayer]))
    if draw(st.booleans()):
        text = text[:14] + draw(st.sampled_from(string.digits + "X"))
    return text


def expected_kind(text: str, *, allow_historical: bool) -> CodeKind:
    """The kind by the rules for one code."""
    code = clean_code(text)
    if not code:
        return CodeKind.EMPTY
    if len(code) == 15:
        is_number = check_registration_number(code).verdict is CodeVerdict.VALID
        body = code[6:]
        if allow_historical and all(x in BASE_36 for x in body[:8]) and with_inner_check(body[:8]) == body:
            return CodeKind.AMBIGUOUS if is_number else CodeKind.HISTORICAL
        return CodeKind.OLD_NUMBER if is_number else CodeKind.INVALID
    return {
        CodeVerdict.VALID: CodeKind.VALID, CodeVerdict.CHECKSUM_MISMATCH: CodeKind.MISMATCH,
        CodeVerdict.INVALID_FORMAT: CodeKind.INVALID,
    }[check_uscc(code).verdict]  # fmt: skip


@pytest.mark.parametrize("allow_historical", [False, True])
@given(texts=st.lists(st.one_of(written_codes(), fifteen(), ANY_TEXT, st.none()), min_size=1, max_size=12))
@example(texts=["", " \u3000", None, "0" * 18, "0" * 15, "9" * 5_000, "厂" * 18, "\U0001f3ed" * 18])
def test_a_code_is_what_the_rules_say_it_is(texts: list[str | None], allow_historical: bool) -> None:
    found = code_keys(pa.array(texts, pa.string()), allow_historical=allow_historical)
    assert found.kind.tolist() == [expected_kind(x or "", allow_historical=allow_historical) for x in texts]


@settings(max_examples=200)
@given(text=written_codes())
def test_a_valid_code_has_its_organisation_code_as_key_and_a_wrong_one_a_far_key(text: str) -> None:
    found = code_keys(pa.array([text]), allow_historical=False)
    verdict = check_uscc(text)
    key = int(found.key[0])
    if verdict.verdict is CodeVerdict.VALID:
        assert key == int(verdict.code[8:16], 36)
    elif verdict.verdict is CodeVerdict.CHECKSUM_MISMATCH:
        assert key >= 1 << 62
        assert key == int(code_keys(pa.array([verdict.code]), allow_historical=False).key[0])
    else:
        assert key == -1


@given(code=right_codes())
def test_the_entity_is_read_from_the_first_two_characters(code: str) -> None:
    expected = ["91", "92", "93", "11", "12", "51", "52", "53"]
    found = code_keys(pa.array([code]), allow_historical=False).entity[0]
    assert found == (expected.index(code[:2]) + 1 if code[:2] in expected else 0)


@given(code=right_codes())
def test_a_historical_taxpayer_id_has_the_key_of_the_credit_code(code: str) -> None:
    found = code_keys(pa.array([code, code[2:17]]), allow_historical=True)
    assert found.key[0] == found.key[1]


def test_two_organisation_codes_never_share_a_key() -> None:
    codes = [uscc_of(x) for x in range(5_000)] + [wrong_uscc(x) for x in range(5_000)]
    assert len(set(code_keys(pa.array(codes), allow_historical=False).key.tolist())) == 10_000


def layouts(texts: list[str | None]) -> dict[str, pa.Array | pa.ChunkedArray]:
    """The same column in every way that Arrow may hold it."""
    plain = pa.array(texts, pa.string())
    padded = pa.array(["x", None, *texts, "y"], pa.string())
    third = len(texts) // 3
    chunks = [plain[:third], plain[third:third], plain[third:]]
    return {
        "sliced": padded.slice(2, len(texts)), "chunked": pa.chunked_array(chunks), "dictionary": plain.dictionary_encode(),
        "sliced dictionary": padded.dictionary_encode().slice(2, len(texts)),
        "chunked dictionary": pa.chunked_array([x.dictionary_encode() for x in chunks]),
        "dictionary with NULL in it": pa.DictionaryArray.from_arrays(
            pa.array(range(len(texts)), pa.int32()), pa.array(texts, pa.string())
        ),
        "small dictionary": plain.dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string())),
        "large": plain.cast(pa.large_string()),
    }  # fmt: skip


@settings(max_examples=40)
@given(texts=st.lists(st.one_of(written_codes(), fifteen(), ANY_TEXT, st.none()), max_size=20))
def test_the_layout_of_a_column_changes_nothing(texts: list[str | None]) -> None:
    plain = pa.array(texts, pa.string())
    codes, own, names = code_keys(plain, allow_historical=True), own_keys(plain, seed=7), name_hashes(plain)
    for name, column in layouts(texts).items():
        found = code_keys(column, allow_historical=True)
        assert found.key.tolist() == codes.key.tolist(), name
        assert found.kind.tolist() == codes.kind.tolist(), name
        assert found.entity.tolist() == codes.entity.tolist(), name
        assert own_keys(column, seed=7).tolist() == own.tolist(), name
        assert name_hashes(column).tolist() == names.tolist(), name


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
     "厦门甲乙〔福建〕贸易有限公司\u200b", "\ufeff厦门甲乙(福建)贸易有限公司"],
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


@given(texts=st.lists(ANY_TEXT, max_size=20), seeds=st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=2, unique=True))
def test_a_registers_own_number_is_its_text_without_blanks_within_its_scheme(texts: list[str], seeds: list[int]) -> None:
    one, other = (own_keys(pa.array(texts, pa.string()), seed=x).tolist() for x in seeds)
    spaced = own_keys(
        pa.array([f" {x.lower()}\u3000" if x.isascii() else f" {x}\u3000" for x in texts], pa.string()), seed=seeds[0]
    )
    assert spaced.tolist() == one
    assert [x == -1 for x in one] == [not clean_code(x) for x in texts]
    assert all(x != y for x, y in zip(one, other, strict=True) if x != -1)
    assert all(x >= 1 << 62 for x in one if x != -1)


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


def expected_nearness(one: str, other: str) -> Nearness:
    a, b = clean_name(one), clean_name(other)
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
def near_pairs(draw: st.DrawFn, *, shortest: int = 2, wrong_form: bool = True) -> tuple[str, str]:
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


@settings(max_examples=200)
@given(pair=near_pairs(shortest=5, wrong_form=False).filter(lambda x: expected_nearness(*x) is not Nearness.FAR))
def test_near_names_share_a_half_when_they_are_cut_alike(pair: tuple[str, str]) -> None:
    for one, other in (pair, pair[::-1]):
        first, last = block_hashes(pa.array([other]))
        cuts = [block_hashes(pa.array([one]), shift=x) for x in range(-6, 7)]
        assert any(x[0] == first[0] or x[1] == last[0] for x in cuts)


@pytest.mark.parametrize(
    "text",
    ["公司" * 400, "责任公司" * 300, "有" * 5_000, "\U0001f3ed" * 1_000, "a" * 100_000, "责", "(" * 700, "有限责任公司"],
    ids=lambda x: f"{x[:4]} x {len(x)}",
)  # fmt: skip
def test_long_and_hostile_names_are_survived(text: str) -> None:
    column = pa.array([text, "", text, text[:-1]])
    rows = np.array([0, 0, 1, 2], np.int64)
    hashes = name_hashes(column).tolist()
    assert hashes[0] == hashes[2]
    assert hashes[1] == 0
    nearness = compare_names(column, rows, column, np.array([2, 0, 1, 0], np.int64)).tolist()
    assert nearness == [Nearness.EQUAL] * 4
    assert len(block_hashes(column)[0]) == 4
    assert code_keys(column, allow_historical=True).kind.tolist()[1] == CodeKind.EMPTY


@settings(max_examples=50)
@given(
    keys=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=200),
    wanted=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50),
)
def test_a_key_table_finds_the_first_place_of_a_key(keys: list[int], wanted: list[int]) -> None:
    asked = [*wanted, *keys]
    found = KeyTable(np.array(keys, np.int64)).find(np.array(asked, np.int64)).tolist()
    assert found == [keys.index(x) if x in keys else -1 for x in asked]


def test_keys_that_fall_on_one_slot_are_still_told_apart() -> None:
    keys = np.arange(0, 1 << 40, 1 << 24, dtype=np.int64)
    assert KeyTable(keys).find(keys).tolist() == list(range(len(keys)))
    assert set(KeyTable(keys).find(keys + 1).tolist()) == {-1}
