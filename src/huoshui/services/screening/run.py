"""Screen a region's registers (筛查无贷户): one act, one complete result folder or none.

Everything is written to a folder beside the result and put in its place when it is complete, manifest last: a killed run leaves
nothing that could be taken for a result, and the next run of the same output starts cleanly. A run that knows a former result
with its state goes on from there if that gives the same; what a night does not need is not even imported.
"""

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.job import Job, Progress
from huoshui.adapters.registers.screening.kept_tables import UnusableState
from huoshui.adapters.result_folder import ResultFolder, open_result_folder
from huoshui.errors import BadRequest, OutputError
from huoshui.policy.region import check_region, region_prefix
from huoshui.services.screening.basis import ScreeningBasis, read_screening_basis
from huoshui.services.screening.kept_basis import begin_facts
from huoshui.services.screening.manifest import MANIFEST, write_json, write_manifest
from huoshui.services.screening.merged import check_former
from huoshui.services.screening.night import go_on, named_base, write_changes
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.state import STATE, Former, KeptState, basis_of, find_former, read_inputs, write_state
from huoshui.terms import RegisterKind

Files = dict[RegisterKind, tuple[Path, ...]]


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
        run = _Run(request, basis, files, place, progress)
        former, why = run.find_former()
        if former is not None:
            try:
                return run.finish(run.go_on(former), former=former)
            except UnusableState as error:
                why = str(error)
        return run.finish(run.screen(why), former=None)


def _check_given(request: ScreeningRequest, files: Files, *, out: Path) -> None:
    """What is needed only at the end is looked at before the work begins."""
    for kind, found in files.items():
        if inside := [x for x in found if x.resolve().is_relative_to(out)]:
            raise BadRequest(f"{inside[0]} lies in the folder of the result, which is replaced; move one of them", field=kind)
    if request.previous is not None:
        check_former(request.previous)
    if request.changes_only:
        _check_changes_only(request, out=out)
    if request.truth is not None:
        from huoshui.services.screening.accuracy import check_truth  # noqa: PLC0415 -- a night has no truth

        check_truth(request.truth)


def _check_changes_only(request: ScreeningRequest, *, out: Path) -> None:
    if request.previous is None:
        raise BadRequest("changes are told against a former result; give --previous with --changes-only", field="previous")
    if request.previous.resolve() == out:
        raise BadRequest("a result of changes only needs its former result; give another --out", field="out")
    if request.truth is not None or request.keep_facts:
        raise BadRequest(
            "the truth is compared, and facts are kept, with a whole result; leave --changes-only out", field="out"
        )


class _Run:
    """One run: its request, and the folder that it works in."""

    def __init__(
        self, request: ScreeningRequest, basis: ScreeningBasis, files: Files, place: ResultFolder, progress: Progress
    ) -> None:
        self._request, self._basis, self._files, self._place, self._progress = request, basis, files, place, progress
        self._work, self._result = place.unfinished / "work", place.unfinished / "result"
        self._started = time.process_time()
        previous = request.previous
        self._keeps = request.keep_state or (previous is not None and (previous / STATE).is_dir())

    def find_former(self) -> tuple[Former | None, str | None]:
        """The state to go on from, or why there is none."""
        if self._request.previous is None:
            return None, None
        if self._request.keep_facts:
            return None, "facts are kept, which are those of a full run"
        try:
            basis = basis_of(self._request, self._basis)
            return find_former(self._request.previous, basis=basis, files=self._files), None
        except UnusableState as error:
            return None, str(error)

    def go_on(self, former: Former) -> tuple[dict[str, Any], KeptState | None]:
        """Go on from a former state; raises UnusableState."""
        job = self._job()
        if not self._request.changes_only:
            whole: tuple[dict[str, Any], KeptState] = self._full(job).go_on(former)
            return whole
        sql = former.kept.sql.get(self._request.engine.value)
        night = go_on(job, former, into=job.state or self._work, expression=sql or self._full(job).asked(former))
        return write_changes(self._request, self._basis, night, folder=self._result, work=self._work)

    def screen(self, why: str | None) -> tuple[dict[str, Any], KeptState | None]:
        """Screen whole registers; `why` no former state could be used."""
        job = self._job()
        facts = begin_facts(self._request, self._basis, folder=self._result)
        summary, kept = self._full(replace(job, facts=facts)).screen()
        summary["incremental"] = None if why is None else {"used": False, "why": why}
        return summary, kept

    def finish(self, found: tuple[dict[str, Any], KeptState | None], *, former: Former | None) -> dict[str, Any]:
        """Write what says what the result is, and put it in its place."""
        summary, kept = found
        only_changes = self._request.changes_only and former is not None
        summary.setdefault("cpu_seconds", {})["total"] = round(time.process_time() - self._started, 2)
        inputs = former.inputs if former else read_inputs(self._files, known={})
        more = named_base(self._request, out=self._place.out) if only_changes else {}
        try:
            if kept is not None and self._keeps:
                more[STATE] = write_state(self._result / STATE, replace(kept, inputs=inputs))
            write_json(self._result / "summary.json", summary)
            if not only_changes:
                from huoshui.services.screening.full import write_pages  # noqa: PLC0415 -- heavy, and a night needs none

                write_pages(summary, folder=self._result)
            write_manifest(self._result, self._request, summary, inputs=inputs, more=more)
        except OSError as error:
            raise OutputError(f"cannot write to {self._request.out}: {error.strerror or error}") from error
        self._place.put(self._result)
        return summary

    def _full(self, job: Job) -> Any:
        from huoshui.services.screening.full import FullRun  # noqa: PLC0415 -- heavy, and a night needs none of it

        return FullRun(self._request, self._basis, job=job, folder=self._result)

    def _job(self) -> Job:
        """A job in empty folders."""
        for folder in (self._work, self._result):
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir()
        state = self._result / STATE if self._keeps else None
        if state is not None:
            state.mkdir()
        request, basis = self._request, self._basis
        return Job(
            files=self._files, rule=basis.rule, priority=basis.priority, size_row_of=basis.size_row_of,
            list_meaning=basis.list_meaning, region_prefix=region_prefix(request.region), engine=request.engine,
            master=request.spark_master, memory=request.memory, folder=self._work, progress=self._progress, state=state,
        )  # fmt: skip
