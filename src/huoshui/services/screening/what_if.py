"""Other thresholds over the facts of a screening (门槛试算): who would enter and leave the list, without any register."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from huoshui.adapters.registers.screening.facts_file import KeptFacts, Recount, verdict_codes, verdict_counts
from huoshui.errors import BadRequest, OutputError
from huoshui.policy.files import PATH_VARIABLE
from huoshui.policy.region import check_region
from huoshui.services.screening.basis import ScreeningBasis, read_screening_basis
from huoshui.services.screening.kept_basis import FACTS, KeptBasis, read_kept_basis, values_inside
from huoshui.terms import Reason


@dataclass(frozen=True, slots=True)
class WhatIfRequest:
    """What to try (试算请求): a screening with facts, the region and day whose figures hold, policy folders that come first."""

    screening: Path
    region: str
    on: date
    policies: tuple[Path, ...] = ()
    out: Path | None = None


def try_thresholds(request: WhatIfRequest) -> dict[str, Any]:
    """Judge kept facts by the figures in force on a day (门槛试算); returns counts before and now.

    Windows stay those of the screening. Raises BadFile where no facts are kept; BadRequest for another region than the
    screening's, and where a value differs that is inside the facts; OutputError when `out` cannot be written.
    """
    kept, basis = read_trial(request.screening, region=request.region, on=request.on, policies=request.policies)
    facts = KeptFacts(request.screening / FACTS, rule=basis.rule, priority=basis.priority, before=kept.judged_by)
    found = _describe(facts.recount())
    if request.out is not None:
        _write(facts, request.out)
    return {"rule": kept.rule, "region": kept.region, "on": kept.on.isoformat(), "in_force": request.on.isoformat(), **found}


def read_trial(screening: Path, *, region: str, on: date, policies: Sequence[Path]) -> tuple[KeptBasis, ScreeningBasis]:
    """By what the facts were made, and what they are to be judged by (试算依据); raises as `try_thresholds` does."""
    check_region(region)
    kept = read_kept_basis(screening)
    if region != kept.region:
        raise BadRequest(f"the facts are of region {kept.region}; got {region}, which needs a full run", field="region")
    with _policies_first(policies):
        basis = read_screening_basis(kept.rule, region=region, on=kept.on, in_force=on)
        _check_inside(kept, basis, on=on)
    return kept, basis


@contextmanager
def _policies_first(folders: Sequence[Path]) -> Iterator[None]:
    """Put folders before those of the environment, as long as the policies are read."""
    former = os.environ.get(PATH_VARIABLE)
    if not folders:
        yield
        return
    os.environ[PATH_VARIABLE] = os.pathsep.join([*map(str, folders), *([former] if former else [])])
    try:
        yield
    finally:
        os.environ.pop(PATH_VARIABLE)
        if former is not None:
            os.environ[PATH_VARIABLE] = former


def _check_inside(kept: KeptBasis, basis: ScreeningBasis, *, on: date) -> None:
    now = values_inside(kept.rule, region=kept.region, on=on, basis=basis)
    differ = [x for x in now if now[x] != kept.inside.get(x)]
    if differ:
        verb = "differs" if len(differ) == 1 else "differ"
        named = " and ".join(differ)
        raise BadRequest(f"a full run is needed: {named} {verb} from what the facts were made by", field="policy")


def _describe(found: Recount) -> dict[str, Any]:
    listed = Reason.NO_LOAN.value
    entered: Counter[str] = Counter()
    left: Counter[str] = Counter()
    pairs = zip(verdict_codes(found.before), verdict_codes(found.now), found.rows.tolist(), strict=True)
    for before, now, rows in pairs:
        if before != now == listed:
            entered[before] += rows
        elif before == listed != now:
            left[now] += rows
    counts = {x: verdict_counts(getattr(found, x), rows=found.rows) for x in ("before", "now")}
    return {
        "universe": int(found.rows.sum()),
        "changed": int(found.rows[found.before != found.now].sum()),
        "listed": {x: by_reason[listed] for x, by_reason in counts.items()},
        "by_reason": counts,
        "entered": entered.total(),
        "left": left.total(),
        "entered_by": dict(sorted(entered.items())),
        "left_by": dict(sorted(left.items())),
    }


def _write(facts: KeptFacts, out: Path) -> None:
    unfinished = out.with_name(f".{out.name}.unfinished")
    try:
        pq.write_table(facts.changed(), unfinished, compression="zstd")
        unfinished.replace(out)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OutputError(f"cannot write {out}: {error.strerror or error}", field="out") from error
