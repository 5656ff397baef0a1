"""One part of the synthetic registers (一个分片): up to a million firms, every table of them, written whole or not at all.

Firms are made in batches, so that memory stays flat. A part depends on nothing but the seed, the rule and its own number.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.synthetic import past_tables, tables
from huoshui.adapters.synthetic.answers import Rows, current_rows, kept_by_key, links, truth_table, usable_firms
from huoshui.adapters.synthetic.basis import Basis, Noise
from huoshui.adapters.synthetic.draws import Draws, Ints
from huoshui.adapters.synthetic.evidence import (
    abnormal_by_registry,
    leave_out_figures,
    make_facts,
    make_filings,
    make_invoices,
    make_listings,
    make_loans,
)
from huoshui.adapters.synthetic.firms import MILLION, make_firms
from huoshui.adapters.synthetic.noise import CODE_WORDS, NAME_WORDS, Writer
from huoshui.adapters.synthetic.past import make_past, with_outcomes
from huoshui.adapters.synthetic.places import places_of
from huoshui.adapters.synthetic.truth import Evidence, everything, judge
from huoshui.adapters.synthetic.writing import PartFile, read_metadata
from huoshui.terms import RegisterKind

TRUTH, LINKS = "truth", "links"
REGISTERS: Final = (
    RegisterKind.REGISTRY, RegisterKind.TAX, RegisterKind.INVOICES, RegisterKind.LOANS, RegisterKind.EXCLUSIONS,
)  # fmt: skip
TABLES: Final = (*(x.value for x in REGISTERS), LINKS, TRUTH)
PAST_TABLES: Final = (past_tables.TAX, past_tables.INVOICES, past_tables.OUTCOMES)
BATCH: Final = 250_000
_NO_REGISTERS: Final = (TRUTH, LINKS, past_tables.OUTCOMES)


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of which run (分片): firms `number` million and the `firms - 1` after it."""

    folder: Path
    number: int
    firms: int
    is_single: bool
    seed: int
    region: str
    noise: Noise
    basis: Basis
    with_outcomes: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        """Its tables, the truth last (表)."""
        return tables_of(with_outcomes=self.with_outcomes)

    def path(self, table: str) -> Path:
        """Where a table of this part stands (文件位置)."""
        file = self.folder / f"{table}.parquet"
        return file if self.is_single else file / f"part-{self.number:04d}.parquet"

    def finished(self) -> dict[str, dict[str, Any]] | None:
        """What its files say of themselves (已完成的分片), None unless all are there and whole."""
        found = {table: read_metadata(self.path(table)) for table in self.tables}
        known = {table: x for table, x in found.items() if x is not None and x["firms"] == self.firms}
        return known if len(known) == len(self.tables) else None


def tables_of(*, with_outcomes: bool) -> tuple[str, ...]:
    """The tables of a run, the truth last (数据表)."""
    return (*PAST_TABLES, *TABLES) if with_outcomes else TABLES


def write_part(part: Part) -> None:
    """Write every table of a part (写出分片); the truth gets its name last, so that a part with truth is whole."""
    first = part.number * MILLION
    counts: dict[str, Counter[str]] = {table: Counter() for table in part.tables}
    with ExitStack() as stack:
        files = {
            table: stack.enter_context(
                PartFile(part.path(table), table=table, part=part.number, is_register=table not in _NO_REGISTERS)
            )
            for table in part.tables
        }
        for start in range(0, part.firms, BATCH):
            _write_batch(part, first + start, min(BATCH, part.firms - start), files, counts)
        for table, file in files.items():
            file.finish({"firms": part.firms, "seed": part.seed, "counts": dict(sorted(counts[table].items()))})


def _write_batch(part: Part, first: int, count: int, files: dict[str, PartFile], counts: dict[str, Counter[str]]) -> None:
    draws, places = Draws(part.seed), places_of(part.region)
    evidence = _evidence(part, first, count, draws)
    past = None
    if part.with_outcomes:
        past = make_past(evidence, age=tables.ages(evidence.firms.number, draws=draws), draws=draws)
        evidence = replace(evidence, loans=with_outcomes(evidence.loans, past=past, draws=draws))
    writer = Writer(evidence.firms, places, part.noise, draws)
    rows, current = tables.registry_rows(evidence, writer=writer)
    first_row = files[RegisterKind.REGISTRY].add(tables.registry(evidence, rows=rows, writer=writer))
    row_id = np.arange(first_row, first_row + len(rows.firm))
    registers = [Rows(RegisterKind.REGISTRY, rows.firm, row_id, rows.written), *_write_evidence(evidence, writer, files)]
    tax, loans, exclusions = (x.written for x in registers[1:])
    truth = judge(evidence, kept=everything(evidence))
    by_key = kept_by_key(tax=tax, loans=loans, exclusions=exclusions)
    is_usable = usable_firms(evidence, full=truth, by_key=by_key, current=current, registers=registers)
    answers = truth_table(evidence, rows=rows, row_id=row_id, truth=truth, is_usable=is_usable)
    files[TRUTH].add(answers)
    files[LINKS].add(links(evidence, registers=registers, current=current_rows(rows, row_id)))
    for register in registers:
        counts[register.kind] += _planted(register)
    counts[TRUTH] += _told(answers)
    if past is not None:
        files[past_tables.TAX].add(past_tables.older_tax(evidence, past=past, written=tax, writer=writer))
        outcomes = past_tables.outcomes(evidence, past=past, current=current)
        counts[past_tables.OUTCOMES] += _write_past(outcomes, past_tables.invoices(evidence, past=past, writer=writer), files)


def _evidence(part: Part, first: int, count: int, draws: Draws) -> Evidence:
    basis = part.basis
    firms = make_firms(first, count=count, places=places_of(part.region), draws=draws)
    facts = make_facts(firms, basis=basis, draws=draws)
    filings = make_filings(firms, facts=facts, basis=basis, draws=draws)
    leave_out_figures(firms, facts=facts, filings=filings, draws=draws)
    listings = make_listings(firms, filings=filings, basis=basis, draws=draws)
    return Evidence(
        firms=firms, facts=facts, filings=filings, listings=listings, basis=basis,
        is_abnormal=abnormal_by_registry(firms, listings=listings, basis=basis, draws=draws),
        loans=make_loans(firms, basis=basis, draws=draws),
        invoices=make_invoices(firms, facts=facts, basis=basis, draws=draws),
    )  # fmt: skip


def _write_evidence(evidence: Evidence, writer: Writer, files: dict[str, PartFile]) -> list[Rows]:
    """Write the other registers; returns the rows of tax, loans and exclusions."""
    payers = tables.write_tax(evidence, writer=writer)
    places: list[Ints] = []
    numbers: list[Ints] = []
    for payer, table in tables.tax(evidence, written=payers, writer=writer):
        first = files[RegisterKind.TAX].add(table)
        places.append(payer)
        numbers.append(np.arange(first, first + len(payer)))
    place = np.concatenate(places)
    found = [Rows(RegisterKind.TAX, evidence.filings.firm[place], np.concatenate(numbers), payers, place)]
    for kind, write, make, firm in (
        (RegisterKind.LOANS, tables.write_loans, tables.loans, evidence.loans.firm),
        (RegisterKind.EXCLUSIONS, tables.write_exclusions, tables.exclusions, evidence.listings.firm),
    ):
        written = write(evidence, writer=writer)
        first = files[kind].add(make(evidence, written=written, writer=writer))
        found.append(Rows(kind, firm, np.arange(first, first + len(firm)), written))
    files[RegisterKind.INVOICES].add(tables.invoices(evidence, writer=writer))
    return found


def _write_past(outcomes: pa.Table, invoices: Iterator[pa.Table], files: dict[str, PartFile]) -> Counter[str]:
    """Write what became of loans and the invoices of the years before; returns the loans, counted."""
    for table in invoices:
        files[past_tables.INVOICES].add(table)
    files[past_tables.OUTCOMES].add(outcomes)
    return Counter({"loans": outcomes.num_rows, "bad": pc.sum(outcomes["default"]).as_py() or 0})


def _planted(rows: Rows) -> Counter[str]:
    """How many rows carry which noise."""
    found: Counter[str] = Counter()
    for what, words, noise in (("code", CODE_WORDS, rows.written.code_noise), ("name", NAME_WORDS, rows.written.name_noise)):
        counts = np.bincount(noise if rows.place is None else noise[rows.place], minlength=len(words))
        found.update({f"{what}.{word}": int(count) for word, count in zip(words, counts, strict=True)})
    return found


def _told(answers: pa.Table) -> Counter[str]:
    """What the truth says, counted."""
    reasons = answers["reasons"].combine_chunks().flatten().value_counts()
    found = Counter({f"reason.{x['values']}": int(x["counts"]) for x in reasons.to_pylist()})
    for flag in ("is_listed", "usable_key", "is_active", "has_loan", "has_namesake"):
        found[flag] = pc.sum(answers[flag]).as_py()
    return found
