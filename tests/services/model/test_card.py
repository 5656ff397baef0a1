"""The card of a model: all of it on the page and in the PDF, in two languages, the same bytes every time."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest

from huoshui.adapters.model_card.content import CardData, make_card
from huoshui.adapters.model_card.pdf import render_pdf
from huoshui.adapters.signing import load_key
from huoshui.adapters.validation.firms_file import Source
from huoshui.errors import BadFile, BadModel
from huoshui.rules.points_table import Overlay, PointsTable, SignedLeak
from huoshui.services.model.approve import approve_model
from huoshui.services.model.card import CardRequest, write_card
from huoshui.services.model.folder import read_model, write_model
from huoshui.services.model.validate import ValidationRequest, report_content, validate_model
from tests.services.model.small_firms import small_firms, write_firms, write_trained
from tests.services.model.small_models import (
    APPROVED,
    CHECKER,
    MAKER,
    TRAINED,
    People,
    documents,
    make_people,
    small_table,
    write_small,
)

NAMES: Final = ["card.html", "card.en.html", "card.pdf", "card.en.pdf"]


def told_table() -> PointsTable:
    return replace(
        small_table(),
        signed_leaks=(SignedLeak("sales", "one_field_auc", "规模本就相关", MAKER),),
        overlays=(Overlay(date(2026, 1, 1), -8, "<二季度>"),),
    )


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def request_of_all(people: People, tmp_path_factory: pytest.TempPathFactory) -> CardRequest:
    folder = tmp_path_factory.mktemp("card")
    model = write_trained(folder / "model", people=people, table=told_table())
    approve_model(model, by=CHECKER, on=APPROVED, reason="跨期验证达标", key=people.key(CHECKER), trusted=people.trusted)
    features, outcomes = write_firms(folder / "firms", small_firms())
    source = Source(features, outcomes=outcomes, time="year")
    validate_model(ValidationRequest(model, source, APPROVED, out=folder / "validation", trusted=people.trusted))
    return CardRequest(model, folder / "card", validation=folder / "validation", trusted=people.trusted)


@pytest.fixture(scope="module")
def written(request_of_all: CardRequest) -> dict[str, Any]:
    return write_card(request_of_all)


class _Page(HTMLParser):
    """The texts of a page, and every address it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.loaded: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [f"{tag} {value}" for name, value in attrs if name in {"src", "xlink:href"}]
        if tag not in {"meta", "link", "rect", "line", "path", "circle", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"meta", "link", "rect", "line", "path", "circle", "br"}:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def page(request: CardRequest, name: str) -> _Page:
    return _Page((request.out / name).read_text(encoding="utf-8"))


def test_a_card_is_two_pages_and_two_pdfs(written: dict[str, Any], request_of_all: CardRequest) -> None:
    assert list(written["files"]) == NAMES
    assert sorted(x.name for x in request_of_all.out.iterdir()) == sorted(NAMES)
    for name in ("card.pdf", "card.en.pdf"):
        assert (request_of_all.out / name).read_bytes().startswith(b"%PDF-")


def test_the_same_model_gives_the_same_bytes(written: dict[str, Any], request_of_all: CardRequest, tmp_path: Path) -> None:
    assert write_card(replace(request_of_all, out=tmp_path / "again"))["files"] == written["files"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (
            "card.html",
            ["模型卡：small 1", "已批准", MAKER, CHECKER, "规模本就相关", "单字段 AUC 过高", "用途与使用限制", "350203",
             "样本过少", "10至100.5", "+40", "组合项", "分数与违约概率", "<二季度>", "跨期验证达标", "没有挑战者的指标"],
        ),
        (
            "card.en.html",
            ["Model card: small 1", "Approved", MAKER, CHECKER, "one field ranks too well", "limits of use", "350203",
             "too small", "10 to 100.5", "+40", "Pairs", "Points and probability", "no figures of a challenger"],
        ),
    ],
)  # fmt: skip
def test_the_page_tells_all_of_it(written: dict[str, Any], request_of_all: CardRequest, name: str, parts: list[str]) -> None:
    shown = page(request_of_all, name)
    assert [x for x in parts if x not in shown.text] == []
    assert written["sha256"] in shown.text
    assert shown.open == []
    assert shown.loaded == []


@pytest.mark.usefixtures("written")
def test_every_chart_says_what_it_shows(request_of_all: CardRequest) -> None:
    html = (request_of_all.out / "card.html").read_text(encoding="utf-8")
    charts = re.findall(r'<figure class="\w+" role="img" aria-label="([^"]+)">', html)
    assert len(charts) == html.count("<svg xmlns") == 6
    assert all(len(x) > 10 for x in charts)


@pytest.mark.usefixtures("written")
def test_the_contents_lead_to_every_section(request_of_all: CardRequest) -> None:
    html = (request_of_all.out / "card.html").read_text(encoding="utf-8")
    assert re.findall(r'<li><a href="#(\w+)">', html) == re.findall(r'<section id="(\w+)"', html)[1:]


@pytest.mark.usefixtures("written")
def test_chinese_on_the_english_page_is_marked(request_of_all: CardRequest) -> None:
    html = (request_of_all.out / "card.en.html").read_text(encoding="utf-8")
    assert '<span lang="zh-CN">跨期验证达标</span>' in html


TRAINING: Final[dict[str, Any]] = {
    "format": "huoshui model training 1",
    "versions": {"huoshui": "0.1.0", "python": "3.11"},
    "data": [{"file": "all.parquet", "sha256": "4fe6dcd105336230" * 4}],
    "rows": 2123,
    "defaults": 27,
    "without_outcome": 3,
    "outcome": "default",
    "time": None,
    "prior": 0.05,
    "left_out": {"rating": "it encodes the outcome"},
    "recipe": {"half_life": None, "ridge": 5.0},
}
METRICS: Final[dict[str, Any]] = {
    "auc": 0.9, "ks": 0.7, "brier": 0.07, "calibration_error": 0.03,
    "intervals": {"auc": [0.84, 0.98]},
    "pd_interval": {"tenths": 10, "tenths_held": 7},
    "after_level_shift": None,
    "rolled_level": {"brier": 0.0712, "calibration_error": 0.0311},
    "challenger": {"auc": 0.88, "ks": 0.69, "brier": 0.08, "lead_auc": -0.02, "lead_auc_interval": [-0.05, 0.01]},
    "split": {
        "kind": "repeated_cross_validation", "folds": 5, "repeats": 20, "train_rows": 2123, "train_defaults": 27,
        "test_rows": 2123, "test_defaults": 27, "test_from": None,
    },
}  # fmt: skip


def test_a_small_sample_without_time_is_told_as_such(people: People, request_of_all: CardRequest, tmp_path: Path) -> None:
    curves = read_model(request_of_all.model, trusted=people.trusted).document("curves.json")
    test = {x: curves[x] for x in ("roc", "calibration")} | {"rows": 2123, "defaults": 27}
    files = documents(small_table(), metrics=METRICS) | {
        "training.json": report_content(TRAINING),
        "curves.json": report_content({**curves, "periods": [], "test": test}),
    }
    write_model(tmp_path / "model", files=files, trained_by=MAKER, on=TRAINED, key=load_key(people.key(MAKER)))
    write_card(CardRequest(tmp_path / "model", tmp_path / "card", trusted=people.trusted))
    zh, en = (_Page((tmp_path / "card" / name).read_text(encoding="utf-8")).text for name in ("card.html", "card.en.html"))
    parts = [
        "5 折 × 20 次重复交叉验证（2,123 户，违约 27 户）", "样本中违约企业仅 27 户", "领先 -0.020 [-0.050, +0.010]", "7 / 10",
        "95% [0.840, 0.980]", "all.parquet", "it encodes the outcome", "收缩强度 5", "（训练样本）", "样本没有时间字段",
        "Brier 0.0712，校准误差 0.0311",
    ]  # fmt: skip
    assert [x for x in parts if x not in zh] == []
    assert "by 5 folds, 20 times (2,123 firms, 27 defaulted)" in en
    assert "a lead of -0.020 [-0.050, +0.010]" in en


def test_a_model_without_approval_says_so_at_the_top_and_in_the_summary(people: People, tmp_path: Path) -> None:
    model = write_trained(tmp_path / "model", people=people)
    done = write_card(CardRequest(model, tmp_path / "card", trusted=people.trusted))
    assert done["status"] == "unapproved"
    text = _Page((tmp_path / "card" / "card.html").read_text(encoding="utf-8")).text
    assert "未批准" in text
    assert "其结果不得用于贷款决定" in text
    assert "尚未按地区、规模、年龄评价公平性" in text


def test_a_validation_of_another_model_is_refused(people: People, request_of_all: CardRequest, tmp_path: Path) -> None:
    other = write_trained(tmp_path / "other", people=people, table=small_table(name="other"))
    with pytest.raises(BadFile, match="is a validation of another model"):
        write_card(replace(request_of_all, model=other, out=tmp_path / "card"))
    with pytest.raises(BadFile, match=r"holds no readable validation\.json"):
        write_card(replace(request_of_all, validation=tmp_path, out=tmp_path / "card"))
    assert not (tmp_path / "card").exists()


def test_a_model_without_curves_has_no_card(people: People, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"has no curves\.json"):
        write_card(CardRequest(write_small(tmp_path / "bare", people=people), tmp_path / "card", trusted=people.trusted))


@pytest.mark.parametrize(
    ("origin", "mark", "zh", "en"),
    [
        (None, 0, "", ""),
        ("model", 1, "合成数据：训练用的企业及其结果由程序生成", "Synthetic data: the firms of the training"),
        ("firms", 0, "验证样本为合成数据：企业及其结果由程序生成", "The validation is of synthetic data: its firms"),
    ],
)
def test_a_card_calls_synthetic_data_so(
    *, origin: str | None, mark: int, zh: str, en: str, people: People, tmp_path: Path
) -> None:
    model = write_trained(tmp_path / "model", people=people, synthetic=origin == "model")
    features, outcomes = write_firms(tmp_path / "firms", small_firms(rows=60), synthetic=origin == "firms")
    asked = ValidationRequest(
        model, Source(features, outcomes=outcomes), APPROVED, out=tmp_path / "validation", trusted=people.trusted
    )
    validate_model(asked)
    request = CardRequest(model, tmp_path / "card", validation=asked.out, trusted=people.trusted)
    assert write_card(request)["synthetic"] is (origin == "model")
    for name, pill, notice in (("card.html", "合成数据", zh), ("card.en.html", "Synthetic data", en)):
        html = (request.out / name).read_text(encoding="utf-8")
        assert html.count(f'<span class="status bad">{pill}</span></h1>') == mark
        shown = [x for x in page(request, name).texts if "合成数据" in x or "ynthetic data" in x]
        assert len(shown) == mark + bool(notice)
        assert [x for x in shown if x.startswith(notice or "none")] == shown[mark:]


def test_the_pdf_has_the_mark_that_the_page_has(request_of_all: CardRequest, people: People) -> None:
    model = read_model(request_of_all.model, trusted=people.trusted)
    data = CardData(model.table, model.basis, [], model.document("metrics.json"), {}, model.document("curves.json"), None, {})
    card = make_card(data, language="zh")
    assert (card.mark, make_card(replace(data, basis={**model.basis, "synthetic": True}), language="zh").mark) == (
        "",
        "合成数据",
    )
    pdfs = [render_pdf(replace(card, mark=x), on=APPROVED) for x in ("", "合成数据", "合成数据")]
    assert (pdfs[0] == pdfs[1], pdfs[1] == pdfs[2]) == (False, True)
