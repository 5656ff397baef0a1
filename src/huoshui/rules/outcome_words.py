"""How files say whether a firm defaulted (违约结果用语): training and validation must read the same words alike."""

from typing import Final

DEFAULT: Final = frozenset({"true", "1", "1.0", "yes", "y", "是", "违约"})
NO_DEFAULT: Final = frozenset({"false", "0", "0.0", "no", "n", "否", "未违约", "正常"})


def is_default(text: str) -> bool | None:
    """Whether a word says that a firm defaulted (是否违约); None where it says neither."""
    word = text.strip().lower()
    if word in DEFAULT:
        return True
    return False if word in NO_DEFAULT else None
