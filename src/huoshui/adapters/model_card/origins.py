"""Where a model comes from (模型来源): the firms, the test, the recipe, and what a moved level would give."""

from collections.abc import Mapping
from typing import Any, Final

from huoshui.adapters.model_card.blocks import Cell, Column, Facts, Section, Table
from huoshui.adapters.model_card.wording import Words
from huoshui.rules.points_table import PointsTable

_RECIPE: Final = {
    "half_life": ("近期加权半衰期", "half-life of weights"),
    "ridge": ("收缩强度", "shrinkage"),
    "smooth": ("平滑强度", "smoothing"),
    "cells": ("初始分箱数", "cells at first"),
    "most_cells": ("每字段最多分箱", "most cells a field"),
}


def tested_on(split: Mapping[str, Any], *, words: Words) -> str:
    """What the figures were measured on (检验样本说明), in a sentence; empty where it is not known."""
    t, kind = words.choose, split.get("kind")
    rows, bad = words.whole(split.get("test_rows")), words.whole(split.get("test_defaults"))
    if kind == "out_of_time":
        start = split.get("test_from")
        return t(
            f"指标取自未参与训练的 {rows} 户（违约 {bad} 户），均为 {start} 及以后（跨期检验）；括号内为 95% 区间。",
            f"Measured on {rows} firms not learnt from ({bad} defaulted), all of {start} or later; 95 % intervals.",
        )
    if kind == "repeated_cross_validation":
        folds, repeats = split.get("folds"), split.get("repeats")
        return t(
            f"指标取自 {folds} 折 × {repeats} 次重复交叉验证（{rows} 户，违约 {bad} 户），选模在折内进行；括号内为 95% 区间。",
            f"Measured by {folds} folds, {repeats} times ({rows} firms, {bad} defaulted), the choice inside; 95 % intervals.",
        )
    return ""


def data_section(*, training: Mapping[str, Any], split: Mapping[str, Any], words: Words) -> Section:
    """The section on the firms (数据章节): files, rows, outcome, split, what was left out."""
    t = words.choose
    rows = [
        (t("文件", "File"), Cell(str(x.get("file", "–")), f"sha256 {str(x.get('sha256', ''))[:16]}"))
        for x in training.get("data", [])
        if isinstance(x, Mapping)
    ]
    total = words.whole(training.get("rows"))
    rows.append((t("有结果的企业", "Firms with an outcome"), Cell(total, _defaulted(training.get("defaults"), words))))
    if split:
        before = words.whole(split.get("train_rows")), _defaulted(split.get("train_defaults"), words)
        after = words.whole(split.get("test_rows")), _defaulted(split.get("test_defaults"), words)
        rows += [(t("训练样本", "Learnt from"), Cell(*before)), (t("检验样本", "Tested on"), Cell(*after))]
    rows += [
        (label, Cell(words.value(training[key])))
        for key, label in (
            ("outcome", t("结果字段", "Outcome")),
            ("time", t("时间字段", "Time")),
            ("prior", t("总体违约率（先验校正）", "Defaults in the population (prior)")),
            ("without_outcome", t("结果不明、未使用", "Outcome not known, not used")),
        )
        if training.get(key) is not None
    ]
    versions = training.get("versions")
    if isinstance(versions, Mapping):
        rows.append((t("软件版本", "Software"), Cell(", ".join(f"{name} {x}" for name, x in versions.items()))))
    blocks: list[Any] = [Facts(tuple(rows))]
    left_out = training.get("left_out")
    if isinstance(left_out, Mapping) and left_out:
        columns = (Column(t("未使用的字段", "Columns not used")), Column(t("原因", "Why"), width=3))
        blocks.append(Table(columns, tuple((Cell(name), Cell(str(why))) for name, why in left_out.items())))
    return Section("data", t("数据", "Data"), tuple(blocks))


def method_section(table: PointsTable, *, recipe: object, words: Words) -> Section:
    """The section on the method (方法章节): the form of the table and the recipe that was chosen."""
    t = words.choose
    demanded = sum(x.direction != 0 for x in table.fields)
    rows = [
        (t("模型形式", "Form"), Cell(t("整数评分表：主效应加组合项", "integer points table: main effects and pair cells"))),
        (
            t("字段", "Fields"),
            Cell(str(len(table.fields)), t(f"其中 {demanded} 个要求单调", f"{demanded} of them monotone by demand")),
        ),
        (t("组合项", "Pairs"), Cell(str(len(table.pairs)), t("上限 8 个", "eight at most"))),
        (t("基准分", "Base"), Cell(str(table.base))),
        (
            t("分值刻度", "Scale"),
            Cell(t(f"每 {table.doubling} 分，违约优势减半", f"{table.doubling} points halve the odds of default")),
        ),
        (t("概率档", "Steps of probability"), Cell(str(len(table.pd_steps)))),
    ]
    if isinstance(recipe, Mapping):
        known = [f"{t(*_RECIPE[x])} {words.value(recipe[x])}" for x in _RECIPE if recipe.get(x) is not None]
        if known:
            rows.append((t("选定的拟合参数", "Recipe chosen"), Cell(t("；", "; ").join(known))))
    lead = t(
        "决策时只做整数比较与相加，概率查表得出；同样的数据在任何机器上给出同样的结果。",
        "A decision compares and adds whole numbers and looks the probability up: the same on every machine.",
    )
    return Section("method", t("方法", "Method"), (Facts(tuple(rows)),), lead)


def level_facts(metrics: Mapping[str, Any], *, words: Words) -> Facts | None:
    """What moving the level would give (水平调整的效果), or None where it was not measured."""
    t, rows = words.choose, []
    shifted, rolled = metrics.get("after_level_shift"), metrics.get("rolled_level")
    for found, label in (
        (shifted, t("按检验样本一次性调整水平后", "Once the level is that of the firms tested on")),
        (rolled, t("按上一期结果逐期滚动调整水平后", "With the level rolled forward from the period before")),
    ):
        if isinstance(found, Mapping):
            brier, error = (words.figure(found.get(x), places=4) for x in ("brier", "calibration_error"))
            moved = found.get("overlay_points")
            note = t(f"调整 {moved:+d} 分", f"{moved:+d} points") if isinstance(moved, int) else ""
            rows.append((label, Cell(t(f"Brier {brier}，校准误差 {error}", f"Brier {brier}, calibration error {error}"), note)))
    return Facts(tuple(rows)) if rows else None


def _defaulted(count: object, words: Words) -> str:
    return words.choose(f"违约 {words.whole(count)} 户", f"{words.whole(count)} defaulted") if isinstance(count, int) else ""
