"""`huoshui model card` (模型卡): page and PDF for a committee, in Chinese and English."""

import argparse
import json
from pathlib import Path
from typing import Final

from huoshui.cli.model.firms import read_path
from huoshui.services.model.card import CardRequest, write_card
from huoshui.services.model.folder import SYNTHETIC

_EXAMPLES: Final = """
examples:
  huoshui model card model/ --out card/
  huoshui model card model/ --validation validation/ --out card/

Fairness and drift come from a validation of the same model. The same model gives the same bytes, PDF included.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.epilog = _EXAMPLES
    parser.add_argument("model", metavar="MODEL", help="a folder made by `huoshui model train`")
    parser.add_argument("--validation", metavar="DIR", help="a result of `huoshui model validate`")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder of the card")
    parser.add_argument("--trusted", metavar="FILE", help="the list of trusted keys; else HUOSHUI_MODEL_TRUSTED_KEYS")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(arguments: argparse.Namespace) -> int:
    """Write the card, and say where it is (执行)."""
    out = Path(arguments.out)
    done = write_card(
        CardRequest(
            model=Path(arguments.model),
            out=out,
            validation=read_path(arguments.validation),
            trusted=read_path(arguments.trusted),
        )
    )
    lines = [f"{done['name']} {done['version']} ({done['status']}): {', '.join(str(out / x) for x in done['files'])}"]
    lines += [SYNTHETIC] if done["synthetic"] else []
    lines += [done["notice"]] if done["notice"] else []
    print(json.dumps(done, ensure_ascii=False) if arguments.json else "\n".join(lines))
    return 0
