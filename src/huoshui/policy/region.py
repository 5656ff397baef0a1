"""Region codes of GB/T 2260 (行政区划代码): six digits, province, city, county."""

import re
from typing import Final

from huoshui.errors import UnknownRegion

NATION: Final = "000000"
PROVINCES: Final = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82".split()
)
_SIX_DIGITS = re.compile(r"\d{6}", re.ASCII)


def check_region(code: str) -> str:
    """Return the code if it can be a region (校验地区代码); raises UnknownRegion."""
    text = str(code).strip()
    if not _SIX_DIGITS.fullmatch(text):
        raise UnknownRegion(f"{text!r} is not a region code; expected six digits of GB/T 2260 such as 350203", field="region")
    if text != NATION and text[:2] not in PROVINCES:
        raise UnknownRegion(f"no province of GB/T 2260 begins with {text[:2]}; got region {text}", field="region")
    return text


def region_chain(code: str) -> tuple[str, ...]:
    """The region and those above it, nearest first (上级地区): 350203, 350200, 350000, 000000."""
    code = check_region(code)
    return tuple(dict.fromkeys((code, code[:4] + "00", code[:2] + "0000", NATION)))


def region_prefix(code: str) -> str:
    """The digits that every code inside the region begins with (地区前缀): 350000 gives `35`, the nation the empty text."""
    code = check_region(code)
    if code == NATION:
        return ""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
