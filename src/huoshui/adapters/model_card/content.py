"""What a card says (模型卡内容): from the model's files and, where it was validated, from the validation's report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from huoshui.adapters.model_card.blocks import (
    Bullets,
    Card,
    Cell,
    Chart,
    Charts,
    Column,
    Figure,
    Figures,
    Language,
    Notice,
    Section,
    Table,
    Text,
    Tone,
)
from huoshui.adapters.model_card.charts import draw_calibration, draw_grades, draw_roc, draw_scores, draw_years
from huoshui.adapters.model_card.factors import factor_sections
from huoshui.adapters.model_card.fairness import fairness_section
from huoshui.adapters.model_card.origins import data_section, level_facts, method_section, tested_on
from huoshui.adapters.model_card.wording import Words, interval_of, lead_of, missing_table
from huoshui.rules.points_table import PointsTable
from huoshui.terms import ModelAct, ModelStatus

FEW_DEFAULTS: Final = 100
HELD_WELL: Final = 0.9
HELD_BADLY: Final = 0.8
FAR: Final = 1.96  # standard errors beyond which a distance is no chance
_TONES: Final[dict[str, Tone]] = {"approved": "good", "unapproved": "watch", "unsigned": "watch"}


@dataclass(frozen=True, slots=True)
class CardData:
    """What a card is made of (模型卡数据): the table, what the folder says, and what a validation found, if there is one.

    `acts` are the signed acts as plain data; `citations` the policy values that limits come from.
    """

    table: PointsTable
    basis: Mapping[str, Any]
    acts: Sequence[Mapping[str, Any]]
    metrics: Mapping[str, Any]
    training: Mapping[str, Any]
    curves: Mapping[str, Any]
    validation: Mapping[str, Any] | None
    files: Mapping[str, str]


def make_card(data: CardData, *, language: Language) -> Card:
    """The card of a model in one language (生成模型卡)."""
    words = Words(language)
    t, basis = words.choose, data.basis
    status = ModelStatus(basis["status"])
    name = f"{basis['name']} {basis['version']}".strip()
    facts = (
        (t("预测目标", "Predicts"), data.table.outcome or "–"),
        (t("训练", "Trained"), words.signed(basis["trained_by"], basis["trained_on"])),
        (t("批准", "Approved"), words.signed(basis["approved_by"], basis["approved_on"])),
        (t("指纹", "Fingerprint"), basis["sha256"][:16]),
    )
    sections = (
        _summary(data, words),
        _ranking(data, words),
        _use(data, words),
        _levels(data, words),
        data_section(training=data.training, split=_split(data), words=words),
        method_section(data.table, recipe=data.training.get("recipe"), words=words),
        *factor_sections(data.table, curves=data.curves, words=words),
        _stability(data, words),
        _leaks(data, words),
        _challenger(data, words),
        fairness_section(data.validation, words=words),
        _signatures(data, words),
    )
    return Card(
        language=language,
        title=t(f"模型卡：{name}", f"Model card: {name}"),
        subtitle=t("活水 · 信用评分模型", "Huoshui · credit scoring model"),
        status=words.begun(words.term(status)),
        tone=_TONES.get(status.value, "bad"),
        facts=facts,
        sections=sections,
        footer=t(f"模型文件 sha256 {basis['sha256']}", f"Model files sha256 {basis['sha256']}"),
        mark=t("合成数据", "Synthetic data") if basis["synthetic"] else "",
    )


def _summary(data: CardData, words: Words) -> Section:
    blocks = (*_warnings(data, words), _key_figures(data, words), *_remarks(data, words))
    return Section("summary", words.choose("摘要", "Summary"), blocks)


def _warnings(data: CardData, words: Words) -> Iterator[Notice]:
    """What must be known before any figure is read."""
    t = words.choose
    if data.basis["synthetic"]:
        zh = "合成数据：训练用的企业及其结果由程序生成，不对应任何真实主体，本模型不得用于贷款决定。"
        en = "Synthetic data: the firms of the training were made by a program. None is real; it may not decide on a loan."
        yield Notice(t(zh, en), "bad")
    elif data.validation is not None and data.validation.get("synthetic"):
        zh = "验证样本为合成数据：企业及其结果由程序生成，不对应任何真实主体。"
        en = "The validation is of synthetic data: its firms were made by a program. None is real."
        yield Notice(t(zh, en), "watch")
    if data.basis["status"] != ModelStatus.APPROVED.value:
        zh = "本模型尚未处于已批准状态，其结果不得用于贷款决定。"
        yield Notice(t(zh, "This model is not in an approved state; it may not decide on a loan."), "bad")


def _key_figures(data: CardData, words: Words) -> Figures:
    t, metrics = words.choose, data.metrics
    figures = [
        Figure("AUC", words.figure(metrics.get("auc")), interval_of(metrics, "auc", words)),
        Figure("KS", words.figure(metrics.get("ks")), interval_of(metrics, "ks", words)),
        Figure("Brier", words.figure(metrics.get("brier"), places=4), interval_of(metrics, "brier", words, places=4)),
        Figure(
            t("校准误差", "Calibration error"),
            words.figure(metrics.get("calibration_error"), places=4),
            interval_of(metrics, "calibration_error", words, places=4),
        ),
    ]
    held = metrics.get("pd_interval")
    if isinstance(held, Mapping):
        note = t("区间覆盖实际违约率的十分位", "tenths whose interval holds what happened")
        figures.append(
            Figure(t("区间覆盖", "Intervals held"), f"{held['tenths_held']} / {held['tenths']}", note, _held_tone(held))
        )
    return Figures(tuple(figures))


def _remarks(data: CardData, words: Words) -> Iterator[Text | Notice]:
    """What the figures were measured on, and how far they carry."""
    if tested := tested_on(_split(data), words=words):
        yield Text(tested)
    if data.validation is not None:
        yield Text(_checked(data.validation["figures"], data.validation["data"], words))
    if lead := lead_of(data.metrics, words):
        yield Text(lead)
    if (defaults := _tested(data)["defaults"]) < FEW_DEFAULTS:
        yield Notice(_few(defaults, words), "watch")


def _held_tone(held: Mapping[str, Any]) -> Tone:
    share = held["tenths_held"] / max(held["tenths"], 1)
    return "plain" if share >= HELD_WELL else "watch" if share >= HELD_BADLY else "bad"


def _few(defaults: int, words: Words) -> str:
    return words.choose(
        f"样本中违约企业仅 {defaults:,} 户：指标须连同区间阅读，小于区间宽度的差异不足为据。",
        f"Only {defaults:,} firms of the sample defaulted: a difference smaller than the intervals proves nothing.",
    )


def _checked(found: Mapping[str, Any], checked: Mapping[str, Any], words: Words) -> str:
    auc, ks, error = (words.spread(found[x], places=y) for x, y in (("auc", 3), ("ks", 3), ("calibration_error", 4)))
    rows, bad = words.count(checked["with_outcome"]), words.count(checked["defaults"])
    return words.choose(
        f"在另外 {rows} 户（违约 {bad} 户）上验证：AUC {auc}，KS {ks}，校准误差 {error}。",
        f"Validated on {rows} other firms ({bad} defaulted): AUC {auc}, KS {ks}, calibration error {error}.",
    )


def _use(data: CardData, words: Words) -> Section:
    t = words.choose
    limits = [
        t(
            "用于小微企业授信的辅助判断：给出违约概率、等级与理由；额度、利率另按产品规则计算。",
            "For judging a small firm that asks for a loan: probability, grade and reasons; limit and price follow rules.",
        ),
        t(
            "不得单独用于拒绝贷款：企业有权要求说明理由，并要求人工复核（个人信息保护法第24条）。",
            "Not for refusing by machine alone: a firm may ask for reasons and for a person's decision (PIPL, article 24).",
        ),
        t(
            "只适用于与训练样本相似的企业；分数与字段的稳定性须定期监测（huoshui model monitor）。",
            "Only for firms like those of the training; drift must be watched (huoshui model monitor).",
        ),
        t(
            "排序可跨越景气变化，违约率水平不能：水平须按新数据滚动调整。",
            "A ranking outlives a turn of the economy, a level does not: the level has to be moved with new data.",
        ),
        t(
            "违约概率带有区间；企业数少的等级，区间比数值更可信。",
            "A probability comes with an interval; where a grade has few firms, trust the interval rather than the number.",
        ),
    ]
    overlays = [
        t(
            f"自 {x.since} 起水平调整 {x.points:+d} 分：{x.reason}",
            f"Level moved by {x.points:+d} points from {x.since} on: {x.reason}",
        )
        for x in data.table.overlays
    ]
    return Section("use", t("用途与使用限制", "Purpose and limits of use"), (Bullets((*limits, *overlays)),))


def _split(data: CardData) -> Mapping[str, Any]:
    found = data.metrics.get("split")
    return found if isinstance(found, Mapping) else {}


def _tested(data: CardData) -> Mapping[str, Any]:
    """The curves of firms not learnt from, and those of the training where a test has none."""
    test = data.curves.get("test")
    return {**data.curves, **test} if isinstance(test, Mapping) else data.curves


def _from_training(data: CardData, *, curve: str) -> bool:
    test = data.curves.get("test")
    return isinstance(test, Mapping) and curve not in test


def _ranking(data: CardData, words: Words) -> Section:
    curves = _tested(data)
    charts: tuple[Chart, ...] = (
        draw_roc(curves["roc"], auc=data.metrics.get("auc"), language=words.language),
        draw_scores(curves["histogram"], table=data.table, language=words.language),
    )
    if _from_training(data, curve="histogram"):
        charts = (
            charts[0],
            replace(charts[1], caption=charts[1].caption + words.choose("（训练样本）", " (firms of the training)")),
        )
    return Section("ranking", words.choose("区分能力", "Ranking"), (Charts(charts),))


def _levels(data: CardData, words: Words) -> Section:
    t, curves = words.choose, _tested(data)
    inside = t("（训练样本）", " (firms of the training)") if _from_training(data, curve="grades") else ""
    charts = [
        draw_calibration(curves["calibration"], language=words.language),
        draw_grades(curves["grades"], language=words.language),
    ]
    charts[1] = replace(charts[1], caption=charts[1].caption + inside)
    columns = (
        Column(t("等级", "Grade")),
        Column(t("起始分", "From points"), figures=True),
        Column(t("户数", "Firms"), figures=True),
        Column(t("占比", "Share"), figures=True),
        Column(t("预期违约率", "Expected"), figures=True),
        Column(t("实际违约率", "Realised"), figures=True),
        Column(t("相差标准误", "Standard errors apart"), figures=True),
    )
    starts = {x.code: str(x.from_points) for x in data.table.grades[1:]}
    rows = tuple(
        (
            Cell(x["grade"]),
            Cell(starts.get(x["grade"], "–")),
            Cell(words.count(x["rows"])),
            Cell(words.share(x["share"])),
            Cell(words.share(x["expected"])),
            Cell(words.share(x["realised"])),
            Cell(words.figure(x["distance"], places=1), tone="plain" if abs(x["distance"] or 0) < FAR else "watch"),
        )
        for x in reversed(curves["grades"])
    )
    blocks: list[Any] = [Charts(tuple(charts)), Table(columns, rows, t("按等级", "By grade") + inside)]
    if level := level_facts(data.metrics, words=words):
        blocks.append(level)
    return Section("levels", t("校准与等级", "Calibration and grades"), tuple(blocks))


def _stability(data: CardData, words: Words) -> Section:
    t = words.choose
    blocks: list[Any] = []
    periods = {x["period"]: x for curves in (data.curves, _tested(data)) for x in curves["periods"]}
    if periods:
        ordered = [periods[x] for x in sorted(periods, key=lambda x: (len(x), x))]
        blocks.append(Charts((draw_years(ordered, tested_from=_split(data).get("test_from"), language=words.language),)))
    else:
        blocks.append(Text(t("样本没有时间字段，不能按年度评价。", "The sample has no time; it cannot be judged by year.")))
    if data.validation is not None:
        blocks += [words.drift(data.validation), missing_table(data.validation, words=words)]
    return Section("stability", t("稳定性", "Stability"), tuple(blocks))


def _leaks(data: CardData, words: Words) -> Section:
    t = words.choose
    title = t("泄漏警报", "Leak alarms")
    if not data.table.signed_leaks:
        text = t("训练时没有字段触发泄漏警报，或已被剔除。", "No field that is used rang an alarm in the training.")
        return Section("leaks", title, (Text(text),))
    columns = (
        Column(t("字段", "Field")),
        Column(t("警报", "Alarm"), width=1.4),
        Column(t("签认人", "Signed by")),
        Column(t("理由", "Reason"), width=2),
    )
    rows = tuple(
        (Cell(x.field), Cell(words.alarm(x.alarm)), Cell(x.by or "–"), Cell(x.reason)) for x in data.table.signed_leaks
    )
    lead = t(
        "下列字段对结果“知道得太多”，由具名人员说明理由后保留。",
        "These fields know much of the outcome; a named person kept them for a reason.",
    )
    return Section("leaks", title, (Table(columns, rows),), lead)


def _challenger(data: CardData, words: Words) -> Section:
    t = words.choose
    found = data.metrics.get("challenger")
    title = t("挑战者", "Challenger")
    if not isinstance(found, Mapping):
        return Section("challenger", title, (Text(t("没有挑战者的指标。", "There are no figures of a challenger.")),))
    names = [x for x in ("auc", "ks", "brier", "calibration_error") if isinstance(found.get(x), (int, float))]
    columns = (
        Column(t("指标", "Figure")),
        Column(t("评分表", "Points table"), figures=True),
        Column(t("挑战者", "Challenger"), figures=True),
        Column(t("挑战者领先", "Challenger's lead"), figures=True),
    )
    rows = tuple(
        (
            Cell(words.key(x)),
            Cell(words.figure(data.metrics.get(x), places=4)),
            Cell(words.figure(found[x], places=4)),
            Cell(words.lead(x, mine=data.metrics.get(x), other=found[x])),
        )
        for x in names
    )
    lead = t(
        "挑战者为梯度提升树，不用于决策；其领先幅度说明评分表为可读性付出的代价。",
        "The challenger is boosted trees and decides nothing; its lead is what the points table pays for being readable.",
    )
    return Section("challenger", title, (Table(columns, rows),), lead)


def _signatures(data: CardData, words: Words) -> Section:
    t = words.choose
    title = t("签署", "Signatures")
    heads = (Column(t("文件", "File")), Column("sha256", width=4))
    files = Table(heads, tuple((Cell(name), Cell(digest)) for name, digest in data.files.items()))
    if not data.acts:
        return Section("signatures", title, (Notice(t("没有人签署本模型。", "Nobody signed this model."), "watch"), files))
    columns = (
        Column(t("事项", "Act")),
        Column(t("签署人", "By")),
        Column(t("业务日", "Day")),
        Column(t("密钥", "Key"), width=1.4),
        Column(t("理由", "Reason"), width=2.4),
    )
    rows = tuple(
        (
            Cell(words.begun(words.term(ModelAct(x["act"])))),
            Cell(x["by"]),
            Cell(x["on"]),
            Cell(x["key_id"]),
            Cell(x["reason"] or "–"),
        )
        for x in data.acts
    )
    lead = t(
        "训练与批准由不同的人签署（Ed25519），签名覆盖每个文件的每个字节；不是法律意义上的可靠电子签名。",
        "Two people sign training and approval (Ed25519) over every byte; in law these are no reliable electronic signatures.",
    )
    missed = [y for x in data.acts for y in x["overridden"]]
    passed = t("批准时未达标、以上述理由放行的限值：", "Limits that were missed and let pass for the reason above: ")
    notices = (Notice(passed + "; ".join(missed), "watch"),) if missed else ()
    return Section("signatures", title, (Table(columns, rows), *notices, files), lead)
