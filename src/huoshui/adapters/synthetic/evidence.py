"""What happened to synthetic firms (合成事实): register facts, filings, loans, lists, invoices, before anybody miswrites them.

Amounts are whole fen, days are days since 1970-01-01; NONE stands for a fact that a register leaves empty.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from huoshui.adapters.synthetic import words
from huoshui.adapters.synthetic.basis import NO_BOUND, Basis, ListName, days
from huoshui.adapters.synthetic.draws import Draws, Flags, Ints, climb, ladder
from huoshui.adapters.synthetic.firms import Firms
from huoshui.terms import EntityKind, LoanKind

NONE: Final = -1
NO_DAY: Final = np.iinfo(np.int32).min
TAXPAYERS, INVOICED_ONLY = 60_000, 61_000
STOPPED, FILED, NEWEST_FILED, NO_SALES, NON_NORMAL = 3_000, 90_000, 40_000, 12_000, 1_000
WITH_FIGURES, FIGURE_LEFT_OUT, AT_A_BOUND = 30_000, 6_000, 5_000
BORROWERS: Final = 14_000
LISTED: Final = {ListName.DISHONEST: 300, ListName.ABNORMAL: 500, ListName.TAX: 340}
EXPIRED: Final = 25_000
ABNORMAL_LISTED, ABNORMAL_UNLISTED = 80_000, 300
REPORT_YEARS: Final = ((1, 12), (0, 35), (-1, 20), (-2, 10), (None, 23))
LOAN_KINDS: Final = (
    ("经营", LoanKind.BUSINESS, 300), ("流动资金", LoanKind.BUSINESS, 220), ("流动资金贷款", LoanKind.BUSINESS, 80),
    ("固定资产贷款", LoanKind.BUSINESS, 50), ("贴现", LoanKind.BILL_DISCOUNT, 50), ("票据贴现", LoanKind.BILL_DISCOUNT, 30),
    ("委托", LoanKind.ENTRUSTED, 20), ("委托贷款", LoanKind.ENTRUSTED, 20), ("外币贷款", LoanKind.FOREIGN_CURRENCY, 15),
    ("小额贷款公司贷款", LoanKind.SMALL_LOAN_COMPANY, 15), ("消费", LoanKind.CONSUMER, 90),
    ("信用卡", LoanKind.CREDIT_CARD, 90), ("对外担保", LoanKind.GUARANTEE_GIVEN, 20),
)  # fmt: skip
ROLES: Final = (None, "企业", "法定代表人", "经营者")
_OWNERS_FROM: Final = 2
_ROLE_WEIGHTS: Final = (55, 35, 10)
_PLACES: Final = 2**24
_EMPLOYEES: Final = ladder(1, high=4_000)
_REVENUE: Final = ladder(100_000, high=200_000_000_000)
_ASSETS: Final = ladder(200_000, high=400_000_000_000)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the registry knows of firms (登记事实). `figures` are employees, revenue and assets as printed, NONE where left out.

    `scale` are the same three as they really are, from which filings follow.
    """

    industry: Ints
    status: Ints
    report_year: Ints
    figures: Ints
    scale: Ints
    is_taxpayer: Flags
    is_invoiced: Flags


@dataclass(frozen=True, slots=True)
class Filings:
    """Four quarters of each taxpayer (纳税申报): rows are taxpayers, columns quarters, oldest first."""

    firm: Ints
    is_filed: Flags
    sales: Ints
    tax_paid: Ints
    employees: Ints
    assets: Ints
    is_non_normal: Flags
    grade: Ints


@dataclass(frozen=True, slots=True)
class Loans:
    """Credit records (信贷记录). `kind` and `role` are places in LOAN_KINDS and ROLES."""

    firm: Ints
    turn: Ints
    kind: Ints
    role: Ints
    granted: Ints
    settled: Ints
    amount: Ints
    balance: Ints


@dataclass(frozen=True, slots=True)
class Listings:
    """Entries on lists (名单记录). `name` is a place in ListName."""

    firm: Ints
    name: Ints
    listed: Ints
    expires: Ints


@dataclass(frozen=True, slots=True)
class Invoices:
    """Invoices of firms that no tax register shows (发票)."""

    firm: Ints
    turn: Ints
    day: Ints
    is_sale: Flags
    is_void: Flags
    amount: Ints


def make_facts(firms: Firms, *, basis: Basis, draws: Draws) -> Facts:
    """Register facts (生成登记事实)."""
    number = firms.number
    widths = np.array([len(x.industries) for x in words.TRADES])
    table = np.zeros((len(words.TRADES), widths.max()), np.int64)
    for row, trade in enumerate(words.TRADES):
        table[row, : len(trade.industries)] = [words.INDUSTRIES.index(code) for code in trade.industries]
    turn = draws.below(number, of="industry", count=2**20) * widths[firms.trade] >> 20
    industry = table[firms.trade, turn]
    years = np.array([NONE if step is None else basis.due_report_year + step for step, _ in REPORT_YEARS])
    scale = _scale(firms, draws)
    source = draws.below(number, of="source", count=100_000)
    is_taxpayer = source < TAXPAYERS
    return Facts(
        industry=industry,
        status=draws.chosen(number, of="status", weights=tuple(weight for _, weight in words.STATUSES)),
        report_year=years[draws.chosen(number, of="report year", weights=tuple(weight for _, weight in REPORT_YEARS))],
        figures=_figures(number, scale=scale, industry=industry, basis=basis, draws=draws),
        scale=scale,
        is_taxpayer=is_taxpayer,
        is_invoiced=~is_taxpayer & (source < INVOICED_ONLY),
    )


def _scale(firms: Firms, draws: Draws) -> Ints:
    """Employees, revenue and assets of each firm; the three go together, and enterprises are larger."""
    number = firms.number
    size = draws.below(number, of="size", count=_PLACES)
    columns = []
    for steps, question, power in ((_EMPLOYEES, "employees", 4), (_REVENUE, "revenue", 3), (_ASSETS, "assets", 3)):
        place = (3 * size + draws.below(number, of=question, count=_PLACES)) // 4
        skewed = place
        for _ in range(power - 1):
            skewed = skewed * place >> 24
        columns.append(climb(steps, place=np.where(firms.of_kind(EntityKind.ENTERPRISE), skewed, skewed // 2)))
    return np.stack(columns, axis=1)


def _figures(number: Ints, *, scale: Ints, industry: Ints, basis: Basis, draws: Draws) -> Ints:
    """Annual figures: near the scale, some exactly at a bound of the size table or one unit below, some not given."""
    employees = np.maximum(scale[:, 0] + draws.below(number, of="annual employees", count=5) - 2, 1)
    revenue = scale[:, 1] * (85 + draws.below(number, of="annual revenue", count=30)) // 100
    assets = scale[:, 2] * (92 + draws.below(number, of="annual assets", count=16)) // 100
    figures = np.stack([employees, revenue, assets], axis=1)
    bounds = size_table(basis)[industry, draws.below(number, of="bound level", count=3)]
    below = draws.below(number, of="below a bound", count=6)
    bounds = bounds - ((np.arange(3) == below[:, None]) & (bounds > 0))
    snapped = draws.happens(number, of="at a bound", per_100_000=AT_A_BOUND)[:, None] & (bounds >= 0)
    figures = np.where(snapped, bounds, figures)
    figures[~draws.happens(number, of="annual figures", per_100_000=WITH_FIGURES)] = NONE
    return figures


def size_table(basis: Basis) -> Ints:
    """Lower bounds by industry, level and figure (划型标准表), NO_BOUND where there is none or the row is not covered."""
    nothing = ((NO_BOUND,) * 3,) * 3
    return np.array([basis.size_bounds[code] or nothing for code in words.INDUSTRIES], np.int64)


def make_filings(firms: Firms, *, facts: Facts, basis: Basis, draws: Draws) -> Filings:
    """Quarterly filings (生成纳税申报)."""
    firm = np.flatnonzero(facts.is_taxpayer)
    number = firms.number[firm]
    cell = number[:, None] * 4 + np.arange(4)
    likely = np.array([FILED, FILED, FILED, NEWEST_FILED])
    is_filed = draws.below(cell, of="filed", count=100_000) < likely
    is_old = np.array([end <= basis.stopped_since for _, end in basis.quarters])
    is_filed &= is_old | ~draws.happens(number, of="stopped filing", per_100_000=STOPPED)[:, None]
    scale = facts.scale[firm]
    sales = scale[:, 1, None] // 4 * (70 + draws.below(cell, of="sales", count=60)) // 100
    sales[draws.happens(cell, of="no sales", per_100_000=NO_SALES)] = 0
    return Filings(
        firm=firm,
        is_filed=np.asarray(is_filed),
        sales=sales,
        tax_paid=sales * (5 + draws.below(cell, of="tax rate", count=30)) // 1000,
        employees=np.maximum(scale[:, 0, None] + draws.below(cell, of="filed employees", count=3) - 1, 1),
        assets=scale[:, 2, None] * (96 + draws.below(cell, of="filed assets", count=8)) // 100,
        is_non_normal=draws.happens(number, of="non-normal", per_100_000=NON_NORMAL),
        grade=draws.chosen(number, of="grade", weights=tuple(weight for _, weight in words.GRADES)),
    )


def leave_out_figures(firms: Firms, *, facts: Facts, filings: Filings, draws: Draws) -> None:
    """Leave one annual figure out where filings have it (个别指标缺失), so that what is missing is never in dispute."""
    filed = filings.firm[filings.is_filed.any(axis=1)]
    chosen = filed[draws.happens(firms.number[filed], of="figure left out", per_100_000=FIGURE_LEFT_OUT)]
    facts.figures[chosen, draws.below(firms.number[chosen], of="which figure", count=3)] = NONE


def make_loans(firms: Firms, *, basis: Basis, draws: Draws) -> Loans:
    """One to three credit records of every borrower (生成信贷记录)."""
    borrowers = np.flatnonzero(draws.happens(firms.number, of="borrower", per_100_000=BORROWERS))
    counts = 1 + draws.below(firms.number[borrowers], of="loans", count=3)
    firm = np.repeat(borrowers, counts)
    turn = np.arange(len(firm)) - np.repeat(np.cumsum(counts) - counts, counts)
    number = firms.number[firm] * 4 + turn
    role = draws.chosen(number, of="role", weights=_ROLE_WEIGHTS)
    is_owner = role == _OWNERS_FROM
    role[is_owner & firms.of_kind(EntityKind.SOLE_TRADER)[firm]] = ROLES.index("经营者")
    role[is_owner & (firms.form[firm] == words.FAMILY_FARM)] = 0  # whether a farm's owner is the farm, no rule says
    on = days(basis.on)
    granted = on - draws.below(number, of="granted", count=3_000)
    later = draws.happens(number, of="granted later", per_100_000=3_000)
    granted[later] = on + 1 + draws.below(number[later], of="granted", count=120)
    age = np.maximum(on - granted - 30, 1)
    settled = granted + 30 + (draws.below(number, of="settled day", count=2**16) * age >> 16)
    is_settled = (age > 330) & draws.happens(number, of="settled", per_100_000=55_000)
    amount = 1_000_000 * (5 + draws.below(number, of="amount", count=996))
    balance = amount * draws.below(number, of="balance", count=101) // 100
    granted[draws.happens(number, of="no day", per_100_000=1_000)] = NO_DAY
    return Loans(
        firm=firm, turn=turn, role=role, granted=granted, amount=amount,
        kind=draws.chosen(number, of="loan kind", weights=tuple(weight for _, _, weight in LOAN_KINDS)),
        settled=np.where(is_settled, settled, NO_DAY), balance=np.where(is_settled, 0, balance),
    )  # fmt: skip


def make_listings(firms: Firms, *, filings: Filings, basis: Basis, draws: Draws) -> Listings:
    """Entries on lists, some expired (生成名单记录).

    Only firms with a filing stand on the tax office's list, and while they do, their filings say non-normal too: the two
    registers never contradict each other.
    """
    rows = []
    filed = filings.is_filed.any(axis=1)
    for place, name in enumerate(ListName):
        among = filings.firm[filed] if name is ListName.TAX else np.arange(len(firms))
        hit = draws.happens(firms.number[among], of=f"list {name}", per_100_000=LISTED[name])
        rows.append(np.stack([among[hit], np.full(hit.sum(), place)]))
    firm, name_place = np.concatenate(rows, axis=1)
    number, on = firms.number[firm] * len(ListName) + name_place, days(basis.on)
    is_expired = draws.happens(number, of="expired", per_100_000=EXPIRED)
    expires = on + 1 + draws.below(number, of="expires", count=700)
    expires[draws.happens(number, of="no expiry", per_100_000=60_000)] = NO_DAY
    expires = np.where(is_expired, on - draws.below(number, of="expired day", count=400), expires)
    listed = np.where(is_expired, expires, on) - 30 - draws.below(number, of="listed", count=700)
    in_force = firm[(name_place == tuple(ListName).index(ListName.TAX)) & ~is_expired]
    filings.is_non_normal[np.searchsorted(filings.firm, in_force)] = True
    return Listings(firm=firm, name=name_place, listed=listed, expires=expires)


def abnormal_by_registry(firms: Firms, *, listings: Listings, basis: Basis, draws: Draws) -> Flags:
    """Which firms the registry itself calls abnormal (登记机关标记的经营异常): most of those listed, and a few others."""
    is_now = (listings.name == tuple(ListName).index(ListName.ABNORMAL)) & (
        (listings.expires == NO_DAY) | (listings.expires > days(basis.on))
    )
    chance = draws.below(firms.number, of="abnormal", count=100_000)
    found = chance < ABNORMAL_UNLISTED
    now = listings.firm[is_now]
    found[now] = chance[now] < ABNORMAL_LISTED
    return np.asarray(found)


def make_invoices(firms: Firms, *, facts: Facts, basis: Basis, draws: Draws) -> Invoices:
    """None to six invoices of each firm that no tax register shows (生成发票)."""
    among = np.flatnonzero(facts.is_invoiced)
    counts = draws.below(firms.number[among], of="invoices", count=7)
    firm = np.repeat(among, counts)
    turn = np.arange(len(firm)) - np.repeat(np.cumsum(counts) - counts, counts)
    number = firms.number[firm] * 8 + turn
    return Invoices(
        firm=firm, turn=turn,
        day=days(basis.on) - draws.below(number, of="invoiced", count=200),
        is_sale=draws.happens(number, of="sale", per_100_000=70_000),
        is_void=draws.happens(number, of="void", per_100_000=12_000),
        amount=draws.below(number, of="invoice amount", count=10_000_000) + 100,
    )  # fmt: skip
