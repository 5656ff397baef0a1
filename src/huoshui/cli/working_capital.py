"""`huoshui working-capital` (流动资金需求测算)."""

from dataclasses import asdict
from decimal import Decimal
from typing import Final

from huoshui.cli.calculator import Calculator, Field, Result, Values
from huoshui.cli.layout import aligned
from huoshui.cli.readers import read_amount, read_rate
from huoshui.errors import BadRequest
from huoshui.money import format_rate, format_yuan
from huoshui.rules.working_capital import Balances, Operation, estimate_working_capital

_BALANCES: Final = {
    "inventory": "存货",
    "receivable": "应收账款",
    "payable": "应付账款",
    "prepaid": "预付账款",
    "advance": "预收账款",
}
_NOT_APPLICABLE: Final = (
    "the turnover days add up to {days}, which is not above zero: payables and advances finance the whole cycle, "
    "and the formula does not apply"
)
_NOT_APPLICABLE_ZH: Final = "周转天数合计{days}天，不为正：应付和预收已覆盖全部营运周期，公式不适用"


def calculate(values: Values) -> Result:
    """The working-capital need of one firm as JSON shows it (流动资金需求测算)."""
    averages = {name: _average(name, values) for name in _BALANCES}
    if all(x is None for x in averages.values()):
        raise BadRequest(f"no balance is given; expected at least one of {', '.join(_BALANCES)}", field="inventory")
    operation = Operation(
        values["sales"], values["cost"], values["profit_rate"], values["growth"],
        Balances(*(x or Decimal(0) for x in averages.values())),
        values["own_funds"], values["existing_loans"], values["other_funds"],
    )  # fmt: skip
    found = estimate_working_capital(operation)
    days = {name: format_rate(x) for name, x in asdict(found.days).items()}
    basis = {"days": days, "assumed_zero": [name for name, x in averages.items() if x is None]}
    if found.need is None:
        total = _short(days["total"])
        reason, reason_zh = (x.format(days=total) for x in (_NOT_APPLICABLE, _NOT_APPLICABLE_ZH))
        return {"not_applicable": True, "reason": reason, "reason_zh": reason_zh, **basis}
    need = found.need
    return {
        "not_applicable": False,
        "need_fen": need.need_fen,
        "new_loan_fen": need.new_loan_fen,
        "surplus_fen": need.surplus_fen,
        "turnovers": format_rate(need.turnovers),
        **basis,
    }


def _average(name: str, values: Values) -> Decimal | None:
    """The average balance in fen, None where none is given."""
    average, opening, closing = (values[x] for x in (name, f"{name}_opening", f"{name}_closing"))
    if average is not None and (opening is not None or closing is not None):
        raise BadRequest(f"give either {name}, the average, or {name}-opening and {name}-closing", field=name)
    if (opening is None) != (closing is None):
        raise BadRequest(f"{name}-opening and {name}-closing go together; one of them is missing", field=name)
    if opening is not None:
        return Decimal(opening + closing) / 2
    return None if average is None else Decimal(average)


def describe(result: Result) -> str:
    """The need as a person reads it (文字说明)."""
    rows = [(f"{zh}周转天数", _short(result["days"][name])) for name, zh in _BALANCES.items()]
    rows.append(("合计", _short(result["days"]["total"])))
    if result["not_applicable"]:
        rows.append(("不适用", result["reason_zh"]))
    else:
        rows += [
            ("营运资金周转次数", _short(result["turnovers"])),
            ("营运资金量", f"{format_yuan(result['need_fen'])} 元"),
            ("新增流动资金贷款额度", f"{format_yuan(result['new_loan_fen'])} 元"),
        ]
        if result["surplus_fen"]:
            rows.append(("现有资金富余", f"{format_yuan(result['surplus_fen'])} 元"))
    missing = (
        [f"提示：未提供{'、'.join(_BALANCES[x] for x in result['assumed_zero'])}，按零计算"] if result["assumed_zero"] else []
    )
    return "\n".join([aligned(rows), *missing])


def _short(number: str) -> str:
    return number.rstrip("0").rstrip(".")


def _balance_fields(name: str) -> tuple[Field, ...]:
    zh = _BALANCES[name]
    return (
        Field(name, read_amount, f"average balance in yuan; zero if left out, and said so ({zh}平均余额)"),
        Field(f"{name}-opening", read_amount, f"instead, with {name}-closing: the balance a year ago ({zh}期初余额)"),
        Field(f"{name}-closing", read_amount, f"the balance at the year's end ({zh}期末余额)"),
    )


CALCULATOR = Calculator(
    fields=(
        Field("sales", read_amount, "last year's sales, in yuan (上年度销售收入)", required=True),
        Field("cost", read_amount, "last year's cost of sales, in yuan (销售成本)", required=True),
        Field("profit-rate", read_rate, "last year's profit on sales, 0.08 for 8 per cent (销售利润率)", required=True),
        Field("growth", read_rate, "expected growth of sales, 0.1 for 10 per cent (预计销售收入年增长率)", required=True),
        *(field for name in _BALANCES for field in _balance_fields(name)),
        Field("own-funds", read_amount, "the firm's own funds, in yuan; may be negative (借款人自有资金)", default=0),
        Field("existing-loans", read_amount, "working-capital loans it has, in yuan (现有流动资金贷款)", default=0),
        Field("other-funds", read_amount, "working capital from elsewhere, in yuan (其他渠道提供的营运资金)", default=0),
    ),
    calculate=calculate,
    describe=describe,
)
add_arguments = CALCULATOR.add_arguments
run = CALCULATOR.run
