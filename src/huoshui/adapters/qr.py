"""QR codes (二维码): an address as SVG or PNG."""

import io
from typing import Any, Final, Literal

import segno
from segno import consts

from huoshui.errors import BadRequest

Level = Literal["m", "q", "h"]  # how much may be covered or torn: about 15, 25, 30 percent
_QUIET: Final = 4  # white modules around, as the standard asks
_DARK: Final = "#000000"


def qr_svg(address: str, *, level: Level = "q") -> str:
    """The QR of an address as an SVG document (二维码SVG), one unit a module; it scales to any size."""
    out = io.BytesIO()
    _qr(address, level=level).save(out, kind="svg", border=_QUIET, dark=_DARK, light="#ffffff", xmldecl=False, omitsize=True)
    return out.getvalue().decode()


def qr_png(address: str, *, level: Level = "q", scale: int = 8) -> bytes:
    """The QR of an address as PNG (二维码PNG), `scale` pixels a module."""
    out = io.BytesIO()
    _qr(address, level=level).save(out, kind="png", border=_QUIET, dark=_DARK, light="#ffffff", scale=scale)
    return out.getvalue()


def _qr(address: str, *, level: Level) -> segno.QRCode:
    """What follows the last slash is packed apart: a token of capitals and digits takes a third less room that way."""
    head, slash, token = address.rpartition("/")
    plain = bool(token) and token.isascii() and token.isalnum() and token == token.upper()
    parts: Any = [(head + slash, consts.MODE_BYTE), (token, consts.MODE_ALPHANUMERIC)] if plain else address
    try:
        return segno.make(parts, error=level, boost_error=False, micro=False)
    except segno.DataOverflowError as error:
        raise BadRequest("the address is too long for a QR code", field="address") from error
