"""The keys that sign models (模型签名密钥): the private half goes to its owner, the public one to the trusted keys."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from huoshui.adapters.signing import Role, TrustedKey, add_trusted, make_key, read_trusted
from huoshui.errors import BadRequest
from huoshui.services.model.signatures import trusted_path


def make_keys(key: Path, *, trusted: Path, name: str, roles: Sequence[Role], since: date) -> dict[str, Any]:
    """Make a pair of keys (生成密钥对); returns the entry of the list, never the private half.

    Raises BadRequest without a name or a role, BadKey for a bad list, OutputError where the key's file is there already.
    """
    if not name.strip() or not roles:
        raise BadRequest("a key belongs to a named person with a role, maker or checker", field="name")
    if trusted.exists():
        read_trusted(trusted)
    made = make_key(key)
    entry = TrustedKey(name.strip(), tuple(dict.fromkeys(roles)), since, made.public_key)
    add_trusted(trusted, key=entry)
    return {
        "name": entry.name,
        "roles": list(entry.roles),
        "since": since.isoformat(),
        "key_id": entry.key_id,
        "public_key": entry.public_key,
        "key_file": str(key),
        "trusted": str(trusted),
    }


def list_keys(trusted: Path | None) -> dict[str, Any]:
    """The trusted keys and the withdrawn models (受信公钥清单), as plain data; raises BadKey where no list is named."""
    found = read_trusted(trusted_path(trusted))
    return {
        "keys": [
            {
                "key_id": x.key_id,
                "name": x.name,
                "roles": list(x.roles),
                "since": x.since.isoformat(),
                "until": x.until.isoformat() if x.until else None,
            }
            for x in found.keys
        ],
        "withdrawn": [{"model": x.model, "by": x.by, "on": x.on.isoformat()} for x in found.withdrawn],
    }
