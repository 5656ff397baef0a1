from datetime import UTC, datetime
from typing import Any

import pytest

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import Event, Membership, WebhookEndpoint
from huoshui.services.webhook import AddedEndpoint, add_endpoint, pause_endpoint, resume_endpoint
from huoshui.terms import Role
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, tzinfo=UTC)
PUBLIC = "https://1.1.1.1/hook"


@pytest.fixture
def world() -> World:
    return county_world()


def add(world: World, url: str = PUBLIC, *, by: Role = Role.LEAD, home: bool = True) -> AddedEndpoint:
    user = world.user(by, home=home)
    return add_endpoint(
        name="ledger",
        url=url,
        membership=Membership.objects.select_related("organization").get(user=world.user(Role.LEAD)),
        acts=["visit"],
        by=user,
        grant=user.viewer(on=NOW.date()).of(by)[0],
        at=NOW,
    )


def test_an_address_is_added_with_a_secret_that_is_kept_sealed(world: World) -> None:
    added = add(world)
    assert added.secret.startswith("whsec_")
    assert WebhookEndpoint.objects.get().secret == added.secret
    assert Event.objects.get().basis["host"] == "1.1.1.1"


@pytest.mark.parametrize(
    "url",
    [
        "http://1.1.1.1/",
        "https://127.0.0.1/",
        "https://10.0.0.8/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://0.0.0.0/",
        "https://user:word@1.1.1.1/",
        "ftp://1.1.1.1/",
        "https://",
        "https://1.1.1.1:x/",
    ],
)
def test_an_address_that_leads_inside_or_is_not_tls_is_refused(world: World, url: str) -> None:
    with pytest.raises(BadRequest) as refused:
        add(world, url)
    assert refused.value.field == "url"
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(("by", "home"), [(Role.OFFICER, True), (Role.LEAD, False), (Role.CLIENT_MANAGER, True)])
def test_only_who_leads_adds(world: World, by: Role, home: bool) -> None:
    with pytest.raises(NotAllowed):
        add(world, by=by, home=home)


def test_an_address_is_paused_and_resumed_once_each(world: World) -> None:
    endpoint, lead = add(world).endpoint, world.user(Role.LEAD)
    who: dict[str, Any] = {"by": lead, "grant": lead.viewer(on=NOW.date()).of(Role.LEAD)[0]}
    assert pause_endpoint(endpoint, at=NOW, **who).disabled_at == NOW
    with pytest.raises(WrongStage):
        pause_endpoint(endpoint, at=NOW, **who)
    assert resume_endpoint(endpoint, **who).disabled_at is None
    with pytest.raises(WrongStage):
        resume_endpoint(endpoint, **who)
    acts = list(Event.objects.order_by("pk").values_list("act", flat=True))
    assert acts == ["add_webhook", "pause_webhook", "resume_webhook"]
