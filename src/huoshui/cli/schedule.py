"""`huoshui schedule` (还款计划)."""

from typing import Final

from huoshui.cli.calculator import Calculator, Field, Result, Values, read_choice, read_count, read_date
from huoshui.cli.layout import aligned
from huoshui.cli.readers import read_amount, read_rate
from huoshui.money import format_yuan
from huoshui.rules.schedule import LoanTerms
from huoshui.services.schedule import plan_repayment
from huoshui.terms import BusinessDayShift, DayCount, RepaymentMethod

_HEAD: Final = ("期次", "到期日", "天数", "本金", "利息", "本息合计", "剩余本金")


def calculate(values: Values) -> Result:
    """The schedule of one loan as JSON shows it (还款计划)."""
    loan = LoanTerms(
        values["principal"],
        values["rate"],
        values["months"],
        values["method"],
        values["from"],
        values["day_count"],
        values["grace_months"],
        values["due_day"],
        values["every"],
        values["shift"],
    )
    planned = plan_repayment(loan)
    schedule = planned.schedule
    return {
        "method": loan.method,
        "day_count": loan.day_count,
        "installments": schedule.installments,
        "total_principal_fen": schedule.principal_fen,
        "total_interest_fen": schedule.interest_fen,
        "total_fen": schedule.total_fen,
        "unannounced_years": planned.unannounced_years,
    }


def describe(result: Result) -> str:
    """The schedule as a person reads it (文字说明)."""
    rows = [
        (
            str(x.number),
            x.due_on.isoformat(),
            str(x.days),
            *map(format_yuan, (x.principal_fen, x.interest_fen, x.total_fen, x.balance_fen)),
        )
        for x in result["installments"]
    ]
    total = ("合计", "", "", *(format_yuan(result[x]) for x in ("total_principal_fen", "total_interest_fen", "total_fen")))
    lines = [f"{result['method'].zh}，{result['day_count']}，金额单位：元", aligned([_HEAD, *rows, total])]
    if result["unannounced_years"]:
        years = "、".join(map(str, result["unannounced_years"]))
        lines.append(f"提示：{years}年放假安排尚未公布，按周一至周五为工作日")
    return "\n".join(lines)


CALCULATOR = Calculator(
    fields=(
        Field("principal", read_amount, "amount of the loan, in yuan (贷款本金)", required=True),
        Field("rate", read_rate, "yearly rate, 0.0385 for 3.85 per cent (年利率)", required=True),
        Field("months", read_count, "term in months (期限)", required=True),
        Field("method", read_choice(*RepaymentMethod), f"{', '.join(RepaymentMethod)} (还款方式)", required=True),
        Field("from", read_date, "day of the drawdown (放款日)", required=True),
        Field(
            "day-count",
            read_choice(*DayCount),
            "act/360, act/365 or 30/360 (30E/360); act/360 if left out, as Chinese banks count (计息基础)",
            default=DayCount.ACT_360,
        ),
        Field("grace-months", read_count, "first months in which only interest is paid (宽限期)", default=0),
        Field(
            "due-day",
            read_count,
            "day of the month on which payments are due, from the month after the drawdown on; the last at maturity (还款日)",
        ),
        Field("every", read_count, "months from one payment to the next; 1 if left out (还款间隔月数)", default=1),
        Field(
            "shift",
            read_choice(*BusinessDayShift),
            f"{', '.join(BusinessDayShift)}: where a due day goes that is no working day; none if left out (节假日调整)",
            default=BusinessDayShift.NONE,
        ),
    ),
    calculate=calculate,
    describe=describe,
)
add_arguments = CALCULATOR.add_arguments
run = CALCULATOR.run
