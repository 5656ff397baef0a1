"""Licences drawn for tests (执照样本): synthetic, marked as specimens; clean, as a phone in a shop takes them, and small."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from huoshui.terms import LicenceField as F

FONT: Final = Path(pylopdf_fonts_zh_cn.__file__).with_name("NotoSansSC-Regular.otf")
_INK, _LABEL = "#222", "#7a5b12"

COMPANY: Final = {
    F.USCC: "91350203MA90000111",
    F.NAME: "厦门市思明区样本餐饮管理有限公司",
    F.KIND: "有限责任公司(自然人独资)",
    F.REPRESENTATIVE: "王小明",
    F.ADDRESS: "福建省厦门市思明区样本路12号之三101单元",
    F.ESTABLISHED_ON: "2019-05-17",
    F.VALID_UNTIL: "长期",
    F.CAPITAL: "伍拾万元整",
    F.SCOPE: "一般项目：餐饮管理；食品销售（仅销售预包装食品）；日用百货销售；企业管理咨询。许可项目：餐饮服务。",
}
TRADER: Final = {
    F.USCC: "92350203MA900002XM",
    F.NAME: "思明区阿珍样本小吃店",
    F.KIND: "个体工商户",
    F.REPRESENTATIVE: "陈阿珍",
    F.ADDRESS: "福建省厦门市思明区样本街道8号一层",
    F.ESTABLISHED_ON: "2021-03-09",
    F.SCOPE: "许可项目：小吃服务；餐饮服务。一般项目：食品销售（仅销售预包装食品）。",
}


def draw_company(said: Mapping[F, str] = COMPANY, *, width: int = 1500) -> Image.Image:
    """A company's licence (副本), in two columns, labels spaced, long values wrapped."""
    page = _Page(width, "营 业 执 照", said[F.USCC])
    year, month, day = said[F.ESTABLISHED_ON].split("-")
    written = f"{year}年{month}月{day}日"
    left = [("名    称", F.NAME, 18), ("类    型", F.KIND, 18), ("法定代表人", F.REPRESENTATIVE, 18), ("经营范围", F.SCOPE, 20)]
    page.column(100, 270, [(label, _wrapped(said[name], size)) for label, name, size in left])
    page.column(
        900,
        1060,
        [
            ("注册资本", [said[F.CAPITAL]]),
            ("成立日期", [written]),
            ("营业期限", [f"{written}至{said[F.VALID_UNTIL]}"]),
            ("住    所", _wrapped(said[F.ADDRESS], 11)),
        ],
    )
    return page.finished()


def draw_trader(said: Mapping[F, str] = TRADER, *, width: int = 1200) -> Image.Image:
    """A sole trader's licence, in one column."""
    page = _Page(width, "营 业 执 照", said[F.USCC])
    year, month, day = said[F.ESTABLISHED_ON].split("-")
    page.column(
        140,
        420,
        [
            ("名    称", [said[F.NAME]]),
            ("类    型", [said[F.KIND]]),
            ("经 营 者", [said[F.REPRESENTATIVE]]),
            ("经营场所", _wrapped(said[F.ADDRESS], 26)),
            ("组成形式", ["个人经营"]),
            ("注册日期", [f"{year}年{month}月{day}日"]),
            ("经营范围", _wrapped(said[F.SCOPE], 26)),
        ],
    )
    return page.finished()


def clean(image: Image.Image) -> bytes:
    """As scanned."""
    return _written(image, "PNG", 100)


def by_phone(image: Image.Image) -> bytes:
    """As a phone takes it: turned a little, out of focus, noisy, hard compressed."""
    turned = image.rotate(-2.3, expand=True, fillcolor="#888", resample=Image.Resampling.BICUBIC)
    noise = Image.effect_noise(turned.size, 30).convert("RGB")
    return _written(Image.blend(turned.filter(ImageFilter.GaussianBlur(1.1)), noise, 0.15), "JPEG", 55)


def small(image: Image.Image, *, width: int = 700, quality: int = 60) -> bytes:
    """As a chat app sends it on."""
    height = image.height * width // image.width
    return _written(image.resize((width, height), Image.Resampling.LANCZOS), "JPEG", quality)


def _written(image: Image.Image, form: str, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, form, quality=quality)
    return out.getvalue()


def _wrapped(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


class _Page:
    def __init__(self, width: int, title: str, code: str) -> None:
        self.scale = width / 1500
        self.image = Image.new("RGB", (width, int(width * 0.72)), "#fdf8ec")
        self.pen = ImageDraw.Draw(self.image)
        edge, far = 20 * self.scale, self.image.width - 20 * self.scale
        self.pen.rectangle((edge, edge, far, self.image.height - edge), outline="#b99a4a", width=max(1, int(6 * self.scale)))
        self.text(750, 130, title, size=84, middle=True)
        self.text(750, 205, "（副  本）", size=36, middle=True)
        self.text(90, 80, "统一社会信用代码", ink=_LABEL)
        self.text(90, 120, code, size=32)

    def text(self, x: float, y: float, text: str, *, size: int = 28, ink: str = _INK, middle: bool = False) -> None:
        font = ImageFont.truetype(str(FONT), int(size * self.scale))
        self.pen.text((x * self.scale, y * self.scale), text, font=font, fill=ink, anchor="mm" if middle else "la")

    def column(self, label_at: int, value_at: int, rows: list[tuple[str, list[str]]]) -> None:
        y = 280
        for label, lines in rows:
            self.text(label_at, y, label, ink=_LABEL)
            for place, line in enumerate(lines):
                self.text(value_at, y + place * 42, line)
            y += max(78, 42 * len(lines) + 30)

    def finished(self) -> Image.Image:
        self.text(750, 930, "样本 SPECIMEN 仅供测试", size=50, ink="#e3d9c4", middle=True)
        self.text(1000, 890, "登记机关", ink=_LABEL)
        self.text(1080, 970, "2023 年 08 月 01 日")
        return self.image
