"""Ed25519 signatures, key files and the list of trusted keys (数字签名、密钥与受信公钥).

A private key is a PEM file that only its owner may read; it is never written anywhere else. Public keys stand in a readable
YAML file, with the person's name and what that person may sign:

    format: huoshui trusted keys 1
    keys:
    - {name: 林静, roles: [maker], since: 2026-01-01, until: null, public_key: "base64"}
    withdrawn: []

A key is retired with `until`: what it signed up to that day stays good. These signatures prove who acted inside a bank; they
are not the reliable electronic signatures of the law (不是法律意义上的可靠电子签名).
"""

import base64
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import yaml

from huoshui.errors import BadKey, MissingExtra, OutputError

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
except ImportError as missing:
    raise MissingExtra("what signs models is not installed; run `pip install 'huoshui[risk]'`") from missing

TRUSTED_FORMAT: Final = "huoshui trusted keys 1"
OWNER_ONLY: Final = 0o600
Role = Literal["maker", "checker"]
_HEADER: Final = (
    "# Whose signatures under models are trusted (受信公钥). `huoshui model keys` adds to it; a bank guards this file.\n"
)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A person's public key and what it may sign (受信公钥), from `since` to `until`, both included."""

    name: str
    roles: tuple[Role, ...]
    since: date
    public_key: str
    until: date | None = None

    @property
    def key_id(self) -> str:
        """Sixteen hex digits that name the key (密钥编号)."""
        return key_id(self.public_key)

    def may_sign(self, role: Role, *, on: date) -> bool:
        """Whether the key is trusted for this act on this day (是否有权签署)."""
        return role in self.roles and self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A model whose approval was taken back (撤销记录), by the sha256 of its list of files."""

    model: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The list of trusted keys (受信公钥清单), and the models that were withdrawn, which no copy of a folder can hide."""

    format: str = TRUSTED_FORMAT
    keys: tuple[TrustedKey, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()

    def find(self, key: str) -> TrustedKey | None:
        """The trusted key of that id (查找公钥)."""
        return next((x for x in self.keys if x.key_id == key), None)


class SigningKey:
    """A private key that signs (签名私钥); it shows nothing of itself but its public half."""

    __slots__ = ("_private", "public_key")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_key = _text(private.public_key())

    def __repr__(self) -> str:
        return f"SigningKey({key_id(self.public_key)})"

    @property
    def key_id(self) -> str:
        """Sixteen hex digits that name the key (密钥编号)."""
        return key_id(self.public_key)

    def sign(self, message: bytes) -> str:
        """The signature under a message, in base64 (签名)."""
        return base64.b64encode(self._private.sign(message)).decode("ascii")


def key_id(public_key: str) -> str:
    """The short name of a public key (密钥编号): sixteen hex digits; raises BadKey."""
    return sha256(_raw(public_key)).hexdigest()[:16]


def make_key(path: Path) -> SigningKey:
    """Make a key pair and write the private half to a new file that only its owner may read (生成密钥).

    Raises OutputError where the file is there already or cannot be written.
    """
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as stream:
            stream.write(pem)
    except FileExistsError as error:
        raise OutputError(f"{path} is there already; expected a new file for the private key", field="key") from error
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}", field="key") from error
    return SigningKey(private)


def load_key(path: Path) -> SigningKey:
    """Read a private key (读取私钥); raises BadKey where others may read the file too, or it is no Ed25519 key."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except OSError as error:
        raise BadKey(f"the private key {path} cannot be read: {error.strerror or error}", field="key") from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise BadKey(f"the private key {path} may be read by others; expected file mode 600", field="key")
    try:
        private = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey(f"{path} holds no readable private key; expected one made by `huoshui model keys`", field="key") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadKey(f"{path} holds a key of another kind; expected Ed25519, made by `huoshui model keys`", field="key")
    return SigningKey(private)


def is_signed(message: bytes, *, signature: str, public_key: str) -> bool:
    """Whether a signature is that of a public key under exactly this message (验签); raises BadKey for a key that is none."""
    try:
        Ed25519PublicKey.from_public_bytes(_raw(public_key)).verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_trusted(path: Path) -> TrustedKeys:
    """Read the list of trusted keys (读取受信公钥清单); raises BadKey."""
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadKey(f"the trusted keys {path} cannot be read: {error.strerror or error}", field="trusted") from error
    except (yaml.YAMLError, ValueError) as error:
        raise BadKey(f"the trusted keys {path} are not readable as YAML", field="trusted") from error
    if not isinstance(raw, dict) or raw.get("format") != TRUSTED_FORMAT:
        raise BadKey(f"{path} is no list of trusted keys; expected `format: {TRUSTED_FORMAT}`", field="trusted")
    try:
        found = msgspec.convert(raw, TrustedKeys)
    except msgspec.ValidationError as error:
        raise BadKey(f"the trusted keys {path}: {error}", field="trusted") from error
    ids = [x.key_id for x in found.keys]
    if len(set(ids)) < len(ids):
        raise BadKey(f"the trusted keys {path} list one key twice; expected each key once", field="trusted")
    return found


def add_trusted(path: Path, *, key: TrustedKey) -> TrustedKeys:
    """Put a public key on the list (登记公钥), which is begun where there is none; raises BadKey and OutputError."""
    now = read_trusted(path) if path.exists() else TrustedKeys()
    if now.find(key.key_id) is not None:
        raise BadKey(f"the key {key.key_id} is on the list {path} already", field="trusted")
    return _write_trusted(path, replace(now, keys=(*now.keys, key)))


def add_withdrawal(path: Path, *, withdrawal: Withdrawal) -> TrustedKeys:
    """Note on the list that a model was withdrawn (登记撤销); once is enough. Raises BadKey and OutputError."""
    now = read_trusted(path)
    if any(x.model == withdrawal.model for x in now.withdrawn):
        return now
    return _write_trusted(path, replace(now, withdrawn=(*now.withdrawn, withdrawal)))


def _write_trusted(path: Path, trusted: TrustedKeys) -> TrustedKeys:
    text = "\n".join((
        f"{_HEADER}format: {trusted.format}",
        *_listed("keys", trusted.keys),
        *_listed("withdrawn", trusted.withdrawn),
    ))  # fmt: skip
    beside = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}", field="trusted") from error
    return trusted


def _listed(name: str, entries: Iterable[object]) -> list[str]:
    shown = [
        yaml.safe_dump(
            msgspec.to_builtins(x, builtin_types=(date,)),
            allow_unicode=True,
            default_flow_style=True,
            sort_keys=False,
            width=10**6,
        ).strip()
        for x in entries
    ]
    return [f"{name}:", *(f"- {x}" for x in shown)] if shown else [f"{name}: []"]


def _text(public: Ed25519PublicKey) -> str:
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode("ascii")


def _raw(public_key: str) -> bytes:
    try:
        raw = base64.b64decode(public_key, validate=True)
    except ValueError as error:
        raise BadKey(f"{public_key!r} is no public key; expected 32 bytes in base64") from error
    if len(raw) != 32:
        raise BadKey(f"a public key has {len(raw)} bytes; expected 32 in base64")
    return raw
