"""The card as a page (模型卡网页): self-contained HTML that loads nothing and runs nothing, to be mailed, archived, printed."""

from huoshui.adapters.model_card.blocks import Card
from huoshui.adapters.model_card.environment import template


def render_page(card: Card, *, other: str) -> str:
    """The page of a card (输出网页); `other` is the file of its twin in the other language."""
    return template("card.html.j2").render(card=card, zh=card.language == "zh", other=other)
