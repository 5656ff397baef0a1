"""What stands in the QR of a loan code (贷款码令牌): a version, a key id, a random number, a signature; no data of anybody.

    1 byte    version
    4 bytes   key id: the beginning of the SHA-256 of the public key
    16 bytes  random number of the code
    64 bytes  Ed25519 signature of the 21 bytes before it

85 bytes are exactly 136 letters of Base32: upper case and digits only, which a QR packs into five and a half bits each, and
with no bit to spare, so that every token has exactly one spelling.
"""

import base64
import binascii
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from huoshui.errors import BadKey, ForeignCode, ForgedCode

VERSION: Final = 1
LENGTH: Final = 136  # letters
_KEY_ID: Final = 4
_HEAD: Final = 1 + _KEY_ID + 16
_SEED: Final = 32


@dataclass(frozen=True, slots=True)
class CodeKey:
    """A key that signs loan codes (贷款码密钥), with the name that its owner gave it."""

    name: str
    id: bytes
    private: Ed25519PrivateKey
    public: Ed25519PublicKey

    def __repr__(self) -> str:
        return f"CodeKey({self.name}, {self.id.hex()})"


@dataclass(frozen=True, slots=True)
class OpenedToken:
    """What a good token holds (令牌内容): the code's random number, and the name of the key that signed it."""

    id: UUID
    key_name: str


@cache
def keys_of(text: str) -> tuple[CodeKey, ...]:
    """The keys of HUOSHUI_LOAN_CODE_KEYS (贷款码密钥集): `name:seed` separated by commas, a seed is 32 bytes in base64.

    The first one signs, all of them verify. A key that is left out of the list is retired: its codes are foreign from then on.
    Raises BadKey.
    """
    found = tuple(_key(*x.strip().partition(":")) for x in text.split(",") if x.strip())
    if not found:
        raise BadKey("HUOSHUI_LOAN_CODE_KEYS holds no key; expected name:seed", field="HUOSHUI_LOAN_CODE_KEYS")
    for kind, values in (("name", {x.name for x in found}), ("seed", {x.id for x in found})):
        if len(values) < len(found):
            raise BadKey(f"HUOSHUI_LOAN_CODE_KEYS holds one {kind} twice; expected each once", field="HUOSHUI_LOAN_CODE_KEYS")
    return found


def _key(name: str, _colon: str, seed: str) -> CodeKey:
    try:
        raw = base64.urlsafe_b64decode(seed)
    except ValueError:
        raw = b""
    if not name or len(raw) != _SEED:
        raise BadKey("a key of loan codes is not name:seed with 32 bytes in URL-safe base64", field="HUOSHUI_LOAN_CODE_KEYS")
    private = Ed25519PrivateKey.from_private_bytes(raw)
    public = private.public_key()
    return CodeKey(name, sha256(public.public_bytes_raw()).digest()[:_KEY_ID], private, public)


def make_token(number: UUID, *, key: CodeKey) -> str:
    """The token of a code (签发令牌); the same number and key make the same token."""
    head = bytes([VERSION]) + key.id + number.bytes
    return base64.b32encode(head + key.private.sign(head)).decode()


def open_token(token: str, *, keys: tuple[CodeKey, ...]) -> OpenedToken:
    """Check a token's signature and read what it holds (验签).

    Raises ForgedCode where it is no token or its signature does not fit, ForeignCode where none of the keys is named.
    """
    try:
        raw = base64.b32decode(token.encode("ascii")) if len(token) == LENGTH else b""
    except (UnicodeEncodeError, binascii.Error):
        raw = b""
    if not raw or raw[0] != VERSION:
        raise ForgedCode("this is no loan code, or only a part of one", zh="这不是贷款码，或者码没有扫全")
    head, signature = raw[:_HEAD], raw[_HEAD:]
    key = next((x for x in keys if x.id == head[1 : 1 + _KEY_ID]), None)
    if key is None:
        raise ForeignCode("this code was not issued by this platform", zh="此码不是本平台签发的")
    try:
        key.public.verify(signature, head)
    except InvalidSignature:
        raise ForgedCode("the signature of this code is wrong", zh="此码的签名不对") from None
    return OpenedToken(UUID(bytes=head[1 + _KEY_ID :]), key.name)
