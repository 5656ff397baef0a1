"""`huoshui cost` as it is called."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.cli import main
from huoshui.cli.cost import CALCULATOR, quick, read_fee
from huoshui.errors import InputError
from huoshui.rules.cost import Fee
from huoshui.terms import FeeBearer, LoanArrangement, RepaymentMethod, SizeClass

GIVEN: Final = {
    "principal": "500000", "rate": "0.0365", "months": "12", "method": "equal_installment", "fee": "6500@0",
    "on": "2025-10-01",
}  # fmt: skip


def arguments(*more: str, **changed: str | None) -> list[str]:
    given = {**GIVEN, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return ["cost", *(x for name, value in given.items() if value is not None for x in (f"--{name}", value)), *more]


def run(capsys: pytest.CaptureFixture[str], *more: str, **changed: str | None) -> tuple[int, Any]:
    status = main([*arguments(*more, **changed), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_the_issue_s_own_example_comes_out(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys)
    items = found.pop("items")
    assert (status, found) == (0, {
        "nominal": "0.0609368630", "effective": "0.0626679330", "naive": "0.0495000000",
        "total_interest_fen": 994044, "total_fee_fen": 650000, "borrower_cost_fen": 1644044,
        "subsidy_fen": 0, "cost_after_subsidy_fen": 1644044,
        "nominal_after_subsidy": "0.0609368630", "effective_after_subsidy": "0.0626679330",
        "by_exact_days": False, "cost_cap": None,
    })  # fmt: skip
    assert items == [
        {
            "name": "interest", "zh": "利息", "class": "interest", "bearer": "borrower", "charging_party": "",
            "amount_fen": 994044, "when": None, "payment_cycle": "monthly", "annualised_rate": "0.0364999414",
            "legal_check": "OK", "remarks": [], "citations": [],
        },
        {
            "name": "fee", "zh": "费用", "class": "other", "bearer": "borrower", "charging_party": "",
            "amount_fen": 650000, "when": 0, "payment_cycle": "once", "annualised_rate": "0.0244369216",
            "legal_check": "OK", "remarks": [], "citations": [],
        },
    ]  # fmt: skip


def test_a_fee_has_its_verdict_with_the_notice_behind_it(capsys: pytest.CaptureFixture[str]) -> None:
    _, found = run(capsys, fee="6500@0:commitment_fee:borrower:某银行")
    item = found["items"][1]
    assert (item["zh"], item["class"], item["charging_party"], item["legal_check"]) == (
        "承诺费",
        "bank_fee",
        "某银行",
        "FORBIDDEN",
    )
    assert item["citations"] == [
        {
            "policy": "fees", "field": "commitment_fee", "region": "000000", "since": "2011-10-24",
            "source": "银监发〔2011〕94号 第六条（两禁两限；网上转载件）", "unconfirmed": False,
        }
    ]  # fmt: skip


def test_fees_and_subsidies_may_be_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    _, found = run(capsys, "--fee", "900@3:notary_fee", "--subsidy", "2000@6", "--subsidy", "2500@12")
    assert (found["total_fee_fen"], found["subsidy_fen"], len(found["items"])) == (740_000, 450_000, 3)
    assert found["nominal_after_subsidy"] < found["nominal"]


def test_an_assisted_loan_is_held_against_its_cap(capsys: pytest.CaptureFixture[str]) -> None:
    _, found = run(capsys, arrangement="assisted", fee="60000@0")
    assert (found["cost_cap"]["rate"], found["cost_cap"]["is_above"]) == ("0.2400000000", True)
    assert found["cost_cap"]["citation"]["unconfirmed"] is True


def test_the_day_of_the_drawdown_decides_which_fee_rules_hold(capsys: pytest.CaptureFixture[str]) -> None:
    before = {"from": "2020-05-31", "on": None, "fee": "100@0:entrusted_payment_fee"}
    assert run(capsys, **before)[1]["items"][1]["legal_check"] == "OK"
    assert run(capsys, **{**before, "from": "2020-06-01"})[1]["items"][1]["legal_check"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6500@0", Fee("fee", 650_000, 0)),
        ("6500.50@12:notary_fee", Fee("notary_fee", 650_050, 12)),
        ("1@0:guarantee_fee:government", Fee("guarantee_fee", 100, 0, FeeBearer.GOVERNMENT)),
        ("1@0::bank:行: 内", Fee("fee", 100, 0, FeeBearer.BANK, "行: 内")),
        (" 1 @ 0 : 担保费 : : 担保公司 ", Fee("担保费", 100, 0, FeeBearer.BORROWER, "担保公司")),
    ],
)
def test_a_fee_is_read_from_its_parts(text: str, expected: Fee) -> None:
    assert read_fee(text, "fee") == expected


@pytest.mark.parametrize(
    "text", ["6500", "6500@", "@0", "6500@-1", "6500@1.5", "6500@０", "1.001@0", "1@0:x:nobody", "", 6500, None]
)
def test_what_is_no_fee_is_refused(text: object) -> None:
    with pytest.raises(InputError) as refused:
        read_fee(text, "fee")
    assert refused.value.field == "fee"


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"principal": "a lot"}, "bad_amount", "principal"),
        ({"rate": None}, "bad_request", "rate"),
        ({"flat_monthly_rate": "0.005"}, "bad_request", "rate"),
        ({"fee": "500000@0"}, "bad_request", "fee"),
        ({"fee": "1@13"}, "bad_request", "fee"),
        ({"subsidy": "100"}, "bad_request", "subsidy"),
        ({"subsidy": "16440.45@12"}, "bad_request", "subsidy"),
        ({"borrower": "unknown"}, "bad_choice", "borrower"),
        ({"region": "990000"}, "unknown_region", "region"),
        ({"months": "601"}, "bad_request", "months"),
        ({"day_count": "act/360"}, "bad_request", "day-count"),
    ],
)
def test_wrong_input_is_one_error_and_status_two(
    changed: dict[str, str | None], code: str, field: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, **changed)
    assert (status, list(found), found["error"]["code"], found["error"].get("field")) == (2, ["error"], code, field)


def test_people_read_the_cost_the_items_and_the_sources(capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--fee", "900@0:appraisal_fee", "--fee", "300@3:consulting_fee:guarantor", "--subsidy", "5000@12")
    assert main(arguments(*more, arrangement="assisted")) == 0
    assert capsys.readouterr().out.splitlines() == [
        "综合融资成本（年化，按月单利）  6.4357%",
        "综合融资成本（年化，复利）      6.6290%",
        "利率与费率简单相加（仅供对照）  5.1300%",
        "借款人承担                      17,340.44 元：利息 9,940.44 元，费用 7,400.00 元",
        "贴息 5,000.00 元后              4.6317%，12,340.44 元",
        "助贷综合融资成本上限 24.0000%   未超过",
        "",
        "项目        类别        承担方    金额（元）  时点    折年率   合规",
        "利息        利息        借款人    9,940.44    分期    3.6500%  未见禁止",
        "费用        其他        借款人    6,500.00    放款时  2.4501%  未见禁止",
        "押品评估费  第三方收费  借款人    900.00      放款时  0.3420%  应由银行承担",
        "咨询费      银行收费    担保机构  300.00      第3月   0.0000%  严格限制",
        "依据：银保监发〔2020〕18号 第三部分（增信环节；由银行独立承担的费用，细目未见原文）（未核实）",
        "依据：银监发〔2011〕94号 第六条（两禁两限；网上转载件）",
        "依据：金规〔2025〕9号 第六条（24%为律师解读，条文未写明数值）（未核实）",
    ]


fee_texts = st.builds(
    "{}@{}{}".format, st.integers(0, 20_000), st.sampled_from([0, 0, 0, 1, 12, 13]),
    st.sampled_from(["", ":commitment_fee", ":guarantee_fee:borrower:甲", ":appraisal_fee:bank", ":费", ":x:nobody"]),
)  # fmt: skip
lines = st.fixed_dictionaries(
    {
        "principal": st.integers(-1, 10**7) | st.sampled_from(["100000", "1234567.89", "much", None]),
        "months": st.sampled_from([1, 2, 12, 60, "12", 0, True]),
        "method": st.sampled_from([*RepaymentMethod, "BULLET", "never"]),
    },
    optional={
        "rate": st.decimals(min_value=0, max_value=1, places=4).map(str) | st.sampled_from(["3%", None]),
        "flat-monthly-rate": st.just("0.004"),
        "fee": st.lists(fee_texts, max_size=2) | fee_texts,
        "subsidy": st.just(["100@1"]),
        "borrower": st.sampled_from([*SizeClass, "huge"]),
        "arrangement": st.sampled_from(LoanArrangement),
        "region": st.sampled_from(["451400", "350000", "990000"]),
        "on": st.sampled_from(["2011-10-23", "2025-10-01", "tomorrow"]),
        "extra": st.just(1),
    },
)


@given(st.lists(lines, max_size=8))
def test_a_quick_answer_is_the_careful_one(many: list[dict[str, object]]) -> None:
    raw = [json.dumps(x).encode() for x in many]
    for line, answer in zip(many, quick(raw), strict=True):
        if answer is not None:
            assert {key: getattr(answer, key) for key in answer.__struct_fields__} == CALCULATOR.calculate(
                CALCULATOR.read(line)
            )


def test_lines_of_the_right_types_are_answered_quickly_and_others_are_not() -> None:
    plain = {"principal": "500000", "rate": "0.0365", "months": 12, "method": "equal_installment", "fee": ["6500@0"]}
    by_the_rule = [{**plain, "from": "2025-06-13"}, {**plain, "subsidy": ["10@1"]}, {**plain, "method": "bullet"}]
    others = [
        {**plain, "months": "12"},
        {**plain, "rate": "3%"},
        {**plain, "region": "990000"},
        {**plain, "borrower": "unknown"},
        [],
    ]
    answers = quick([json.dumps(x).encode() for x in [plain, *by_the_rule, *others]] + [b"\xff"])
    assert [x is not None for x in answers] == [*[True] * 4, *[False] * 6]


def test_a_batch_answers_every_line_in_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = [GIVEN, {**GIVEN, "fee": ["6500@0", "x"]}, {**GIVEN, "months": 12, "fee": []}, {**GIVEN, "from": "2025-06-13"}]
    (tmp_path / "loans.jsonl").write_text("\n".join(map(json.dumps, written)), encoding="utf-8")
    assert main(["cost", "--batch", str(tmp_path / "loans.jsonl")]) == 1
    captured = capsys.readouterr()
    found = [json.loads(x) for x in captured.out.splitlines()]
    assert [x.get("nominal") for x in found] == ["0.0609368630", None, "0.0364999414", "0.0614098112"]
    assert found[1]["error"]["code"] == "bad_request"
    assert captured.err == "huoshui: 1 line(s) could not be calculated\n"
