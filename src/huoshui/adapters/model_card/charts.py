"""The charts of a card (模型卡图表): calibration, ROC, scores by outcome, points by field, stability by year."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from huoshui.adapters.model_card.blocks import Chart, Language
from huoshui.adapters.model_card.drawing import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    LINE,
    RED,
    SOFT,
    WHITE,
    Axes,
    Dot,
    Drawing,
    Rule,
    Shape,
    Words,
    even_ticks,
    px,
)
from huoshui.rules.points_table import PointsTable

WIDTH: Final = 460
HEIGHT: Final = 320


def draw_calibration(bins: Sequence[Mapping[str, Any]], *, language: Language) -> Chart:
    """Expected against realised rate by group (校准曲线), each with its interval; red where the interval misses."""
    zh = language == "zh"
    most = min(1.0, 1.08 * max(max(x["high"], x["realised"], x["pd"]) for x in bins))
    axes = Axes(62, 16, WIDTH - 14, HEIGHT - 52, 0, most, 0, most)
    ticks = [(x, _percent(x)) for x in even_ticks(most)]
    drawing = Drawing(WIDTH, HEIGHT)
    axes.frame(
        drawing,
        x_ticks=ticks,
        y_ticks=ticks,
        x="预期违约率（横线为区间）" if zh else "expected rate of default (bar: interval)",
        y="实际违约率" if zh else "realised rate",
    )
    drawing.rules.append(Rule(axes.x(0), axes.y(0), axes.x(most), axes.y(most), FAINT, 1.5, "5 4"))
    for x in bins:
        color = BLUE if x["holds"] else RED
        drawing.rules.append(
            Rule(axes.x(x["low"]), axes.y(x["realised"]), axes.x(x["high"]), axes.y(x["realised"]), color, 5, round=True)
        )
        drawing.dots.append(Dot(axes.x(x["pd"]), axes.y(x["realised"]), 4.5, WHITE, color))
    held = sum(x["holds"] for x in bins)
    caption = (
        f"校准：{len(bins)} 组中 {held} 组的区间覆盖实际违约率（横线跨过虚线）"
        if zh
        else f"Calibration: the interval holds the realised rate in {held} of {len(bins)} groups (the bar crosses the dashes)"
    )
    shown = "; ".join(f"{_percent(x['pd'])} → {_percent(x['realised'])}" for x in bins)
    return Chart(drawing.svg(), f"{caption}: {shown}", caption)


def draw_grades(grades: Sequence[Mapping[str, Any]], *, language: Language) -> Chart:
    """Expected and realised rate by grade (分等级违约率), safest grade first; `grades` run from the riskiest."""
    zh = language == "zh"
    ordered = list(reversed(grades))
    most = 1.12 * max(max(x["expected"] or 0, x["realised"] or 0) for x in ordered) or 1.0
    axes = Axes(62, 40, WIDTH - 14, HEIGHT - 52, 0, len(ordered), 0, most)
    drawing = Drawing(WIDTH, HEIGHT)
    axes.frame(
        drawing,
        x_ticks=[(i + 0.5, x["grade"]) for i, x in enumerate(ordered)],
        y_ticks=[(x, _percent(x)) for x in even_ticks(most, count=5)],
        x="等级" if zh else "grade",
        y="违约率" if zh else "rate of default",
    )
    for key, color, start in (("expected", BLUE, 0.18), ("realised", RED, 0.52)):
        for i, x in enumerate(ordered):
            if x[key] is not None:
                corners = [(i + start, 0.0), (i + start, x[key]), (i + start + 0.3, x[key]), (i + start + 0.3, 0.0)]
                drawing.areas.append(Shape(f"{axes.path(corners)} Z", color, 0.78))
    _legend(drawing, axes, words=("预期", "实际") if zh else ("expected", "realised"))
    caption = "分等级的预期与实际违约率" if zh else "Expected and realised rate by grade"
    shown = "; ".join(f"{x['grade']}: {_share(x['expected'])} / {_share(x['realised'])}" for x in ordered)
    return Chart(drawing.svg(), f"{caption}: {shown}", caption)


def draw_roc(curve: Mapping[str, Sequence[float]], *, auc: float | None, language: Language) -> Chart:
    """The ROC curve (ROC 曲线)."""
    zh = language == "zh"
    axes = Axes(62, 16, WIDTH - 14, HEIGHT - 52, 0, 1, 0, 1)
    ticks = [(x, _percent(x)) for x in even_ticks(1.0, count=6)]
    drawing = Drawing(WIDTH, HEIGHT)
    axes.frame(
        drawing,
        x_ticks=ticks,
        y_ticks=ticks,
        x="被拒的未违约企业占比" if zh else "share of good firms refused",
        y="被拒的违约企业占比" if zh else "share of bad firms refused",
    )
    points = [(0.0, 0.0), *zip(curve["good"], curve["bad"], strict=True)]
    corner = f"{axes.path(points)} L{axes.x(1)},{axes.y(0)} L{axes.x(0)},{axes.y(0)} Z"
    drawing.areas.append(Shape(corner, BLUE, 0.08))
    drawing.rules.append(Rule(axes.x(0), axes.y(0), axes.x(1), axes.y(1), FAINT, 1.5, "5 4"))
    drawing.lines.append(Shape(axes.path(points), BLUE, width=2.5))
    shown = "–" if auc is None else f"{auc:.3f}"
    drawing.texts.append(Words(axes.x(0.97), axes.y(0.08), f"AUC {shown}", "end", INK, 20))
    caption = f"ROC 曲线：AUC {shown}，虚线为随机排序" if zh else f"ROC curve: AUC {shown}; dashes: no ranking at all"
    return Chart(drawing.svg(), caption, caption)


def draw_scores(histogram: Mapping[str, Any], *, table: PointsTable, language: Language) -> Chart:
    """Scores of firms that defaulted and of those that did not (分数分布), with the grades' bounds."""
    zh = language == "zh"
    start, step = histogram["from"], histogram["step"]
    end = start + step * len(histogram["good"])
    most = 1.12 * max(*histogram["good"], *histogram["bad"], 1e-9)
    axes = Axes(62, 40, WIDTH - 14, HEIGHT - 52, start, end, 0, most)
    drawing = Drawing(WIDTH, HEIGHT)
    axes.frame(
        drawing,
        x_ticks=[(x, f"{x:g}") for x in even_ticks(end, low=start, count=6)],
        y_ticks=[(x, _percent(x)) for x in even_ticks(most, count=5)],
        x="分数（越高越安全）" if zh else "points (more is safer)",
        y="占比" if zh else "share of firms",
    )
    for shares, color in ((histogram["good"], BLUE), (histogram["bad"], RED)):
        steps = [(start + step * (i + side), x) for i, x in enumerate(shares) for side in (0, 1)]
        outline = axes.path([(start, 0.0), *steps, (end, 0.0)])
        drawing.areas.append(Shape(f"{outline} Z", color, 0.16))
        drawing.lines.append(Shape(outline, color, width=1.8))
    _grade_bounds(drawing, axes, table=table)
    _legend(drawing, axes, words=("未违约", "违约") if zh else ("good", "bad"))
    caption = (
        "分数分布：违约与未违约企业，竖线为等级界限"
        if zh
        else "Scores of good and of bad firms; upright lines bound the grades"
    )
    return Chart(drawing.svg(), caption, caption)


def draw_points(table: PointsTable, *, language: Language) -> Chart:
    """How many points each field can give (各字段分值): a dot a cell, a ring for missing, the widest field first."""
    zh = language == "zh"
    fields = sorted(table.fields, key=lambda x: min(x.all_points) - max(x.all_points))
    low, high = min(min(x.all_points) for x in fields), max(max(x.all_points) for x in fields)
    row, top = 24, 10
    height = top + row * len(fields) + 46
    axes = Axes(230, top, 2 * WIDTH - 14, height - 46, min(low, 0) - 1, max(high, 0) + 1, 0, len(fields))
    drawing = Drawing(2 * WIDTH, height)
    for value in even_ticks(axes.x_high, low=axes.x_low, count=8):
        drawing.rules.append(Rule(axes.x(value), px(axes.top), axes.x(value), px(axes.bottom), LINE))
        drawing.texts.append(Words(axes.x(value), px(axes.bottom + 16), f"{value:+g}" if value else "0", size=11))
    drawing.texts.append(Words(px((axes.left + axes.right) / 2), px(height - 8), "分值" if zh else "points"))
    drawing.rules.append(Rule(axes.x(0), px(axes.top), axes.x(0), px(axes.bottom), FAINT, 1.4))
    for i, field in enumerate(fields):
        y = px(axes.top + row * (i + 0.5))
        known = (*field.points, *((field.other,) if field.groups else ()))
        drawing.rules.append(Rule(axes.x(min(known)), y, axes.x(max(known)), y, FAINT, 3, round=True))
        drawing.dots += [Dot(axes.x(x), y, 4, BLUE, BLUE) for x in sorted(set(known))]
        drawing.dots.append(Dot(axes.x(field.missing), y, 5, "none" if field.missing in known else WHITE, RED))
        name = (field.zh if zh else field.en) or field.name
        drawing.texts.append(Words(px(axes.left - 12), px(float(y) + 4), _short(name), "end", INK))
    caption = (
        "各字段的分值：蓝点为各分箱，红圈为缺失；越宽的字段影响越大"
        if zh
        else "Points by field: a blue dot a cell, a red ring for missing; a wider field weighs more"
    )
    shown = "; ".join(f"{(x.zh if zh else x.en) or x.name} {min(x.all_points)} … {max(x.all_points)}" for x in fields)
    return Chart(drawing.svg(), f"{caption}: {shown}", caption)


def draw_years(periods: Sequence[Mapping[str, Any]], *, tested_from: str | None = None, language: Language) -> Chart:
    """AUC, expected and realised rate by year (分年度稳定性), one above the other; later years were not learnt from."""
    zh = language == "zh"
    drawing = Drawing(2 * WIDTH, 320)
    known = [x["auc"] for x in periods if x["auc"] is not None] or [0.5]
    low, high = min(*known, 0.5), min(1.0, max(known) + 0.05)
    rates = [x[key] for x in periods for key in ("expected", "realised") if x[key] is not None] or [0.1]
    last = max(len(periods) - 1, 1)
    upper = Axes(62, 18, 2 * WIDTH - 96, 128, -0.3, last + 0.3, low, high)
    lower = Axes(62, 166, 2 * WIDTH - 96, 272, -0.3, last + 0.3, 0, 1.1 * max(rates))
    upper.frame(drawing, x_ticks=[], y_ticks=[(x, f"{x:.2f}") for x in even_ticks(high, low=low, count=4)], x="", y="AUC")
    every = -(-len(periods) // 18)
    labels = [(float(i), x["period"]) for i, x in enumerate(periods) if i % every == 0]
    lower.frame(
        drawing,
        x_ticks=labels,
        y_ticks=[(x, _percent(x)) for x in even_ticks(1.1 * max(rates), count=4)],
        x="",
        y="违约率" if zh else "rate",
    )
    first = next((i for i, x in enumerate(periods) if tested_from is not None and x["period"] >= tested_from), None)
    if first is not None:
        edge = upper.x(first - 0.5)
        drawing.rules.append(Rule(edge, px(upper.top - 6), edge, px(lower.bottom), FAINT, 1, "3 3"))
        drawing.texts.append(Words(px(float(edge) + 6), px(12), "检验样本" if zh else "tested on", "start", size=11))
    words = ("AUC", "实际", "预期") if zh else ("AUC", "realised", "expected")
    for axes, key, color, dash, word in (
        (upper, "auc", BLUE, "", words[0]),
        (lower, "realised", RED, "", words[1]),
        (lower, "expected", GREEN, "5 4", words[2]),
    ):
        points = [(float(i), x[key]) for i, x in enumerate(periods) if x[key] is not None]
        if points:
            drawing.lines.append(Shape(axes.path(points), color, width=2.2, dash=dash))
            drawing.dots += [Dot(axes.x(a), axes.y(b), 3.2, WHITE, color) for a, b in points]
            drawing.texts.append(Words(px(axes.right + 8), px(float(axes.y(points[-1][1])) + 4), word, "start", color))
    caption = "分年度的 AUC 与违约率水平" if zh else "AUC and level by year"
    shown = "; ".join(f"{x['period']}: AUC {x['auc']}, {x['realised']}" for x in periods)
    return Chart(drawing.svg(), f"{caption}: {shown}", caption)


def _grade_bounds(drawing: Drawing, axes: Axes, *, table: PointsTable) -> None:
    starts = [max(x.from_points, axes.x_low) for x in table.grades]
    ends = [*starts[1:], axes.x_high]
    for i, (grade, start, end) in enumerate(zip(table.grades, starts, ends, strict=True)):
        if i and axes.x_low < start < axes.x_high:
            drawing.rules.append(Rule(axes.x(start), px(axes.top), axes.x(start), px(axes.bottom), FAINT, 1, "3 3"))
        if min(end, axes.x_high) - start > 0.03 * (axes.x_high - axes.x_low):
            middle = (start + min(end, axes.x_high)) / 2
            drawing.texts.append(Words(axes.x(middle), px(axes.top - 5), grade.code, color=SOFT, size=11))


def _legend(drawing: Drawing, axes: Axes, *, words: tuple[str, str]) -> None:
    for i, (word, color) in enumerate(zip(words, (BLUE, RED), strict=True)):
        drawing.dots.append(Dot(px(axes.right - 148 + 80 * i), px(11), 4.5, color, color))
        drawing.texts.append(Words(px(axes.right - 139 + 80 * i), px(15), word, "start", INK))


def _share(value: float | None) -> str:
    return "–" if value is None else _percent(value)


def _percent(value: float) -> str:
    return f"{100 * value:.4g}%"


def _short(name: str, *, most: int = 32) -> str:
    wide = [sum(2 if ord(y) > 0x2E80 else 1 for y in name[: i + 1]) for i in range(len(name))]
    cut = next((i for i, x in enumerate(wide) if x > most), len(name))
    return name if cut == len(name) else f"{name[: cut - 1]}…"
