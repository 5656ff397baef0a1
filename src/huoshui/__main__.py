"""`python -m huoshui` is the same as `huoshui` (模块入口)."""

import sys

from huoshui.cli import command

sys.exit(command())
