"""The settled back-test of a book: lend to the 123 firms of the contest by PDs that never saw them, settle with what happened.

Each firm's PD comes from logits that were fitted and weighed without it: two forms of the features, two penalties, three
strengths each, averaged by their likelihood on folds inside the other 122. The bank's rating is no input; it only says by which
churn curve a firm is priced, as in the contest (D by C's). Profit of an offer = amount x share accepted x (rate, or -LGD where
the firm defaulted). The peer lends the largest amount at the published rates to the firms with the largest sales, under the
same budget.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt

from huoshui.adapters.book.allocation import allocate
from huoshui.adapters.book.churn_file import read_churn
from huoshui.adapters.book.market import Applicants, Prices, Terms, prices_of
from huoshui.rules.book import LoanCosts
from huoshui.rules.churn import smooth
from huoshui.terms import BudgetReading

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BUDGET_FEN: Final = 5_000_000_000
LEAST_FEN: Final = 10_000_000
MOST_FEN: Final = 100_000_000
CUT_OFF: Final = "2020-03-01"
PUBLISHED: Final = ("0.0465", "0.0585", "0.0585")
LOSSES: Final = ("1", "0.45")
DRAWS: Final = 1_000
INNER_FOLDS: Final = 6
SIDE: Final = """
    with rows as (
        select enterprise_id, cast(date as date) as day, counterparty_id as partner,
               cast(amount as double) as amount, cast(tax as double) as tax, trim(status) = '有效发票' as is_valid
        from read_parquet(?) where cast(date as date) < date '{cut_off}'
    ), valid as (select * from rows where is_valid),
    months as (
        select enterprise_id, date_trunc('month', day) as month, sum(amount) as net from valid group by all
    ), partners as (
        select enterprise_id, partner, sum(greatest(amount, 0)) as gross from valid group by all
    ), shares as (
        select enterprise_id, count(*) as partners, max(gross) / nullif(sum(gross), 0) as top,
               sum(gross * gross) / nullif(sum(gross) * sum(gross), 0) as concentration
        from partners where gross > 0 group by all
    ), pace as (
        select enterprise_id, count(*) as months, stddev_pop(net) / nullif(abs(avg(net)), 0) as unevenness,
               coalesce(sum(net) filter (month >= date '2019-09-01'), 0) as late,
               coalesce(sum(net) filter (month >= date '2019-03-01' and month < date '2019-09-01'), 0) as early
        from months group by all
    ), sums as (
        select enterprise_id, count(*) filter (is_valid) as n, avg(1 - cast(is_valid as int)) as void_rate,
               avg(cast(amount < 0 as int)) filter (is_valid) as refund_rate,
               -sum(least(amount, 0)) filter (is_valid) / nullif(sum(greatest(amount, 0)) filter (is_valid), 0) as refund_share,
               coalesce(sum(greatest(amount, 0)) filter (is_valid), 0) as gross,
               coalesce(sum(amount) filter (is_valid), 0) as net,
               sum(tax) filter (is_valid) / nullif(sum(amount) filter (is_valid), 0) as tax_rate,
               date_diff('day', max(day) filter (is_valid), date '{cut_off}') as idle_days
        from rows group by all
    )
    select enterprise_id, ln(1 + n), void_rate, refund_rate, refund_share, ln(1 + gross), ln(1 + greatest(net, 0)), tax_rate,
           idle_days, ln(1 + coalesce(partners, 0)), top, concentration, coalesce(months, 0), unevenness,
           ln(1 + greatest(late, 0)) - ln(1 + greatest(early, 0))
    from sums left join shares using (enterprise_id) left join pace using (enterprise_id)
"""
SALES: Final = 5


@dataclass(frozen=True, slots=True)
class Firms:
    """The 123 firms: features, total sales, the curve of the rating, and whether the firm defaulted."""

    features: Floats
    sales: Floats
    curve: Ints
    bad: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, in million yuan: realised profit, 90 % interval, and the paired difference to lending by sales."""

    lgd: str
    reading: BudgetReading
    realised: float
    interval: tuple[float, float]
    by_sales: float
    difference: tuple[float, float, float]
    oracle: float
    funded: int
    bad: int


def read_firms(folder: Path) -> Firms:
    """Features of the labelled firms from their valid invoices before the cut-off."""
    known = duckdb.execute(
        f"select enterprise_id, rating, \"default\" = '是' from read_csv('{folder / 'enterprises_123.csv'}') "
        "order by cast(enterprise_id[2:] as int)"
    ).fetchall()
    sides = [_side(folder / f"{side}_123.parquet") for side in ("sales", "purchases")]
    width = len(next(iter(sides[0].values())))
    nothing = [0.0, *[None] * (width - 1)]
    table = np.array([[*sides[0].get(x, nothing), *sides[1].get(x, nothing)] for x, _, _ in known], float)
    net, bought = table[:, SALES], table[:, width + SALES]
    margin = np.nan_to_num(net) - np.nan_to_num(bought)
    curve = np.array([{"A": 0, "B": 1, "C": 2, "D": 2}[rating] for _, rating, _ in known])
    return Firms(np.column_stack([table, margin]), np.nan_to_num(net), curve, np.array([bad for _, _, bad in known]))


def _side(path: Path) -> dict[str, list[float | None]]:
    rows = duckdb.execute(SIDE.format(cut_off=CUT_OFF), [str(path)]).fetchall()
    return {row[0]: list(row[1:]) for row in rows}


def ranked(train: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Both tables with each column as normal scores of the training rows; gaps become the middle."""
    made = []
    for table in (train, other):
        columns = []
        for i in range(train.shape[1]):
            known = np.sort(train[:, i][np.isfinite(train[:, i])])
            left, right = np.searchsorted(known, table[:, i], "left"), np.searchsorted(known, table[:, i], "right")
            place = ((left + right) / 2 + 0.5) / (len(known) + 1)
            columns.append(np.where(np.isfinite(table[:, i]), _normal(np.clip(place, 0.005, 0.995)), 0.0))
        made.append(np.column_stack(columns))
    return made[0], made[1]


def _normal(share: Floats) -> Floats:
    """A normal score, near enough for a transform (Tukey's lambda of 0.135)."""
    return np.asarray((share**0.135 - (1 - share) ** 0.135) / 0.1975, np.float64)


def scaled(train: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Both tables with each column in deviations of the training rows, extremes held; gaps become the mean."""
    low, high = np.nanpercentile(train, [1, 99], axis=0)
    held = np.clip(train, low, high)
    mean, deviation = np.nanmean(held, axis=0), np.nanstd(held, axis=0) + 1e-9
    one, two = (np.nan_to_num((np.clip(x, low, high) - mean) / deviation) for x in (train, other))
    return one, two


@dataclass(frozen=True, slots=True)
class Candidate:
    """A form of the features, a penalty and its strength."""

    form: Callable[[Floats, Floats], tuple[Floats, Floats]]
    lasso: bool
    strength: float

    def pds(self, train: Floats, bad: Floats, other: Floats) -> Floats:
        """PDs of other firms. A ridge is the middle of a posterior, so that its PDs are means over it; a lasso is a point."""
        x, z = (np.column_stack([np.ones(len(t)), t]) for t in self.form(train, other))
        w = _lasso(x, bad, self.strength) if self.lasso else _ridge(x, bad, self.strength)
        score = z @ w
        if not self.lasso:
            spread = np.einsum("ij,ij->i", z, np.linalg.solve(_curvature(x, w, self.strength), z.T).T)
            score = score / np.sqrt(1 + np.pi * spread / 8)
        return np.asarray(np.clip(1 / (1 + np.exp(-score)), 1e-4, 1 - 1e-4), np.float64)


CANDIDATES: Final = tuple(
    Candidate(form, lasso, strength)
    for form in (ranked, scaled)
    for lasso, strengths in ((False, (1.0, 3.0, 10.0)), (True, (1.0, 2.0, 4.0)))
    for strength in strengths
)


def _curvature(x: Floats, w: Floats, strength: float) -> Floats:
    p = 1 / (1 + np.exp(-x @ w))
    return np.asarray((x * (p * (1 - p))[:, None]).T @ x + np.diag(_penalty(x, strength) + 1e-9), np.float64)


def _penalty(x: Floats, strength: float) -> Floats:
    return np.concatenate([[0.0], np.full(x.shape[1] - 1, strength)])


def _ridge(x: Floats, y: Floats, strength: float) -> Floats:
    """A logit with an L2 penalty on all but the constant, by Newton's steps."""
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        step = np.linalg.solve(_curvature(x, w, strength), x.T @ (p - y) + _penalty(x, strength) * w)
        w = w - step
        if np.abs(step).max() < 1e-7:
            break
    return w


def _lasso(x: Floats, y: Floats, strength: float) -> Floats:
    """A logit with an L1 penalty on all but the constant, by proximal gradients with momentum."""
    w = v = np.zeros(x.shape[1])
    rate, momentum = 4 / float(np.linalg.norm(x, 2)) ** 2, 1.0
    for _ in range(400):
        p = 1 / (1 + np.exp(-x @ v))
        raw = v - rate * (x.T @ (p - y))
        new = np.sign(raw) * np.maximum(np.abs(raw) - rate * strength, 0)
        new[0] = raw[0]
        faster = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        is_done = np.abs(new - w).max() < 1e-5
        v = new + (momentum - 1) / faster * (new - w)
        w, momentum = new, faster
        if is_done:
            break
    return np.asarray(w, np.float64)


def left_out_pds(firms: Firms) -> Floats:
    """Each firm's PD from models that were fitted and weighed without it."""
    bad, n = firms.bad.astype(np.float64), len(firms.bad)
    pds = np.zeros(n)
    for i in range(n):
        rest = np.arange(n) != i
        weights = _weights(firms.features[rest], bad[rest])
        found = [x.pds(firms.features[rest], bad[rest], firms.features[i : i + 1])[0] for x in CANDIDATES]
        pds[i] = float(weights @ np.array(found))
    return pds


def _weights(features: Floats, bad: Floats) -> Floats:
    """The candidates' likelihoods on stratified folds inside the training firms, as weights."""
    order = np.lexsort((np.random.default_rng(0).random(len(bad)), bad))
    fold = np.zeros(len(bad), np.int64)
    fold[order] = np.arange(len(bad)) % INNER_FOLDS
    likelihood = np.zeros(len(CANDIDATES))
    for k in range(INNER_FOLDS):
        train, test = fold != k, fold == k
        for place, candidate in enumerate(CANDIDATES):
            p = candidate.pds(features[train], bad[train], features[test])
            likelihood[place] += float(np.log(np.where(bad[test] == 1, p, 1 - p)).sum())
    weights = np.exp(likelihood - likelihood.max())
    return np.asarray(weights / weights.sum(), np.float64)


def given_pds(path: Path) -> Floats:
    """PDs of the 123 firms from a table with firm_id and pd, such as another model's, in the order of the firms."""
    found = duckdb.execute(
        "select cast(pd as double) from read_parquet(?) order by cast(firm_id[2:] as int)", [str(path)]
    ).fetchall()
    return np.array([x for (x,) in found])


@dataclass(frozen=True, slots=True)
class Bank:
    """What is lent by: prices, terms, and the published rates' places."""

    prices: Prices
    terms: Terms
    published: Ints

    def by_pd(self, firms: Firms, rows: Ints, pds: Floats) -> tuple[Ints, Ints]:
        n = len(rows)
        given = Applicants(pds[rows], np.full(n, LEAST_FEN), np.full(n, MOST_FEN), firms.curve[rows])
        plan = allocate(given, prices=self.prices, terms=self.terms, budget=BUDGET_FEN)
        return plan.amount, plan.rate

    def by_sales(self, firms: Firms, rows: Ints) -> tuple[Ints, Ints]:
        rate = self.published[firms.curve[rows]]
        use = MOST_FEN * (self.prices.accepted[firms.curve[rows], rate] if self.terms.drawn else np.ones(len(rows)))
        order = np.argsort(-firms.sales[rows], kind="stable")
        amount = np.zeros(len(rows), np.int64)
        amount[order[np.cumsum(use[order]) <= BUDGET_FEN]] = MOST_FEN
        return amount, rate

    def settle(self, firms: Firms, rows: Ints, plan: tuple[Ints, Ints]) -> float:
        """What a plan really earned, in million yuan."""
        amount, rate = plan
        share = self.prices.accepted[firms.curve[rows], rate]
        earned = np.where(firms.bad[rows], -self.terms.lgd, self.prices.rate[rate])
        return float((amount * share * earned).sum()) / 1e8


def settled(firms: Firms, pds: Floats, churn: Path) -> Iterator[Row]:
    """The table: both loss rates, both readings of the budget."""
    prices = prices_of(smooth(read_churn(churn)))
    published = np.array([prices.rates.index(Decimal(x)) for x in PUBLISHED])
    everyone = np.arange(len(firms.bad))
    dice = np.random.default_rng(0)
    draws = [np.sort(dice.integers(0, len(everyone), len(everyone))) for _ in range(DRAWS)]
    for lgd in LOSSES:
        for reading in BudgetReading:
            bank = Bank(prices, Terms.of(LoanCosts(Decimal(lgd)), step_fen=100, reading=reading), published)
            ours = [bank.settle(firms, rows, bank.by_pd(firms, rows, pds)) for rows in draws]
            theirs = [bank.settle(firms, rows, bank.by_sales(firms, rows)) for rows in draws]
            plan = bank.by_pd(firms, everyone, pds)
            oracle = bank.settle(firms, everyone, bank.by_pd(firms, everyone, firms.bad.astype(float)))
            low, high = np.percentile(ours, [5, 95])
            difference = np.percentile(np.subtract(ours, theirs), [5, 50, 95])
            yield Row(
                lgd, reading, bank.settle(firms, everyone, plan), (float(low), float(high)),
                bank.settle(firms, everyone, bank.by_sales(firms, everyone)), _three(difference), oracle,
                int((plan[0] > 0).sum()), int(((plan[0] > 0) & firms.bad).sum()),
            )  # fmt: skip


def _three(values: Floats) -> tuple[float, float, float]:
    low, middle, high = values.tolist()
    return low, middle, high


def auc(bad: npt.NDArray[Any], score: Floats) -> float:
    """The chance that a firm that failed scores above one that did not."""
    above = (score[bad][:, None] > score[~bad]).mean() + 0.5 * (score[bad][:, None] == score[~bad]).mean()
    return float(above)


def print_table(folder: Path, churn: Path, *, pds: Path | None = None) -> None:
    """Fit, lend, settle, print."""
    firms = read_firms(folder)
    found = given_pds(pds) if pds else left_out_pds(firms)
    brier, ours = float(((found - firms.bad) ** 2).mean()), auc(firms.bad, found)
    print(f"left-one-out PDs: AUC {ours:.3f} (sales alone {auc(firms.bad, -firms.sales):.3f}), Brier {brier:.3f}")
    heads = (
        f"{'LGD':>5} {'budget':<8}{'realised':>9} {'90 %':>14}{'by sales':>10}{'minus sales 5/50/95 %':>24}{'of oracle':>10}"
    )
    print(f"{heads}  loans (bad), million yuan")
    for x in settled(firms, found, churn):
        low, middle, high = x.difference
        print(
            f"{x.lgd:>5} {x.reading.value:<8}{x.realised:>9.2f} {x.interval[0]:>6.2f} {x.interval[1]:>6.2f} {x.by_sales:>9.2f}"
            f"{low:>10.2f} {middle:>6.2f} {high:>6.2f}{x.realised / x.oracle:>10.0%}  {x.funded} ({x.bad})",
            flush=True,
        )
