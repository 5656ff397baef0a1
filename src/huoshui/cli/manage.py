"""`huoshui manage`: Django's own commands for the site (站点管理)."""

import argparse
import os


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take everything that follows as Django's own arguments (参数)."""
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="what Django's manage.py would get, such as `migrate` or `check --deploy`"
    )


def run(args: argparse.Namespace) -> int:
    """Run one of Django's commands (执行)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huoshui.site.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - the settings are named first

    execute_from_command_line(["huoshui manage", *args.arguments])
    return 0
