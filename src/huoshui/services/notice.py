"""Notices in the pages (站内通知): what an organization or a firm is told, and that somebody read it."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from huoshui.models import Clock, Demand, Notice, Organization, User
from huoshui.terms import NoticeKind, OrganizationKind


def tell_firm(demand: Demand, *, kind: NoticeKind, at: datetime) -> Notice:
    """Tell those who speak for a demand's firm (通知企业)."""
    return Notice.objects.create(kind=kind, firm_id=demand.firm_id, demand=demand, at=at)


def tell_organization(demand: Demand, *, organization: Organization, kind: NoticeKind, at: datetime) -> Notice:
    """Tell those who work in an organization (通知机构)."""
    return Notice.objects.create(kind=kind, organization=organization, demand=demand, at=at)


def tell_of_clock(clock: Clock, *, organization_id: int, kind: NoticeKind, at: datetime) -> bool:
    """Tell an organization of a clock (时限通知), once for each due day: a second call does nothing and gives False."""
    told: date = clock.due_on
    _, new = Notice.objects.get_or_create(
        organization_id=organization_id,
        clock=clock,
        kind=kind,
        due_on=told,
        defaults={"demand_id": clock.demand_id, "at": at},
    )
    return new


@transaction.atomic
def read_notices(notices: Iterable[Notice], *, by: User, at: datetime) -> int:
    """Mark notices as read (标为已读); gives how many were not read before."""
    unread = [x.pk for x in notices if x.read_at is None]
    return Notice.objects.filter(pk__in=unread, read_at=None).update(read_at=at, read_by=by)


def task_force_of(region_code: str) -> Organization | None:
    """The task force that works for a place (所属专班): the nearest one whose region the place lies in, from its county up.

    A township's own task force visits; lists and reviews are the county's.
    """
    prefixes = [region_code[:x] for x in (6, 4, 2)] + [""]
    found = Organization.objects.filter(kind=OrganizationKind.TASK_FORCE, region_code__in=prefixes, closed_on=None)
    return max(found, key=lambda x: (len(x.region_code), -x.pk), default=None)
