"""The points table itself on the card (评分表内容): how much each field weighs, every cell, pairs and probabilities."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from huoshui.adapters.model_card.blocks import Cell, Charts, Column, Points, PointsRow, Section, Table
from huoshui.adapters.model_card.charts import draw_points
from huoshui.adapters.model_card.wording import Words
from huoshui.rules.points_reasons import cell_words
from huoshui.rules.points_table import Field, Kind, Pair, PointsTable


def factor_sections(table: PointsTable, *, curves: Mapping[str, Any], words: Words) -> tuple[Section, ...]:
    """The sections on the points table (评分表章节): overview, every field, pairs, points to probability."""
    t = words.choose
    low = min(min(x.all_points) for x in table.fields)
    high = max(max(x.all_points) for x in table.fields)
    fields = tuple(
        _field(x, shares=curves["fields"].get(x.name, []), low=min(low, 0), high=max(high, 0), words=words)
        for x in table.fields
    )
    overview = Section(
        "factors", t("各字段的分值", "Points by field"), (Charts((draw_points(table, language=words.language),)),)
    )
    cells = Section(
        "cells",
        t("评分表全文", "The points table in full"),
        fields,
        t(
            "总分为基准分与各项分值之和；百分比为训练样本中的占比。",
            "A score is the base and the points of every cell; shares are of the training.",
        ),
    )
    pairs = tuple(_pair(x, table=table, words=words) for x in table.pairs)
    found = (overview, cells, Section("pairs", t("组合项", "Pairs"), pairs)) if pairs else (overview, cells)
    return (*found, _steps(table, words))


def _name(field: Field, words: Words) -> str:
    return (field.zh if words.language == "zh" else field.en) or field.name


def _cell(field: Field, cell: int, words: Words) -> str:
    return words.choose(*cell_words(field, cell))


def _field(field: Field, *, shares: list[float], low: int, high: int, words: Words) -> Points:
    t, span = words.choose, max(high - low, 1)
    demanded = {1: t("越高越安全", "higher is safer"), -1: t("越低越安全", "lower is safer")}.get(
        field.direction, t("不要求单调", "no direction demanded")
    )
    actionable = t("企业可改善", "a firm can change it") if field.actionable else ""
    rows = tuple(
        PointsRow(
            label=_cell(field, i, words),
            share=words.share(shares[i]) if i < len(shares) else "–",
            points=f"{points:+d}" if points else "0",
            start=round((min(points, 0) - low) / span, 4),
            end=round((max(points, 0) - low) / span, 4),
            tone="good" if points > 0 else "bad" if points < 0 else "plain",
        )
        for i, points in enumerate(field.all_points)
        if field.kind is Kind.NUMBER or i < len(field.points) or points or (i < len(shares) and shares[i])
    )
    own = field.name if field.name != _name(field, words) else ""
    note = t("；", "; ").join(x for x in (own, demanded, actionable) if x)
    return Points(_name(field, words), note, rows)


def _pair(pair: Pair, *, table: PointsTable, words: Words) -> Table:
    first, second = table.field(pair.first), table.field(pair.second)
    heads = [_group(second, pair.second_groups, i, words) for i in range(len(pair.points[0]))]
    sides = [_group(first, pair.first_groups, i, words) for i in range(len(pair.points))]
    columns = (Column(f"{_name(first, words)} ＼ {_name(second, words)}", width=1.8), *(Column(x, figures=True) for x in heads))
    rows = tuple(
        (Cell(side), *(Cell(f"{x:+d}" if x else "0", tone="good" if x > 0 else "bad" if x < 0 else "plain") for x in row))
        for side, row in zip(sides, pair.points, strict=True)
    )
    caption = words.choose(
        f"{_name(first, words)} 与 {_name(second, words)}", f"{_name(first, words)} with {_name(second, words)}"
    )
    return Table(columns, rows, caption)


def _group(field: Field, groups: tuple[int, ...], group: int, words: Words) -> str:
    cells = [i for i, x in enumerate(groups) if x == group]
    runs: list[list[int]] = []
    for cell in cells:
        if runs and field.kind is Kind.NUMBER and cell == runs[-1][-1] + 1 and cell < len(field.points):
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return words.choose("、", ", ").join(_run(field, x[0], x[-1], words) for x in runs) or "–"


def _run(field: Field, first: int, last: int, words: Words) -> str:
    """Neighboring cells of a number as one span."""
    if first == last:
        return _cell(field, first, words)
    low, high = field.cuts[first - 1 : first] if first else (), field.cuts[last : last + 1]
    return _cell(replace(field, cuts=(*low, *high), points=(0,) * (len(low) + len(high) + 1)), len(low), words)


def _steps(table: PointsTable, words: Words) -> Section:
    t = words.choose
    columns = (
        Column(t("分数", "Points")),
        Column(t("违约概率", "Probability"), figures=True),
        Column(t("区间下限", "Low"), figures=True),
        Column(t("区间上限", "High"), figures=True),
        Column(t("等级", "Grade"), figures=True),
    )
    steps = table.pd_steps
    rows = []
    for i, x in enumerate(steps):
        until = steps[i + 1].from_points - 1 if i + 1 < len(steps) else None
        span = t(f"{x.from_points} 及以上", f"{x.from_points} and more") if until is None else f"{x.from_points} – {until}"
        span = t(f"{until} 及以下", f"{until} and less") if not i and until is not None else span
        codes = [y.code for j, y in enumerate(table.grades) if _meets(table, j, low=x.from_points if i else None, high=until)]
        shown = codes[0] if len(codes) == 1 else f"{codes[0]} – {codes[-1]}"
        rows.append((Cell(span), *(Cell(words.share(float(y))) for y in (x.pd, x.low, x.high)), Cell(shown)))
    return Section("probabilities", t("分数与违约概率", "Points and probability"), (Table(columns, tuple(reversed(rows))),))


def _meets(table: PointsTable, grade: int, *, low: int | None, high: int | None) -> bool:
    """Whether a grade holds for some of the points from low to high."""
    start = table.grades[grade].from_points if grade else None
    end = table.grades[grade + 1].from_points - 1 if grade + 1 < len(table.grades) else None
    return (high is None or start is None or start <= high) and (end is None or low is None or low <= end)
