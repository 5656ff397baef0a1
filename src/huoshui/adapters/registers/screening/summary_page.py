"""The summary of a screening as one page to read (筛查汇总页): Chinese, with an English twin, self-contained.

Every figure of summary.json is on it. It loads nothing and runs nothing, so that it can be mailed, archived and printed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jinja2

from huoshui.adapters.registers.screening.naming import IndustryName, Language, RegionName
from huoshui.policy.region import NATION
from huoshui.terms import EngineName, LinkMethod, Reason, RegisterKind, SizeClass

SHOWN: Final = 30
_HUNDRED: Final = Decimal(100)
_TENTH: Final = Decimal("0.1")
_HAN: Final = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WORDS: Final[dict[str, dict[str, str]]] = {
    **{x.value: {"zh": x.zh, "en": x.en} for x in (*Reason, *LinkMethod, *SizeClass, *EngineName, *RegisterKind)},
    "D01": {"zh": "完全重复的登记记录", "en": "exact duplicate"},
    "new": {"zh": "新登记主体", "en": "newly registered"},
    "gone": {"zh": "登记数据中已没有", "en": "no longer in the registry"},
}
_POLICIES: Final = {
    "no_loan": ("无贷户口径", "definition of no loan"),
    "activity": ("活跃主体判定", "definition of an active firm"),
    "size_class": ("企业划型标准", "size classes"),
    "exclusion_lists": ("排除名单", "exclusion lists"),
    "visit_priority": ("走访优先级", "priority of visits"),
    "first_loan": ("首贷户口径", "definition of a first loan"),
}
_KINDS: Final = {"N": "listed", "L": "loan", "E": "excluded", "U": "unknown"}


def render_summary(
    summary: Mapping[str, Any], *, language: Language, region_name: RegionName, industry_name: IndustryName
) -> str:
    """The page of a screening's summary (汇总页) as HTML in one language; `summary` is what summary.json holds."""
    words = _Words(language)
    page = _Page(summary, words=words, region_name=region_name, industry_name=industry_name)
    return _template(language).render(s=summary, page=page, t=words.choose, language=language)


def share(part: int, whole: int) -> str:
    """A part of a whole in per cent (占比): 1 of 8 is `12.5 %`; never 0 for something, never 100 for less than all."""
    if not whole:
        return "–"
    found = (_HUNDRED * part / whole).quantize(_TENTH, rounding=ROUND_HALF_UP)
    if found == 0 and part:
        return "<0.1\u00a0%"
    return ">99.9\u00a0%" if found == _HUNDRED and part != whole else f"{found}\u00a0%"


class _CompiledOnce(jinja2.BytecodeCache):
    """Templates compiled in this process: compiling takes longer than filling them in, and both languages share it."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED: Final = _CompiledOnce()


@lru_cache
def _template(language: Language) -> jinja2.Template:
    words = _Words(language)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        bytecode_cache=_COMPILED,
        optimized=False,  # else the words of one language would be compiled in
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": words.day, "words": words.of}
    environment.filters |= {"n": "{:,}".format, "share": share, "percent": _percent, "width": _width}
    environment.filters["kind"] = lambda code: _KINDS.get(code[0], "out")
    environment.tests["foreign"] = words.is_foreign
    return environment.get_template("summary.html.j2")


def _percent(ratio: str | None) -> str:
    return "–" if ratio is None else f"{Decimal(ratio) * 100:.2f}\u00a0%"


def _width(part: int, whole: int) -> int:
    """The length of a bar in thousandths; something is never invisible."""
    return max(3, round(Decimal(1000) * part / whole)) if part and whole else 0


class _Words:
    """The texts of one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def choose(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def of(self, code: str) -> str:
        """A term's label by its value; a value that is no term shows itself."""
        return self.begun(_WORDS.get(code, {}).get(self.language, code))

    def begun(self, text: str) -> str:
        return text[:1].upper() + text[1:]

    def day(self, day: str) -> str:
        found = date.fromisoformat(day)
        return self.choose(
            f"{found.year}年{found.month}月{found.day}日", f"{found.day} {_MONTHS[found.month - 1]} {found.year}"
        )

    def is_foreign(self, text: str) -> bool:
        """Whether a text has no English and must be marked as Chinese for those who hear the English page."""
        return self.language == "en" and _HAN.search(text) is not None


@dataclass(frozen=True, slots=True)
class _Group:
    """Firms of one county, city or industry: all, listed, and by deciding reason."""

    code: str
    name: str
    universe: int
    listed: int
    by_reason: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Top:
    """The groups with most firms listed, and the others as one."""

    rows: tuple[_Group, ...]
    others: _Group | None
    others_count: int


class _Page:
    """What the template needs beside the summary itself."""

    def __init__(
        self, summary: Mapping[str, Any], *, words: _Words, region_name: RegionName, industry_name: IndustryName
    ) -> None:
        self._summary, self._words, self._region_name = summary, words, region_name
        self.region: str = region_name(summary["region"], language=words.language, within=NATION)
        self.counties = [_group(code, self._place(code), x) for code, x in sorted(summary["by_region"].items())]
        self.industries = [
            _group(code, words.begun(industry_name(code, language=words.language)), x)
            for code, x in sorted(summary["by_industry"].items())
        ]
        self.reasons = [x.value for x in Reason if summary["by_reason"].get(x.value) or summary["by_any_reason"].get(x.value)]
        self.columns = [
            x.value for x in Reason if any(x.value in group.by_reason for group in (*self.counties, *self.industries))
        ]
        self.reconciles = bool(summary["reconciles"]) and sum(summary["by_reason"].values()) == summary["universe"]

    def _place(self, code: str) -> str:
        known = "" if code == NATION else code
        return self._words.begun(self._region_name(known, language=self._words.language, within=self._summary["region"]))

    @property
    def cities(self) -> list[_Group]:
        """The counties added up by province in a nation, by city in a province; none where that says nothing new."""
        region = self._summary["region"]
        digits = 2 if region == NATION else 4 if region.endswith("0000") else 0
        added: dict[str, list[_Group]] = {}
        for county in self.counties if digits else ():
            added.setdefault(county.code[:digits].ljust(6, "0"), []).append(county)
        return (
            [_added(x, code=code, name=self._place(code)) for code, x in added.items()]
            if 1 < len(added) < len(self.counties)
            else []
        )

    def top(self, groups: list[_Group]) -> _Top:
        """The groups with most firms listed first; one that would stand alone among the others is shown by name."""
        ordered = sorted(groups, key=lambda x: (-x.listed, -x.universe, x.code))
        shown = ordered if len(ordered) <= SHOWN + 1 else ordered[:SHOWN]
        others = ordered[len(shown) :]
        return _Top(tuple(shown), _added(others, code="", name="") if others else None, len(others))

    @property
    def registers(self) -> list[dict[str, Any]]:
        """One row a register: rows read, rejected at import where that is known, and what became of rows without a code."""
        rejected = self._summary.get("rejected") or {}
        codes = dict.fromkeys((*self._summary["rows_read"], *self._summary["linked"]))
        return [
            {
                "code": x,
                "read": self._summary["rows_read"].get(x),
                "rejected": rejected.get(x),
                **self._summary["linked"].get(x, {}),
            }
            for x in codes
        ]

    def entries(self, counts: Mapping[str, int]) -> list[tuple[str, int]]:
        """Counts that are not zero, the largest first."""
        return sorted(((code, n) for code, n in counts.items() if n), key=lambda x: (-x[1], x[0]))

    @property
    def to_review(self) -> int:
        """Rows of all registers that fit more than one firm."""
        return sum(x["several"] for x in self._summary["linked"].values())

    @property
    def sizes(self) -> list[tuple[str, int]]:
        """Firms by size, micro first."""
        places = [x.value for x in (SizeClass.MICRO, SizeClass.SMALL, SizeClass.MEDIUM, SizeClass.LARGE)]
        order = dict.fromkeys((*places, *self._summary["by_size"]))
        return [(x, n) for x in order if (n := self._summary["by_size"].get(x))]

    @property
    def basis(self) -> dict[str, list[dict[str, Any]]]:
        """The citations of each policy; fields that share region, day and source are one line."""
        lines: dict[str, dict[tuple[Any, ...], list[str]]] = {}
        for x in self._summary["citations"]:
            shared = x["region"], x["since"], x["source"], x["unconfirmed"]
            lines.setdefault(x["policy"], {}).setdefault(shared, []).append(x["field"])
        return {
            policy: [
                {
                    "region": self._nation_down(region),
                    "since": since,
                    "source": source,
                    "unconfirmed": unconfirmed,
                    "fields": fields,
                }
                for (region, since, source, unconfirmed), fields in found.items()
            ]
            for policy, found in lines.items()
        }

    def policy_words(self, policy: str) -> str:
        """What a policy is about; one that is not known here shows its name."""
        return self._words.begun(self._words.choose(*_POLICIES[policy])) if policy in _POLICIES else policy

    def _nation_down(self, region: str) -> str:
        return self._words.begun(self._region_name(region, language=self._words.language, within=NATION))


def _group(code: str, name: str, found: Mapping[str, Any]) -> _Group:
    return _Group(code, name, found["universe"], found["listed"], found["by_reason"])


def _added(groups: Iterable[_Group], *, code: str, name: str) -> _Group:
    found = list(groups)
    by_reason: Counter[str] = Counter()
    for group in found:
        by_reason.update(group.by_reason)
    return _Group(code, name, sum(x.universe for x in found), sum(x.listed for x in found), by_reason)
