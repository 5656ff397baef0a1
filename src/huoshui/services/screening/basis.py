"""What a screening is judged by (筛查依据): the policies in force, read into the rule's integers, with their citations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from huoshui import policy
from huoshui.adapters.registers.screening.standard import ListMeaning
from huoshui.errors import BadChoice, BadPolicyFile
from huoshui.policy import Citation, Policy
from huoshui.rules.calendar import add_months, months_before
from huoshui.rules.screening import GRADES, ROW_NOT_COVERED, ROW_UNKNOWN, LoanRule, ScreeningRule, days, due_report_year
from huoshui.rules.size_class import SizeTable, industry_rows
from huoshui.rules.uscc import clean_code
from huoshui.rules.visit_priority import FACTORS, Factor, Level, PriorityRule
from huoshui.services.size_class import read_basis
from huoshui.terms import LoanKind, Tag

_YEAR: Final = 12
_FEN: Final = 100


@dataclass(frozen=True, slots=True)
class ScreeningBasis:
    """Everything in force for a screening (筛查依据)."""

    rule: ScreeningRule
    priority: PriorityRule
    size_row_of: Callable[[str | None], int]
    list_meaning: Callable[[str | None], ListMeaning]
    definition: str
    definition_en: str
    citations: tuple[Citation, ...]


def read_screening_basis(name: str, *, region: str, on: date, in_force: date | None = None) -> ScreeningBasis:
    """The basis of a screening by a named rule (读取筛查依据): windows end on `on`, figures are those in force on `in_force`.

    Raises BadChoice for a name that no policy has, NoPolicy where the rule is not in force on the day, UnknownRegion.
    """
    day = in_force or on
    no_loan = policy.read("no_loan", region=region, on=day)
    _check_name(name, no_loan, region=region)
    loan_table: Mapping[str, Any] = no_loan[name]
    activity = policy.read("activity", region=region, on=day)
    lists = policy.read("exclusion_lists", region=region, on=day)
    weights = policy.read("visit_priority", region=region, on=day)
    sizes = read_basis(region=region, on=day)
    table = next(iter(sizes.tables.values()))
    invoices_since = _first_day(on, int(activity["invoice_months"]))
    rule = ScreeningRule(
        on=days(on),
        sizes=table,
        loans=_loan_rule(name, loan_table, on=on),
        sales_since=_first_day(on, int(activity["tax_sales_months"])),
        year_since=_first_day(on, _YEAR),
        invoices_since=invoices_since,
        report_due_year=due_report_year(on, due=_month_day(activity["annual_report_due"])),
    )
    of_sizes = (sizes.figures, *sizes.editions.values())
    of_rule = (x for x in no_loan.citations if x.field == name)
    return ScreeningBasis(
        rule=rule,
        priority=_priority(weights, on=on, invoices_since=invoices_since),
        size_row_of=_size_row_of(table),
        list_meaning=_list_meaning(lists),
        definition=str(loan_table["definition"]),
        definition_en=str(loan_table["definition_en"]),
        citations=(*of_rule, *activity.citations, *of_sizes, *lists.citations, *weights.citations),
    )


def _check_name(name: str, no_loan: Policy, *, region: str) -> None:
    known = sorted({*no_loan.fields, *policy.read("no_loan", region=region, on=date.max).fields})
    if name not in known:
        raise BadChoice(f"there is no rule {name!r} for firms without a loan; expected one of {', '.join(known)}", field="rule")


def _first_day(on: date, months: int) -> int:
    """The first day of a window of whole months that ends on the day."""
    return days(months_before(on, months=months)) + 1


def _month_day(text: str) -> tuple[int, int]:
    month, _, day = str(text).partition("-")
    return int(month), int(day)


def _loan_rule(name: str, table: Mapping[str, Any], *, on: date) -> LoanRule:
    back = table["lookback_months"]
    try:
        kinds = frozenset(LoanKind(x) for x in table["counted_kinds"])
    except ValueError as error:
        raise BadPolicyFile(f"policy no_loan, {name}: {error}") from error
    return LoanRule(
        name=name,
        counted_kinds=kinds,
        owner_loans=bool(table["owner_loans"]),
        sole_trader_owner=bool(table["sole_trader_owner"]),
        current_only=bool(table["current_only"]),
        since=None if back is None else _first_day(on, int(back)),
    )


def _size_row_of(table: SizeTable) -> Callable[[str | None], int]:
    places = {row.code: i for i, row in enumerate(table.rows)}
    known = {code: ROW_NOT_COVERED if row is None else places[row] for code, row in industry_rows(table).items()}
    return lambda text: known.get((text or "").strip().upper(), ROW_UNKNOWN)


def _list_meaning(lists: Policy) -> Callable[[str | None], ListMeaning]:
    tags = {tag.value: i for i, tag in enumerate(Tag)}
    patterns: list[tuple[str, ListMeaning]] = []
    for field in lists.fields:
        table = lists[field]
        meaning = ListMeaning(1 << tags[table["code"]], table["effect"] == "exclude", table["valid_months"])
        patterns += [(_plain(x), meaning) for x in table["patterns"]] or [("", meaning)]
    patterns.sort(key=lambda x: len(x[0]), reverse=True)

    def mean(text: str | None) -> ListMeaning:
        word = _plain(text or "")
        return next(meaning for pattern, meaning in patterns if pattern in word)

    return mean


def _plain(name: str) -> str:
    """The name of a list in half width, without blanks, in lower case."""
    return clean_code(name).lower()


def _priority(weights: Policy, *, on: date, invoices_since: int) -> PriorityRule:
    tags = weights["tags"]["points"]
    return PriorityRule(
        factors=tuple(_factor(x, weights, on=on, invoices_since=invoices_since) for x in FACTORS),
        tag_points={tag: int(tags.get(tag.value, 0)) for tag in Tag},
        levels=tuple(Level(int(x["at_least"]), x["name"]) for x in weights["levels"]),
    )


def _factor(name: str, weights: Policy, *, on: date, invoices_since: int) -> Factor:
    table, zh = weights[name], weights.dated(name).zh
    if table["kind"] == "grades":
        return Factor(name, zh, (), (int(table["missing"]), *(int(table["points"].get(x, 0)) for x in GRADES[1:])))
    if table["kind"] == "flag":
        return Factor(name, zh, (invoices_since,), (int(table["points"]["absent"]), int(table["points"]["present"])))
    bounds = [int(x["at_least"]) for x in table["bands"]]
    if table["unit"] == "yuan":
        bounds = [x * _FEN for x in bounds]
    if table["unit"] == "month":
        bounds = [days(add_months(on, months=-x)) for x in bounds]
    return Factor(name, zh, tuple(bounds), (int(table["missing"]), *(int(x["points"]) for x in table["bands"])))
