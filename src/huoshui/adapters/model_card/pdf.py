"""The card as a PDF (模型卡PDF): PDF/A, the Chinese typeface from its package, the same bytes for the same card."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from huoshui.adapters.model_card.blocks import Card
from huoshui.errors import MissingExtra, OutputError

try:
    import pylopdf_fonts_zh_cn
    import typst
except ImportError as missing:
    raise MissingExtra("what writes PDF is not installed; run `pip install 'huoshui[risk]'`") from missing

_TEMPLATE: Final = Path(__file__).parent / "templates" / "card.typ"


def render_pdf(card: Card, *, on: date) -> bytes:
    """The PDF of a card (输出PDF), dated on a day that is given, never now; raises OutputError where a typeface is missing."""
    compiler = typst.Compiler(
        input=_TEMPLATE.read_bytes(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"card": json.dumps(asdict(card), ensure_ascii=False)},
    )
    dated = datetime(on.year, on.month, on.day, tzinfo=UTC)
    found, warnings = compiler.compile_with_warnings(format="pdf", pdf_standards=["a-2b"], timestamp=dated)
    if missing := [x for x in warnings if "font" in str(x)]:
        raise OutputError(f"the PDF cannot be written as it should look: {str(missing[0]).splitlines()[0]}")
    if not isinstance(found, bytes):
        raise OutputError("the PDF came out in pieces; expected one document")
    return found


@lru_cache
def _fonts() -> typst.Fonts:
    folder = Path(pylopdf_fonts_zh_cn.__file__).parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
