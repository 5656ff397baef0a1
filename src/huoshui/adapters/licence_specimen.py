"""A business licence drawn for a demonstration (执照样本): synthetic, and marked as a specimen across the page."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont

_FONT: Final = Path(pylopdf_fonts_zh_cn.__file__).with_name("NotoSansSC-Regular.otf")
_SIZE: Final = (1200, 860)
_INK, _LABEL, _EDGE, _PALE = "#222", "#7a5b12", "#b99a4a", "#e3d9c4"


def draw_licence(code: str, *, rows: Sequence[tuple[str, str]]) -> bytes:
    """A licence with a credit code and labelled lines, as JPEG (绘制执照样本)."""
    page = Image.new("RGB", _SIZE, "#fdf8ec")
    pen = ImageDraw.Draw(page)
    pen.rectangle((16, 16, _SIZE[0] - 16, _SIZE[1] - 16), outline=_EDGE, width=5)
    pen.text((600, 110), "营 业 执 照", font=_font(68), fill=_INK, anchor="mm")
    pen.text((72, 64), "统一社会信用代码", font=_font(24), fill=_LABEL)
    pen.text((72, 100), code, font=_font(28), fill=_INK)
    for number, (label, text) in enumerate(rows):
        y = 220 + number * 72
        pen.text((112, y), label, font=_font(26), fill=_LABEL)
        pen.text((336, y), text, font=_font(26), fill=_INK)
    pen.text((600, 780), "样本 SPECIMEN 仅供演示", font=_font(44), fill=_PALE, anchor="mm")
    out = io.BytesIO()
    page.save(out, "JPEG", quality=90)
    return out.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONT), size)
