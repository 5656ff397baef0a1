"""The encoding of a text file (文本编码): found by looking at bytes, turned into UTF-8 while reading.

Three encodings occur: UTF-8 with or without a byte-order mark, GB 18030 (which contains GBK and GB 2312), and UTF-16 from
spreadsheets' "Unicode text". Bytes that cannot be decoded are passed on as bytes that are not UTF-8, so that the reader of
records finds the lines they are on.
"""

import codecs
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from huoshui.adapters.registers.gb18030 import Transcoder
from huoshui.errors import BadFile

UTF8: Final = "utf-8"
UTF8_BOM: Final = "utf-8-sig"
GB18030: Final = "gb18030"
UTF16: Final = "utf-16"
ENCODINGS: Final = (UTF8, UTF8_BOM, GB18030, UTF16)
_HEAD: Final = 1 << 20
_PLACES: Final = 16
_PIECE: Final = 1 << 16
_BLOCK: Final = 1 << 20


def find_encoding(path: Path) -> str:
    """The encoding of a text file (识别编码), judged by its beginning and by pieces from all over it; raises BadFile."""
    pieces = _pieces(path)
    head = pieces[0]
    if head.startswith(codecs.BOM_UTF8):
        return UTF8_BOM
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF16
    pieces = [x for x in pieces if not x.isascii()]
    if all(_is_utf8(x) for x in pieces):
        return UTF8
    wrong_as = {name: sum(_wrong(x, name) for x in pieces) for name in (UTF8, GB18030)}
    return GB18030 if wrong_as[GB18030] < wrong_as[UTF8] else UTF8


def _pieces(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as file:
            pieces = [file.read(_HEAD)]
            size = path.stat().st_size
            if size > _HEAD:
                pieces[0] = pieces[0][: pieces[0].rfind(b"\n") + 1] or pieces[0]
            for place in range(1, _PLACES if size > _HEAD + _PLACES * _PIECE else 0):
                file.seek(_HEAD + (size - _HEAD) * place // _PLACES)
                lines = file.read(_PIECE).split(b"\n")[1:-1]
                pieces.append(b"\n".join(lines))
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}; expected a file that can be read", field="file") from error
    return pieces


def _is_utf8(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


def _wrong(piece: bytes, encoding: str) -> int:
    """How many bytes do not decode."""
    return sum(0xDC80 <= ord(x) <= 0xDCFF for x in piece.decode(encoding, "surrogateescape"))


class TextFile:
    """UTF-8 bytes of a text file (按UTF-8读取), with the SHA-256 of the bytes of the file itself.

    `on_bytes` is told how many bytes of the file were read each time.
    """

    def __init__(self, path: Path, *, encoding: str, on_bytes: Callable[[int], None] | None = None) -> None:
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise BadFile(f"{path}: {error.strerror or error}; expected a file that can be read", field="file") from error
        self._hash = sha256()
        self._on_bytes = on_bytes
        self._rest = memoryview(b"")
        self._turn = _turner(encoding)
        self._skip = len(codecs.BOM_UTF8) if encoding == UTF8_BOM else 0
        self._ended = False

    def readinto(self, target: memoryview, /) -> int:
        """Fill the target (读取); 0 is the end."""
        if self._turn is None and not self._skip and not self._rest:
            return self._read(target)
        while not self._rest and not self._ended:
            self._rest = self._more()
        got = min(len(self._rest), len(target))
        target[:got] = self._rest[:got]
        self._rest = self._rest[got:]
        return got

    def close(self) -> None:
        """Close the file (关闭)."""
        self._file.close()

    def digest(self) -> str:
        """SHA-256 of what was read so far, in hexadecimal (文件散列)."""
        return self._hash.hexdigest()

    def _read(self, target: memoryview) -> int:
        try:
            got = self._file.readinto(target) or 0
        except OSError as error:
            raise BadFile(f"{self._file.name} cannot be read on: {error.strerror or error}", field="file") from error
        self._hash.update(target[:got])
        if self._on_bytes and got:
            self._on_bytes(got)
        return got

    def _more(self) -> memoryview:
        block = bytearray(_BLOCK)
        got = self._read(memoryview(block))
        self._ended = got == 0
        if self._turn is None:
            skipped, self._skip = self._skip, 0
            return memoryview(block)[skipped:got]
        return self._turn(bytes(block[:got]), self._ended)


def _turner(encoding: str) -> Callable[[bytes, bool], memoryview] | None:
    """What turns blocks into UTF-8; None where they are."""
    if encoding == GB18030:
        transcoder = Transcoder()
        return lambda block, is_last: transcoder.turn(block, is_last=is_last)
    if encoding == UTF16:
        decoder = codecs.getincrementaldecoder(UTF16)("replace")
        return lambda block, is_last: memoryview(decoder.decode(block, final=is_last).encode())
    return None
