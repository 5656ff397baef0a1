"""`huoshui model keys` (签名密钥): make a pair of keys, or show the trusted ones."""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from huoshui.cli.calculator import read_date
from huoshui.cli.layout import aligned
from huoshui.errors import BadRequest
from huoshui.services.model.keys import list_keys, make_keys

_EXAMPLES: Final = """
examples:
  huoshui model keys --name 林静 --role maker --since 2026-01-01 --key ~/.huoshui/lin.pem --trusted trusted_keys.yaml
  huoshui model keys --trusted trusted_keys.yaml

The private key stays in its file, which only its owner may read. HUOSHUI_MODEL_KEY_FILE names it for train and approve,
HUOSHUI_MODEL_TRUSTED_KEYS the list for every command. Who can write the list decides whom it trusts: guard it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--trusted", metavar="FILE", help="the list of trusted public keys; begun where there is none")
    parser.add_argument("--key", metavar="FILE", help="a new file for the private key; left out: the list is shown")
    parser.add_argument("--name", help="the person whom the key belongs to")
    parser.add_argument(
        "--role", action="append", choices=["maker", "checker"], help="what that person may sign; may be repeated"
    )
    parser.add_argument("--since", metavar="DAY", help="the day from which the key is trusted, YYYY-MM-DD")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(arguments: argparse.Namespace) -> int:
    """Make a pair or show the list (执行)."""
    trusted = Path(arguments.trusted) if arguments.trusted else None
    if arguments.key is None:
        shown = list_keys(trusted)
        print(json.dumps(shown, ensure_ascii=False) if arguments.json else _describe(shown))
        return 0
    if trusted is None or not arguments.name or not arguments.role or not arguments.since:
        raise BadRequest("a new key needs --trusted, --name, --role and --since", field="name")
    made = make_keys(
        Path(arguments.key),
        trusted=trusted,
        name=arguments.name,
        roles=arguments.role,
        since=read_date(arguments.since, "since"),
    )
    told = f"{made['name']} ({', '.join(made['roles'])}) signs with key {made['key_id']} from {made['since']} on"
    print(json.dumps(made, ensure_ascii=False) if arguments.json else f"{told}\nprivate key: {made['key_file']}, mode 600")
    return 0


def _describe(shown: dict[str, Any]) -> str:
    rows = [(x["key_id"], x["name"], ", ".join(x["roles"]), f"{x['since']}..{x['until'] or ''}") for x in shown["keys"]]
    gone = [f"withdrawn: model {x['model'][:16]} by {x['by']} on {x['on']}" for x in shown["withdrawn"]]
    return "\n".join([aligned(rows) or "no key is trusted", *gone])
