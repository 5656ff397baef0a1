"""Counties of a region and how firms' names begin there (合成地名), by the codes of GB/T 2260."""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import gb2260.data
import numpy as np

from huoshui.adapters.synthetic.draws import Ints
from huoshui.errors import UnknownRegion
from huoshui.policy.region import region_prefix

SLOTS: Final = 10_000
"""Every million firms fills each slot a hundred times; a county owns slots by its weight."""
BEGINNINGS: Final = 4
_DIVISIONS: Final[dict[int, str]] = gb2260.data.data[None]
_NO_PLACE: Final = re.compile("市辖区|县|省直辖.*|自治区直辖.*|.*开发区管理.*")
_PEOPLES: Final = (
    "(?:蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌"
    "|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|高山|各)族"
)
_TAIL: Final = re.compile(f"(?:{_PEOPLES})*(?:自治区|自治州|自治县|自治旗|地区|林区|矿区|新区|省|市|区|县|旗|盟)$")


@dataclass(frozen=True, slots=True)
class Places:
    """The counties of a region (区县表).

    `beginnings` are the four ways in which a county's names begin, county by county: the county's short name, its full name
    with the city's for a district, the city's short name, and the city's full name. `slot_county` and `slot_rank` tell whose a
    slot is and the how-manieth of that county; `slot_count` how many slots a county owns.
    """

    codes: Ints
    beginnings: tuple[str, ...]
    slot_county: Ints
    slot_rank: Ints
    slot_count: Ints


@lru_cache(maxsize=8)
def places_of(region: str) -> Places:
    """The counties of a region (读取区县), one county or all below a city, a province or the nation; raises UnknownRegion."""
    prefix = region_prefix(region)
    codes = [code for code in sorted(_DIVISIONS) if str(code).startswith(prefix) and _is_county(code)]
    if not codes:
        raise UnknownRegion(
            f"GB/T 2260 has no county in region {region}; expected a county, city or province such as 350000", field="region"
        )
    shares = _shares([_weight(code) for code in codes])
    owners = np.repeat(np.arange(len(codes), dtype=np.int64), shares)
    ranks = np.concatenate([np.arange(share, dtype=np.int64) for share in shares])
    return Places(
        codes=np.array(codes, np.int64),
        beginnings=tuple(beginning for code in codes for beginning in _beginnings(code)),
        slot_county=owners,
        slot_rank=ranks,
        slot_count=np.array(shares, np.int64),
    )


def _is_county(code: int) -> bool:
    if code % 10_000 == 0 or _NO_PLACE.fullmatch(_DIVISIONS[code]):
        return False
    if code % 100:
        return True
    return not any(code + step in _DIVISIONS for step in range(1, 100))


def _weight(code: int) -> int:
    """How many firms a county has, next to others: drawn by its code, districts and cities more."""
    drawn = 2 + blake2b(str(code).encode(), digest_size=1).digest()[0] % 8
    return drawn * (2 if code % 100 < 20 or code % 100 > 80 else 1)


def _shares(weights: list[int]) -> list[int]:
    """Slots in step with the weights, at least one each (最大余额法)."""
    spare, total = SLOTS - len(weights), sum(weights)
    whole = [1 + spare * weight // total for weight in weights]
    rests = sorted(range(len(weights)), key=lambda i: (-(spare * weights[i] % total), i))
    for i in rests[: SLOTS - sum(whole)]:
        whole[i] += 1
    return whole


def _beginnings(code: int) -> tuple[str, str, str, str]:
    full, city = _DIVISIONS[code], _city(code)
    district = f"{city}{full}" if code % 100 and code % 100 < 20 else full
    return _short(full), district, _short(city), city


def _city(code: int) -> str:
    for above in (code // 100 * 100, code // 10_000 * 10_000):
        name = _DIVISIONS.get(above, "")
        if name and not _NO_PLACE.fullmatch(name):
            return name
    return _DIVISIONS[code]


def _short(name: str) -> str:
    """A place as firms' names begin with it (简称): 福清市 gives 福清; a name of one character keeps its tail (沙县)."""
    short = _TAIL.sub("", name)
    return short if len(short) > 1 else name
