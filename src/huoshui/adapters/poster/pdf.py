"""Posters and cards as PDF/A (海报与名片PDF): typefaces from their package, the same bytes for the same codes."""

import json
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from huoshui.adapters.poster.content import Language, Printed, content
from huoshui.errors import MissingExtra, OutputError

try:
    import pylopdf_fonts_zh_cn
    import typst
except ImportError as missing:
    raise MissingExtra("what writes PDF is not installed; run `pip install 'huoshui[web]'`") from missing

Sheet = Literal["poster", "cards"]
_FOLDER: Final = Path(__file__).parent
CARDS_ON_A_SHEET: Final = 10


def render_pdf(printed: list[Printed], *, sheet: Sheet, language: Language, check_at: str, synthetic: bool, on: date) -> bytes:
    """The PDF of some codes (输出PDF): a poster a page, or ten cards a page; one code alone fills its sheet of cards.

    Raises OutputError where a typeface is missing.
    """
    compiler = _compiler(printed, sheet=sheet, language=language, check_at=check_at, synthetic=synthetic)
    dated = datetime(on.year, on.month, on.day, tzinfo=UTC)
    found, warnings = compiler.compile_with_warnings(format="pdf", pdf_standards=["a-2b"], timestamp=dated)
    if missing := [x for x in warnings if "font" in str(x)]:
        raise OutputError(f"the PDF cannot be written as it should look: {str(missing[0]).splitlines()[0]}")
    if not isinstance(found, bytes):
        raise OutputError("the PDF came out in pieces; expected one document")
    return found


def _compiler(printed: list[Printed], *, sheet: Sheet, language: Language, check_at: str, synthetic: bool) -> typst.Compiler:
    codes = printed * CARDS_ON_A_SHEET if sheet == "cards" and len(printed) == 1 else printed
    told = content(codes, language=language, check_at=check_at, synthetic=synthetic)
    return typst.Compiler(
        input=(_FOLDER / f"{sheet}.typ").read_bytes(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"told": json.dumps(told, ensure_ascii=False)},
    )


@lru_cache
def _fonts() -> typst.Fonts:
    folder = Path(pylopdf_fonts_zh_cn.__file__).parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
