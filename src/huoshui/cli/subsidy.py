"""`huoshui subsidy` (财政贴息)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from huoshui import policy
from huoshui.cli.calculator import Calculator, Field, Result, Values, read_choice, read_date, read_once, read_text
from huoshui.cli.readers import read_amount, read_rate, read_region, read_repayment, read_span, read_yes_no
from huoshui.money import format_percent, format_yuan
from huoshui.policy import Policy
from huoshui.policy.region import NATION
from huoshui.rules.subsidy import OtherSubsidies, SubsidyLoan
from huoshui.services.subsidy import reckon_subsidy
from huoshui.terms import DayCount, LoanUse

_DAY_COUNT: Final = read_choice(DayCount.ACT_365, DayCount.ACT_360)


def calculate(values: Values, *, read: Callable[..., Policy] = policy.read) -> Result:
    """The subsidy of one loan as JSON shows it (贴息测算)."""
    loan = SubsidyLoan(
        values["principal"], values["contract_rate"], values["signed"], values["paid_out"], values["until"],
        values["repayment"], values["overdue"], values["use"], values["industry"],
    )
    other = OtherSubsidies(
        values["already_subsidised"], values["already_principal"],
        values["other_subsidy_rate"], values["other_subsidy_central"],
    )
    answer = reckon_subsidy(
        loan, programme=values["programme"], region=values["region"], on=values["on"],
        day_count=values["day_count"], other=other, read=read,
    )
    subsidy, basis = answer.subsidy, answer.basis
    return {
        "programme": values["programme"],
        "programme_zh": basis.zh,
        "eligible": subsidy.eligible,
        "subsidy_fen": subsidy.subsidy_fen,
        "central_fen": subsidy.central_fen,
        "provincial_fen": subsidy.provincial_fen,
        "gross_fen": subsidy.gross_fen,
        "days": subsidy.days,
        "rate": subsidy.rate,
        "day_count": basis.reckoning.day_count,
        "first_on": subsidy.first_on,
        "end_on": subsidy.end_on,
        "limits_hit": subsidy.limits_hit,
        "reasons": [{"code": x.code, "zh": x.zh, "en": x.en} for x in subsidy.reasons],
        "on": basis.on,
        "citation": basis.citations[0],
        "citations": basis.citations,
    }


def describe(result: Result) -> str:
    """The subsidy as a person reads it (文字说明)."""
    amount, central, provincial = (format_yuan(result[x]) for x in ("subsidy_fen", "central_fen", "provincial_fen"))
    lines = [f"{result['programme_zh']} ({result['programme']})"]
    lines += [f"  {x['zh']}" for x in result["reasons"]]
    lines += [
        f"贴息 {amount} 元：中央 {central} 元，地方 {provincial} 元",
        f"天数 {result['days']}，贴息率 {format_percent(result['rate'])}，{result['day_count']}",
    ]
    lines += [f"限制：{x.zh}" for x in result["limits_hit"]]
    for cited in result["citations"]:
        flag = "（未核实）" if cited.unconfirmed else ""
        lines.append(f"依据：{cited.field}，{cited.region}，自 {cited.since}，{cited.source}{flag}")
    return "\n".join(lines)


CALCULATOR = Calculator(
    fields=(
        Field("programme", read_text, "name of the programme, such as service_2025 (贴息项目)", required=True),
        Field("principal", read_amount, "amount paid out, in yuan (贷款金额)", required=True),
        Field("contract-rate", read_rate, "yearly rate of the contract, 0.04 for four per cent (合同利率)", required=True),
        Field("signed", read_date, "day on which the contract was signed (合同签订日)", required=True),
        Field("paid-out", read_date, "day of payment, for equipment_2024 to the supplier (放款日)", required=True),
        Field("until", read_date, "maturity, or the day to reckon up to, not counted (到期日、测算截止日)", required=True),
        Field("region", read_region, "region code of GB/T 2260; the nation if left out (地区)", default=NATION),
        Field("on", read_date, "the day whose rules hold; the day of signing if left out (适用政策日)"),
        Field("day-count", _DAY_COUNT, "act/365 or act/360; as the policy says if left out (天数基础)"),
        Field("repayment", read_repayment, "AMOUNT@DATE, principal paid back early; may be repeated (归还本金)", repeated=True),
        Field("overdue", read_span, "FROM..TO or FROM.., overdue or bad; may be repeated (逾期、不良期间)", repeated=True),
        Field("already-subsidised", read_amount, "what the firm had under the same cap, in yuan (已享受贴息)", default=0),
        Field("already-principal", read_amount, "principal of its other such loans, in yuan (已占用本金)", default=0),
        Field("other-subsidy-rate", read_rate, "another subsidy of this loan, a yearly rate (其他贴息率)", default=Decimal(0)),
        Field("other-subsidy-central", read_yes_no, "yes or no: the centre pays the other one (是否中央财政)", default=False),
        Field("use", read_choice(*LoanUse), "what the loan is for; not checked if left out (贷款类型)"),
        Field("industry", read_text, "industry code of GB/T 4754; not checked if left out (行业)"),
    ),
    calculate=calculate,
    describe=describe,
    calculate_many=read_once(calculate, read=policy.read),
)
add_arguments = CALCULATOR.add_arguments
run = CALCULATOR.run
