"""Names of regions (行政区划名称): the divisions of GB/T 2260, from a library whose revisions end in 2014.

A county that got its code later is named by its city and its code. No translation of the names exists; an English page shows
the Chinese ones.
"""

import re
from functools import lru_cache
from typing import Any, Final, Literal

import gb2260

from huoshui.policy.region import NATION

_NO_CITY: Final = re.compile("市辖区|县|(?:省|自治区)直辖县级行政区划")
_SIX_DIGITS: Final = re.compile(r"\d{6}", re.ASCII)
_WHOLE_NATION: Final = {"zh": "全国", "en": "China"}
_NOT_KNOWN: Final = {"zh": "地区不明", "en": "region not known"}


@lru_cache(maxsize=65536)
def region_name(code: str, *, language: Literal["zh", "en"], within: str | None = None) -> str:
    """The name of a region (地区名称): 350203 is 思明区; within 350000 it is 厦门市思明区, within 000000 福建省厦门市思明区.

    Every code has an answer, so that a page can be made of any register: a code that no revision knows is shown after the name
    of its city, one that is not six digits as not known.
    """
    if code == NATION:
        return _WHOLE_NATION[language]
    if not _SIX_DIGITS.fullmatch(code):
        return f"{_NOT_KNOWN[language]} {code}".strip()
    named = [(part, name) for part in dict.fromkeys((code[:2] + "0000", code[:4] + "00", code)) if (name := _own_name(part))]
    is_new = _search(code) is None
    if is_new:
        named.append((code, code))
    shown = [name for part, name in named if within is not None and _is_below(part, within)] or [named[-1][1]]
    return "".join(name for _, name in named[-2:]) if is_new and len(shown) == 1 else "".join(shown)


@lru_cache(maxsize=65536)
def _search(code: str) -> Any:
    """The division in the latest revision that has the code, or None; the library looks through all revisions each time."""
    return gb2260.search(code)


def _own_name(code: str) -> str:
    """The name in the latest revision that has the code; empty for none, and for a city level that is no place."""
    found = _search(code)
    return "" if found is None or (code.endswith("00") and _NO_CITY.fullmatch(found.name)) else str(found.name)


def _is_below(code: str, region: str) -> bool:
    prefix = re.sub("(?:00)+$", "", region)
    return code.startswith(prefix) and code[len(prefix) :].strip("0") != ""
