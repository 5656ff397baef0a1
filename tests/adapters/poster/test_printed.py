"""Posters and cards as a phone sees them: rendered, photographed badly, torn, and read by another's decoder."""

import io
import random
import shutil
import subprocess
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from huoshui.adapters.loan_token import keys_of, make_token
from huoshui.adapters.poster.content import Language, Printed
from huoshui.adapters.poster.pdf import CARDS_ON_A_SHEET, render_pdf
from huoshui.adapters.qr import qr_svg

POPPLER_IS_MISSING: Final = "poppler is missing: posters are not read back (Debian: apt-get install poppler-utils)"
SEED: Final = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
pytestmark = pytest.mark.skipif(not shutil.which("pdftoppm"), reason=POPPLER_IS_MISSING)


def address(number: int) -> str:
    return f"https://loancode.example.gov.cn/c/{make_token(UUID(int=number), key=keys_of(f'test:{SEED}')[0])}"


def printed(number: int, *, level: Literal["q", "h"]) -> Printed:
    return Printed(
        qr=qr_svg(address(number), level=level),
        issuer="测试县支持小微企业融资工作专班",
        place="测试街道便民服务中心一楼大厅",
        number=f"5203 8841 {number:04}",
        valid_until=date(2027, 6, 30),
        issued_on=date(2026, 11, 25),
    )


@lru_cache
def pdf(sheet: Literal["poster", "cards"], codes: int, *, language: Language = "zh", synthetic: bool = True) -> bytes:
    level: Literal["q", "h"] = "h" if sheet == "poster" else "q"
    return render_pdf(
        [printed(x, level=level) for x in range(codes)],
        sheet=sheet,
        language=language,
        check_at="loancode.example.gov.cn/c/check",
        synthetic=synthetic,
        on=date(2026, 11, 25),
    )


def run(document: bytes, *command: str) -> bytes:
    return subprocess.run([*command], input=document, check=True, capture_output=True).stdout


@lru_cache
def picture(document: bytes, *, dpi: int, page: int = 1) -> Image.Image:
    found = run(document, "pdftoppm", "-r", str(dpi), "-f", str(page), "-l", str(page), "-png", "-singlefile", "-")
    return Image.open(io.BytesIO(found)).convert("RGB")


def read(image: Image.Image) -> list[str]:
    return [x.text for x in zxingcpp.read_barcodes(image)]


def text(document: bytes, tmp_path: Path) -> str:
    (tmp_path / "printed.pdf").write_bytes(document)
    return run(b"", "pdftotext", "-layout", str(tmp_path / "printed.pdf"), "-").decode()


def as_jpeg(image: Image.Image, *, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "jpeg", quality=quality)
    return Image.open(out)


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 -- where a patch lies is no secret


def covered(image: Image.Image, *, share: float, by: random.Random) -> Image.Image:
    """One patch over a share of the code's own area, off the three corners by which a code is found."""
    torn, box = image.copy(), zxingcpp.read_barcodes(image)[0].position
    left, top, wide = box.top_left.x, box.top_left.y, box.bottom_right.x - box.top_left.x
    side = wide * share**0.5
    x, y = (left + wide * 0.42 + by.random() * (wide * 0.56 - side) for _ in range(2))
    y += top - left
    ImageDraw.Draw(torn).rectangle([x, y, x + side, y + side], fill=by.choice(["white", "black", "#8a5a2b"]))
    return torn


@pytest.mark.parametrize("dpi", [60, 100, 200])
def test_a_poster_is_read_from_its_print(dpi: int) -> None:
    assert read(picture(pdf("poster", 1), dpi=dpi)) == [address(0)]


@pytest.mark.parametrize("angle", [7, 33, 90, 171])
def test_a_poster_is_read_when_it_hangs_askew_and_the_photograph_is_bad(angle: int) -> None:
    photograph = picture(pdf("poster", 1), dpi=100).rotate(angle, expand=True, fillcolor="#777777")
    assert read(as_jpeg(photograph.filter(ImageFilter.GaussianBlur(1.2)), quality=25)) == [address(0)]


@pytest.mark.parametrize("seed", range(8))
def test_a_poster_is_read_with_an_eighth_of_its_code_covered(seed: int) -> None:
    torn = covered(picture(pdf("poster", 1), dpi=100), share=1 / 8, by=chance(seed))
    assert read(torn) == [address(0)]


def test_every_card_of_a_sheet_is_read_at_its_small_size() -> None:
    assert sorted(read(picture(pdf("cards", 10), dpi=150))) == sorted(address(x) for x in range(10))


@pytest.mark.parametrize("angle", [5, 45])
def test_a_card_is_read_from_a_bad_photograph(angle: int) -> None:
    card = picture(pdf("cards", 1), dpi=200).crop((90, 80, 850, 540))
    photograph = card.rotate(angle, expand=True, fillcolor="#999999").filter(ImageFilter.GaussianBlur(1.2))
    assert read(as_jpeg(photograph, quality=25)) == [address(0)]


@pytest.mark.parametrize("seed", range(8))
def test_a_card_is_read_with_a_twelfth_of_its_code_covered(seed: int) -> None:
    card = picture(pdf("cards", 1), dpi=200).crop((90, 80, 850, 540))
    assert read(covered(card, share=1 / 12, by=chance(seed))) == [address(0)]


def test_one_code_fills_its_sheet_of_cards_and_eleven_need_two_sheets() -> None:
    assert read(picture(pdf("cards", 1), dpi=150)) == [address(0)] * CARDS_ON_A_SHEET
    assert read(picture(pdf("cards", 11), dpi=150, page=2)) == [address(10)]


def test_three_posters_are_three_pages() -> None:
    assert [read(picture(pdf("poster", 3), dpi=60, page=x)) for x in (1, 2, 3)] == [[address(x)] for x in range(3)]


def test_a_poster_says_what_a_reader_must_know(tmp_path: Path) -> None:
    said = text(pdf("poster", 1), tmp_path).replace(" ", "")
    for words in ("贷款码", "用微信或手机浏览器扫一扫", "走访登记", "用户注册", "经营主体认证", "发布融资需求", "全程免费",
                  "2027年6月30日", "520388410000", "loancode.example.gov.cn/c/check", "测试县支持小微企业融资工作专班",
                  "演示样张·数据均为虚构"):  # fmt: skip
        assert words in said


def test_an_english_poster_and_card_speak_english_first(tmp_path: Path) -> None:
    for sheet in ("poster", "cards"):
        said = text(pdf(sheet, 1, language="en"), tmp_path)
        assert "Free of charge" in said
        assert "2027-06-30" in said
        assert "Demonstration: all data is made up" in said


def test_what_is_not_a_demonstration_is_not_called_one(tmp_path: Path) -> None:
    for sheet in ("poster", "cards"):
        said = text(pdf(sheet, 1, synthetic=False), tmp_path).replace(" ", "")
        assert "演示" not in said
        assert "SPECIMEN" not in said


def test_the_same_codes_make_the_same_bytes() -> None:
    again = render_pdf(
        [printed(0, level="h")], sheet="poster", language="zh", check_at="loancode.example.gov.cn/c/check", synthetic=True,
        on=date(2026, 11, 25),
    )  # fmt: skip
    assert again == pdf("poster", 1)
