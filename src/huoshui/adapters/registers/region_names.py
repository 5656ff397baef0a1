"""Region codes out of what registers write (行政区划识别): longer codes, names of regions, names of offices; GB/T 2260."""

import re
from functools import cache
from typing import Final

import gb2260.data

_DIGITS: Final = re.compile(r"(\d{6})(?:\d{3}|\d{6})?(?:\.0+)?")
_OFFICE: Final = re.compile(
    r"^(?:国家税务总局|国家)|(?:市场监督管理|市场监管|工商行政管理|行政审批服务|行政审批|政务服务|税务|国家税务|地方税务|工商)(?:管理)?(?:局|所|分局|总局)?.*$"
)
_BLANK: Final = re.compile(r"[\s/\\>,，、·-]+")
_VAGUE: Final = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划", "郊区", "城区", "矿区")


def region_code(text: str) -> str | None:
    """The six digits of a region (行政区划代码): from a code of 6, 9 or 12 digits, or from a name that only one region has."""
    if found := _DIGITS.fullmatch(text.strip()):
        return found[1]
    name = _OFFICE.sub("", _BLANK.sub("", text))
    codes = _codes_by_name().get(name, frozenset())
    return next(iter(codes)) if len(codes) == 1 else None


def is_region(code: str) -> bool:
    """Whether any edition of GB/T 2260 has the code (是否行政区划)."""
    return code in _every_code()


@cache
def _every_code() -> frozenset[str]:
    return frozenset(f"{code:06d}" for edition in gb2260.data.data.values() for code in edition)


@cache
def _codes_by_name() -> dict[str, frozenset[str]]:
    """Codes by the region's own name and by the names of the regions above it, with and without each."""
    names = _names()
    found: dict[str, set[str]] = {}
    for code, name in names.items():
        city, province = (names.get(x, "") for x in (f"{code[:4]}00", f"{code[:2]}0000"))
        above = [x for x in dict.fromkeys((province, city)) if x and x != name and x not in _VAGUE]
        paths = {"".join((*chosen, name)) for chosen in _choices(above)}
        if name in _VAGUE:
            paths = {"".join((*above, name))}
        for path in paths:
            found.setdefault(path, set()).add(code)
    return {path: frozenset(codes) for path, codes in found.items()}


def _choices(above: list[str]) -> list[list[str]]:
    return [[], *([x] for x in above), *([above] if len(above) > 1 else [])]


@cache
def _names() -> dict[str, str]:
    """The newest name of every code in force in the newest edition."""
    editions = gb2260.data.data
    newest = editions[None] if None in editions else editions[max(x for x in editions if x is not None)]
    return {f"{code:06d}": name for code, name in newest.items()}
