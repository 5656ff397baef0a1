"""Signatures: what was signed reads as signed, nothing else does, and private keys stay private."""

import stat
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.signing import (
    SigningKey,
    TrustedKey,
    TrustedKeys,
    Withdrawal,
    add_trusted,
    add_withdrawal,
    is_signed,
    key_id,
    load_key,
    make_key,
    read_trusted,
)
from huoshui.errors import BadKey, OutputError

SINCE: Final = date(2026, 1, 1)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return make_key(tmp_path_factory.mktemp("keys") / "maker.pem")


def trusted(key: SigningKey, *, until: date | None = None) -> TrustedKey:
    return TrustedKey(name="林静", roles=("maker",), since=SINCE, public_key=key.public_key, until=until)


def test_a_private_key_is_written_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "maker.pem"
    made = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path).public_key == made.public_key
    with pytest.raises(OutputError, match="is there already"):
        make_key(path)
    assert load_key(path).public_key == made.public_key


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "maker.pem"
    make_key(path)
    path.chmod(0o640)
    with pytest.raises(BadKey, match="expected file mode 600"):
        load_key(path)


def test_a_key_shows_nothing_but_its_public_name(key: SigningKey) -> None:
    assert repr(key) == f"SigningKey({key_id(key.public_key)})"


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "maker.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(BadKey, match="no readable private key"):
        load_key(path)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "maker.pem"
    other = generate_private_key(SECP256R1())
    path.write_bytes(
        other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    path.chmod(0o600)
    with pytest.raises(BadKey, match="expected Ed25519"):
        load_key(path)


def test_a_missing_key_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(BadKey, match=r"nobody\.pem cannot be read"):
        load_key(tmp_path / "nobody.pem")


@given(message=st.binary(max_size=200), changed=st.binary(max_size=200))
def test_a_signature_holds_for_its_message_and_for_no_other(key: SigningKey, message: bytes, changed: bytes) -> None:
    signature = key.sign(message)
    assert is_signed(message, signature=signature, public_key=key.public_key)
    assert is_signed(changed, signature=signature, public_key=key.public_key) == (changed == message)


def test_another_key_and_a_garbled_signature_do_not_hold(key: SigningKey, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other.pem")
    assert not is_signed(b"x", signature=key.sign(b"x"), public_key=other.public_key)
    assert not is_signed(b"x", signature="not base64!", public_key=key.public_key)


def test_the_list_of_trusted_keys_reads_as_it_was_written(key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "trusted.yaml"
    add_trusted(path, key=trusted(key))
    written = add_withdrawal(path, withdrawal=Withdrawal(model="ab" * 32, by="陈立", on=date(2026, 5, 6)))
    assert read_trusted(path) == written
    assert "林静" in path.read_text(encoding="utf-8")
    assert add_withdrawal(path, withdrawal=Withdrawal(model="ab" * 32, by="陈立", on=date(2026, 5, 7))) == written
    assert written.find(key.key_id) == trusted(key)
    assert written.find("0" * 16) is None


def test_a_key_is_on_the_list_once(key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "trusted.yaml"
    add_trusted(path, key=trusted(key))
    with pytest.raises(BadKey, match="already"):
        add_trusted(path, key=trusted(key))
    assert read_trusted(path) == TrustedKeys(keys=(trusted(key),))
    path.write_text(path.read_text(encoding="utf-8").replace("keys:\n", "keys:\n- " + _entry(path) + "\n", 1), encoding="utf-8")
    with pytest.raises(BadKey, match="one key twice"):
        read_trusted(path)


def _entry(path: Path) -> str:
    return next(x for x in path.read_text(encoding="utf-8").splitlines() if x.startswith("- ")).removeprefix("- ")


@pytest.mark.parametrize(
    ("role", "on", "may"),
    [
        ("maker", date(2026, 1, 1), True),
        ("maker", date(2026, 3, 31), True),
        ("maker", date(2025, 12, 31), False),
        ("maker", date(2026, 4, 1), False),
        ("checker", date(2026, 2, 1), False),
    ],
)
def test_a_key_is_trusted_for_its_role_while_it_lasts(key: SigningKey, role: str, on: date, may: bool) -> None:
    given_key = trusted(key, until=date(2026, 3, 31))
    assert given_key.may_sign("maker" if role == "maker" else "checker", on=on) is may


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("keys: [", "not readable as YAML"),
        ("keys: []", "expected `format: huoshui trusted keys 1`"),
        ("format: huoshui trusted keys 2", "expected `format: huoshui trusted keys 1`"),
        ("format: huoshui trusted keys 1\nkeys: [{name: x}]", "missing required field"),
        (
            "format: huoshui trusted keys 1\nkeys: [{name: x, roles: [boss], since: 2026-01-01, public_key: AAAA}]",
            "Invalid enum value",
        ),
        (
            "format: huoshui trusted keys 1\nkeys: [{name: x, roles: [maker], since: 2026-01-01, public_key: AAAA}]",
            "a public key has 3 bytes; expected 32",
        ),
        (
            "format: huoshui trusted keys 1\nkeys: [{name: x, roles: [maker], since: 2026-01-01, public_key: '?'}]",
            "is no public key",
        ),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "trusted.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadKey, match=message.replace("?", r"\?")):
        read_trusted(path)
