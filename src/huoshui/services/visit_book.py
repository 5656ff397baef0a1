"""Sheets of visits brought in (走访台账导入): looked at, then taken; a row is taken once, however often its sheet comes."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from huoshui.errors import BadFile, HuoshuiError, NotAllowed, WrongStage
from huoshui.models import Campaign, Grant, Membership, User, Viewer, Visit, VisitAssignment, VisitBook
from huoshui.models.secrets import seal_bytes, unseal_bytes
from huoshui.services.campaign import due_day, locked
from huoshui.services.coverage import recount_campaign
from huoshui.services.event import record
from huoshui.services.visit import save_visit
from huoshui.services.visit_rows import Reject, SheetRow, judge_rows, open_sheet
from huoshui.terms import BookStage, CampaignStage, Role, RowProblem, VisitSource

MOST_BYTES: Final = 10 * 1024 * 1024
RUNS: Final = (Role.OFFICER, Role.LEAD)
_NAMESPACE: Final = UUID("7f9a1c52-2f0e-5b7d-9d0a-3c5a64b2c6a1")


@dataclass(slots=True)
class _Figures:
    rows: int = 0
    visits: int = 0
    entries: int = 0
    already: int = 0

    def told(self, refused: int) -> dict[str, int]:
        return {"rows": self.rows, "visits": self.visits, "entries": self.entries, "already": self.already, "refused": refused}


@transaction.atomic
def look_at_book(
    data: bytes, *, name: str, by: User, viewer: Viewer, grant: Grant, at: datetime, campaign: Campaign | None = None
) -> VisitBook:
    """Look at a sheet before it is taken (台账预览): what each row would become. Raises BadFile.

    Rows with a day are visits; rows without one go on the list of `campaign`, where one is chosen.
    """
    if len(data) > MOST_BYTES:
        raise BadFile("a sheet has at most 10 MB", field="file", zh="表格不能超过 10 MB")
    if grant.role not in RUNS or grant.organization_id is None:
        raise NotAllowed("only the task force brings in sheets", zh="只有专班可以导入台账")
    sheet = open_sheet(data)
    figures, rejects = _Figures(), []
    known = _known_ids(sheet_rows := list(judge_rows(sheet, viewer=viewer, has_campaign=campaign is not None)))
    for row in sheet_rows:
        figures.rows += 1
        if isinstance(row, Reject):
            rejects.append(row.told())
        elif row.visited_at is None:
            figures.entries += 1
        elif client_id_of(row) in known:
            figures.already += 1
        else:
            figures.visits += 1
    return VisitBook.objects.create(
        name=name[:200], sha256=hashlib.sha256(data).hexdigest(), content=seal_bytes(data), uploaded_by=by,
        organization_id=grant.organization_id, campaign=campaign, columns=dict(sheet.columns.by_field),
        unknown=list(sheet.columns.unknown), figures=figures.told(len(rejects)), rejects=rejects, uploaded_at=at,
    )  # fmt: skip


@transaction.atomic
def queue_book(book: VisitBook) -> VisitBook:
    """Note that a sheet is being taken (开始导入). Raises WrongStage for one that was taken before."""
    found: VisitBook = VisitBook.objects.select_for_update().get(pk=book.pk)
    if found.stage is not BookStage.SEEN:
        raise WrongStage("this sheet was taken before", zh="该台账已导入，不能重复导入")
    found.stage = BookStage.TAKING
    found.save(update_fields=["stage"])
    return found


def take_book(book: VisitBook, *, at: datetime) -> VisitBook:
    """Take a sheet (导入台账): row by row, so that one that was stopped goes on where it was; safe to repeat."""
    if book.stage is BookStage.TAKEN:
        return book
    by = book.uploaded_by
    viewer = by.viewer(on=timezone.localdate(at))
    sheet = open_sheet(unseal_bytes(bytes(book.content)))
    visitors = _visitors(viewer, at)
    figures, rejects = _Figures(), []
    entries: list[SheetRow] = []
    for row in judge_rows(sheet, viewer=viewer, has_campaign=book.campaign is not None):
        figures.rows += 1
        if isinstance(row, Reject):
            rejects.append(row.told())
        elif row.visited_at is None:
            entries.append(row)
        else:
            told = _visit(row, by=by, viewer=viewer, visitors=visitors, at=at)
            if isinstance(told, Reject):
                rejects.append(told.told())
            else:
                figures.visits += told
                figures.already += not told
    return _finished(book, figures, entries=entries, rejects=rejects, viewer=viewer, at=at)


@transaction.atomic
def _finished(
    book: VisitBook, figures: _Figures, *, entries: list[SheetRow], rejects: list[dict[str, Any]], viewer: Viewer, at: datetime
) -> VisitBook:
    if book.campaign is not None and entries:
        taken, refused = _add_entries(book.campaign, entries, viewer=viewer, at=at)
        figures.entries = taken
        rejects += [x.told() for x in refused]
    book.figures, book.rejects = figures.told(len(rejects)), sorted(rejects, key=lambda x: x["line"])
    book.stage, book.taken_at, book.content = BookStage.TAKEN, at, b""
    book.save()
    basis = {"sha256": book.sha256, **book.figures, "campaign": book.campaign_id}
    record("import_list", book, by=book.uploaded_by, organization=book.organization_id, basis=basis)
    return book


def _visit(
    row: SheetRow, *, by: User, viewer: Viewer, visitors: Mapping[str, tuple[User, Viewer]], at: datetime
) -> bool | Reject:
    """Save a row as a visit of the visitor it names, where that is one of the region, else of who brings it in."""
    person, theirs = visitors.get(row.visitor, (by, viewer))
    answers = row.answers
    if row.visitor and person is by and row.visitor != by.shown_name:
        note = "\n".join(x for x in (answers.note, f"走访人：{row.visitor}") if x)
        answers = type(answers)(**{x: getattr(answers, x) for x in answers.__slots__ if x != "note"}, note=note)
    try:
        grant = theirs.acting_as(Role.VISITOR, *RUNS, region=row.firm.region_code)
        recorded = save_visit(
            client_id=client_id_of(row), firm=row.firm, by=person, grant=grant, visited_at=row.visited_at or at, received_at=at,
            answers=answers, mode=row.mode, source=VisitSource.IMPORTED, sent_by=by,
        )  # fmt: skip
    except HuoshuiError as error:
        return Reject(row.line, RowProblem.REFUSED, error.field or "", error.message, error.zh)
    return recorded.is_new


def _add_entries(campaign: Campaign, rows: list[SheetRow], *, viewer: Viewer, at: datetime) -> tuple[int, list[Reject]]:
    """Put firms on the list of an open campaign."""
    grant = viewer.acting_as(*RUNS, region=campaign.region_code)
    campaign = locked(campaign, by=grant, stage=CampaignStage.OPEN)
    there = set(
        VisitAssignment.objects.filter(campaign=campaign, firm__in=[x.firm.pk for x in rows]).values_list("firm_id", flat=True)
    )
    due_on = due_day(campaign, on=timezone.localdate(at))
    refused, made = [], {}
    for row in rows:
        if row.firm.pk in there or row.firm.pk in made:
            refused.append(Reject(row.line, RowProblem.ON_LIST))
        elif not row.firm.region_code.startswith(campaign.region_code):
            refused.append(Reject(row.line, RowProblem.NOT_ALLOWED))
        else:
            firm = row.firm
            made[firm.pk] = VisitAssignment(
                campaign=campaign, firm=firm, area=firm.region_code, township=firm.township, grid=firm.grid,
                organization_id=campaign.organization_id, priority=firm.priority, due_on=due_on,
                visited_before_at=firm.last_visit_at, visited_before_by_id=firm.last_visit_by_id,
            )  # fmt: skip
    VisitAssignment.objects.bulk_create(made.values(), batch_size=1000)
    recount_campaign(campaign)
    return len(made), refused


def client_id_of(row: SheetRow) -> UUID:
    """The id of a row's visit (台账走访编号): the same row, in whichever sheet, is the same visit."""
    told = [row.firm.pk, row.visited_at.isoformat() if row.visited_at else "", row.visitor, row.mode.value, repr(row.answers)]
    return uuid5(_NAMESPACE, "|".join(map(str, told)))


def _known_ids(rows: list[SheetRow | Reject]) -> set[UUID]:
    ids = [client_id_of(x) for x in rows if isinstance(x, SheetRow)]
    found: set[UUID] = set()
    for begin in range(0, len(ids), 500):
        found |= set(Visit.objects.filter(client_id__in=ids[begin : begin + 500]).values_list("client_id", flat=True))
    return found


def _visitors(viewer: Viewer, at: datetime) -> dict[str, tuple[User, Viewer]]:
    """The people of the region by name, where only one has it."""
    on = timezone.localdate(at)
    found: dict[str, list[User]] = defaultdict(list)
    for grant in viewer.of(*RUNS):
        below = Membership.objects.filter(
            organization__path__startswith=grant.path, role__in=[Role.VISITOR, *RUNS], until_on=None
        )
        for person in User.objects.filter(memberships__in=below, is_active=True).distinct():
            if person not in found[person.shown_name]:
                found[person.shown_name].append(person)
    return {name: (people[0], people[0].viewer(on=on)) for name, people in found.items() if len(people) == 1}
