"""`huoshui keys`: the keys of sealed fields (字段密钥)."""

import argparse
import base64
import json
import secrets
import sys

from huoshui.cli.site import set_up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`new` makes a key, `rotate` seals anew what an old key sealed, `status` counts what waits (参数)."""
    kinds = parser.add_subparsers(dest="what", required=True, metavar="new|rotate|status")
    kinds.add_parser("new", help="print a new key; put it first in HUOSHUI_FIELD_KEYS, the old one behind it")
    for name, told in (
        ("rotate", "seal anew, with the first key, what an older one sealed"),
        ("status", "count the values that the first key does not open"),
    ):
        kind = kinds.add_parser(name, help=told)
        kind.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Exit status 0; of `status` 1 where something waits (执行)."""
    if args.what == "new":
        print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        return 0
    set_up()
    from huoshui.services.field_keys import rotate_field_keys, waiting_for_rotation  # noqa: PLC0415 - after set_up

    if args.what == "status":
        waiting = waiting_for_rotation()
        print(json.dumps({"waiting": waiting}) if args.json else f"{waiting} values wait for rotation")
        return 1 if waiting else 0
    done = rotate_field_keys(progress=lambda line: print(line, file=sys.stderr))
    told = {"fields": done.fields, "second_factors": done.second_factors, "photos": done.photos}
    print(json.dumps(told) if args.json else ", ".join(f"{x.replace('_', ' ')}: {y}" for x, y in told.items()))
    return 0
