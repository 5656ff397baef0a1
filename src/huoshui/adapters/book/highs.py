"""HiGHS (线性与整数规划求解器): a problem as sparse arrays, run on one thread, the same answer every time."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from huoshui.adapters.book.market import Floats, Ints
from huoshui.errors import HuoshuiError, MissingExtra

try:
    import highspy
except ModuleNotFoundError as error:
    raise MissingExtra("side conditions need HiGHS; run `pip install 'huoshui[risk]'`") from error

_OPTIONS: Final[dict[str, bool | int | float]] = {
    "output_flag": False, "log_to_console": False, "threads": 1, "random_seed": 0, "mip_rel_gap": 2e-5, "mip_max_nodes": 2_000,
}  # fmt: skip
_NONE: Final = np.zeros(0, np.int64)


class SolverFailed(HuoshuiError):
    """The solver found neither an answer nor that there is none (求解失败)."""


class Silent(highspy.Highs):
    """HiGHS that greets nobody (静默求解器): its constructor turns callbacks on, and that would print a line."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def enableCallbacks(self) -> None:  # noqa: N802 -- the name is HiGHS's
        """Turn them on when nothing is shown any more."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


@dataclass
class Problem:
    """Least `cost x` where `low <= x <= high` and every row is kept (规划问题); rows are added one by one or by group."""

    cost: Floats
    low: Floats
    high: Floats
    whole: Ints = field(default_factory=lambda: _NONE)
    _row: list[Ints] = field(default_factory=list)
    _column: list[Ints] = field(default_factory=list)
    _value: list[Floats] = field(default_factory=list)
    _least: list[Floats] = field(default_factory=list)
    _most: list[Floats] = field(default_factory=list)
    rows: int = 0

    def add_columns(self, count: int, *, high: float, cost: Floats | None = None, whole: bool = False) -> None:
        """More columns from 0 to `high`, whole numbers or not."""
        begin = len(self.cost)
        self.cost = np.concatenate([self.cost, np.zeros(count) if cost is None else cost])
        self.low = np.concatenate([self.low, np.zeros(count)])
        self.high = np.concatenate([self.high, np.full(count, high)])
        if whole:
            self.whole = np.concatenate([self.whole, np.arange(begin, begin + count)])

    def add_row(self, columns: Ints, values: Floats, least: float, most: float) -> None:
        """One row."""
        self._add(np.full(len(columns), self.rows), columns, values, np.array([least]), np.array([most]))

    def add_rows_by(self, group: Ints, columns: Ints, values: Floats, *, most: float) -> None:
        """A row for each group, numbered from 0."""
        count = int(group.max(initial=-1)) + 1
        self._add(self.rows + group, columns, values, np.full(count, -np.inf), np.full(count, most))

    def _add(self, row: Ints, column: Ints, value: Floats, least: Floats, most: Floats) -> None:
        self._row.append(row)
        self._column.append(column)
        self._value.append(value)
        self._least.append(least)
        self._most.append(most)
        self.rows += len(least)

    def as_lp(self) -> Any:
        """The problem as HiGHS takes it, column by column."""
        row, column, value = (np.concatenate(x) for x in (self._row, self._column, self._value))
        order = np.lexsort((row, column))
        lp: Any = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), self.rows
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = self.cost, self.low, self.high
        lp.row_lower_, lp.row_upper_ = np.concatenate(self._least), np.concatenate(self._most)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.searchsorted(column[order], np.arange(len(self.cost) + 1)).astype(np.int32)
        lp.a_matrix_.index_, lp.a_matrix_.value_ = row[order].astype(np.int32), value[order]
        if len(self.whole):
            kinds = np.full(len(self.cost), highspy.HighsVarType.kContinuous, object)
            kinds[self.whole] = highspy.HighsVarType.kInteger
            lp.integrality_ = list(kinds)
        return lp


@dataclass(frozen=True, slots=True)
class Solution:
    """An answer (解): columns, reduced costs, duals of rows, and the cost."""

    value: Floats
    reduced: Floats
    dual: Floats
    objective: float


def run_highs(problem: Problem) -> Solution | None:
    """Solve (求解): None where no values keep every row; raises SolverFailed.

    What ends a search early is a count of nodes, not a clock, so that a slow machine finds the same answer.
    """
    solver = Silent()
    method = "choose" if len(problem.whole) else "ipm"  # a relaxed problem is long and thin: interior points take a twentieth
    for name, value in {**_OPTIONS, "solver": method}.items():
        solver.setOptionValue(name, value)
    solver.passModel(problem.as_lp())
    solver.run()
    status = solver.getModelStatus()
    found = solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if not found:
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return None
        raise SolverFailed(f"HiGHS stopped with {solver.modelStatusToString(status)}; expected an answer")
    answer = solver.getSolution()
    return Solution(
        np.array(answer.col_value),
        np.array(answer.col_dual),
        np.array(answer.row_dual),
        solver.getInfo().objective_function_value,
    )
