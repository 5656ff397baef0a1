"""Secrets of an installation (密钥): from the environment; a trial makes its own and keeps them beside its data."""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Final

NAMES: Final = ("HUOSHUI_SECRET_KEY", "HUOSHUI_FIELD_KEYS", "HUOSHUI_HASH_KEY", "HUOSHUI_LOAN_CODE_KEYS")


class Keys:
    """What signs sessions, encrypts fields, hashes for joins and signs loan codes (密钥集).

    HUOSHUI_FIELD_KEYS holds one or more keys, 32 bytes in URL-safe base64 each, separated by commas: the first one encrypts,
    all of them decrypt. HUOSHUI_LOAN_CODE_KEYS holds Ed25519 seeds of the same form, `name:key`; the first one signs, all of
    them verify.
    """

    def __init__(self, folder: Path) -> None:
        """Take each secret from the environment, and what is missing there from `folder`/keys.json, made on first use."""
        self._file = folder / "keys.json"
        missing = [x for x in NAMES if not os.environ.get(x)]
        kept = self._kept() if missing else {}
        self.from_file = tuple(missing)
        self._found = {x: os.environ.get(x) or kept[x] for x in NAMES}

    def __getitem__(self, name: str) -> str:
        """One secret by its name in the environment."""
        return self._found[name]

    def _kept(self) -> dict[str, str]:
        if not self._file.exists():
            self._file.parent.mkdir(parents=True, exist_ok=True)
            made = {x: _random() for x in NAMES}
            made["HUOSHUI_SECRET_KEY"] = base64.urlsafe_b64encode(secrets.token_bytes(48)).decode()  # Django wants 50 letters
            made["HUOSHUI_LOAN_CODE_KEYS"] = f"trial:{_random()}"
            beside = self._file.with_name(f"keys.{os.getpid()}.json")
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
                json.dump(made, out)
            try:
                os.link(beside, self._file)
            except FileExistsError:
                pass  # another process was first: its keys are the keys
            finally:
                beside.unlink()
        kept: dict[str, str] = json.loads(self._file.read_text(encoding="utf-8"))
        return kept


def _random() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
