"""What a row of a screening says about a firm (主体字段): key, kind, status, place and the names to search by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any, Final, Self

from huoshui.adapters.pinyin import initials_of
from huoshui.adapters.regions import region_name
from huoshui.adapters.screening_result import FirmRow
from huoshui.models import Organization
from huoshui.rules.register_words import status_class, target_kind
from huoshui.rules.uscc import check_uscc, clean_code
from huoshui.terms import EntityKind, OrganizationLevel, Reason, SizeClass, StatusClass, TargetKind

_LONGEST_CODE: Final = 18
_LEAST_NAME: Final = 2
_NOT_ACTIVE: Final = (Reason.CLOSED, Reason.SUSPENDED, Reason.NON_TARGET, Reason.INACTIVE)
_KINDS: Final = {
    TargetKind.ENTERPRISE: EntityKind.ENTERPRISE, TargetKind.SOLE_TRADER: EntityKind.SOLE_TRADER,
    TargetKind.COOPERATIVE: EntityKind.COOPERATIVE,
}  # fmt: skip
_BY_VERDICT: Final = {
    Reason.CLOSED: StatusClass.CLOSED, Reason.SUSPENDED: StatusClass.SUSPENDED, Reason.STATUS_UNKNOWN: StatusClass.UNKNOWN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FirmFields:
    """Reads rows (主体字段读取); knows the offices of townships, whose codes stand for the names that registers write."""

    offices: Mapping[str, tuple[tuple[str, str], ...]]  # by county: name and code of each township's office
    _codes: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of_townships(cls) -> Self:
        """With the townships that have an office here (按乡镇街道机构)."""
        offices: dict[str, list[tuple[str, str]]] = {}
        rows = Organization.objects.filter(level=OrganizationLevel.TOWNSHIP, closed_on=None).order_by("pk")
        for name, code in rows.values_list("name", "region_code"):
            offices.setdefault(code[:6], []).append((name, code))
        return cls({x: tuple(y) for x, y in offices.items()})

    @staticmethod
    def names() -> tuple[str, ...]:
        """The fields of a firm that come from the registers, but its code (来自登记的字段)."""
        return (
            "organization_code", "register_no", "name", "short_name", "initials", "short_initials", "kind", "status",
            "established_on", "industry_code", "size_class", "region_code", "township", "grid", "address",
            "representative_name", "active", "verdict", "priority",
        )  # fmt: skip

    def key_of(self, row: FirmRow) -> str:
        """What a firm is known by (主体键): its code; its number where it has none; else a text made of name and region."""
        for code in (clean_code(row.uscc), clean_code(row.register_no)):
            if code and len(code) <= _LONGEST_CODE:
                return code
        return _made_key(row.name, row.region_code)

    def earlier_keys(self, wanted: Mapping[str, Any]) -> tuple[str, ...]:
        """What a firm may have been known by before it had its code (曾用键)."""
        number = clean_code(wanted["register_no"])
        return tuple(x for x in (number, _made_key(wanted["name"], wanted["region_code"])) if x and x != wanted["uscc"])

    def of(self, row: FirmRow, *, key: str) -> dict[str, Any]:
        """The fields of a firm (主体字段)."""
        code = check_uscc(key)
        name = row.name.strip()[:200]
        region = region_without_zeros(row.region_code)
        township = str(row.more.get("township") or "").strip()[:40]
        short = short_name(name, region=region)
        short_initials = initials_of(short)
        initials = _prefix_initials(name[: len(name) - len(short)]) + short_initials
        return {
            "uscc": key,
            "organization_code": (code.organisation_code or "") if code.organisation_check else "",
            "register_no": row.register_no[:40],
            "name": name,
            "short_name": short,
            "initials": initials[:60],
            "short_initials": short_initials[:60],
            "kind": _kind(row, code.kind),
            "status": _status(row),
            "established_on": row.more.get("established_on"),
            "industry_code": row.industry_code[:5],
            "size_class": SizeClass(row.size_class) if row.size_class else "",
            "region_code": self._area(region, township),
            "township": township,
            "grid": str(row.more.get("grid") or "").strip()[:40],
            "address": str(row.more.get("address") or "").strip()[:300],
            "representative_name": str(row.more.get("representative_name") or "").strip(),
            "active": row.is_active and row.verdict not in _NOT_ACTIVE,
            "verdict": row.verdict,
            "priority": row.priority,
        }

    def _area(self, region: str, township: str) -> str:
        """The code of the township where one office has its name, else the region's own."""
        if not township or len(region) != 6:
            return region
        if (region, township) not in self._codes:
            fits = {code for name, code in self.offices.get(region, ()) if township in name}
            self._codes[region, township] = fits.pop() if len(fits) == 1 else region
        return self._codes[region, township]


def region_without_zeros(code: str) -> str:
    """A region code as a prefix (区划前缀): 350200 is 3502, 350203001000 is 350203001, 000000 is ""."""
    code = re.sub(r"\D", "", code)
    while len(code) > 6 and code.endswith("000"):
        code = code[:-3]
    return re.sub("(?:00)+$", "", code) if len(code) == 6 else code


def short_name(name: str, *, region: str) -> str:
    """A name without the region that it begins with (简称): 厦门市思明区甲商行 is 甲商行."""
    short = name
    for words in _region_words(region[:6]):
        found = next((x for x in words if short.startswith(x)), "")
        if found and len(short) - len(found) >= _LEAST_NAME:
            short = short[len(found) :]
    return short


@cache
def _region_words(region: str) -> tuple[tuple[str, ...], ...]:
    """Names of province, city and county, each with and without what it ends in, the longer first."""
    found = []
    for length in range(2, len(region) + 1, 2):
        name = region_name(region[:length].ljust(6, "0"), language="zh")
        bare = re.sub("(?:[省市区县]|自治区|自治县|特别行政区)$", "", name)
        found.append((name, bare) if len(bare) >= _LEAST_NAME else (name,))
    return tuple(found)


@cache
def _prefix_initials(prefix: str) -> str:
    return initials_of(prefix)


def _made_key(name: str, region: str) -> str:
    return "~" + sha256(f"{clean_code(name)}|{region_without_zeros(region)[:6]}".encode()).hexdigest()[: _LONGEST_CODE - 1]


def _kind(row: FirmRow, by_code: EntityKind | None) -> EntityKind | str:
    return _KINDS.get(target_kind(row.more.get("entity_type"))) or by_code or ""


def _status(row: FirmRow) -> StatusClass:
    text = row.more.get("status")
    return status_class(text) if text else _BY_VERDICT.get(Reason(row.verdict), StatusClass.UNKNOWN)
