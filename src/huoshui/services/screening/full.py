"""Write every file of a screening (输出全部结果): firms, visit list, workbooks, links, summary and its pages.

So a full run ends, and so does a night that goes on from a former state and is not asked for changes only.
"""

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow.parquet as pq

from huoshui.adapters.industries import industry_name
from huoshui.adapters.regions import region_name
from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.firm_file import Counts, write_firms
from huoshui.adapters.registers.screening.job import Job, Screened
from huoshui.adapters.registers.screening.kept_full import FullStateWriter
from huoshui.adapters.registers.screening.kept_numbers import gives_numbers
from huoshui.adapters.registers.screening.kept_text import Ids
from huoshui.adapters.registers.screening.link_file import write_links
from huoshui.adapters.registers.screening.pipeline import asked_of, screen
from huoshui.adapters.registers.screening.summary_page import render_summary
from huoshui.adapters.registers.screening.visit_list import VisitList
from huoshui.errors import DoesNotReconcile
from huoshui.policy.region import NATION
from huoshui.services.screening.accuracy import measure_accuracy
from huoshui.services.screening.basis import ScreeningBasis
from huoshui.services.screening.changes import compare_lists
from huoshui.services.screening.county_books import CountyBooks
from huoshui.services.screening.manifest import file_metadata, is_synthetic
from huoshui.services.screening.merged import FIRMS, whole_result
from huoshui.services.screening.night import OUTSIDE, check_totals, go_on, resume
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.state import FORMAT, Former, KeptState, basis_of
from huoshui.services.screening.summary import summarize
from huoshui.services.screening.totals import as_json
from huoshui.terms import RegisterKind

FIRMS_BY_PROVINCE: Final = 20_000_000
PAGES: Final[dict[Literal["zh", "en"], str]] = {"zh": "summary.html", "en": "summary.en.html"}


class FullRun:
    """One run that writes everything (完整输出): from registers alone, or from a former state and new files."""

    def __init__(self, request: ScreeningRequest, basis: ScreeningBasis, *, job: Job, folder: Path) -> None:
        self._request, self._basis, self._job, self._folder = request, basis, job, folder

    def screen(self) -> tuple[dict[str, Any], KeptState | None]:
        """Screen whole registers (全量筛查); the state of the result, where one is kept, has no `inputs` yet."""
        screened = screen(self._job)
        keeper = FullStateWriter(self._job.state) if self._job.state else None
        summary, counts = self._write(screened, keeper)
        if keeper is None:
            return summary, None
        last = keeper.finish(screened.linked, firm_rows=screened.firm_rows)
        ids = Ids(_gives_ids(screened.parts[RegisterKind.REGISTRY]), last)
        return summary, self._kept(screened, counts, ids=ids, synthetic=summary["synthetic"])

    def go_on(self, former: Former) -> tuple[dict[str, Any], KeptState]:
        """Go on from a former state (续跑); raises UnusableState."""
        into = self._job.state or self._job.folder
        night = go_on(self._job, former, into=into, expression=self.asked(former))
        split = {kind: parts.split(files) for kind, files in self._job.files.items()}
        summary, counts = self._write(resume(night, split=split), None)
        summary["incremental"] = night.told()
        return summary, night.kept(as_json(counts))

    def asked(self, former: Former) -> str:
        """What the engine is asked (求值语句): as it was compiled for the former result, where it is the same engine."""
        return former.kept.sql.get(self._job.engine.value) or asked_of(self._job)

    def _write(self, screened: Screened, keeper: FullStateWriter | None) -> tuple[dict[str, Any], Counts]:
        started = time.process_time()
        request, basis, folder, work = self._request, self._basis, self._folder, self._job.folder
        synthetic = any(is_synthetic(x) for found in screened.parts.values() for x in {y.path for y in found})
        metadata = file_metadata(request, basis, synthetic=synthetic)
        visits = VisitList(work, rule=basis.priority, by_province=_fits_by_province(request, screened))
        counts = write_firms(
            screened.verdicts, files=screened.parts[RegisterKind.REGISTRY], folder=folder, metadata=metadata,
            take_listed=visits.take, keep=keeper.see if keeper else None,
        )  # fmt: skip
        links = write_links(screened, folder=folder)
        self._job.progress(f"writing: {counts.universe:,} firms, {counts.listed:,} listed")
        books = CountyBooks(folder / "counties", request=request, basis=basis, synthetic=synthetic)
        books.choose(firms=counts.listed, counties=len(counts.by_region))
        with closing(visits.write(folder / "visit_list.parquet", metadata=metadata)) as tables:
            for table in tables:
                books.write(table)
        summary = summarize(request, basis, screened=screened, counts=counts, links=links, synthetic=synthetic)
        _reconcile(summary, counts, folder)
        summary["workbooks"] = books.written
        self._compare(summary)
        summary["cpu_seconds"] = {**screened.phases, "writing": round(time.process_time() - started, 2)}
        return summary, counts

    def _compare(self, summary: dict[str, Any]) -> None:
        """With the former list and with the truth, where they are given."""
        request, spill = self._request, self._job.folder / "spill"
        if request.previous is not None:
            former = whole_result(request.previous, into=self._job.folder / "former")
            summary["changes"] = compare_lists(former, now=self._folder, into=self._folder, memory=request.memory, spill=spill)
        if request.truth is not None:
            summary["accuracy"] = measure_accuracy(request.truth, folder=self._folder, memory=request.memory, spill=spill)

    def _kept(self, screened: Screened, counts: Counts, *, ids: Ids, synthetic: bool) -> KeptState:
        hindrance = None
        if screened.outside:
            hindrance = OUTSIDE
        if any(gives_numbers(x) for x in screened.parts.values()):
            hindrance = "registers give numbers of their own, and what these stand for is found in all of them together"
        return KeptState(
            format=FORMAT,
            basis=basis_of(self._request, self._basis),
            inputs={},
            rows=screened.rows_read,
            segments=[screened.buckets],
            counts=as_json(counts),
            synthetic=synthetic,
            ids=ids,
            outside=screened.outside,
            hindrance=hindrance,
            sql={self._job.engine.value: asked_of(replace(self._job, facts=None))},
        )


def _gives_ids(registry: tuple[parts.Part, ...]) -> bool:
    part = next(x for x in registry if x.rows)
    return int(parts.read(part, columns=("row_id",))["row_id"].null_count) == 0


def _fits_by_province(request: ScreeningRequest, screened: Screened) -> bool:
    """A nation is cut into few areas, unless it is so large that one province would take much memory."""
    return request.region == NATION and sum(x.rows for x in screened.parts[RegisterKind.REGISTRY]) <= FIRMS_BY_PROVINCE


def _reconcile(summary: dict[str, Any], counts: Counts, folder: Path) -> None:
    """The totals, and the rows of the files; loudly if they differ."""
    check_totals(summary, universe=counts.universe, listed=counts.listed)
    rows = pq.read_metadata(folder / FIRMS).num_rows
    listed = pq.read_metadata(folder / "visit_list.parquet").num_rows
    if (rows, listed) != (counts.universe, counts.listed):
        raise DoesNotReconcile(f"the files have {rows} firms, {listed} listed; counted were {counts.universe}, {counts.listed}")


def write_pages(summary: dict[str, Any], *, folder: Path) -> None:
    """Write the summary's pages (写出汇总页); raises OSError."""
    for language, page in PAGES.items():
        shown = render_summary(summary, language=language, region_name=region_name, industry_name=industry_name)
        (folder / page).write_text(shown, encoding="utf-8")
