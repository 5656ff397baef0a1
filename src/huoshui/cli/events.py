"""`huoshui events`: check the event log (事件日志校验)."""

import argparse
import json
from pathlib import Path

from huoshui.cli.site import set_up
from huoshui.errors import BadFile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`verify` reads every chain from its beginning (参数)."""
    kinds = parser.add_subparsers(dest="what", required=True, metavar="verify")
    verify = kinds.add_parser("verify", help="read every organization's chain and name what does not hold")
    verify.add_argument("--json", action="store_true", help="print JSON")
    verify.add_argument(
        "--against", type=Path, metavar="FILE", help="chain ends that were kept before: rewritten chains are found"
    )
    verify.add_argument(
        "--keep", type=Path, metavar="FILE", help="write where the chains end now, to be kept outside this machine"
    )


def run(args: argparse.Namespace) -> int:
    """Exit status 0 where every chain holds, 1 where one does not (执行)."""
    set_up()
    from huoshui.services.event import chain_ends, chain_faults  # noqa: PLC0415 - the models need the settings first

    kept = _kept(args.against)
    ends = chain_ends()
    faults = list(chain_faults(kept=kept))
    if args.keep and not faults:
        told = [{"organization": x.organization_id, "sequence": x.sequence, "hash": x.hash} for x in ends]
        args.keep.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    events = sum(x.sequence for x in ends)
    if args.json:
        named = [{"organization": x.organization_id, "sequence": x.sequence, "what": x.what} for x in faults]
        print(json.dumps({"chains": len(ends), "events": events, "faults": named}, ensure_ascii=False))
    else:
        for fault in faults:
            print(f"organization {fault.organization_id}, event {fault.sequence}: {fault.what}")
        print(f"{len(ends)} chains, {events} events: " + (f"{len(faults)} faults" if faults else "every chain holds"))
    return 1 if faults else 0


def _kept(path: Path | None) -> tuple:  # type: ignore[type-arg]
    from huoshui.services.event import ChainEnd  # noqa: PLC0415

    if path is None:
        return ()
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return tuple(ChainEnd(int(x["organization"]), int(x["sequence"]), str(x["hash"])) for x in told)
    except (ValueError, TypeError, KeyError):
        raise BadFile(f"{path} holds no chain ends; expected what `huoshui events verify --keep` wrote") from None
