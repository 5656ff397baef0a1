"""GB 18030 to UTF-8 in blocks (国标编码转换): a thin wrapper over gb18030.c, with its tables taken from Python's codec."""

import ctypes
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.registers.records import LIBRARY

_TWO: Final = (0x81, 0xFF)
_PLANE_FOUR: Final = 39_420


class Transcoder:
    """Turns blocks of GB 18030 into UTF-8 (分块转码). A byte that belongs to no character becomes 0xFF."""

    def __init__(self) -> None:
        self._rest = b""
        self._done = np.zeros(2, np.int64)

    def turn(self, block: bytes, *, is_last: bool) -> memoryview:
        """The UTF-8 of a block, and of what was left of the one before (转码)."""
        given = self._rest + block
        out = bytearray(len(given) + len(given) // 2 + 8)
        two, four = _tables()
        LIBRARY.gb18030_to_utf8(
            _address(two), _address(four), ctypes.c_char_p(given), ctypes.c_int64(len(given)), ctypes.c_int32(is_last),
            _address(np.frombuffer(out, np.uint8)), _address(self._done),
        )  # fmt: skip
        self._rest = given[self._done[0] :]
        return memoryview(out)[: self._done[1]]


@cache
def _tables() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    trails = [x for x in range(0x40, 0xFF) if x != 0x7F]
    two = [_code_point(bytes((lead, trail))) for lead in range(*_TWO) for trail in trails]
    four = [_code_point(_four_bytes(place)) for place in range(_PLANE_FOUR)]
    return np.array(two, np.uint16), np.array(four, np.uint16)


def _four_bytes(place: int) -> bytes:
    rest, last = divmod(place, 10)
    rest, third = divmod(rest, 126)
    first, second = divmod(rest, 10)
    return bytes((0x81 + first, 0x30 + second, 0x81 + third, 0x30 + last))


def _code_point(character: bytes) -> int:
    """The code point of a character, 0 where the codec has none."""
    try:
        return ord(character.decode("gb18030"))
    except UnicodeDecodeError:
        return 0


def _address(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
