"""`huoshui model approve` (批准模型): approve a model, or take its approval back."""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from huoshui.cli.calculator import read_date
from huoshui.policy.region import NATION, check_region
from huoshui.services.model.approve import approve_model, withdraw_model
from huoshui.services.model.folder import SYNTHETIC

_EXAMPLES: Final = """
examples:
  huoshui model approve model/ --by 陈立 --on 2026-03-09 --reason "跨期验证达标" --key chen.pem --trusted trusted_keys.yaml
  huoshui model approve model/ --withdraw --by 陈立 --on 2026-08-01 --reason "PSI 连续两月超限"

Who trained the model cannot approve it, by name and by key. The metrics must reach the limits of `huoshui policy show
model_monitoring.approval`, unless --override; what was missed is signed and kept with the reason.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.epilog = _EXAMPLES
    parser.add_argument("model", metavar="MODEL", help="a folder made by `huoshui model train`")
    parser.add_argument("--by", required=True, metavar="NAME", help="who approves, as on the list of trusted keys")
    parser.add_argument("--on", required=True, metavar="DAY", help="the business day, YYYY-MM-DD")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why, in words that are kept")
    parser.add_argument("--key", metavar="FILE", help="the approver's private key; else HUOSHUI_MODEL_KEY_FILE")
    parser.add_argument("--trusted", metavar="FILE", help="the list of trusted keys; else HUOSHUI_MODEL_TRUSTED_KEYS")
    parser.add_argument("--override", action="store_true", help="approve although a limit is missed")
    parser.add_argument("--withdraw", action="store_true", help="take the approval back")
    parser.add_argument("--region", default=NATION, help="whose limits hold, six digits of GB/T 2260")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(arguments: argparse.Namespace) -> int:
    """Approve or withdraw, and print it (执行)."""
    path, on = Path(arguments.model), read_date(arguments.on, "on")
    signing = {
        "by": arguments.by,
        "on": on,
        "reason": arguments.reason,
        "key": Path(arguments.key) if arguments.key else None,
        "trusted": Path(arguments.trusted) if arguments.trusted else None,
    }
    if arguments.withdraw:
        done = withdraw_model(path, **signing)
    else:
        done = approve_model(path, override=arguments.override, region=check_region(arguments.region), **signing)
    print(json.dumps(done, ensure_ascii=False) if arguments.json else _describe(done))
    return 0


def _describe(done: dict[str, Any]) -> str:
    name = f"{done['name']} {done['version']}".strip()
    if "withdrawn_by" in done:
        return f"{name}: {done['withdrawn_by']} withdrew the approval: {done['reason']}"
    lines = [f"{name}: approved by {done['approved_by']} on {done['approved_on']}, trained by {done['trained_by']}"]
    lines += [f"  {SYNTHETIC}"] if done["synthetic"] else []
    lines += [f"  let pass (未达标仍批准): {x}" for x in done["overridden"]]
    lines += [f"  limits: {x['source']}" + (" (unconfirmed 待核实)" if x["unconfirmed"] else "") for x in done["citations"]]
    return "\n".join([*lines, f"  reason: {done['reason']}", f"  sha256 {done['sha256']}"])
