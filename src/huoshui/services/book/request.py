"""What a book is planned by (组合测算参数)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from huoshui.adapters.book.conditions_file import Condition
from huoshui.errors import BadAmount, BadRate, BadRequest
from huoshui.policy.region import NATION, check_region
from huoshui.rules.book import LoanCosts, check_costs
from huoshui.rules.churn import RATE_PLACES
from huoshui.terms import BookObjective, BudgetReading

MOST_FEN: Final = 10**15


@dataclass(frozen=True, slots=True)
class BookRequest:
    """A bank's wishes (组合测算参数): amounts in fen, rates as fractions a year.

    `step_fen` is what amounts are whole multiples of. `first_time_share` is the least part of the budget for first-time
    borrowers, where that is the objective. `grades` says by which curve a grade is priced that the churn table does not name.
    An indicative plan takes firms in whose rating lacks evidence, with the limit that they would have: what settling is worth.
    """

    budget_fen: int
    low_fen: int
    high_fen: int
    low_rate: Decimal
    high_rate: Decimal
    on: date
    region: str = NATION
    objective: BookObjective = BookObjective.PROFIT
    reading: BudgetReading = BudgetReading.OFFERED
    costs: LoanCosts = field(default_factory=LoanCosts)
    step_fen: int = 10_000
    first_time_share: Decimal = Decimal("0.2")
    grades: Mapping[str, str] = field(default_factory=dict)
    pd_column: str = "pd"
    is_indicative: bool = False
    conditions: tuple[Condition, ...] = ()


def check_request(request: BookRequest) -> None:
    """Refuse what cannot be (参数检查): raises BadAmount, BadRate, BadRequest or UnknownRegion."""
    check_region(request.region)
    check_costs(request.costs)
    if not 0 < request.budget_fen <= MOST_FEN:
        raise BadAmount(f"the budget must be more than zero and at most {MOST_FEN // 100:,} yuan", field="budget")
    if not 0 < request.low_fen <= request.high_fen <= MOST_FEN:
        raise BadAmount("limits are LOW:HIGH in yuan, more than zero and rising, such as 100000:1000000", field="limit")
    if not 0 < request.step_fen <= request.high_fen:
        raise BadAmount("the step of amounts must be more than zero and at most the highest limit", field="step")
    if not 0 <= request.low_rate <= request.high_rate <= 1:
        raise BadRate("rates are LOW:HIGH as fractions a year, rising, such as 0.04:0.15", field="rate")
    if any(x != round(x, RATE_PLACES) for x in (request.low_rate, request.high_rate)):
        raise BadRate(f"rates have at most {RATE_PLACES} decimals", field="rate")
    if not 0 <= request.first_time_share <= 1:
        raise BadRate("the share for first-time borrowers is a fraction from 0 to 1", field="first-time-share")
    if request.conditions and request.objective is not BookObjective.PROFIT:
        wanted = f"side conditions go with the objective {BookObjective.PROFIT.value}"
        raise BadRequest(f"{wanted}; got {request.objective.value}", field="covenants")
