"""Tax filings, social security, cases, loans and registry rows as numbers (其他登记数值化), for adding up by firm.

A column is a whole number a row, NONE where the register is empty; days are days since 1970. Words become what they mean (see
rules/features_registers.py), and a `content` that is the same for the same words, so that repeats can be told.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers import firm_keys, parts
from huoshui.adapters.registers.firm_keys import Keyed
from huoshui.adapters.registers.kernels import NO_DAY, Ints
from huoshui.rules import features_registers as rules
from huoshui.terms import RegisterKind

NONE: Final = np.iinfo(np.int64).min
Columns = dict[str, Ints]
Words = dict[str | None, int]
_WORDS: Final[dict[RegisterKind, tuple[str, ...]]] = {
    RegisterKind.TAX: ("credit_grade",),
    RegisterKind.SOCIAL_SECURITY: (),
    RegisterKind.LITIGATION: ("case_kind", "role"),
    RegisterKind.LOANS: ("loan_kind", "borrower_role", "lender"),
    RegisterKind.REGISTRY: (),
}
_DAYS: Final[dict[RegisterKind, dict[str, str]]] = {
    RegisterKind.TAX: {"start": "period_start", "period": "period_end", "filed": "filed_on"},
    RegisterKind.SOCIAL_SECURITY: {"period": "period_end"},
    RegisterKind.LITIGATION: {"filed": "filed_on", "closed": "closed_on"},
    RegisterKind.LOANS: {"granted": "granted_on", "settled": "settled_on"},
    RegisterKind.REGISTRY: {"established": "established_on", "updated": "updated_on"},
}
_NUMBERS: Final[dict[RegisterKind, dict[str, str]]] = {
    RegisterKind.TAX: {"sales": "sales_fen", "paid": "tax_paid_fen"},
    RegisterKind.SOCIAL_SECURITY: {"heads": "headcount", "paid": "paid_fen", "due": "due_fen"},
    RegisterKind.LITIGATION: {"amount": "amount_fen"},
    RegisterKind.LOANS: {"amount": "amount_fen", "balance": "balance_fen"},
    RegisterKind.REGISTRY: {"capital": "registered_capital_fen"},
}


def read_evidence(part: parts.Part, *, kind: RegisterKind, words: Words) -> tuple[Keyed, Columns, pa.Table]:
    """The rows of a part (读其他登记): their keys, their columns, and the text. `words` numbers the words of all parts."""
    days, numbers, texts = _DAYS[kind], _NUMBERS[kind], _WORDS[kind]
    wanted = (*firm_keys.COLUMNS, *days.values(), *numbers.values(), *texts)
    table = parts.read(part, columns=wanted, as_words=(*firm_keys.WORDS, *texts))
    columns: Columns = {}
    for name, source in days.items():
        day = parts.day_numbers(table[source], missing=NO_DAY)
        columns[name] = np.where(day == NO_DAY, NONE, day.astype(np.int64))
    for name, source in numbers.items():
        columns[name] = parts.numbers(table[source], np.int64, NONE)
    columns |= _meanings(table, kind, words)
    return firm_keys.keys_of(table, allow_historical=kind is RegisterKind.TAX), columns, table


def _meanings(table: pa.Table, kind: RegisterKind, words: Words) -> Columns:
    if kind is RegisterKind.TAX:
        return {"grade": _mean(table, "credit_grade", lambda x: NONE if (y := rules.tax_grade(x)) is None else y)}
    found: Columns = {}
    for place, source in enumerate(_WORDS[kind]):
        found[f"content_{place}"] = _mean(table, source, lambda x: words.setdefault(x, len(words)))
    if kind is RegisterKind.LITIGATION:
        found["is_penalty"] = _mean(table, "case_kind", lambda x: int(rules.is_penalty(x)))
        found["is_defendant"] = _mean(table, "role", lambda x: int(rules.is_defendant(x)))
    if kind is RegisterKind.LOANS:
        by_kind = _mean(table, "loan_kind", lambda x: int(rules.is_debt(x, None)))
        found["is_debt"] = by_kind & _mean(table, "borrower_role", lambda x: int(rules.is_debt(None, x)))
    return found


def _mean(table: pa.Table, name: str, meaning: Callable[[str | None], int]) -> npt.NDArray[Any]:
    return parts.words(table[name], meaning, np.int64)
