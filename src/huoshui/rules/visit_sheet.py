"""What a sheet of visits calls things (走访台账表头与用语): headings by field, and words by answer; an export reads back.

A heading or word is compared without width, case, blanks, brackets and punctuation. What no table knows is not guessed.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from huoshui.terms import DemandPurpose, Need, Obstacle, Premises, Term, VisitMode, YesNo

_DROPPED: Final = re.compile(r"[\s\W_]+")
_BRACKETS: Final = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
_PARTS: Final = re.compile(r"[、,，;；/|]\s*")

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("统一社会信用代码", "社会信用代码", "信用代码", "统一代码", "credit code", "uscc"),
    "name": (
        "经营主体",
        "企业名称",
        "主体名称",
        "经营主体名称",
        "市场主体名称",
        "名称",
        "单位名称",
        "商户名称",
        "店铺名称",
        "firm",
        "name",
    ),
    "visited_at": ("走访时间", "走访日期", "走访登记时间", "上门时间", "日期", "visited", "visit date", "visited at"),
    "visitor": ("走访人", "走访人员", "走访人姓名", "责任人", "visitor"),
    "mode": ("方式", "走访方式", "走访形式", "how", "mode"),
    "operating": ("正常经营", "是否正常经营", "是否经营", "经营状态", "in business", "operating"),
    "premises": ("经营场所", "场所", "固定经营场所", "经营场所情况", "premises"),
    "employees": ("从业人数", "从业人员", "员工人数", "用工人数", "people", "employees"),
    "need": ("融资需求", "有无融资需求", "是否有融资需求", "是否有需求", "需求", "need", "needs finance"),
    "amount_fen": ("金额", "需求金额", "融资金额", "需求额度", "融资需求金额", "贷款需求", "amount"),
    "months": ("期限", "使用期限", "融资期限", "期限月", "需求期限", "months", "for how many months"),
    "purpose": ("用途", "资金用途", "贷款用途", "融资用途", "purpose", "what for"),
    "has_loan": ("已有贷款", "有无贷款", "是否有贷款", "目前有无贷款", "是否有经营性贷款", "has a loan", "has loan"),
    "obstacles": ("融资困难", "存在困难", "困难", "融资障碍", "困难和问题", "存在问题", "obstacles"),
    "broker_fee_asked": ("中介收费", "是否有中介收费", "中介收费情况", "broker fee"),
    "call_back": ("希望回电", "是否回电", "是否需要银行回电", "wants a call", "call back"),
    "note": ("备注", "其他说明", "走访情况", "走访记录", "note", "remarks"),
}
_WORDS: Final[Mapping[type[Term], Mapping[str, str]]] = {
    YesNo: {
        "是": "yes",
        "有": "yes",
        "正常": "yes",
        "正常经营": "yes",
        "在营": "yes",
        "1": "yes",
        "y": "yes",
        "true": "yes",
        "√": "yes",
        "否": "no",
        "无": "no",
        "没有": "no",
        "停业": "no",
        "歇业": "no",
        "关门": "no",
        "0": "no",
        "n": "no",
        "false": "no",
        "不清楚": "not_known",
        "不详": "not_known",
        "未知": "not_known",
    },
    Need: {
        "是": "yes",
        "有": "yes",
        "1": "yes",
        "y": "yes",
        "√": "yes",
        "否": "no",
        "无": "no",
        "没有": "no",
        "0": "no",
        "n": "no",
        "暂无": "no",
        "暂无需求": "no",
        "待定": "later",
        "暂缓": "later",
        "以后": "later",
        "考虑中": "later",
    },
    VisitMode: {
        "现场": "onsite",
        "实地": "onsite",
        "实地走访": "onsite",
        "上门走访": "onsite",
        "电话走访": "phone",
        "线上": "phone",
    },
    Premises: {
        "自有": "owned",
        "租赁": "rented",
        "租用": "rented",
        "网店": "network",
        "线上": "network",
        "居家": "home",
        "无": "none",
        "没有": "none",
    },
    DemandPurpose: {
        "进货": "stock",
        "采购": "stock",
        "原材料": "stock",
        "流动资金": "stock",
        "货款": "suppliers",
        "工资": "wages",
        "房租": "rent",
        "租金": "rent",
        "设备": "equipment",
        "买设备": "equipment",
        "装修": "premises",
        "研发": "technology",
        "种植": "planting",
        "养殖": "planting",
        "其他": "other",
    },
    Obstacle: {
        "无抵押": "no_collateral",
        "缺抵押": "no_collateral",
        "缺少抵押": "no_collateral",
        "抵押不足": "no_collateral",
        "财务不规范": "no_records",
        "征信": "credit_record",
        "逾期": "credit_record",
        "欠税": "tax",
        "处罚": "penalty",
        "经营异常": "abnormal",
        "成立时间短": "too_young",
        "利率高": "cost",
        "手续繁琐": "procedure",
        "手续复杂": "procedure",
        "不了解": "not_aware",
        "被拒": "refused_before",
    },
}


@dataclass(frozen=True, slots=True)
class SheetColumns:
    """Which heading holds which field (列对应): and what no field takes."""

    by_field: Mapping[str, str]
    unknown: tuple[str, ...]


def match_columns(headings: Iterable[str]) -> SheetColumns:
    """Propose the columns of a sheet (列名匹配): exact first, then without what stands in brackets; the first one wins."""
    known = {plain(word): field for field, words in HEADINGS.items() for word in words}
    found: dict[str, str] = {}
    unknown = []
    for heading in headings:
        field = known.get(plain(heading)) or known.get(plain(_BRACKETS.sub("", heading)))
        if field is None or field in found:
            unknown.append(heading)
        else:
            found[field] = heading
    return SheetColumns(found, tuple(unknown))


def read_word(text: str, *, words: type[Term]) -> Term | None:
    """The word that a cell means (用语识别), or None for one that no table knows."""
    written = plain(text)
    for word in words:
        if written in (plain(word.zh), plain(word.en), plain(str(word.value))):
            return word
    value = {plain(x): y for x, y in _WORDS[words].items()}.get(written)
    return words(value) if value is not None else None


def read_words(text: str, *, words: type[Term]) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """The words that a cell lists (多项用语识别), and the parts that no table knows."""
    whole = read_word(text, words=words)
    if whole is not None:
        return (whole,), ()
    known: dict[Term, None] = {}
    for word in words:  # some words have a comma of their own
        for label in (word.zh, word.en):
            if _PARTS.search(label) and label in text:
                text = text.replace(label, "、")
                known[word] = None
    parts = [x for x in _PARTS.split(text) if x.strip()]
    found = [read_word(x, words=words) for x in parts]
    known |= dict.fromkeys(x for x in found if x is not None)
    return tuple(known), tuple(x for x, word in zip(parts, found, strict=True) if word is None)


def plain(text: str) -> str:
    """A text without width, case, blanks and punctuation (归一)."""
    text = unicodedata.normalize("NFKC", text).lower()
    return _DROPPED.sub("", text) or text.strip()
