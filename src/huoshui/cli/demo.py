"""`huoshui demo`: the ways into a demonstration (演示账号)."""

import argparse
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

from huoshui.cli.layout import aligned
from huoshui.cli.site import set_up
from huoshui.errors import BadRequest, OutputError

_COUNTIES: Final = (("350203", 3000, "7"), ("350582", 600, "8"))  # one seed twice: the same firms, moved to the other county
_AGE: Final = timedelta(days=20)  # of the registers
_RULE: Final = ("--rule", "never_borrowed", "--engine", "duckdb", "--workbooks", "none", "--quiet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the form of the answer (参数)."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print one login for each role (执行). Raises BadRequest where the site holds no demonstration."""
    set_up()
    print_logins(as_json=args.json)
    return 0


def print_logins(*, as_json: bool = False) -> None:
    """One login for each role (打印演示账号)."""
    from huoshui.services.demo import authentication_sheet, demo_logins  # noqa: PLC0415 - the models need the settings first
    from huoshui.services.demo.logins import PASSWORD, SECRET  # noqa: PLC0415

    logins = demo_logins()
    if not logins:
        raise BadRequest("this site holds no demonstration; `huoshui serve --demo` makes one")
    if as_json:
        told = [{"role": x.role, "login": x.name, "code": x.code} for x in logins]
        sheet = authentication_sheet()
        owner = {x: str(getattr(sheet, x)) for x in ("phone", "licence", "name", "id_number")} if sheet else None
        print(json.dumps({"password": PASSWORD, "secret": SECRET, "logins": told, "authentication": owner}))
        return
    rows = [
        ("role", "login", "password", "code"),
        *((x.role, x.name, PASSWORD if x.code else "–", x.code or "–") for x in logins),
    ]
    print("== demo: all of it is synthetic (合成数据). Owners sign in by telephone, the page shows their password. Logins:")
    print(aligned(rows, indent="   "))
    print(f"   the code changes every 30 seconds: `huoshui demo` prints it, or put the secret {SECRET} into an authenticator")
    if sheet := authentication_sheet():
        print(
            f"   a firm authenticated by itself, its demand then handed in (经营主体认证): sign in by telephone {sheet.phone},"
        )
        print(f"   photograph {sheet.licence}, say that you are {sheet.name} (made up), {sheet.id_number}")


def fill() -> None:
    """Make registers, screen them, and fill the site with them, unless that was done before (生成演示数据)."""
    from django.conf import settings  # noqa: PLC0415 - Django is set up by now
    from django.utils import timezone  # noqa: PLC0415

    from huoshui.models import Organization  # noqa: PLC0415
    from huoshui.services.demo import fill_site  # noqa: PLC0415
    from huoshui.services.demo.county import Screened  # noqa: PLC0415
    from huoshui.services.demo.people import MARK  # noqa: PLC0415

    if Organization.objects.filter(code=MARK).exists():
        return
    if Organization.objects.exists():
        raise OutputError("this site holds other data; a demonstration needs a site of its own: name another HUOSHUI_DATA")
    on = (timezone.localdate() - _AGE).isoformat()
    screened = []
    for region, firms, seed in _COUNTIES:
        print(f"== demo: {firms:,} synthetic firms of county {region}, screened", flush=True)
        registers = settings.HUOSHUI_DATA / "demo" / f"{region}-{on}-registers"
        result = settings.HUOSHUI_DATA / "demo" / f"{region}-{on}-screening"
        if not registers.exists():
            given = ("--firms", str(firms), "--seed", seed, "--region", region, "--on", on, "--out", str(registers))
            _command("generate", *given)
        _screened(region, on, registers, result)
        screened.append(Screened(registers, result))
    print("== demo: offices, banks, people, visits, demands at every stage", flush=True)
    fill_site(screened, at=timezone.now())


def _screened(region: str, on: str, registers: Path, result: Path) -> None:
    if not result.exists():
        kinds = ("registry", "tax", "loans", "invoices", "exclusions")
        given = [x for kind in kinds for x in (f"--{kind}", str(registers))]
        _command("screen", *given, *_RULE, "--region", region, "--on", on, "--out", str(result))


def _command(*given: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "huoshui", *given], capture_output=True, text=True, check=False, env=os.environ
    )
    if done.returncode:
        raise OutputError(f"`huoshui {given[0]}` failed: {done.stderr.strip().splitlines()[-1:]}")
