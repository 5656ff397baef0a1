"""Make synthetic registers with known truth (生成合成数据): one act, resumable, the same bytes for the same parameters."""

import hashlib
import json
import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from huoshui import policy
from huoshui.adapters.synthetic.acceptance import churn_text
from huoshui.adapters.synthetic.basis import LEVELS, NO_BOUND, Basis, ListEffect, ListName, Noise, SizeBounds
from huoshui.adapters.synthetic.codes import MOST_FIRMS
from huoshui.adapters.synthetic.firms import MILLION, NAMES_PER_COUNTY
from huoshui.adapters.synthetic.part import Part, tables_of, write_part
from huoshui.adapters.synthetic.past import calendar_of
from huoshui.adapters.synthetic.places import SLOTS, places_of
from huoshui.adapters.synthetic.words import INDUSTRIES
from huoshui.adapters.synthetic.writing import UNFINISHED
from huoshui.errors import BadDate, BadPolicyFile, BadRequest, OutputError
from huoshui.policy.region import check_region
from huoshui.rules.calendar import months_before
from huoshui.rules.size_class import Bounds, SizeRow, SizeTable, row_for
from huoshui.services.size_class import read_basis
from huoshui.terms import LoanKind, Tag

NOTICE: Final = "合成数据（synthetic）：由程序生成，不涉及任何真实主体"
RULE: Final = "never_borrowed"
GENERATOR: Final = 1
"""Raised whenever the same parameters would give other bytes, so that a run is never continued with another generator."""
RESULT, STARTED, CHURN = "generate.json", "generate.started.json", "churn.csv"
MOST_WORKERS: Final = 64
MOST_SEED: Final = 2**63
LAST_YEAR: Final = 2100
FIRMS_PER_PART: Final = MILLION
_YEAR, _QUARTERS, _STOPPED = 12, 4, 7

Progress = Callable[[int, int, float], None]
"""Called with the firms written, all firms and the seconds since the start."""


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """What to make (生成参数); with `outcomes` also what became of loans, and the registers of the years before them."""

    firms: int
    seed: int
    out: Path
    region: str
    on: date
    noise: Noise = Noise.REGISTER
    workers: int = 1
    outcomes: bool = False


@dataclass(frozen=True, slots=True)
class Generated:
    """What was made (生成结果): the content of generate.json, and how much of it this run wrote."""

    summary: Mapping[str, Any]
    firms_written: int
    seconds: float


def generate_registers(request: GenerateRequest, *, progress: Progress) -> Generated:
    """Write synthetic registers and their truth (生成合成登记数据).

    A folder with the unfinished output of the same parameters is continued. Raises BadRequest for parameters that make no
    sense or a folder with something else in it, UnknownRegion, NoPolicy, and OutputError where the folder cannot be written.
    """
    _check(request)
    basis = read_truth_basis(region=request.region, on=request.on)
    parameters = _parameters(request, basis)
    _open_folder(request.out, parameters)
    parts = list(_parts(request, basis))
    started = time.monotonic()
    try:
        todo = [part for part in parts if part.finished() is None]
        done = request.firms - sum(part.firms for part in todo)
        if todo:
            (request.out / RESULT).unlink(missing_ok=True)
        for part in _run(todo, workers=request.workers):
            done += part.firms
            progress(done, request.firms, time.monotonic() - started)
        summary = _summary(parameters, parts) | (_told_of_outcomes(basis) if request.outcomes else {})
        if request.outcomes:
            _write(request.out / CHURN, churn_text(notice=NOTICE))
        _write_json(request.out / RESULT, summary)
        (request.out / STARTED).unlink(missing_ok=True)
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"{request.out} cannot be written: {reason}; expected a folder with enough free space") from error
    return Generated(summary, sum(part.firms for part in todo), time.monotonic() - started)


def _check(request: GenerateRequest) -> None:
    check_region(request.region)
    if request.on.year > LAST_YEAR:
        raise BadDate(f"on must be a day up to {LAST_YEAR}; got {request.on}", field="on")
    for name, value, low, high in (
        ("firms", request.firms, 1, MOST_FIRMS),
        ("seed", request.seed, 0, MOST_SEED - 1),
        ("workers", request.workers, 1, MOST_WORKERS),
    ):
        if not low <= value <= high:
            raise BadRequest(f"{name} must be from {low:,} to {high:,}; got {value:,}", field=name)
    largest = int(places_of(request.region).slot_count.max())
    room = NAMES_PER_COUNTY // (MILLION // SLOTS * largest) * MILLION
    if request.firms > room:
        raise BadRequest(
            f"region {request.region} has names for {room:,} firms; got {request.firms:,}: take fewer or a larger region",
            field="firms",
        )


def read_truth_basis(*, region: str, on: date) -> Basis:
    """What the truth is judged by (读取真值依据): the policies in force; raises UnknownRegion, NoPolicy, BadPolicyFile."""
    activity = policy.read("activity", region=region, on=on)
    loans = policy.read("no_loan", region=region, on=on)[RULE]
    if loans["current_only"] or loans["lookback_months"] is not None:
        raise BadPolicyFile(f"policy no_loan, {RULE}: expected a rule that counts every loan ever granted")
    month, _, day = str(activity["annual_report_due"]).partition("-")
    table = next(iter(read_basis(region=region, on=on).tables.values()))
    return Basis(
        on=on,
        quarters=tuple(_quarters(on)),
        sales_since=months_before(on, months=int(activity["tax_sales_months"])),
        year_since=months_before(on, months=_YEAR),
        invoices_since=months_before(on, months=int(activity["invoice_months"])),
        stopped_since=months_before(on, months=_STOPPED),
        due_report_year=on.year - (1 if (on.month, on.day) > (int(month), int(day)) else 2),
        size_bounds={code: _size_bounds(code, table) for code in INDUSTRIES},
        counted_loans=frozenset(LoanKind(x) for x in loans["counted_kinds"]),
        owner_loans=bool(loans["owner_loans"]),
        sole_trader_owner=bool(loans["sole_trader_owner"]),
        lists=_lists(region=region, on=on),
    )


def _quarters(on: date) -> Iterator[tuple[date, date]]:
    """The last four quarters that ended on or before the day, oldest first."""
    after = on + timedelta(days=1)
    begun = after.year * 4 + (after.month - 1) // 3
    starts = [date(x // 4, x % 4 * 3 + 1, 1) for x in range(begun - _QUARTERS, begun + 1)]
    yield from ((start, end - timedelta(days=1)) for start, end in pairwise(starts))


def _size_bounds(industry: str, table: SizeTable) -> SizeBounds | None:
    row = row_for(industry, table=table)
    if not isinstance(row, SizeRow):
        return None
    small, medium, large = (_three(getattr(row, level)) for level in LEVELS)
    return small, medium, large


def _three(bounds: Bounds) -> tuple[int, int, int]:
    employees, revenue, assets = (
        NO_BOUND if x is None else x for x in (bounds.employees, bounds.revenue_fen, bounds.assets_fen)
    )
    return employees, revenue, assets


def _lists(*, region: str, on: date) -> dict[ListName, ListEffect]:
    lists = policy.read("exclusion_lists", region=region, on=on)
    tables = {lists[field]["name"]: lists[field] for field in lists.fields}
    if missing := [name.zh for name in ListName if name.zh not in tables]:
        raise BadPolicyFile(f"policy exclusion_lists in region {region} has no list called {missing[0]}")
    return {name: _effect(tables[name.zh], on=on) for name in ListName}


def _effect(table: Mapping[str, Any], *, on: date) -> ListEffect:
    months = table["valid_months"]
    return ListEffect(
        tag=Tag(table["code"]), excludes=table["effect"] == "exclude",
        open_since=None if months is None else months_before(on, months=int(months)),
    )  # fmt: skip


def _parameters(request: GenerateRequest, basis: Basis) -> dict[str, Any]:
    told = json.dumps(asdict(replace(basis, counted_loans=frozenset())), default=str, sort_keys=True, ensure_ascii=False)
    told += " ".join(sorted(basis.counted_loans))
    return {
        "firms": request.firms, "seed": request.seed, "region": request.region, "on": request.on.isoformat(),
        "noise": request.noise.value, "rule": RULE, "generator": GENERATOR,
        "basis": hashlib.sha256(told.encode()).hexdigest(),
        **({"outcomes": True} if request.outcomes else {}),
    }  # fmt: skip


def _open_folder(out: Path, parameters: dict[str, Any]) -> None:
    """Take an empty folder, or one that the same parameters began; leftovers of a killed run go."""
    if out.exists() and not out.is_dir():
        raise BadRequest(f"{out} is a file; expected a folder to write to", field="out")
    former = _former(out)
    if former is None and out.is_dir() and any(out.iterdir()):
        raise BadRequest(f"{out} is not empty; expected an empty folder or the output of the same parameters", field="out")
    if former is not None and former != parameters:
        differs = next(name for name in (*parameters, *former) if parameters.get(name) != former.get(name))
        raise BadRequest(
            f"{out} holds the output of other parameters, {differs} being {former.get(differs)!r}; expected an empty folder",
            field="out",
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write_json(out / STARTED, {"synthetic": True, "parameters": parameters})
        for left in out.rglob(f"*{UNFINISHED}"):
            left.unlink()
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}", field="out") from error


def _former(out: Path) -> dict[str, Any] | None:
    """The parameters of a former run into the folder."""
    for name in (STARTED, RESULT):
        try:
            found = json.loads((out / name).read_text(encoding="utf-8"))["parameters"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        return found if isinstance(found, dict) else None
    return None


def _parts(request: GenerateRequest, basis: Basis) -> Iterator[Part]:
    for number in range(-(-request.firms // FIRMS_PER_PART)):
        yield Part(
            folder=request.out, number=number, firms=min(FIRMS_PER_PART, request.firms - number * FIRMS_PER_PART),
            is_single=request.firms <= FIRMS_PER_PART, seed=request.seed, region=request.region, noise=request.noise,
            basis=basis, with_outcomes=request.outcomes,
        )  # fmt: skip


def _run(parts: list[Part], *, workers: int) -> Iterator[Part]:
    """Write parts, each in a process of its own where there are several; yields them as they are done."""
    if workers == 1 or len(parts) <= 1:
        for part in parts:
            write_part(part)
            yield part
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(parts)), mp_context=context, initializer=_end_quietly)
    try:
        running: dict[Future[None], Part] = {pool.submit(write_part, part): part for part in parts}
        for future in as_completed(running):
            future.result()
            yield running[future]
    except BrokenProcessPool as error:
        raise OutputError("a worker was stopped from outside; run the same command again to go on") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _end_quietly() -> None:
    """Let a worker end without a word when the user stops the run: the entrance says that it was stopped."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _summary(parameters: dict[str, Any], parts: list[Part]) -> dict[str, Any]:
    every = tables_of(with_outcomes=parts[0].with_outcomes)
    tables: dict[str, Counter[str]] = {table: Counter() for table in every}
    counts: dict[str, Counter[str]] = {table: Counter() for table in every}
    for part in parts:
        for table, told in (part.finished() or {}).items():
            tables[table].update({"rows": told["rows"], "bytes": told["bytes"], "files": 1})
            counts[table].update(told["counts"])
    return {
        "synthetic": True,
        "notice": NOTICE,
        "parameters": parameters,
        "tables": {table: dict(told) for table, told in tables.items()},
        "counts": {table: dict(sorted(told.items())) for table, told in counts.items() if told},
    }


def _told_of_outcomes(basis: Basis) -> dict[str, Any]:
    """The day whose registers may explain the outcomes, and when the loans were decided."""
    calendar = calendar_of(basis)
    return {"outcomes": {"known_on": calendar.known_on.isoformat(), "decided": [x.isoformat() for x in calendar.decided]}}


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    _write(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + UNFINISHED)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
