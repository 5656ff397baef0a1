"""`huoshui operator`: the first person of a new site (初始化平台)."""

import argparse

from huoshui.cli.site import set_up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who it is, and for which platform (参数)."""
    parser.add_argument("--login", required=True, metavar="NAME", help="login name of the operator")
    parser.add_argument("--name", required=True, metavar="NAME", help="the operator's own name")
    parser.add_argument("--platform", default="活水平台", metavar="NAME", help="what the platform is called (default 活水平台)")


def run(args: argparse.Namespace) -> int:
    """Found the platform and print the link by which its operator sets a password (执行)."""
    set_up()
    from django.conf import settings  # noqa: PLC0415 - the settings are named first
    from django.urls import reverse  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from huoshui.services.founding import found_platform  # noqa: PLC0415

    made = found_platform(platform=args.platform, login_name=args.login, name=args.name, at=timezone.now())
    address = reverse("account:invitation", args=[made.token])
    print(f"set the password at {settings.HUOSHUI_ADDRESS}{address} before {made.expires_at:%Y-%m-%d %H:%M} UTC")
    return 0
