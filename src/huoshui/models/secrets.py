"""Personal data at rest (个人信息加密): sealed for keeping, hashed for joins, masked for showing."""

import base64
import hashlib
import hmac
import os
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from huoshui.errors import Unreadable

_VERSION: Final = "1"
_NONCE: Final = 12


def seal(text: str) -> str:
    """Encrypt a text with the first field key (加密): AES-256-GCM, as `1.<base64 of nonce and ciphertext>`; "" stays ""."""
    if not text:
        return ""
    return f"{_VERSION}.{base64.urlsafe_b64encode(seal_bytes(text.encode())).decode()}"


def unseal(sealed: str) -> str:
    """Decrypt what `seal` made, with whichever field key fits (解密). Raises Unreadable if none does."""
    if not sealed:
        return ""
    try:
        raw = base64.urlsafe_b64decode(sealed.removeprefix(f"{_VERSION}."))
    except ValueError:
        raise Unreadable("a sealed field is not in the form that this version writes") from None
    return unseal_bytes(raw).decode()


def seal_bytes(plain: bytes) -> bytes:
    """Encrypt bytes, such as a photograph, with the first field key (加密): AES-256-GCM, nonce and ciphertext."""
    nonce = os.urandom(_NONCE)
    return nonce + _ciphers(settings.HUOSHUI_KEYS["HUOSHUI_FIELD_KEYS"])[0].encrypt(nonce, plain, None)


def unseal_bytes(raw: bytes) -> bytes:
    """Decrypt what `seal_bytes` made, with whichever field key fits (解密). Raises Unreadable if none does."""
    for cipher in _ciphers(settings.HUOSHUI_KEYS["HUOSHUI_FIELD_KEYS"]):
        try:
            return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None)
        except InvalidTag:
            continue
    raise Unreadable("none of the field keys opens what is sealed; is an old key missing from HUOSHUI_FIELD_KEYS?")


def sealed_with_first_key(raw: bytes) -> bool:
    """Whether the first field key opens sealed bytes (是否现用密钥加密): what it does not open waits for rotation."""
    try:
        _ciphers(settings.HUOSHUI_KEYS["HUOSHUI_FIELD_KEYS"])[0].decrypt(raw[:_NONCE], raw[_NONCE:], None)
    except InvalidTag:
        return False
    return True


def sealed_bytes_of(sealed: str) -> bytes:
    """The bytes within a sealed text (密文字节)."""
    return base64.urlsafe_b64decode(sealed.removeprefix(f"{_VERSION}."))


def hashed(text: str) -> str:
    """A text's keyed hash (关联哈希): HMAC-SHA-256 in hex, equal for equal texts of this installation; "" stays ""."""
    if not text:
        return ""
    key = settings.HUOSHUI_KEYS["HUOSHUI_HASH_KEY"].encode()
    return hmac.new(key, text.strip().upper().encode(), hashlib.sha256).hexdigest()


def masked_phone(phone: str) -> str:
    """A telephone number with its middle hidden (手机号脱敏): `138****5678`."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****" if phone else ""


def masked_name(name: str) -> str:
    """A person's name with all but the first character hidden (姓名脱敏): `王**`."""
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else name


@cache
def _ciphers(keys: str) -> tuple[AESGCM, ...]:
    return tuple(AESGCM(base64.urlsafe_b64decode(x)) for x in keys.split(",") if x)
