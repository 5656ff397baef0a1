import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from huoshui.errors import KeyReused, WrongStage
from huoshui.models import IdempotencyKey, Organization
from huoshui.services.idempotency import Answer, answer_once, forget_old_keys
from huoshui.terms import OrganizationKind, OrganizationLevel

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def office(name: str = "甲") -> Organization:
    return Organization.objects.create(
        name=name, kind=OrganizationKind.TASK_FORCE, level=OrganizationLevel.COUNTY, region_code="350203"
    )


def ask(done: list[int], **given: Any) -> Answer:
    """An act that founds an organization and notes that it was done."""

    def work() -> Answer:
        done.append(1)
        status = given.get("status", 201)
        Organization.objects.create(
            name=f"made {len(done)}",
            kind=OrganizationKind.BANK,
            level=OrganizationLevel.BRANCH,
            region_code="35",
            code=f"c{len(done)}",
        )
        return Answer(status, f'{{"n": {len(done)}}}')

    told: dict[str, Any] = {"key": "k", "route": "POST /x", "body_hash": "b", "at": NOW}
    return answer_once(work, **(told | {k: v for k, v in given.items() if k != "status"}))


def test_the_same_call_again_gets_the_same_answer_and_does_nothing() -> None:
    done: list[int] = []
    tenant = office().pk
    assert ask(done, organization_id=tenant) == Answer(201, '{"n": 1}')
    assert ask(done, organization_id=tenant) == Answer(201, '{"n": 1}', again=True)
    assert done == [1]


@pytest.mark.parametrize("other", [{"body_hash": "c"}, {"route": "POST /y"}])
def test_the_same_key_with_another_request_is_refused(other: dict[str, str]) -> None:
    done: list[int] = []
    tenant = office().pk
    ask(done, organization_id=tenant)
    with pytest.raises(KeyReused):
        ask(done, organization_id=tenant, **other)
    assert done == [1]


def test_another_tenant_may_use_the_same_key() -> None:
    done: list[int] = []
    ask(done, organization_id=office("甲").pk)
    assert not ask(done, organization_id=office("乙").pk, body_hash="c").again
    assert done == [1, 1]


def test_a_refused_act_leaves_neither_key_nor_deed() -> None:
    done: list[int] = []
    tenant = office().pk
    assert ask(done, organization_id=tenant, status=422).status == 422
    assert (Organization.objects.count(), IdempotencyKey.objects.count()) == (1, 0)
    assert ask(done, organization_id=tenant, body_hash="corrected") == Answer(201, '{"n": 2}')


def test_an_act_that_breaks_leaves_no_key() -> None:
    tenant = office().pk

    def work() -> Answer:
        raise WrongStage("no")

    with pytest.raises(WrongStage):
        answer_once(work, organization_id=tenant, key="k", route="r", body_hash="b", at=NOW)
    assert not IdempotencyKey.objects.exists()


def test_keys_end_after_two_days() -> None:
    done: list[int] = []
    tenant = office().pk
    ask(done, organization_id=tenant)
    assert forget_old_keys(at=NOW + timedelta(days=1)) == 0
    later = NOW + timedelta(days=2)
    assert not ask(done, organization_id=tenant, body_hash="c", at=later).again
    assert forget_old_keys(at=later + timedelta(days=2)) == 1


def test_what_was_answered_is_kept_sealed() -> None:
    ask([], organization_id=office().pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM huoshui_idempotencykey")
        assert '"n"' not in cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_of_callers_at_once_one_does_the_work() -> None:
    done: list[int] = []
    tenant, answers, start = office().pk, [], threading.Barrier(4)

    def call() -> None:
        start.wait()
        try:
            answers.append(ask(done, organization_id=tenant))
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [1]
    assert sorted((x.status, x.body, x.again) for x in answers) == [(201, '{"n": 1}', x) for x in (False, True, True, True)]
    assert not transaction.get_connection().in_atomic_block
