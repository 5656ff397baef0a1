"""`huoshui cost` (综合融资成本)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any, Final

import msgspec

from huoshui.cli.calculator import Calculator, Field, Result, Values, read_choice, read_count, read_date, today
from huoshui.cli.layout import aligned
from huoshui.cli.readers import read_amount, read_rate, read_region
from huoshui.errors import BadChoice, BadRequest, HuoshuiError
from huoshui.money import format_percent, format_rate, format_yuan, parse_rate, parse_yuan
from huoshui.policy import Citation
from huoshui.policy.region import NATION
from huoshui.rules.cost import AllInCost, Fee, FinancedLoan, Refund
from huoshui.services.cost import FeeLaw, PricedFee, PricedLoan, price_loan, read_fee_law
from huoshui.terms import CostClass, DayCount, FeeBearer, LegalCheck, LoanArrangement, RepaymentMethod, SizeClass

_FEE: Final = "AMOUNT@MONTH[:NAME[:BEARER[:CHARGING PARTY]]]"
_NAMELESS: Final = "fee"
_BEARERS: Final = {x.value: x for x in FeeBearer}
_REMARKS: Final = {"limited": "严格限制", "shared": "应由银企分担", "above_cap": "超过上限"}
_SIZES: Final = (SizeClass.MICRO, SizeClass.SMALL, SizeClass.MEDIUM, SizeClass.LARGE)
_HEAD: Final = ("项目", "类别", "承担方", "金额（元）", "时点", "折年率", "合规")


Laws = dict[tuple[str, date], FeeLaw]


class _Line(msgspec.Struct, forbid_unknown_fields=True, rename="kebab", gc=False):
    principal: str | int
    months: int
    method: RepaymentMethod
    rate: str | None = None
    flat_monthly_rate: str | None = None
    fee: tuple[str, ...] = ()
    subsidy: tuple[str, ...] = ()
    every: int = 1
    grace_months: int = 0
    start: date | None = msgspec.field(default=None, name="from")
    day_count: DayCount | None = None
    borrower: SizeClass = SizeClass.SMALL
    arrangement: LoanArrangement = LoanArrangement.ORDINARY
    region: str = NATION
    on: date | None = None


class _Item(msgspec.Struct, rename={"fee_class": "class"}, gc=False):
    name: str
    zh: str
    fee_class: CostClass
    bearer: FeeBearer
    charging_party: str
    amount_fen: int
    when: int | None
    payment_cycle: str
    annualised_rate: str
    legal_check: LegalCheck
    remarks: tuple[str, ...]
    citations: tuple[Citation, ...]


class _Cap(msgspec.Struct, gc=False):
    rate: str
    is_above: bool
    citation: Citation


class _Answer(msgspec.Struct, gc=False):
    nominal: str
    effective: str
    naive: str
    items: list[_Item]
    total_interest_fen: int
    total_fee_fen: int
    borrower_cost_fen: int
    subsidy_fen: int
    cost_after_subsidy_fen: int
    nominal_after_subsidy: str
    effective_after_subsidy: str
    by_exact_days: bool
    cost_cap: _Cap | None


def calculate(values: Values) -> Result:
    """The all-in cost of one loan as JSON shows it (综合融资成本)."""
    loan = FinancedLoan(
        values["principal"],
        values["months"],
        values["method"],
        values["rate"],
        values["flat_monthly_rate"],
        values["every"],
        values["grace_months"],
        values["from"],
        values["day_count"],
        values["fee"],
        values["subsidy"],
    )
    law = read_fee_law(region=values["region"], on=values["on"] or loan.start or today())
    priced = price_loan(loan, borrower=values["borrower"], arrangement=values["arrangement"], law=law)
    return msgspec.structs.asdict(_answer(loan, priced=priced))


def quick(lines: Sequence[bytes]) -> list[Any]:
    """Many loans at once (批量测算): an answer for each line, None for a line that must be read with more care."""
    read = [_read_line(x) for x in lines]
    costs = import_module("huoshui.services.cost_columns").all_in_costs([one and one[1] for one in read])
    laws: Laws = {}
    now, pairs = today(), zip(read, costs, strict=True)
    return [None if one is None else _quick_answer(*one, cost=cost, now=now, laws=laws) for one, cost in pairs]


def _read_line(raw: bytes) -> tuple[_Line, FinancedLoan] | None:
    try:
        line = _DECODER.decode(raw)
        flat = line.flat_monthly_rate
        loan = FinancedLoan(
            parse_yuan(line.principal),
            line.months,
            line.method,
            None if line.rate is None else parse_rate(line.rate),
            None if flat is None else parse_rate(flat),
            line.every,
            line.grace_months,
            line.start,
            line.day_count,
            tuple([read_fee(x, "fee") for x in line.fee]),
            tuple([read_refund(x, "subsidy") for x in line.subsidy]) if line.subsidy else (),
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, HuoshuiError):
        return None
    return (line, loan) if line.borrower in _SIZES else None


def _quick_answer(line: _Line, loan: FinancedLoan, *, cost: AllInCost | None, now: date, laws: Laws) -> _Answer | None:
    where = (line.region, line.on or loan.start or now)
    try:
        law = laws.get(where) or laws.setdefault(where, read_fee_law(region=where[0], on=where[1]))
        priced = price_loan(loan, borrower=line.borrower, arrangement=line.arrangement, law=law, cost=cost)
    except HuoshuiError:
        return None
    return _answer(loan, priced=priced)


def _answer(loan: FinancedLoan, *, priced: PricedLoan) -> _Answer:
    cost, cap = priced.cost, priced.cost_cap
    nominal, effective = format_rate(cost.all_in.nominal), format_rate(cost.all_in.effective)
    spent = cost.interest_fen + cost.fee_fen
    return _Answer(
        nominal,
        effective,
        format_rate(cost.naive),
        [_interest(loan, cost=cost), *map(_item, priced.fees)],
        cost.interest_fen,
        cost.fee_fen,
        spent,
        cost.subsidy_fen,
        spent - cost.subsidy_fen,
        format_rate(cost.after_subsidy.nominal) if cost.subsidy_fen else nominal,
        format_rate(cost.after_subsidy.effective) if cost.subsidy_fen else effective,
        loan.start is not None,
        _Cap(format_rate(cap.rate), priced.is_above_cap, cap.citation) if cap else None,
    )


def _interest(loan: FinancedLoan, *, cost: AllInCost) -> _Item:
    cycle = "once" if loan.method is RepaymentMethod.BULLET else "monthly" if loan.every == 1 else f"every {loan.every} months"
    return _Item(
        "interest",
        "利息",
        CostClass.INTEREST,
        FeeBearer.BORROWER,
        "",
        cost.interest_fen,
        None,
        cycle,
        format_rate(cost.interest_rate),
        LegalCheck.OK,
        (),
        (),
    )


def _item(priced: PricedFee) -> _Item:
    fee, entry, verdict = priced.fee, priced.entry, priced.verdict
    name, zh = (entry.name, entry.zh) if entry else (fee.name, "费用" if fee.name == _NAMELESS else fee.name)
    return _Item(
        name,
        zh,
        verdict.fee_class,
        fee.bearer,
        fee.charging_party,
        fee.amount_fen,
        fee.month,
        "once",
        format_rate(priced.annualised_rate),
        verdict.legal_check,
        verdict.remarks,
        (entry.citation,) if entry else (),
    )


def describe(result: Result) -> str:
    """The all-in cost as a person reads it (文字说明)."""
    items, cap = result["items"], result["cost_cap"]
    spent = (
        f"{format_yuan(result['borrower_cost_fen'])} 元：利息 {format_yuan(result['total_interest_fen'])} 元，"
        f"费用 {format_yuan(result['total_fee_fen'])} 元"
    )
    head = [
        ("综合融资成本（年化，按月单利）", _percent(result["nominal"])),
        ("综合融资成本（年化，复利）", _percent(result["effective"])),
        ("利率与费率简单相加（仅供对照）", _percent(result["naive"])),
        ("借款人承担", spent),
    ]
    if result["subsidy_fen"]:
        after = f"{_percent(result['nominal_after_subsidy'])}，{format_yuan(result['cost_after_subsidy_fen'])} 元"
        head.append((f"贴息 {format_yuan(result['subsidy_fen'])} 元后", after))
    if cap:
        head.append((f"助贷综合融资成本上限 {_percent(cap.rate)}", "超过" if cap.is_above else "未超过"))
    cited = dict.fromkeys([*(y for x in items for y in x.citations), *([cap.citation] if cap else [])])
    sources = [f"依据：{x.source}{'（未核实）' if x.unconfirmed else ''}" for x in cited]
    return "\n".join([aligned(head), "", aligned([_HEAD, *map(_row, items)]), *sources])


def _row(item: _Item) -> tuple[str, ...]:
    when = "分期" if item.when is None else "放款时" if item.when == 0 else f"第{item.when}月"
    check = "；".join(_REMARKS[x] for x in item.remarks) or item.legal_check.zh
    amount, rate = format_yuan(item.amount_fen), _percent(item.annualised_rate)
    return item.zh, item.fee_class.zh, item.bearer.zh, amount, when, rate, check


def _percent(rate: str) -> str:
    return format_percent(Decimal(rate))


def read_fee(value: object, field: str) -> Fee:
    """AMOUNT@MONTH, with a name, who bears it and who charges it after colons (费用).

    Raises BadRequest, BadAmount or BadChoice.
    """
    amount, *more = value.split(":", 3) if isinstance(value, str) else ("",)
    amount_fen, month = _amount_at(amount, given=value, field=field, expected=_FEE)
    if not more:
        return Fee(_NAMELESS, amount_fen, month)
    name, bearer, party = (x.strip() for x in (*more, "", "")[:3])
    if bearer and bearer not in _BEARERS:
        raise BadChoice(f"who bears a {field} must be one of {', '.join(_BEARERS)}; got {bearer!r}", field=field)
    return Fee(name or _NAMELESS, amount_fen, month, _BEARERS.get(bearer, FeeBearer.BORROWER), party)


def read_refund(value: object, field: str) -> Refund:
    """AMOUNT@MONTH, money that the borrower gets back (贴息); raises BadRequest or BadAmount."""
    return Refund(*_amount_at(value, given=value, field=field, expected="AMOUNT@MONTH"))


def _amount_at(text: object, *, given: object, field: str, expected: str) -> tuple[int, int]:
    amount, at, month = text.partition("@") if isinstance(text, str) else ("", "", "")
    month = month.strip()
    if not at or not (month.isascii() and month.isdigit()):
        raise BadRequest(
            f"{field} must be {expected}, yuan so many months after the drawdown, such as 6500@0; got {given!r}", field=field
        )
    return parse_yuan(amount, field=field), int(month)


_DECODER: Final = msgspec.json.Decoder(_Line)
CALCULATOR = Calculator(
    fields=(
        Field("principal", read_amount, "amount of the loan, in yuan (贷款本金)", required=True),
        Field("months", read_count, "term in months (期限)", required=True),
        Field("method", read_choice(*RepaymentMethod), f"{', '.join(RepaymentMethod)} (还款方式)", required=True),
        Field("rate", read_rate, "yearly rate of the contract, 0.0365 for 3.65 per cent (年利率)"),
        Field(
            "flat-monthly-rate",
            read_rate,
            "instead of rate: monthly rate on the original principal, 0.005 for half a per cent a month (按原始本金计的月费率)",
        ),
        Field(
            "fee",
            read_fee,
            f"{_FEE}, so many months after the drawdown; BEARER is one of {', '.join(FeeBearer)}; may be repeated (费用)",
            repeated=True,
        ),
        Field("subsidy", read_refund, "AMOUNT@MONTH that the borrower gets back; may be repeated (贴息)", repeated=True),
        Field("every", read_count, "months from one payment to the next; 1 if left out (还款间隔月数)", default=1),
        Field("grace-months", read_count, "first months in which only interest is paid (宽限期)", default=0),
        Field("from", read_date, "day of the drawdown: reckons by exact days, not by equal months (放款日)"),
        Field(
            "day-count",
            read_choice(*DayCount),
            "with from: act/360, act/365 or 30/360; act/360 if left out (计息基础)",
        ),
        Field(
            "borrower",
            read_choice(*_SIZES),
            f"{', '.join(_SIZES)}: whose fees are checked; small if left out, a sole trader is micro (借款人规模)",
            default=SizeClass.SMALL,
        ),
        Field(
            "arrangement",
            read_choice(*LoanArrangement),
            f"{', '.join(LoanArrangement)}; ordinary if left out (贷款组织方式)",
            default=LoanArrangement.ORDINARY,
        ),
        Field("region", read_region, "code of GB/T 2260 whose fee rules hold; the nation if left out (地区)", default=NATION),
        Field("on", read_date, "the day whose fee rules hold; the day of the drawdown, or today, if left out (适用政策日)"),
    ),
    calculate=calculate,
    describe=describe,
    quick=quick,
)
add_arguments = CALCULATOR.add_arguments
run = CALCULATOR.run
