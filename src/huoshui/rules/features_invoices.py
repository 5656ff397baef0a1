"""What one firm's invoices add up to (发票汇总), in fen, days and months: the plain reader, which defines each figure.

Windows are full months before the month of the decision day: age 0 is the month before, 12 months are ages 0 to 11. The month
of the day itself is a stub: it is known, and counts only where days are counted. An invoice dated after the day is not known.
A side (sales or purchases) that has no invoice in a full month is not known: its figures are None, never 0.
"""

from calendar import monthrange
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import isqrt
from typing import Final

MOST_INVOICE_FEN: Final = 10**11
MOST_FEN: Final = 9 * 10**14
MOST_RATIO: Final = 10**9
BASIS_POINTS: Final = 10_000
PARTS: Final = 1_000_000
MOST_PARTS: Final = 5 * 10**7
YEAR: Final = 12
MONTHS: Final = 36
RECENT_DAYS: Final = 30
MONTH_END_DAYS: Final = 3
LEAST_MONTHS_OF_SPREAD: Final = 3
LEAST_MONTHS_OF_TREND: Final = 6
SETTLING_MONTHS: Final = 3
LARGE_PART: Final = 5
TOP: Final = 5
SALE, PURCHASE = 0, 1
PREFIXES: Final = ("sale", "buy")
WINDOWS: Final = {
    "3m": (0, 3),
    "6m": (0, 6),
    "7_12m": (6, 12),
    "12m": (0, 12),
    "13_15m": (12, 15),
    "13_24m": (12, 24),
    "24m": (0, 24),
    "36m": (0, 36),
}
OF_A_SIDE: Final = (
    *WINDOWS,
    *(f"{name}_{months}" for months in (12, 36) for name in ("positive", "red", "void_amount", "tax", "issued", "voided")),
    *("gross_12", "month_end_12", "largest_12", "peak3_12", "active_12", "active_36", "gap_12", "cv_12", "cv_36", "slope_12"),
    *("last_days", "recent_30_yearly", "new_large_12"),
    *(f"{name}_{months}" for months in (12, 36) for name in ("parties", "party_sum", "top1", "top5", "hhi")),
    *("new_sum_12", "parties_13_24", "kept_parties"),
)
OF_BOTH: Final = ("traded_12", "round_value_12", "round_offset_12", "round_parties_12", "own_value_12", "loss_months_12")
COUNTED: Final = (
    "months_of_data",
    "rows_used",
    "rows_repeated",
    "rows_void",
    "rows_red",
    "rows_future",
    "rows_unusable",
    "rows_clamped",
)
FACTS: Final = (*(f"{prefix}_{name}" for prefix in PREFIXES for name in OF_A_SIDE), *OF_BOTH, *COUNTED)
SHARED: Final = ("sale_shared_12", "buy_shared_12")
Facts = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Invoice:
    """One row of an invoice register (发票). Amounts in fen; `amount_fen` is without tax, negative on a red invoice.

    `party` is any value that is the same for the same counterparty, None where there is none. An invoice without a number is
    never taken for a repeat of another.
    """

    is_purchase: bool
    invoiced_on: date | None
    amount_fen: int | None
    tax_fen: int = 0
    number: str | None = None
    party: str | None = None
    is_void: bool = False


@dataclass(slots=True)
class _Party:
    """What a firm trades with one party: net amounts by side."""

    year: list[int]
    before: list[int]
    all: list[int]
    first: list[int]
    at_first: list[int]


@dataclass(slots=True)
class _Side:
    """Sums of one side by age of month, from the invoices that are not void unless the name says so."""

    net: list[int] = field(default_factory=lambda: [0] * MONTHS)
    positive: list[int] = field(default_factory=lambda: [0] * MONTHS)
    red: list[int] = field(default_factory=lambda: [0] * MONTHS)
    void: list[int] = field(default_factory=lambda: [0] * MONTHS)
    tax: list[int] = field(default_factory=lambda: [0] * MONTHS)
    issued: list[int] = field(default_factory=lambda: [0] * MONTHS)
    voided: list[int] = field(default_factory=lambda: [0] * MONTHS)
    month_end: int = 0
    largest: int = 0
    recent: int = 0
    first: int = -1
    last_days: int | None = None


def ratio(part: int, whole: int, *, scale: int = BASIS_POINTS) -> int:
    """`part / whole` in whole parts of `scale` (比率), half away from zero, at most 100,000 times; `whole` is above 0."""
    found = min((abs(part) * scale + whole // 2) // whole, MOST_RATIO)
    return found if part >= 0 else -found


def clamp(value: int, most: int = MOST_FEN) -> int:
    """A sum within the bounds that no small firm reaches (金额截断), so that later products fit 64 bits."""
    return max(-most, min(most, value))


def month_age(day: date, *, on: date) -> int:
    """Full months between the month of a day and the one before the decision day's (月龄): 0 is that one, -1 the stub."""
    return (on.year - day.year) * YEAR + on.month - day.month - 1


def is_month_end(day: date) -> bool:
    """Whether a day is one of the last three of its month (月末)."""
    return day.day > monthrange(day.year, day.month)[1] - MONTH_END_DAYS


def fold_invoices(
    invoices: Iterable[Invoice],
    *,
    on: date,
    firm: str | None = None,
    repeats_count: bool = False,
    shared: Collection[str] | None = None,
) -> Facts:
    """The figures of one firm's invoices as known on a day (单户发票汇总), by FACTS; `firm` is its own id as a party.

    Rows with equal number, day, side, party and amounts are one invoice, void if one of them is, unless `repeats_count`.
    `shared` are the parties that several firms of the register traded with in the 12 months, None where that is not known.
    """
    counts = dict.fromkeys(COUNTED, 0)
    known = _distinct(invoices, on=on, counts=counts, repeats_count=repeats_count)
    sides, parties = (_Side(), _Side()), dict[str, _Party]()
    for invoice in known:
        _add(invoice, sides[invoice.is_purchase], parties, on=on, counts=counts)
    facts: Facts = {}
    for which, side in enumerate(sides):
        found = _side_facts(side, which, parties) if side.first >= 0 else {}
        found |= {"last_days": side.last_days}
        facts |= {f"{PREFIXES[which]}_{name}": found.get(name) for name in OF_A_SIDE}
    facts |= _facts_of_both(sides, parties, firm)
    for which, name in enumerate(SHARED):
        with_shared = [max(x.year[which], 0) for party, x in parties.items() if party in (shared or ())]
        facts[name] = None if shared is None or sides[which].first < 0 else clamp(sum(with_shared))
    first = max(side.first for side in sides)
    facts |= counts
    facts["months_of_data"] = first + 1 if known else None
    return facts


def _distinct(invoices: Iterable[Invoice], *, on: date, counts: dict[str, int], repeats_count: bool) -> list[Invoice]:
    """The invoices that are known and usable, repeats once."""
    found: list[Invoice] = []
    places: dict[tuple[object, ...], int] = {}
    for x in invoices:
        if x.invoiced_on is None or x.amount_fen is None:
            counts["rows_unusable"] += 1
            continue
        if x.invoiced_on > on:
            counts["rows_future"] += 1
            continue
        key = (x.number, x.invoiced_on, x.is_purchase, x.party, x.amount_fen, x.tax_fen)
        place = places.setdefault(key, len(found)) if x.number is not None and not repeats_count else len(found)
        if place < len(found):
            counts["rows_repeated"] += 1
            found[place] = x if x.is_void else found[place]
        else:
            found.append(x)
    return found


def _add(invoice: Invoice, side: _Side, parties: dict[str, _Party], *, on: date, counts: dict[str, int]) -> None:
    day = invoice.invoiced_on or on
    age, days = month_age(day, on=on), (on - day).days
    amount, tax = clamp(invoice.amount_fen or 0, MOST_INVOICE_FEN), clamp(invoice.tax_fen, MOST_INVOICE_FEN)
    counts["rows_clamped"] += (amount, tax) != (invoice.amount_fen, invoice.tax_fen)
    counts["rows_void" if invoice.is_void else "rows_used"] += 1
    counts["rows_red"] += amount < 0 and not invoice.is_void
    side.first = max(side.first, age)
    if not invoice.is_void:
        side.last_days = days if side.last_days is None else min(side.last_days, days)
        if days < RECENT_DAYS:
            side.recent += max(amount, 0)
    if not 0 <= age < MONTHS:
        if age >= MONTHS and invoice.party is not None and not invoice.is_void and amount > 0:
            _meet(_party(parties, invoice.party), invoice.is_purchase, age, amount)
        return
    side.issued[age] += 1
    if invoice.is_void:
        side.voided[age] += 1
        side.void[age] += abs(amount)
        return
    side.net[age] += amount
    side.tax[age] += tax
    side.positive[age] += max(amount, 0)
    side.red[age] += max(-amount, 0)
    if age < YEAR:
        side.largest = max(side.largest, amount)
        side.month_end += max(amount, 0) if is_month_end(day) else 0
    if invoice.party is not None:
        party = _party(parties, invoice.party)
        party.all[invoice.is_purchase] += amount
        party.year[invoice.is_purchase] += amount if age < YEAR else 0
        party.before[invoice.is_purchase] += amount if YEAR <= age < 2 * YEAR else 0
        if amount > 0:
            _meet(party, invoice.is_purchase, age, amount)


def _party(parties: dict[str, _Party], name: str) -> _Party:
    return parties.setdefault(name, _Party([0, 0], [0, 0], [0, 0], [-1, -1], [0, 0]))


def _meet(party: _Party, side: bool, age: int, amount: int) -> None:
    """Keep the first month with a party and what was traded in it."""
    if age > party.first[side]:
        party.first[side], party.at_first[side] = age, 0
    if age == party.first[side]:
        party.at_first[side] += amount


def _side_facts(side: _Side, which: int, parties: dict[str, _Party]) -> Facts:
    found: Facts = {name: clamp(sum(side.net[begin:end])) for name, (begin, end) in WINDOWS.items()}
    for months in (YEAR, MONTHS):
        sums = {"positive": side.positive, "red": side.red, "void_amount": side.void, "tax": side.tax}
        found |= {f"{name}_{months}": clamp(sum(x[:months])) for name, x in sums.items()}
        found |= {f"issued_{months}": sum(side.issued[:months]), f"voided_{months}": sum(side.voided[:months])}
        found[f"active_{months}"] = sum(x > 0 for x in side.net[:months])
        found[f"cv_{months}"] = spread(side.net[: min(months, side.first + 1)])
        net = [(x.year if months == YEAR else x.all)[which] for x in parties.values()]
        found |= {f"{name}_{months}": value for name, value in _concentration(net).items()}
    seen = side.net[: min(YEAR, side.first + 1)]
    found |= {
        "gross_12": clamp(sum(side.positive[:YEAR]) + sum(side.void[:YEAR])),
        "month_end_12": clamp(side.month_end),
        "largest_12": side.largest,
        "peak3_12": clamp(sum(sorted(seen)[-3:])) if len(seen) == YEAR else None,
        "gap_12": longest_gap(seen),
        "slope_12": trend(seen),
        "recent_30_yearly": clamp(side.recent * YEAR),
        "new_large_12": _new_large(side, which, parties),
    }
    before = [x for x in parties.values() if x.before[which] > 0]
    new = [x.year[which] for x in parties.values() if x.year[which] > 0 and x.before[which] <= 0]
    found["parties_13_24"] = len(before)
    found["kept_parties"] = sum(x.year[which] > 0 for x in before)
    found["new_sum_12"] = clamp(sum(new)) if before else None
    return found


def _concentration(net: list[int]) -> dict[str, int]:
    """Parties with a net amount above 0: how many, their sum, the largest, the five largest, the sum of squared shares."""
    above = sorted((x for x in net if x > 0), reverse=True)
    total = sum(above)
    shares = [ratio(x, total, scale=PARTS) for x in above]
    return {
        "parties": len(above),
        "party_sum": clamp(total),
        "top1": clamp(sum(above[:1])),
        "top5": clamp(sum(above[:TOP])),
        "hhi": sum(x * x for x in shares) // PARTS,
    }


def _new_large(side: _Side, which: int, parties: dict[str, _Party]) -> int | None:
    """Trade with parties in the month they first appear, where it is over a fifth of that month; after the first months."""
    last = min(YEAR - 1, side.first - SETTLING_MONTHS)
    if last < 0:
        return None
    met = ((x.first[which], x.at_first[which]) for x in parties.values())
    return clamp(sum(amount for age, amount in met if 0 <= age <= last and amount * LARGE_PART > side.positive[age]))


def _facts_of_both(sides: Sequence[_Side], parties: dict[str, _Party], firm: str | None) -> Facts:
    if min(side.first for side in sides) < 0:
        return dict.fromkeys(OF_BOTH)
    sale, buy = (side.net[: min(YEAR, *(x.first + 1 for x in sides))] for side in sides)
    pairs = {name: (max(x.year[SALE], 0), max(x.year[PURCHASE], 0)) for name, x in parties.items()}
    both = [x for x in pairs.values() if min(x) > 0]
    return {
        "traded_12": clamp(sum(map(sum, pairs.values()))),
        "round_value_12": clamp(sum(map(sum, both))),
        "round_offset_12": clamp(sum(map(min, both))),
        "round_parties_12": len(both),
        "own_value_12": clamp(sum(pairs.get(firm, ()))) if firm is not None else 0,
        "loss_months_12": sum(x < y for x, y in zip(sale, buy, strict=True)),
    }


def spread(months: Sequence[int]) -> int | None:
    """Standard deviation over mean of monthly amounts in basis points (变异系数), of at least 3 months with a sum above 0.

    In integers: months as parts per million of their sum, the root as `isqrt`, rounded half up.
    """
    count, total = len(months), sum(months)
    if count < LEAST_MONTHS_OF_SPREAD or total <= 0:
        return None
    parts = [clamp(ratio(x, total, scale=PARTS), MOST_PARTS) for x in months]
    variance = count * sum(x * x for x in parts) - sum(parts) ** 2
    return (isqrt(variance) + PARTS // BASIS_POINTS // 2) // (PARTS // BASIS_POINTS)


def trend(months: Sequence[int]) -> int | None:
    """Slope of a line through monthly amounts over their mean (趋势斜率), in basis points a month; `months[0]` is the latest.

    Least squares; of at least 6 months with a sum above 0.
    """
    count, total = len(months), sum(months)
    if count < LEAST_MONTHS_OF_TREND or total <= 0:
        return None
    moment = sum((count - 1 - 2 * age) * x for age, x in enumerate(months))
    return ratio(6 * moment, (count * count - 1) * total)


def longest_gap(months: Sequence[int]) -> int:
    """The longest run of months without an amount above 0 (最长断票月数)."""
    longest = run = 0
    for amount in months:
        run = 0 if amount > 0 else run + 1
        longest = max(longest, run)
    return longest
