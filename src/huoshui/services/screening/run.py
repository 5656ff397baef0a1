"""Screen a region's registers (筛查无贷户): one act, one complete result folder or none.

Everything is written to a folder beside the result and put in its place when it is complete, manifest last: a killed run leaves
nothing that could be taken for a result, and the next run of the same output starts cleanly.
"""

import json
import resource
import time
from contextlib import closing
from dataclasses import asdict
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import pyarrow.parquet as pq

from huoshui import __version__
from huoshui.adapters.industries import industry_name
from huoshui.adapters.regions import region_name
from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.firm_file import Counts, write_firms
from huoshui.adapters.registers.screening.job import Job, Progress, Screened
from huoshui.adapters.registers.screening.link_file import write_links
from huoshui.adapters.registers.screening.pipeline import screen
from huoshui.adapters.registers.screening.summary_page import render_summary
from huoshui.adapters.registers.screening.visit_list import VisitList
from huoshui.adapters.result_folder import open_result_folder
from huoshui.errors import BadRequest, DoesNotReconcile, OutputError
from huoshui.policy.region import NATION, check_region, region_prefix
from huoshui.services.screening.accuracy import check_truth, measure_accuracy
from huoshui.services.screening.basis import ScreeningBasis, read_screening_basis
from huoshui.services.screening.changes import check_former, compare_lists
from huoshui.services.screening.county_books import CountyBooks
from huoshui.services.screening.kept_basis import begin_facts
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.summary import summarize
from huoshui.terms import RegisterKind

MANIFEST: Final = "manifest.json"
FORMAT: Final = "huoshui screening 1"
FIRMS_BY_PROVINCE: Final = 20_000_000
PAGES: Final[dict[Literal["zh", "en"], str]] = {"zh": "summary.html", "en": "summary.en.html"}


def screen_registers(request: ScreeningRequest, *, progress: Progress) -> dict[str, Any]:
    """Screen, write every output, and return the summary (执行筛查并输出).

    Raises the errors of what it reads; DoesNotReconcile when the verdicts do not add up; OutputError when the result cannot be
    written. After an error nothing is left in `out` that was not there before.
    """
    check_region(request.region)
    basis = read_screening_basis(request.rule, region=request.region, on=request.on)
    files = {kind: parts.locate(path, kind=kind) for kind, path in request.registers.items()}
    with open_result_folder(request.out, marker=MANIFEST) as place:
        _check_given(request, files, out=place.out)
        work, result = place.unfinished / "work", place.unfinished / "result"
        work.mkdir()
        result.mkdir()
        facts = begin_facts(request, basis, folder=result)
        started = time.process_time()
        job = Job(
            files=files,
            rule=basis.rule,
            priority=basis.priority,
            size_row_of=basis.size_row_of,
            list_meaning=basis.list_meaning,
            region_prefix=region_prefix(request.region),
            engine=request.engine,
            master=request.spark_master,
            memory=request.memory,
            folder=work,
            progress=progress,
            facts=facts,
        )
        summary = _write(request, basis, screen(job), folder=result, work=work, progress=progress)
        summary["cpu_seconds"]["total"] = round(time.process_time() - started, 2)
        _finish(request, summary, files=files, folder=result)
        place.put(result)
    return summary


def _check_given(request: ScreeningRequest, files: dict[RegisterKind, tuple[Path, ...]], *, out: Path) -> None:
    """What is needed only at the end is looked at before the work begins."""
    for kind, found in files.items():
        if inside := [x for x in found if x.resolve().is_relative_to(out)]:
            raise BadRequest(f"{inside[0]} lies in the folder of the result, which is replaced; move one of them", field=kind)
    if request.previous is not None:
        check_former(request.previous)
    if request.truth is not None:
        check_truth(request.truth)


def _write(
    request: ScreeningRequest, basis: ScreeningBasis, screened: Screened, *, folder: Path, work: Path, progress: Progress
) -> dict[str, Any]:
    started = time.process_time()
    synthetic = any(_is_synthetic(x) for found in screened.parts.values() for x in {y.path for y in found})
    metadata = _metadata(request, basis, synthetic=synthetic)
    visits = VisitList(work, rule=basis.priority, by_province=_fits_by_province(request, screened))
    registry = screened.parts[RegisterKind.REGISTRY]
    counts = write_firms(screened.verdicts, files=registry, folder=folder, metadata=metadata, take_listed=visits.take)
    links = write_links(screened, folder=folder)
    progress(f"writing: {counts.universe:,} firms, {counts.listed:,} listed")
    books = CountyBooks(folder / "counties", request=request, basis=basis, synthetic=synthetic)
    books.choose(firms=counts.listed, counties=len(counts.by_region))
    with closing(visits.write(folder / "visit_list.parquet", metadata=metadata)) as tables:
        for table in tables:
            books.write(table)
    summary = summarize(request, basis, screened=screened, counts=counts, links=links, synthetic=synthetic)
    _reconcile(summary, counts, folder)
    summary["workbooks"] = books.written
    if request.previous is not None:
        summary["changes"] = compare_lists(
            request.previous, now=folder, into=folder, memory=request.memory, spill=work / "spill"
        )
    if request.truth is not None:
        summary["accuracy"] = measure_accuracy(request.truth, folder=folder, memory=request.memory, spill=work / "spill")
    summary["cpu_seconds"] = {**screened.phases, "writing": round(time.process_time() - started, 2)}
    return summary


def _fits_by_province(request: ScreeningRequest, screened: Screened) -> bool:
    """A nation is cut into few areas, unless it is so large that one province would take much memory."""
    return request.region == NATION and sum(x.rows for x in screened.parts[RegisterKind.REGISTRY]) <= FIRMS_BY_PROVINCE


def _reconcile(summary: dict[str, Any], counts: Counts, folder: Path) -> None:
    """The universe is the sum of the verdicts, of the counties, of the industries, and the rows of the file; loudly if not."""
    rows = pq.read_metadata(folder / "firms.parquet").num_rows
    listed = pq.read_metadata(folder / "visit_list.parquet").num_rows
    sums = {
        "verdicts": sum(summary["by_reason"].values()),
        "counties": sum(x["universe"] for x in summary["by_region"].values()),
        "industries": sum(x["universe"] for x in summary["by_industry"].values()),
        "rows of firms.parquet": rows,
    }
    wrong = {name: total for name, total in sums.items() if total != counts.universe}
    if wrong or listed != counts.listed or summary["by_reason"]["N01"] != counts.listed:
        raise DoesNotReconcile(f"the universe is {counts.universe} with {counts.listed} listed, but {wrong or listed} differ")
    summary["reconciles"] = True


def _finish(
    request: ScreeningRequest,
    summary: dict[str, Any],
    *,
    files: dict[RegisterKind, tuple[Path, ...]],
    folder: Path,
) -> None:
    try:
        (folder / "summary.json").write_text(_json(summary), encoding="utf-8")
        for language, page in PAGES.items():
            shown = render_summary(summary, language=language, region_name=region_name, industry_name=industry_name)
            (folder / page).write_text(shown, encoding="utf-8")
        manifest = {
            "format": FORMAT,
            "huoshui": __version__,
            "engine": request.engine.value,
            "rule": request.rule,
            "region": request.region,
            "on": request.on.isoformat(),
            "synthetic": summary["synthetic"],
            "inputs": {kind.value: [_input(x) for x in found] for kind, found in files.items()},
            "counts": {x: summary[x] for x in ("universe", "listed", "duplicates", "by_reason", "rows_read")},
            "citations": summary["citations"],
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        (folder / MANIFEST).write_text(_json(manifest), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write to {request.out}: {error.strerror or error}") from error


def _input(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        return {"file": path.name, "bytes": path.stat().st_size, "sha256": file_digest(stream, "sha256").hexdigest()}


def _metadata(request: ScreeningRequest, basis: ScreeningBasis, *, synthetic: bool) -> dict[str, str]:
    return {
        "huoshui": __version__,
        "huoshui.rule": request.rule,
        "huoshui.region": request.region,
        "huoshui.on": request.on.isoformat(),
        "huoshui.synthetic": str(synthetic).lower(),
        "huoshui.policies": json.dumps([_cited(x) for x in basis.citations], ensure_ascii=False),
    }


def _cited(citation: Any) -> dict[str, Any]:
    return {**asdict(citation), "since": citation.since.isoformat()}


def _is_synthetic(path: Path) -> bool:
    metadata = pq.read_schema(path).metadata or {}
    return bool(metadata.get(b"huoshui.synthetic") == b"true")


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n"
