from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from huoshui.errors import AppendOnly
from huoshui.models import ChainHead, Event, Organization, User
from huoshui.services.event import ChainFault, chain_faults, record
from huoshui.terms import OrganizationKind, OrganizationLevel

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Organization:
    return Organization.objects.create(
        name="专班", kind=OrganizationKind.TASK_FORCE, level=OrganizationLevel.COUNTY, region_code="350203"
    )


@pytest.fixture
def three(office: Organization) -> list[Event]:
    user = User.objects.create(login_name="lead")
    with transaction.atomic():
        return [record("open_campaign", office, by=user, organization=office, basis={"n": n}) for n in range(3)]


@pytest.mark.usefixtures("three")
def test_a_chain_of_three_holds() -> None:
    assert list(chain_faults()) == []


def test_an_event_is_never_changed_or_deleted(three: list[Event]) -> None:
    with pytest.raises(AppendOnly):
        three[0].save()
    with pytest.raises(AppendOnly):
        three[0].delete()
    with pytest.raises(AppendOnly):
        Event.objects.all().delete()
    with pytest.raises(AppendOnly):
        Event.objects.filter(pk=three[0].pk).update(act="close_campaign")


def test_an_event_outside_its_act_is_refused(office: Organization) -> None:
    assert connection.in_atomic_block  # the test's own transaction
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        record("open_campaign", office, by=None, organization=office)
    assert len(queries) <= 9
    assert ChainHead.objects.get().sequence == 1
    assert Event.objects.get().at - Event.objects.get().at == timedelta(0)


def test_a_fault_names_the_event() -> None:
    assert ChainFault(1, 2, "x").sequence == 2
