"""How a card puts figures and names into words (模型卡用语), in one of two languages."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from huoshui.adapters.model_card.blocks import Cell, Column, Language, Table, Tone
from huoshui.terms import Light, Term

_KEYS: Final[dict[str, tuple[str, str]]] = {
    "auc": ("AUC", "AUC"),
    "ks": ("KS", "KS"),
    "brier": ("Brier 分数", "Brier score"),
    "calibration_error": ("校准误差", "Calibration error"),
    "rows": ("户数", "Firms"),
    "defaults": ("违约户数", "Defaults"),
    "outcome": ("结果字段", "Outcome"),
    "time": ("时间字段", "Time"),
    "split": ("划分", "Split"),
    "seed": ("随机种子", "Seed"),
    "on": ("业务日", "Day"),
}
_ALARMS: Final[dict[str, tuple[str, str]]] = {
    "one_field_auc": ("单字段 AUC 过高", "one field ranks too well"),
    "values_differ_by_outcome": ("取值因结果而异", "values differ by outcome"),
    "dated_after_the_decision": ("日期晚于决策", "dated after the decision"),
}
_TONES: Final[dict[Light, Tone]] = {Light.GREEN: "good", Light.AMBER: "watch", Light.RED: "bad", Light.NOT_KNOWN: "plain"}
_LOW_IS_GOOD: Final = frozenset({"brier", "calibration_error"})


class Words:
    """The texts of one language (用语)."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def choose(self, zh: str, en: str) -> str:
        """One of two texts (按语言取词)."""
        return zh if self.language == "zh" else en

    def begun(self, text: str) -> str:
        """A text that begins a cell (首字母大写)."""
        return text[:1].upper() + text[1:]

    def term(self, term: Term) -> str:
        """A term's label (术语)."""
        return self.choose(term.zh, term.en)

    def key(self, name: str) -> str:
        """The label of an entry (条目名称); one that is not known shows itself."""
        last = name.rpartition(".")[2]
        return self.choose(*_KEYS[last]) if last in _KEYS and "." not in name else name

    def alarm(self, alarm: str) -> str:
        """A leak alarm in words (警报名称)."""
        return self.choose(*_ALARMS.get(alarm, (alarm, alarm)))

    def signed(self, by: str | None, on: str | None) -> str:
        """Who and when (签署人与日期)."""
        return f"{by}，{on}" if by and self.language == "zh" else f"{by}, {on}" if by else "–"

    def count(self, value: float) -> str:
        """A number of firms (户数)."""
        return f"{value:,.0f}"

    def whole(self, value: object) -> str:
        """A number of firms (户数), or a dash where it is not known."""
        return f"{value:,}" if isinstance(value, int) else "–"

    def figure(self, value: object, *, places: int = 3) -> str:
        """A figure (数值), or a dash."""
        return f"{value:.{places}f}" if isinstance(value, (int, float)) and isfinite(value) else "–"

    def share(self, value: float | None) -> str:
        """A share in per cent (百分比), or a dash."""
        return "–" if value is None else f"{100 * value:.2f}%"

    def spread(self, found: Mapping[str, float | None], *, places: int = 3) -> str:
        """A figure with its interval (数值及区间)."""
        shown = self.figure(found["value"], places=places)
        return (
            shown
            if found["low"] is None
            else f"{shown} [{self.figure(found['low'], places=places)}, {self.figure(found['high'], places=places)}]"
        )

    def light(self, light: str, text: str) -> Cell:
        """A figure in the tone of its light (预警单元格)."""
        found = Light(light)
        return Cell(text, self.begun(self.term(found)), _TONES[found])

    def value(self, value: object) -> str:
        """A plain value (取值)."""
        if isinstance(value, bool) or value is None:
            return self.choose(
                "是" if value else "否" if value is False else "–", "yes" if value else "no" if value is False else "–"
            )
        if isinstance(value, float):
            return f"{value:.6g}"
        if isinstance(value, int):
            return f"{value:,}" if abs(value) > 9999 else str(value)
        return str(value)

    def lead(self, name: str, *, mine: object, other: object) -> str:
        """How far the challenger is ahead (领先幅度): a positive number is a lead, also where low is good."""
        if not isinstance(mine, (int, float)) or not isinstance(other, (int, float)):
            return "–"
        return f"{(mine - other) if name in _LOW_IS_GOOD else (other - mine):+.4f}"

    def drift(self, validation: Mapping[str, Any]) -> Table:
        """Score and fields against the training (漂移表)."""
        t = self.choose
        columns = (
            Column(t("字段", "Field"), width=2),
            Column(t("稳定性指数", "Stability index"), figures=True),
            Column(t("缺失率：训练", "Missing: training"), figures=True),
            Column(t("缺失率：现在", "Missing: now"), figures=True),
        )
        score = validation["score"]
        rows = [
            (Cell(t("总分（PSI）", "Score (PSI)")), self.light(score["light"], self.figure(score["psi"])), Cell("–"), Cell("–"))
        ]
        rows += [
            (
                Cell((x["zh"] if self.language == "zh" else x["en"]) or x["field"]),
                self.light(x["light"], self.figure(x["csi"])),
                Cell(self.share(x["missing_trained"])),
                self.light(x["missing_light"], self.share(x["missing_now"])),
            )
            for x in validation["fields"]
        ]
        return Table(columns, tuple(rows), t("验证样本与训练样本相比", "Firms of the validation against those of the training"))


def missing_table(validation: Mapping[str, Any], *, words: Words) -> Table:
    """What the loss of each field would do (字段缺失影响表)."""
    t = words.choose
    columns = (
        Column(t("字段", "Field"), width=2),
        Column(t("平均分", "Mean points"), figures=True),
        Column(t("平均违约概率", "Mean probability"), figures=True),
        Column("AUC", figures=True),
        Column(t("改变等级的企业", "Firms in another grade"), figures=True),
    )
    names = {x["field"]: x["zh"] if words.language == "zh" else x["en"] for x in validation["fields"]}
    rows = tuple(
        (
            Cell(names.get(x["field"]) or x["field"]),
            Cell(f"{x['points']:+.1f}"),
            Cell(f"{100 * x['mean_pd']:+.2f}%"),
            Cell("–" if x["auc"] is None else f"{x['auc']:+.3f}"),
            Cell(words.share(x["other_grade"])),
        )
        for x in validation["missing"]
    )
    return Table(columns, rows, t("某一字段全部缺失时的变化", "What would change if a field were not known of any firm"))


def interval_of(metrics: Mapping[str, Any], name: str, words: Words, *, places: int = 3) -> str:
    """The interval of a figure of metrics.json (指标区间), or nothing."""
    held = metrics.get("intervals")
    found = held.get(name) if isinstance(held, Mapping) else None
    found = found if found is not None else metrics.get(f"{name}_interval")
    if isinstance(found, Mapping):
        found = [found.get("low"), found.get("high")]
    if isinstance(found, (list, tuple)) and len(found) == 2 and all(isinstance(x, (int, float)) for x in found):
        return f"95% [{words.figure(found[0], places=places)}, {words.figure(found[1], places=places)}]"
    return ""


def lead_of(metrics: Mapping[str, Any], words: Words) -> str:
    """A sentence on how far the challenger's AUC is ahead (挑战者领先), with its interval where that is known, or nothing."""
    found = metrics.get("challenger")
    other = found.get("auc") if isinstance(found, Mapping) else None
    mine = metrics.get("auc")
    if not isinstance(found, Mapping) or not isinstance(other, (int, float)) or not isinstance(mine, (int, float)):
        return ""
    lead = found.get("lead_auc", other - mine)
    held = found.get("lead_auc_interval")
    spread = f" [{held[0]:+.3f}, {held[1]:+.3f}]" if isinstance(held, list) and None not in held else ""
    zh = f"挑战者（梯度提升树）的 AUC 为 {other:.3f}，领先 {lead:+.3f}{spread}。"
    en = f"The challenger (boosted trees) has an AUC of {other:.3f}, a lead of {lead:+.3f}{spread}."
    return words.choose(zh, en)
