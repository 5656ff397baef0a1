"""Synthetic credit codes (合成统一社会信用代码): GB 32100 outside, GB 11714 inside, and old numbers by GS 15.

The organisation code is a bijection of the firm's number, so that no two firms of any run share one.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.synthetic.draws import Draws, Flags, Ints

Characters = npt.NDArray[np.uint8]
MOST_FIRMS: Final = 400_000_000
CODE_LENGTH: Final = 18
OLD_LENGTH: Final = 15
BODY: Final = slice(8, 16)
_ALPHABET: Final = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", np.uint8)
_LETTERS: Final = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", np.uint8)
_OUTER_WEIGHTS: Final = np.array([3**i % 31 for i in range(17)], np.int64)
_INNER_WEIGHTS: Final = np.array([3, 7, 9, 10, 5, 8, 4, 2], np.int64)
_INNER_CHECKS: Final = np.frombuffer(b"0X987654321", np.uint8)
_NUMERIC_SHARE: Final = 5
_NUMERIC: Final = 10**8
_MODERN: Final = 31**6
_NUMERIC_STEP: Final = 38_196_601
_MODERN_STEP: Final = 338_996_237


def _values(alphabet: Characters) -> Ints:
    found = np.zeros(256, np.int64)
    found[alphabet] = np.arange(len(alphabet))
    return found


_OUTER_VALUES: Final = _values(_ALPHABET)
_INNER_VALUES: Final = _values(_LETTERS)


def credit_codes(firms: Ints, *, prefixes: Characters, regions: Ints, draws: Draws) -> Characters:
    """Valid credit codes, one row of 18 characters a firm (信用代码); `prefixes` are their first two characters."""
    codes = np.empty((len(firms), CODE_LENGTH), np.uint8)
    codes[:, 0:2] = prefixes
    codes[:, 2:8] = digits_of(regions, width=6)
    codes[:, BODY] = _bodies(firms, draws)
    codes[:, 16] = inner_checks(codes[:, BODY])
    codes[:, 17] = _ALPHABET[-_weighed(codes[:, :17], _OUTER_VALUES, _OUTER_WEIGHTS) % 31]
    return codes


def _bodies(firms: Ints, draws: Draws) -> Characters:
    """The first eight characters of organisation codes: one in five of digits only (older ones), the others MA and six."""
    bodies = np.empty((len(firms), 8), np.uint8)
    order = firms // _NUMERIC_SHARE
    rest = (firms - order - 1) * _MODERN_STEP + draws.number(of="modern codes", count=_MODERN)
    rest %= _MODERN
    bodies[:, 0], bodies[:, 1] = ord("M"), ord("A")
    for place in range(7, 1, -1):
        rest, value = np.divmod(rest, 31)
        bodies[:, place] = _ALPHABET[value]
    older = firms % _NUMERIC_SHARE == 0
    numbers = (order[older] * _NUMERIC_STEP + draws.number(of="older codes", count=_NUMERIC)) % _NUMERIC
    bodies[older] = digits_of(numbers, width=8)
    return bodies


def inner_checks(bodies: Characters) -> Characters:
    """The ninth characters of organisation codes (组织机构代码校验码)."""
    return np.asarray(_INNER_CHECKS[_weighed(bodies, _INNER_VALUES, _INNER_WEIGHTS) % 11])


def _weighed(characters: Characters, values: Ints, weights: Ints) -> Ints:
    total = np.zeros(len(characters), np.int64)
    for place, weight in enumerate(weights):
        total += values[characters[:, place]] * weight
    return total


def old_numbers(regions: Ints, *, orders: Ints) -> Characters:
    """Old registration numbers of 15 digits with their check by ISO 7064 MOD 11,10 (旧工商注册号)."""
    numbers = np.empty((len(orders), OLD_LENGTH), np.uint8)
    numbers[:, :6] = digits_of(regions, width=6)
    numbers[:, 6:14] = digits_of(orders, width=8)
    numbers[:, 14] = _old_checks(numbers[:, :14])
    return numbers


def could_be_historical(numbers: Characters) -> Flags:
    """Which old numbers could also be a historical taxpayer id (可误认为历史税号): their last nine digits pass as a body."""
    return np.asarray(numbers[:, 14] == inner_checks(numbers[:, 6:14]))


def _old_checks(digits: Characters) -> Characters:
    product = np.full(len(digits), 10, np.int64)
    for place in range(14):
        total = (product + digits[:, place] - ord("0")) % 10
        total[total == 0] = 10
        product = 2 * total % 11
    return ((11 - product) % 10 + ord("0")).astype(np.uint8)


def other_characters(characters: Characters, *, steps: Ints) -> Characters:
    """Another character of the alphabet for each (改一字符); `steps` run from 1 to 30."""
    return np.asarray(_ALPHABET[(_OUTER_VALUES[characters] + steps) % 31])


def digits_of(numbers: Ints, *, width: int) -> Characters:
    """Numbers as rows of ASCII digits (定宽数字)."""
    digits = np.empty((len(numbers), width), np.uint8)
    rest = numbers
    for place in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        digits[:, place] = digit + ord("0")
    return digits


def texts(characters: Characters, *, missing: Flags | None = None) -> pa.Array:
    """Rows of ASCII characters as a column of text (字符矩阵转文本列)."""
    count, width = characters.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    found = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(characters)))
    return found if missing is None else pa.compute.if_else(pa.array(~missing), found, None)
