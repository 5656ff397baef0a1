"""`huoshui size` (企业划型)."""

from datetime import date
from functools import lru_cache
from typing import Final

from huoshui.cli.calculator import Calculator, Field, Result, Values, read_count, read_date, read_text, today
from huoshui.cli.layout import aligned
from huoshui.cli.readers import read_amount, read_region
from huoshui.errors import BadAmount, BadChoice
from huoshui.money import format_yuan
from huoshui.policy.region import NATION
from huoshui.rules.size_class import BoundTest, judge
from huoshui.services.size_class import SizeBasis, SizePlace, place_industry, read_basis
from huoshui.terms import SizeClass, SizeFigure

_EDITIONS: Final = ("2017", "2011")
_TEST: Final = ("size_class", "figure", "bound", "given", "held")


def calculate(values: Values) -> Result:
    """The size class of one enterprise as JSON shows it (划型结果)."""
    place = _place(values["industry"], values["edition"], values["region"], values["on"] or today())
    verdict = judge(place.found, employees=values["employees"], revenue_fen=values["revenue"], assets_fen=values["assets"])
    reasons = [verdict.reason] if verdict.reason else []
    return {
        "size_class": verdict.size_class,
        "row": verdict.row and verdict.row.code,
        "row_zh": verdict.row and verdict.row.zh,
        "row_en": verdict.row and verdict.row.en,
        "industry": values["industry"],
        "edition": place.edition,
        "missing": verdict.missing,
        "reasons": reasons + [_sentence(x) for x in verdict.tests],
        "tests": [{x: getattr(test, x) for x in _TEST} for test in verdict.tests],
        "notes": place.notes,
        "citation": place.citations[0],
        "citations": place.citations,
    }


def describe(result: Result) -> str:
    """The size class as a person reads it (文字说明)."""
    size_class = SizeClass(result["size_class"])
    head = [("划型结论", f"{size_class.zh} {size_class.value}")]
    if result["row"]:
        head.append(("适用行业", f"{result['row']} {result['row_zh']} ({result['row_en']})"))
    head.append(("行业代码", f"{result['industry']} (GB/T 4754—{result['edition']})"))
    lines = [aligned(head), *(f"  {x}" for x in result["reasons"]), *(f"提示：{x}" for x in result["notes"])]
    for cited in result["citations"]:
        flag = "（未核实）" if cited.unconfirmed else ""
        lines.append(f"依据：{cited.field}，{cited.region}，自 {cited.since}，{cited.source}{flag}")
    return "\n".join(lines)


def read_edition(value: object, field: str) -> str:
    """An edition of GB/T 4754 by its year (国民经济行业分类版本); raises BadChoice."""
    if str(value).strip() in _EDITIONS:
        return str(value).strip()
    raise BadChoice(f"{field} must be one of {', '.join(_EDITIONS)}; got {value!r}", field=field)


def read_figure(value: object, field: str) -> int:
    """Yuan of zero or more, as fen (金额); raises BadAmount."""
    amount_fen = read_amount(value, field)
    if amount_fen < 0:
        raise BadAmount(f"{field} must be zero or more yuan; got {value}", field=field)
    return amount_fen


@lru_cache(maxsize=64)
def _basis(region: str, on: date) -> SizeBasis:
    return read_basis(region=region, on=on)


@lru_cache(maxsize=4096)
def _place(industry: str, edition: str | None, region: str, on: date) -> SizePlace:
    return place_industry(industry, basis=_basis(region, on), edition=edition)


def _sentence(test: BoundTest) -> str:
    is_count = test.figure is SizeFigure.EMPLOYEES
    shown, unit = (str, "人") if is_count else (format_yuan, "元")
    head = f"{test.size_class.zh}：{test.figure.zh}"
    if test.given is None:
        return f"{head}缺失，下限 {shown(test.bound)} {unit}"
    sign, result = ("≥", "达到") if test.held else ("<", "未达到")
    return f"{head} {shown(test.given)} {sign} {shown(test.bound)} {unit}，{result}"


CALCULATOR = Calculator(
    fields=(
        Field("industry", read_text, "industry code of GB/T 4754, such as 6510, I6510, 65 or I (行业代码)", required=True),
        Field("employees", read_count, "persons employed at the end of the period (从业人员)"),
        Field("revenue", read_figure, "revenue of the year, in yuan (营业收入)"),
        Field("assets", read_figure, "total assets, in yuan (资产总额)"),
        Field("on", read_date, "the day whose rule holds; today if left out (适用政策日)"),
        Field("region", read_region, "region code of GB/T 2260; the nation if left out (地区)", default=NATION),
        Field("edition", read_edition, "edition of the code, 2017 or 2011; the newest in force if left out (行业分类版本)"),
    ),
    calculate=calculate,
    describe=describe,
)
add_arguments = CALCULATOR.add_arguments
run = CALCULATOR.run
