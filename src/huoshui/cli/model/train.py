"""`huoshui model train` (训练模型): a points table from firms with a known outcome."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from huoshui.adapters.learning.source import Source
from huoshui.cli.calculator import read_date, today
from huoshui.cli.layout import aligned
from huoshui.errors import BadRequest
from huoshui.services.model.train import TrainRequest, train_model

_EXAMPLES: Final = """
examples:
  huoshui model train --features features.parquet --outcomes outcomes.csv --outcome default --out model/ --by 林静 \\
      --sign-leak sales_12m="sales were known on the decision day"
  huoshui model train --features loans.parquet --outcome status --bad CHGOFF --time year --test-from 2005 --prior 0.1 \\
      --out model/

Out of time where there is a --time: the model learns from the earlier firms and is tested on the later ones. Else by repeated
cross-validation, with the choice inside. A field that may know the outcome stops the training until it is left out or signed
for. --config FILE may hold name, version, outcome, use, drop, grades, seed, folds, repeats, sign_leaks, overlays, and of
each field: zh, en, unit, kind, actionable, direction (1: higher is safer, -1: riskier).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--features", required=True, metavar="P", help="the firms' fields: Parquet (file or folder) or CSV")
    parser.add_argument("--outcomes", metavar="P", help="what became of the firms, where that is a file of its own")
    parser.add_argument(
        "--outcome", metavar="COLUMN", help="the outcome: 1, true, 是, yes is bad; else found where only one can be meant"
    )
    parser.add_argument("--bad", metavar="VALUE", help="the outcome's word for a default, such as CHGOFF; any other is good")
    parser.add_argument("--id", metavar="COLUMN", help="the column that names a firm; else firm_id")
    parser.add_argument("--time", metavar="COLUMN", help="when each was decided: a day, a month or a year")
    parser.add_argument("--test-from", metavar="VALUE", help="the first time that is tested on; else the later three tenths")
    parser.add_argument("--prior", metavar="SHARE", help="defaults in the population, where the sample was drawn by outcome")
    parser.add_argument("--drop", action="append", default=[], metavar="FIELD", help="leave a column out; may be repeated")
    parser.add_argument(
        "--sign-leak", action="append", default=[], metavar='FIELD,...="REASON"', help="sign for leak alarms; may be repeated"
    )
    parser.add_argument("--config", metavar="FILE", help="fields, words, directions and grades as YAML")
    parser.add_argument("--folds", type=int, help="folds of the cross-validation")
    parser.add_argument("--repeats", type=int, help="how often the cross-validation is repeated")
    parser.add_argument("--by", default="", metavar="NAME", help="who trains: that person cannot approve")
    parser.add_argument("--on", metavar="DAY", help="the day that the model's papers name, YYYY-MM-DD")
    parser.add_argument("--key", metavar="FILE", help="the private key that signs; else HUOSHUI_MODEL_KEY_FILE, else unsigned")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder of the model")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--json", action="store_true", help="print the metrics as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Train, write, and print the figures (执行)."""
    on = read_date(arguments.on, "on") if arguments.on else None
    request = TrainRequest(
        source=Source(
            features=Path(arguments.features),
            outcomes=Path(arguments.outcomes) if arguments.outcomes else None,
            outcome=arguments.outcome,
            id=arguments.id,
            time=arguments.time,
            bad=arguments.bad,
        ),
        out=Path(arguments.out),
        by=arguments.by,
        signed_on=on or today(),
        on=on,
        test_from=arguments.test_from,
        prior=_share(arguments.prior),
        sign_leaks={field: reason for fields, reason in map(_signed, arguments.sign_leak) for field in fields},
        config=Path(arguments.config) if arguments.config else None,
        drop=arguments.drop,
        key=Path(arguments.key) if arguments.key else None,
        folds=_at_least_two(arguments.folds, "folds"),
        repeats=arguments.repeats,
    )
    metrics = train_model(request, progress=_silent if arguments.quiet else _shown)
    print(json.dumps(metrics, ensure_ascii=False) if arguments.json else _describe(metrics, out=arguments.out))
    return 0


def _share(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        raise BadRequest(f"--prior {text} is no share such as 0.1", field="prior") from None


def _at_least_two(number: int | None, field: str) -> int | None:
    if number is not None and number < 2:
        raise BadRequest(f"--{field} {number} is too few; expected 2 or more", field=field)
    return number


def _signed(text: str) -> tuple[list[str], str]:
    given, sign, reason = text.partition("=")
    fields = [x.strip() for x in given.split(",") if x.strip()]
    if not sign or not fields or not reason.strip():
        raise BadRequest(f'--sign-leak {text} has no reason; expected FIELD="why it was known on the day"', field="sign_leak")
    return fields, reason.strip().strip('"')


def _describe(metrics: dict[str, Any], *, out: str) -> str:
    split, rival = metrics["split"], metrics["challenger"]
    rows: list[tuple[str, ...]] = [("", "AUC", "KS", "Brier", "calibration error")]
    for word, found in (("points table 评分表", metrics), ("challenger 挑战者", rival)):
        cells = [f"{found[x]:.3f} [{found['intervals'][x][0]:.3f}, {found['intervals'][x][1]:.3f}]" for x in _SHOWN]
        rows.append((word, *cells))
    lead = f"{rival['lead_auc']:+.3f} [{rival['lead_auc_interval'][0]:+.3f}, {rival['lead_auc_interval'][1]:+.3f}]"
    held = metrics["pd_interval"]
    lines = ["synthetic data (合成数据)"] if metrics["synthetic"] else []
    lines += [
        f"{out}: {metrics['fields']} fields, {metrics['pairs']} pairs; {split['kind'].replace('_', ' ')}",
        f"trained on {split['train_rows']:,} firms with {split['train_defaults']:,} defaults, "
        f"tested on {split['test_rows']:,} with {split['test_defaults']:,}"
        + (f", from {split['test_from']} on" if split["test_from"] else ""),
        aligned(rows, indent="  "),
        f"  the challenger's lead in AUC: {lead}",
        f"  the 90 % interval held {held['tenths_held']} of {held['tenths']} tenths",
    ]
    if shifted := metrics["after_level_shift"]:
        lines.append(f"  at the tested firms' level: Brier {shifted['brier']:.4f}, error {shifted['calibration_error']:.4f}")
    lines += [f"  signed for: {x['words']} ({x['signed_reason']})" for x in metrics["leak_alarms"]]
    return "\n".join(lines)


_SHOWN: Final = ("auc", "ks", "brier", "calibration_error")


def _shown(text: str) -> None:
    print(f"huoshui: {text}", file=sys.stderr, flush=True)


def _silent(_: str) -> None:
    pass
