"""The card as a page (模型卡网页): self-contained HTML that loads nothing and runs nothing, to be mailed, archived, printed."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

import jinja2

from huoshui.adapters.model_card.blocks import Card

_HAN: Final = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


def render_page(card: Card, *, other: str) -> str:
    """The page of a card (输出网页); `other` is the file of its twin in the other language."""
    return _template().render(card=card, zh=card.language == "zh", other=other)


def _has_han(text: str) -> bool:
    """Whether a text must be marked as Chinese on the English page, for those who hear it."""
    return _HAN.search(text) is not None


@lru_cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["foreign"] = _has_han
    return environment.get_template("card.html.j2")
