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
    map_words,
    name_hashes,
    own_keys,
    put_fields,
    take_fields,
    take_texts,
)
from huoshui.rules.registration_number import check_registration_number, registration_check
from huoshui.rules.uscc import ALPHABET, check_uscc, clean_code
from huoshui.terms import CodeVerdict
from tests.adapters.registers.small_registers import uscc_of, wrong_uscc

BASE_36: Final = string.digits + string.ascii_uppercase
INNER_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
BLANKS: Final = " \t\n\u00a0\u3000\u200b\ufeff"
ANY_TEXT: Final = st.text(st.one_of(st.characters(exclude_categories=["C", "Z"]), st.sampled_from(BLANKS)), max_size=40)
CHARACTERS: Final = [x for x in range(0x110000) if not 0xD800 <= x <= 0xDFFF]
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
        if (
            allow_historical
            and code[:6].isascii()
            and code[:6].isdigit()
            and all(x in BASE_36 for x in body[:8])
            and with_inner_check(body[:8]) == body
        ):
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


def test_every_character_is_dropped_folded_or_kept_as_the_rules_do() -> None:
    code = uscc_of(1)
    texts = [code[:9] + chr(x) + code[9:] for x in CHARACTERS]
    found = code_keys(pa.array(texts), allow_historical=False).kind.tolist()
    dropped = [not clean_code(chr(x)) for x in CHARACTERS]
    assert [hex(x) for x, kind, gone in zip(CHARACTERS, found, dropped, strict=True) if (kind == CodeKind.VALID) != gone] == []


def test_a_number_of_any_character_is_the_one_that_the_rules_clean_it_to() -> None:
    texts = ["A" + chr(x) for x in CHARACTERS]
    plain = [clean_code(x) for x in texts]
    assert own_keys(pa.array(texts), seed=1).tolist() == own_keys(pa.array(plain), seed=1).tolist()
    dropped = [x for x, cleaned in zip(CHARACTERS, plain, strict=True) if cleaned == "A"]
    names = name_hashes(pa.array(["甲" + chr(x) for x in dropped] + ["甲"])).tolist()
    assert set(names) == {names[-1]}


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


@pytest.mark.parametrize("place", range(6))
def test_a_historical_taxpayer_id_begins_with_digits(place: int) -> None:
    text = uscc_of(1)[2:17]
    spoiled = text[:place] + "A" + text[place + 1 :]
    found = code_keys(pa.array([text, spoiled]), allow_historical=True)
    assert found.kind.tolist() == [CodeKind.HISTORICAL, CodeKind.INVALID]
    assert found.key[1] == -1


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


@given(texts=st.lists(st.tuples(ANY_TEXT, st.integers(0, 3)), max_size=20))
def test_numbers_of_many_schemes_are_those_of_each_scheme_by_itself(texts: list[tuple[str, int]]) -> None:
    numbers = pa.array([x for x, _ in texts], pa.string())
    seeds = np.array([x for _, x in texts], np.uint64)
    expected = [int(own_keys(pa.array([x]), seed=seed)[0]) for x, seed in texts]
    for column in (numbers, numbers.dictionary_encode(), pa.chunked_array([numbers[:3], numbers[3:]])):
        assert own_keys(column, seed=seeds).tolist() == expected


@given(rows=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=20))
def test_rows_have_one_content_exactly_when_their_texts_are_the_same_as_they_are_written(rows: list[tuple[str, str]]) -> None:
    columns = [pa.array([x[i] for x in rows], pa.string()) for i in range(2)]
    contents = np.zeros(len(rows), np.uint64), np.zeros(len(rows), np.uint64)
    for column in columns:
        take_texts(contents[0], column)
        take_texts(contents[1], pa.chunked_array([column[:5].dictionary_encode(), column[5:].dictionary_encode()]))
    assert contents[0].tolist() == contents[1].tolist()
    assert len(set(contents[0].tolist())) == len(set(rows)) == len(set(zip(contents[0].tolist(), rows, strict=True)))


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


@given(indices=st.lists(st.none() | st.integers(0, 3), max_size=40), skipped=st.integers(0, 3))
def test_words_mean_the_same_wherever_a_dictionary_begins(indices: list[int | None], skipped: int) -> None:
    coded = pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), pa.array(["a", "b", "c", "d"])).slice(skipped)
    for dtype in (np.int8, np.int16, np.int32, np.uint64):
        means = np.array([10, 11, 12, 13, 99], dtype)
        found = map_words(coded, means, out=np.empty(len(coded), dtype))
        assert found.tolist() == [99 if x is None else 10 + x for x in indices[skipped:]]


@given(order=st.permutations(range(20)), first=st.integers(-3, 3))
def test_fields_of_records_go_out_and_in(order: list[int], first: int) -> None:
    record = np.dtype([("row", "i8"), ("many", "i8"), ("some", "i4"), ("few", "i2"), ("bit", "i1")], align=True)
    columns = {name: np.arange(20) * 3 % 100 for name in ("many", "some", "few", "bit")}
    records = np.zeros(20, record)
    put_fields({"row": np.arange(20), **columns}, into=records, places=np.array(order))
    assert records["row"][order].tolist() == list(range(20))
    out = {name: np.full(20 - first, -1, record[name]) for name in ("row", *columns)}
    take_fields(records, into=out, first=first)
    rows = range(max(first, 0), 20)
    assert out["row"].tolist() == [x if x in rows else -1 for x in range(first, 20)]
    for name, column in columns.items():
        assert out[name].tolist() == [column[x] if x in rows else -1 for x in range(first, 20)]
