"""Whether registers give numbers of their own (有无自有编号), which a night cannot tell from its new rows alone.

What a number stands for is found in all registers together: a new row may give an old number to another firm.
"""

from collections.abc import Iterable

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.own_numbers import has_own_numbers


def gives_numbers(split: Iterable[parts.Part]) -> bool:
    """Whether some row has a number of its own (有无自有编号): by the statistics of its file, or by reading the column."""
    return any(x.rows > 0 and has_own_numbers((x,)) and _has_any(x) for x in split)


def _has_any(part: parts.Part) -> bool:
    column = parts.read(part, columns=("register_no",), as_words=("register_no",))["register_no"]
    return int(column.null_count) < len(column)
