import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from huoshui.errors import AppendOnly, BadRequest
from huoshui.models import ChainHead, Event, Organization, OutboxMessage, User
from huoshui.models.guards import unguarded
from huoshui.services.event import ChainEnd, ChainFault, chain_ends, chain_faults, record
from huoshui.terms import OrganizationKind, OrganizationLevel, Role

pytestmark = pytest.mark.django_db
WRITERS, EACH = 4, 10


def made_office() -> Organization:
    return Organization.objects.create(
        name="专班", kind=OrganizationKind.TASK_FORCE, level=OrganizationLevel.COUNTY, region_code="350203"
    )


@pytest.fixture
def office() -> Organization:
    return made_office()


@pytest.fixture
def three(office: Organization) -> list[Event]:
    user = User.objects.create(login_name="lead")
    with transaction.atomic():
        return [record("open_campaign", office, by=user, organization=office, basis={"n": n}) for n in range(3)]


def tamper(statement: str, *values: str | int) -> None:
    """What somebody with the database's password can do, once the triggers are gone."""
    with unguarded(connection), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.usefixtures("three")
def test_a_chain_of_three_holds() -> None:
    assert list(chain_faults()) == []


def test_a_changed_event_is_found(three: list[Event], office: Organization) -> None:
    tamper("UPDATE huoshui_event SET act = %s WHERE id = %s", "close_campaign", three[1].pk)
    assert list(chain_faults()) == [ChainFault(office.pk, 2, "was changed after it was written")]


def test_a_changed_event_with_a_hash_that_fits_is_found(three: list[Event], office: Organization) -> None:
    tamper("UPDATE huoshui_event SET hash = %s WHERE id = %s", "1" * 64, three[0].pk)
    assert [(x.organization_id, x.sequence) for x in chain_faults()] == [(office.pk, 1), (office.pk, 2)]


def test_a_removed_event_is_found(three: list[Event], office: Organization) -> None:
    tamper("DELETE FROM huoshui_event WHERE id = %s", three[1].pk)
    assert list(chain_faults()) == [ChainFault(office.pk, 2, "missing: the next event is number 3")]


def test_a_removed_tail_is_found(three: list[Event], office: Organization) -> None:
    tamper("DELETE FROM huoshui_event WHERE id = %s", three[2].pk)
    assert list(chain_faults()) == [ChainFault(office.pk, 2, "the chain does not end where its head says")]


def test_a_tail_removed_together_with_the_head_is_found_by_an_end_that_was_kept(
    three: list[Event], office: Organization
) -> None:
    kept = chain_ends()
    tamper("DELETE FROM huoshui_event WHERE id = %s", three[2].pk)
    tamper("UPDATE huoshui_chainhead SET sequence = 2, hash = %s WHERE organization_id = %s", three[1].hash, office.pk)
    assert list(chain_faults()) == []
    assert kept == (ChainEnd(office.pk, 3, three[2].hash),)
    assert list(chain_faults(kept=kept)) == [
        ChainFault(office.pk, 3, "is not the event that was written down as the end of the chain")
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE huoshui_event SET act = 'x'",
        "DELETE FROM huoshui_event",
        "UPDATE huoshui_chainhead SET sequence = 1",
        "DELETE FROM huoshui_chainhead",
    ],
)
@pytest.mark.usefixtures("three")
def test_the_database_itself_refuses(statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Event.objects.count() == 3


def test_an_event_is_never_changed_or_deleted(three: list[Event]) -> None:
    with pytest.raises(AppendOnly):
        three[0].save()
    with pytest.raises(AppendOnly):
        three[0].delete()
    with pytest.raises(AppendOnly):
        Event.objects.all().delete()
    with pytest.raises(AppendOnly):
        Event.objects.filter(pk=three[0].pk).update(act="close_campaign")


@pytest.mark.usefixtures("three")
def test_a_further_event_costs_one_statement_or_three(office: Organization) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        record("open_campaign", office, by=None, organization=office)
    told = ["WITH"] if connection.vendor == "postgresql" else ["SELECT", "INSERT", "UPDATE"]
    assert [x["sql"].split()[0] for x in queries] == told
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_its_act_is_refused() -> None:
    office = made_office()
    with pytest.raises(transaction.TransactionManagementError):
        record("open_campaign", office, by=None, organization=office)


@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_leaves_no_event() -> None:
    office = made_office()

    def act() -> None:
        with transaction.atomic():
            record("open_campaign", office, by=None, organization=office)
            raise AppendOnly("too late")

    with pytest.raises(AppendOnly, match="too late"):
        act()
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_make_one_chain() -> None:
    office, problems, start = made_office(), [], threading.Barrier(WRITERS)

    def write(number: int) -> None:
        try:
            start.wait()
            for n in range(EACH):
                with transaction.atomic():
                    record("record_visit", office, by=None, organization=office, basis={"writer": number, "n": n})
        except Exception as problem:  # noqa: BLE001 - told below, in the thread that can fail the test
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(x,)) for x in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert list(chain_faults()) == []
    assert ChainHead.objects.get().sequence == Event.objects.count() == WRITERS * EACH


@pytest.mark.parametrize(
    ("basis", "kept"),
    [
        ({"role": Role.LEAD, "on": date(2026, 1, 2)}, {"role": "lead", "on": "2026-01-02"}),
        ({"at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)}, {"at": "2026-01-02T03:04:05.000006+00:00"}),
        ({"id": UUID(int=7), "of": (1, None, True)}, {"id": "00000000-0000-0000-0000-000000000007", "of": [1, None, True]}),
    ],
)
def test_a_basis_is_kept_as_plain_json(office: Organization, basis: Mapping[str, Any], kept: dict[str, Any]) -> None:
    with transaction.atomic():
        record("review", office, by=None, organization=office, basis=basis)
    assert Event.objects.get().basis == kept


@pytest.mark.parametrize(
    "basis",
    [
        {"rate": 0.1},
        {"rate": Decimal("0.1")},
        {"set": {1}},
        {1: "x"},
        {"text": "a\0b"},
        {"text": "\ud800"},
        {"phone": "13800138000"},
        {"deep": [{"id": "11010119900307871X"}]},
    ],
)
def test_a_basis_that_would_not_come_back_or_names_a_person_is_refused(office: Organization, basis: dict[Any, Any]) -> None:
    with pytest.raises(BadRequest), transaction.atomic():
        record("review", office, by=None, organization=office, basis=basis)
    assert not Event.objects.exists()


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**25), 10**25) | WORDS,
    lambda x: st.lists(x, max_size=3) | st.dictionaries(WORDS, x, max_size=3),
    max_leaves=6,
)


class TestEveryBasis(TestCase):
    @settings(max_examples=25)
    @given(basis=st.dictionaries(WORDS, VALUES, max_size=3))
    def test_comes_back_from_the_database_as_it_was_hashed(self, basis: dict[str, Any]) -> None:
        office = made_office()
        with transaction.atomic():
            record("review", office, by=None, organization=office, basis=basis)
        assert Event.objects.get().basis == basis
        assert list(chain_faults()) == []
