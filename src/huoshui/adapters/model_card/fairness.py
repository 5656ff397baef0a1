"""Fairness on the card (公平性): approval, level and ranking by group, and which groups are too small to judge."""

from collections.abc import Mapping
from typing import Any

from huoshui.adapters.model_card.blocks import Cell, Column, Notice, Section, Table
from huoshui.adapters.model_card.wording import Words

_COLUMNS = {
    "region": ("地区", "region"),
    "region_code": ("地区", "region"),
    "county": ("县区", "county"),
    "state": ("州", "state"),
    "size_class": ("规模", "size"),
    "employees": ("从业人员", "employees"),
    "headcount_ss": ("参保人数", "insured staff"),
    "firm_age_months": ("企业年龄（月）", "age in months"),
}
_GROUPS = {"not_known": ("不明", "not known"), "other": ("其他", "others")}
MOST_ROWS = 16


def fairness_section(validation: Mapping[str, Any] | None, *, words: Words) -> Section:
    """The section on fairness (公平性章节); without a validation it says that nothing was measured."""
    t = words.choose
    title = t("公平性", "Fairness")
    if validation is None or not validation["groups"]:
        text = t(
            "尚未按地区、规模、年龄评价公平性：请先运行 huoshui model validate 并以 --group 指定字段。",
            "Fairness by region, size and age has not been measured yet: run huoshui model validate with --group.",
        )
        return Section("fairness", title, (Notice(text, "watch"),))
    lead = t(
        "通过率为等级达到通过线的企业占比，与通过率最高的较大组相比；过小的组只列出，不评价。",
        "Approved: firms whose grade passes, against the larger group with most of them; small groups are not judged.",
    )
    return Section("fairness", title, tuple(_table(x, words) for x in validation["groups"]), lead)


def _table(found: Mapping[str, Any], words: Words) -> Table:
    t = words.choose
    known = _COLUMNS.get(found["column"].lower())
    name = words.begun(t(*known)) if known else found["column"]
    columns = (
        Column(name, width=1.5),
        Column(t("户数", "Firms"), figures=True),
        Column(t("通过率", "Approved"), figures=True, width=1.3),
        Column(t("预期违约率", "Expected"), figures=True),
        Column(t("实际违约率", "Realised"), figures=True, width=1.3),
        Column("AUC", figures=True, width=1.6),
    )
    ranking = {x["group"]: x["auc"] for x in found["gini"]}
    ordered = sorted(found["groups"], key=lambda x: (x["too_small"], -x["firms"] if len(found["groups"]) > MOST_ROWS else 0))
    rows = [_row(x, auc=ranking.get(x["group"]), words=words) for x in ordered[:MOST_ROWS]]
    if rest := ordered[MOST_ROWS:]:
        label = t(f"其余 {len(rest)} 组见 validation.json", f"{len(rest)} more in validation.json")
        firms = words.count(sum(x["firms"] for x in rest))
        rows.append((Cell(label), Cell(firms), *[Cell("–")] * 4))
    return Table(columns, tuple(rows), name)


def _row(row: Mapping[str, Any], *, auc: Mapping[str, Any] | None, words: Words) -> tuple[Cell, ...]:
    label = Cell(words.choose(*_GROUPS.get(row["group"], (row["group"], row["group"]))))
    if row["too_small"]:
        small = Cell(words.choose("样本过少", "too small"))
        return (label, Cell(words.count(row["firms"])), small, Cell("–"), Cell("–"), Cell("–"))
    realised = words.light(row["level_light"], words.share(row["realised"]))
    ranked = Cell(words.choose("违约过少", "too few defaults")) if auc is None else Cell(words.spread(auc))
    approved = words.light(row["approval_light"], words.share(row["approved"]))
    return (label, Cell(words.count(row["firms"])), approved, Cell(words.share(row["expected"])), realised, ranked)
