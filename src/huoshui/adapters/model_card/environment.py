"""The templates of a model card (模型卡模板): strict about what is missing, and nothing of a model is taken for markup."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

import jinja2

_HAN: Final = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


@lru_cache
def template(name: str) -> jinja2.Template:
    """A template of the card by its name (取模板)."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["foreign"] = _has_han
    return environment.get_template(name)


def _has_han(text: str) -> bool:
    """Whether a text must be marked as Chinese on the English page, for those who hear it."""
    return _HAN.search(text) is not None
