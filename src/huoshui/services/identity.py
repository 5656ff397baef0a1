"""Credit codes by the million (批量校验统一社会信用代码): the two checks of the rule, by columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from huoshui.rules.uscc import ALPHABET, clean_code

LENGTH: Final = 18
_WRONG_FORM: Final = " " * LENGTH
_VALUES: Final = np.full(256, 255, np.uint8)
_VALUES[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(len(ALPHABET))
_LARGEST: Final = np.array([30] * 2 + [9] * 6 + [30] * 10, np.uint8)
_OUTER_WEIGHTS: Final = np.array([pow(3, i, 31) for i in range(17)], np.int32)
_OUTER_CHECKS: Final = np.frombuffer(ALPHABET.encode(), np.uint8)
_INNER_VALUES: Final = np.array([int(x, 36) for x in ALPHABET], np.int32)
_INNER_WEIGHTS: Final = np.array([pow(2, 8 - i, 11) for i in range(8)], np.int32)
_INNER_CHECKS: Final = np.frombuffer(b"0X987654321", np.uint8)


@dataclass(frozen=True, slots=True)
class UsccColumns:
    """Both checks of many credit codes (批量校验结果), in the order of the input: what `check_uscc` says of each.

    `codes` are cleaned. The checks mean something only where `right_form` is True.
    """

    codes: list[str]
    right_form: list[bool]
    expected_checks: str
    organisation_checks: list[bool]


def check_columns(texts: Sequence[str]) -> UsccColumns:
    """Form, outer and inner check of many credit codes at once (批量校验统一社会信用代码)."""
    codes = [clean_code(x) for x in texts]
    eighteen = [x if len(x) == LENGTH and x.isascii() else _WRONG_FORM for x in codes]
    raw = np.frombuffer("".join(eighteen).encode(), np.uint8).reshape(-1, LENGTH)
    values = _VALUES[raw]
    right_form = np.logical_and.reduce(values <= _LARGEST, axis=1)
    values[~right_form] = 0
    expected = _OUTER_CHECKS[-(values[:, :17].astype(np.int32) @ _OUTER_WEIGHTS) % 31]
    inner = _INNER_CHECKS[_INNER_VALUES[values[:, 8:16]] @ _INNER_WEIGHTS % 11]
    organisation_checks: list[bool] = (inner == raw[:, 16]).tolist()
    return UsccColumns(codes, right_form.tolist(), expected.tobytes().decode(), organisation_checks)
