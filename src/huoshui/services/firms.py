"""Firms from a screening into the database (主体入库): in batches, going on where it stopped, changes told as events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from huoshui.adapters.screening_result import FirmRow, ScreeningResult, open_result, read_rows
from huoshui.errors import BadRequest, DoesNotReconcile, WrongStage
from huoshui.models import Firm, FirmCount, Organization, RegisterLoad, User
from huoshui.models.scope import within
from huoshui.services.event import record
from huoshui.services.firm_fields import FirmFields, region_without_zeros
from huoshui.services.firm_lists import FirmLists
from huoshui.terms import LoadStage, OrganizationKind, Reason, StatusClass

Progress = Callable[[int, int], None]
BATCH: Final = 2_000
CHANGES: Final = {"uscc": "code", "name": "name", "representative_name": "representative", "status": "status"}
_NOT_FROM_REGISTERS: Final = ("screened_on", "synthetic", "lists_on", "tax_on")


@dataclass(frozen=True, slots=True)
class LoadedFirms:
    """What a load did (入库结果): rows = created + changed + unchanged + superseded + refused, checked."""

    load: RegisterLoad
    rows: int
    created: int
    changed: int
    unchanged: int
    superseded: int
    refused: tuple[Mapping[str, Any], ...]
    absent: int
    from_registry: tuple[str, ...]  # the columns that the registry gave; none where it was not beside the result


@dataclass(frozen=True, slots=True)
class _Load:
    result: ScreeningResult
    row: RegisterLoad
    fields: FirmFields
    lists: FirmLists
    organization: Organization
    by: User | None
    written: tuple[str, ...]  # the fields that this result knows


def no_progress(_done: int, _all: int) -> None:
    """Nobody watches (不显示进度)."""


def load_firms(
    screening_folder: Path,
    *,
    synthetic: bool,
    progress: Progress = no_progress,
    registry: Path | None = None,
    organization: Organization | None = None,
    by: User | None = None,
) -> LoadedFirms:
    """Bring the firms of a screening result into the database (主体入库).

    A load that was stopped goes on where it was; a result that was loaded already changes nothing. Events stand in the chain
    of `organization`, by default the platform's operator. Raises BadFile; WrongStage where a later result is in already;
    DoesNotReconcile where a row would be lost.
    """
    result = open_result(screening_folder, registry=registry)
    load = _begun(result, synthetic=synthetic, organization=organization, by=by)
    if load.row.stage is LoadStage.DONE:
        return _told(load)
    seen: set[str] = set()
    done = 0
    for rows in read_rows(result, size=BATCH):
        if done < load.row.rows_done:
            seen.update(load.fields.key_of(x) for x in rows if x.verdict != Reason.SUPERSEDED)
        else:
            _load_batch(load, rows, seen)
        done += len(rows)
        progress(done, result.universe)
    _finish(load, done)
    return _told(load)


def recount_firms(region: str) -> None:
    """Count the firms of a region anew, area by area (主体计数): total, active, and active ones visited at least once."""
    with transaction.atomic():
        inside = within("area", region)
        kept = {(x.area, x.township): x for x in FirmCount.objects.select_for_update().filter(inside)}
        active = Q(active=True)
        counted = (
            Firm.objects.filter(within("region_code", region))
            .values_list("region_code", "township")
            .annotate(
                all_firms=Count("pk"),
                active_firms=Count("pk", filter=active),
                visited_firms=Count("pk", filter=active & Q(last_visit_at__isnull=False)),
            )
            .order_by()
        )
        found = {(area, township): figures for area, township, *figures in counted}
        FirmCount.objects.bulk_create([FirmCount(area=x, township=y) for x, y in found if (x, y) not in kept])
        for place in {*kept, *found}:
            firms, is_active, visited = found.get(place, (0, 0, 0))
            FirmCount.objects.filter(area=place[0], township=place[1]).update(firms=firms, active=is_active, visited=visited)


def _begun(result: ScreeningResult, *, synthetic: bool, organization: Organization | None, by: User | None) -> _Load:
    organization = organization or Organization.objects.filter(kind=OrganizationKind.PLATFORM).order_by("pk").first()
    if organization is None:
        raise BadRequest("no organization runs the platform yet; expected one, in whose event chain the load is noted")
    region = region_without_zeros(result.region)
    later = RegisterLoad.objects.filter(region_code=region, stage=LoadStage.DONE, screened_on__gt=result.on).first()
    if later is not None:
        raise WrongStage(
            f"a result of {later.screened_on} was loaded for this region; expected a later one than {result.on}",
            zh=f"该地区已导入 {later.screened_on} 的筛查结果，不能再导入更早的结果",
        )
    row, _ = RegisterLoad.objects.get_or_create(
        fingerprint=result.fingerprint,
        defaults={
            "folder_name": result.folder.name, "rule": result.rule, "region_code": region, "screened_on": result.on,
            "synthetic": synthetic or result.synthetic, "rows": result.universe, "citations": list(result.citations),
            "registers": list(result.registers),
            "started_at": timezone.now(),
        },
    )  # fmt: skip
    unknown = {"address", "grid", "representative_name", "township", "established_on"} - set(result.columns)
    written = tuple(x for x in FirmFields.names() if x not in unknown)
    lists = FirmLists.of(row, region=result.region)
    return _Load(result, row, FirmFields.of_townships(), lists, organization, by, written)


@transaction.atomic
def _load_batch(load: _Load, rows: Sequence[FirmRow], seen: set[str]) -> None:
    row = load.row
    wanted: dict[str, dict[str, Any]] = {}
    told_of: dict[str, FirmRow] = {}
    refused: list[dict[str, Any]] = []
    for x in rows:
        if x.verdict == Reason.SUPERSEDED:
            row.superseded += 1
            continue
        key = load.fields.key_of(x)
        if key in seen:
            refused.append({"row_id": x.row_id, "reason": "same_name" if key.startswith("~") else "same_code"})
            continue
        seen.add(key)
        wanted[key], told_of[key] = load.fields.of(x, key=key), x
    known = _known(load, wanted, seen)
    for key, was in known.items():
        _keep(load, was, wanted[key])
    created = [x for key, x in wanted.items() if key not in known]
    changed = {key: told for key, was in known.items() if (told := _differences(load, was, wanted[key]))}
    _write(load, created + [wanted[key] for key in changed], known)
    same = [known[key]["pk"] for key in known if key not in changed]
    Firm.objects.filter(pk__in=same).update(screened_on=load.result.on, **load.lists.days_read())
    load.lists.keep(told_of)
    row.created += len(created)
    row.changed += len(changed)
    row.unchanged += len(same)
    row.refused = [*row.refused, *refused]
    row.rows_done += len(rows)
    row.save()
    _tell(load, {known[key]["pk"]: told for key, told in changed.items()})


def _known(load: _Load, wanted: Mapping[str, Mapping[str, Any]], seen: set[str]) -> dict[str, dict[str, Any]]:
    """Firms on record, by the code that this result gives them, which may be new: found by what they were known by before."""
    fields = ("pk", "uscc", *load.written)
    found = {x["uscc"]: x for x in Firm.objects.filter(uscc__in=list(wanted)).values(*fields)}
    missing = {key: x for key, x in wanted.items() if key not in found}
    earlier = {old: key for key, x in missing.items() for old in load.fields.earlier_keys(x)}
    codes = {x["organization_code"]: key for key, x in missing.items() if x["organization_code"]}
    before = Firm.objects.filter(Q(uscc__in=list(earlier)) | Q(organization_code__in=list(codes)))
    for was in before.order_by("pk").values(*fields, "organization_code"):
        key = earlier.get(was["uscc"]) or codes.get(was["organization_code"])
        if was["uscc"] not in seen and key is not None and key not in found:  # what this result has is another firm
            found[key] = was
    return found


def _keep(load: _Load, was: Mapping[str, Any], now: dict[str, Any]) -> None:
    """What an earlier load knew from a registry holds where this one came without."""
    there = load.result.columns
    if "township" not in there and was["region_code"].startswith(now["region_code"]):
        now["region_code"] = was["region_code"]
    if "status" not in there and now["status"] is StatusClass.UNKNOWN:
        now["status"] = was["status"]
    if "entity_type" not in there:
        now["kind"] = was["kind"] or now["kind"]


def _differences(load: _Load, was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [x for x in ("uscc", *load.written) if x not in _NOT_FROM_REGISTERS and (was[x] or "") != (now[x] or "")]


def _write(load: _Load, rows: list[dict[str, Any]], known: Mapping[str, Mapping[str, Any]]) -> None:
    on, days = load.result.on, load.lists.days_read()
    firms = []
    for x in rows:
        was = known.get(x["uscc"])
        if was is not None:
            if was["uscc"] != x["uscc"]:
                Firm.objects.filter(pk=was["pk"]).update(uscc=x["uscc"])
            if CHANGES.keys() & set(_differences(load, was, x)):
                Firm.objects.filter(pk=was["pk"]).update(register_changed_on=on)
        firms.append(Firm(**x, screened_on=on, synthetic=load.row.synthetic, **days))
    written = [*(x for x in load.written if x not in _NOT_FROM_REGISTERS), "screened_on", "synthetic", *days]
    Firm.objects.bulk_create(firms, update_conflicts=True, unique_fields=["uscc"], update_fields=written)


def _tell(load: _Load, changed: Mapping[int, Sequence[str]]) -> None:
    """An event for each firm whose name, code, representative or status changed; which, not what: names may be of people."""
    told = {pk: [CHANGES[x] for x in fields if x in CHANGES] for pk, fields in changed.items()}
    for firm in Firm.objects.filter(pk__in=[pk for pk, x in told.items() if x]).order_by("pk"):
        basis = {"changed": told[firm.pk], "load": load.row.pk, "on": load.result.on.isoformat()}
        record("change_firm", firm, by=load.by, organization=load.organization, firm=firm, basis=basis)


@transaction.atomic
def _finish(load: _Load, done: int) -> None:
    row, result = load.row, load.result
    told = row.created + row.changed + row.unchanged + row.superseded + len(row.refused)
    if not told == done == result.universe or row.superseded != result.by_reason.get(Reason.SUPERSEDED, 0):
        raise DoesNotReconcile(f"{done} rows were read and {told} accounted for; the result says {result.universe}")
    recount_firms(row.region_code)
    on_record = Firm.objects.filter(within("region_code", row.region_code))
    row.absent = on_record.exclude(screened_on=result.on).count()
    row.stage, row.finished_at = LoadStage.DONE, timezone.now()
    row.save()
    figures = {x: getattr(row, x) for x in ("rows", "created", "changed", "unchanged", "superseded", "absent")}
    basis = {
        "fingerprint": row.fingerprint,
        "rule": row.rule,
        "region": row.region_code,
        "refused": len(row.refused),
        **figures,
    }
    record("load_firms", row, by=load.by, organization=load.organization, basis=basis)


def _told(load: _Load) -> LoadedFirms:
    row = load.row
    return LoadedFirms(
        row, row.rows, row.created, row.changed, row.unchanged, row.superseded, tuple(row.refused), row.absent,
        load.result.columns,
    )  # fmt: skip
