"""QR codes: what a real decoder reads from the picture."""

import io

import pytest
import zxingcpp
from PIL import Image

from huoshui.adapters.qr import Level, qr_png, qr_svg
from huoshui.errors import BadRequest

TOKEN = "AEBAGBAFAYDQQCIKBMGA2DQP" * 6
ADDRESS = f"https://loancode.example.gov.cn/c/{TOKEN[:136]}"


@pytest.mark.parametrize("level", ["m", "q", "h"])
@pytest.mark.parametrize("address", [ADDRESS, "https://example.gov.cn/c/Mixed-case", "https://example.gov.cn/", "没有斜杠"])
def test_a_decoder_reads_the_address_back(address: str, level: Level) -> None:
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr_png(address, level=level, scale=3))))
    assert [x.text for x in found] == [address]


def test_a_token_of_capitals_takes_less_room_than_one_of_mixed_letters() -> None:
    small, large = (Image.open(io.BytesIO(qr_png(x, level="q", scale=1))).width for x in (ADDRESS, ADDRESS + "a"))
    assert (small, large) == (53 + 8, 61 + 8)


def test_the_svg_has_a_size_of_its_own_and_asks_for_nothing_else() -> None:
    svg = qr_svg(ADDRESS)
    assert svg.startswith("<svg")
    assert 'viewBox="0 0 61 61"' in svg
    assert "href" not in svg


def test_an_address_that_no_qr_holds_is_refused() -> None:
    with pytest.raises(BadRequest):
        qr_svg("https://example.gov.cn/" + "a" * 3000)
