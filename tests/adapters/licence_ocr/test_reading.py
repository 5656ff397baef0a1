import sys
from collections.abc import Callable, Mapping
from datetime import date

import pytest
from PIL import Image

from huoshui.adapters.licence_ocr import read_licence, reading
from huoshui.errors import BadFile, MissingExtra
from huoshui.rules.licence import check_licence
from huoshui.rules.uscc import check_uscc
from huoshui.terms import CodeVerdict, LicenceField, LicenceFlag
from tests.adapters.licence_ocr import specimen

ON = date(2026, 11, 25)


def texts(photo: bytes) -> dict[LicenceField, str]:
    read = {name: (x.text, x.sure) for name, x in read_licence(photo).items()}
    return {name: x.text for name, x in check_licence(read, on=ON).items() if x.text}


@pytest.mark.parametrize("taken", [specimen.by_phone, specimen.small], ids=["phone", "small"])
def test_every_field_of_a_company_is_read(taken: Callable[[Image.Image], bytes]) -> None:
    assert texts(taken(specimen.draw_company())) == specimen.COMPANY


def test_every_field_of_a_sole_trader_is_read() -> None:
    assert texts(specimen.clean(specimen.draw_trader(width=800))) == specimen.TRADER


def test_a_picture_that_lies_on_its_side_is_turned() -> None:
    lying = specimen.draw_company(width=700).rotate(90, expand=True)
    assert texts(specimen.clean(lying))[LicenceField.USCC] == specimen.COMPANY[LicenceField.USCC]


def wrong(photo: bytes, said: Mapping[LicenceField, str]) -> set[LicenceField]:
    """The fields that were read wrongly and that nothing says to look at."""
    read = {name: (x.text, x.sure) for name, x in read_licence(photo).items()}
    checked = check_licence(read, on=ON)
    return {name for name, text in said.items() if checked[name].text != text and checked[name].flag is None}


def test_a_code_too_small_to_be_read_is_never_silently_another_code() -> None:
    tiny = specimen.small(specimen.draw_company(), width=330, quality=35)
    assert LicenceField.USCC not in wrong(tiny, specimen.COMPANY)


def test_a_code_with_a_wrong_check_character_is_read_as_it_stands_and_flagged() -> None:
    right = specimen.COMPANY[LicenceField.USCC]
    forged = right[:-1] + ("A" if right[-1] != "A" else "B")
    assert check_uscc(forged).verdict is CodeVerdict.CHECKSUM_MISMATCH
    read = read_licence(specimen.clean(specimen.draw_company({**specimen.COMPANY, LicenceField.USCC: forged}, width=700)))
    checked = check_licence({name: (x.text, x.sure) for name, x in read.items()}, on=ON)
    assert (checked[LicenceField.USCC].text, checked[LicenceField.USCC].flag) == (forged, LicenceFlag.CODE_CHECK)


def test_a_picture_without_a_licence_has_no_fields() -> None:
    assert read_licence(specimen.clean(Image.new("RGB", (400, 300), "white"))) == {}


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(BadFile, match="cannot be opened"):
        read_licence(b"no picture")


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    monkeypatch.setattr(reading, "_engine", reading._engine.__wrapped__)
    with pytest.raises(MissingExtra, match=r"pip install 'huoshui\[ocr\]'"):
        read_licence(specimen.clean(Image.new("RGB", (400, 300), "white")))
