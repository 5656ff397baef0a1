"""`huoshui doctor`: what is set up, what is a stand-in, what is missing for production (体检)."""

import argparse
import json
import os

from huoshui.cli.layout import aligned


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How strict, and the form of the answer (参数)."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--production", action="store_true", help="a stand-in counts as missing")


def run(args: argparse.Namespace) -> int:
    """Exit status 0 where nothing is missing, 1 otherwise (执行)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huoshui.site.settings")
    import django  # noqa: PLC0415 - the settings are named first

    django.setup()
    from huoshui.services.doctor import examine  # noqa: PLC0415
    from huoshui.terms import Condition  # noqa: PLC0415

    found = examine()
    bad = (Condition.MISSING, Condition.STAND_IN) if args.production else (Condition.MISSING,)
    failed = [x for x in found if x.condition in bad]
    if args.json:
        told = [{"name": x.name, "condition": x.condition.value, "what": x.what} for x in found]
        print(json.dumps({"ready": not failed, "findings": told}, ensure_ascii=False))
    else:
        print(aligned([(x.name, f"{x.condition.zh} {x.condition.en}", x.what) for x in found]))
        print("nothing is missing" if not failed else f"{len(failed)} of {len(found)} need a hand before production")
    return 1 if failed else 0
