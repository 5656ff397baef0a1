import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import transaction

from huoshui.adapters.webhook import Reply
from huoshui.models import Event, Membership, OutboxMessage, WebhookDelivery, WebhookEndpoint
from huoshui.services.delivery import DISABLED_AFTER, WAITS, Delivered, deliver_due, spread_outbox
from huoshui.services.event import record
from huoshui.services.webhook import add_endpoint
from huoshui.terms import DeliveryStage, Role
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


class Receiver(ThreadingHTTPServer):
    """Another system: answers with the statuses that it was told to, then with 204, and keeps what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.answers: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?x=1"


class Hook(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def world(settings: Any) -> World:
    settings.HUOSHUI_WEBHOOKS_INNER = True
    return county_world()


def told(world: World, url: str, *acts: str, role: Role = Role.LEAD, home: bool = True) -> WebhookEndpoint:
    return add_endpoint(
        name="ledger",
        url=url,
        membership=Membership.objects.select_related("organization").get(user=world.user(role, home=home)),
        acts=acts,
        by=world.operator,
        grant=world.operator.viewer(on=NOW.date()).of(Role.OPERATOR)[0],
        at=NOW,
    ).endpoint


def visit(world: World, *, home: bool = True) -> Event:
    county = world.county(home=home)
    with transaction.atomic():
        return record("visit", county.firms[0], by=None, organization=county.task_force, firm=county.firms[0], basis={"n": 1})


def later(**given: float) -> datetime:
    return datetime.now(UTC) + timedelta(**given)


def test_a_message_that_fails_at_first_is_delivered_once_and_signed(world: World, receiver: Receiver) -> None:
    endpoint, event = told(world, receiver.url, "visit"), visit(world)
    receiver.answers = [500, 302]
    spread_outbox()
    assert deliver_due(at=later()) == Delivered(0, 1)
    assert deliver_due(at=later()) == Delivered(0, 0)  # it waits
    assert deliver_due(at=later(seconds=6)) == Delivered(0, 1)
    assert deliver_due(at=later(seconds=60)) == Delivered(1, 0)
    assert deliver_due(at=later(days=9)) == Delivered(0, 0)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    headers, body = receiver.got[-1]
    message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    secret = base64.b64decode(endpoint.secret.removeprefix("whsec_"))
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(hmac.digest(secret, message, hashlib.sha256)).decode()}"
    sent = json.loads(body)
    assert (sent["type"], sent["data"]["hash"], sent["data"]["firm"]) == ("visit", event.hash, world.home.firms[0].uscc)
    kept = WebhookDelivery.objects.get()
    assert (kept.stage, kept.attempts, kept.last_status) == (DeliveryStage.DELIVERED, 3, 204)


def test_no_address_hears_what_its_membership_may_not_see(world: World) -> None:
    told(world, "http://127.0.0.1:1/", "visit")
    visit(world, home=False)
    seen = visit(world)
    spread_outbox()
    assert [x.event_id for x in WebhookDelivery.objects.all()] == [seen.pk]


def test_an_address_hears_the_acts_that_it_asked_for(world: World) -> None:
    told(world, "http://127.0.0.1:1/", "publish_demand")
    visit(world)
    assert spread_outbox() == 2  # the visit, and that the address was added
    assert not WebhookDelivery.objects.exists()
    assert spread_outbox() == 0


def test_without_any_address_nothing_is_put_out(world: World) -> None:
    visit(world)
    assert not OutboxMessage.objects.exists()


def test_what_an_act_put_out_goes_with_the_act(world: World) -> None:
    told(world, "http://127.0.0.1:1/")
    before = OutboxMessage.objects.count()
    with transaction.atomic():
        visit(world)
        transaction.set_rollback(True)
    assert OutboxMessage.objects.count() == before


def test_a_worker_that_died_lets_go_of_its_message(world: World) -> None:
    told(world, "http://127.0.0.1:1/", "visit")
    visit(world)
    spread_outbox()

    def died(*_: object, **__: object) -> Reply:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver_due(at=later(), post=died)
    assert deliver_due(at=later(seconds=30), post=taken) == Delivered(0, 0)
    assert deliver_due(at=later(seconds=90), post=taken) == Delivered(1, 0)


def taken(*_: object, **__: object) -> Reply:
    return Reply(200)


def refused(*_: object, **__: object) -> Reply:
    return Reply(None, "ConnectionRefusedError")


def test_after_the_last_try_a_message_is_given_up(world: World) -> None:
    told(world, "http://127.0.0.1:1/", "visit")
    visit(world)
    spread_outbox()
    tries = [deliver_due(at=later(days=2 * x), post=refused).failed for x in range(len(WAITS) + 3)]
    assert sum(tries) == len(WAITS) + 1
    kept = WebhookDelivery.objects.get()
    assert (kept.stage, kept.last_error) == (DeliveryStage.GIVEN_UP, "ConnectionRefusedError")


def test_an_address_that_always_fails_is_disabled_and_the_log_says_so(world: World) -> None:
    endpoint = told(world, "http://127.0.0.1:1/", "visit")
    WebhookEndpoint.objects.update(failures=DISABLED_AFTER - 1)
    visit(world)
    spread_outbox()
    deliver_due(at=later(), post=refused)
    endpoint.refresh_from_db()
    assert endpoint.disabled_at is not None
    assert "30 failures in a row" in endpoint.disabled_why
    assert Event.objects.filter(act="disable_webhook").count() == 1
    assert deliver_due(at=later(days=1), post=taken) == Delivered(0, 0)


def test_one_success_forgives_the_failures_before(world: World) -> None:
    endpoint = told(world, "http://127.0.0.1:1/", "visit")
    WebhookEndpoint.objects.update(failures=DISABLED_AFTER - 1)
    visit(world)
    spread_outbox()
    deliver_due(at=later(), post=taken)
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.disabled_at) == (0, None)
