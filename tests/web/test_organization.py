import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from huoshui.models import Membership, Organization, User
from huoshui.terms import OrganizationKind, OrganizationLevel, Role
from tests.world import SINCE, World, county_world, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


def more(world: World, number: int) -> None:
    organization = Organization.objects.create(
        name=f"新街道{number}", kind=OrganizationKind.TASK_FORCE, level=OrganizationLevel.TOWNSHIP,
        parent=world.home.task_force, region_code=f"35020301{number}",
    )  # fmt: skip
    user = User.objects.create(login_name=f"colleague-{number}", name=f"同事{number}", is_staff=True)
    Membership.objects.create(user=user, organization=organization, role=Role.VISITOR, from_on=SINCE)


@pytest.mark.parametrize("url", ["/organizations/", "/people/"])
def test_two_more_rows_take_no_more_queries(client: Client, world: World, url: str) -> None:
    signed_in(client, world.user(Role.LEAD))
    client.get(url)
    counts = []
    for added in ((1,), (2, 3)):
        for number in added:
            more(world, number)
        with CaptureQueriesContext(connection) as queries:
            assert f"{added[-1]}" in client.get(url).content.decode()
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_people_are_found_by_whole_name_and_telephone_and_never_shown_those_of_others(client: Client, world: World) -> None:
    signed_in(client, world.user(Role.LEAD))
    officer, foreign = world.user(Role.OFFICER), world.user(Role.OFFICER, home=False)
    for text in (officer.name, officer.phone, officer.login_name[:9]):
        assert officer.login_name in client.get("/people/", {"q": text}).content.decode()
    for text in (foreign.name, foreign.phone):
        assert foreign.login_name not in client.get("/people/", {"q": text}).content.decode()


def test_a_new_person_is_appointed_and_gets_a_link_that_is_shown_once(client: Client, world: World) -> None:
    signed_in(client, world.user(Role.LEAD))
    form = {"login_name": "wangmin", "name": "王敏", "role": "visitor", "from_on": "2026-11-25"}
    url = f"/organizations/{world.home.townships[0].pk}/appoint/"
    assert client.post(url, {**form, "login_name": "王"}).status_code == 400
    assert not User.objects.filter(name_hash="").filter(login_name="wangmin").exists()
    person = client.post(url, form).headers["Location"]
    assert "设置密码" in client.post(f"{person}link/").content.decode()
    client.post(f"{person}link/", {"confirmed": "yes"})
    shown = client.get(person).content.decode()
    link = re.search(r"<code>http://testserver(/invitation/[\w-]+/)</code>", shown)
    assert link is not None
    assert "/invitation/" not in client.get(person).content.decode()
    assert "wangmin" in Client().get(link.group(1)).content.decode()


def test_what_a_lead_may_not_do_is_a_sentence_in_the_form(client: Client, world: World) -> None:
    lead = world.user(Role.LEAD)
    signed_in(client, lead)
    form = {"login_name": lead.login_name, "role": "officer", "from_on": "2026-11-25"}
    answer = client.post(f"/organizations/{world.home.task_force.pk}/appoint/", form)
    assert (answer.status_code, "不能为本人办理任职" in answer.content.decode()) == (400, True)


def test_a_role_ends_only_after_being_asked(client: Client, world: World) -> None:
    signed_in(client, world.user(Role.LEAD))
    row = world.user(Role.OFFICER).memberships.get()
    assert client.post(f"/memberships/{row.pk}/end/", {"last_on": "2026-12-01"}).status_code == 200
    assert Membership.objects.get(pk=row.pk).until_on is None
    assert client.post(f"/memberships/{row.pk}/end/", {"last_on": "2026-12-01", "confirmed": "yes"}).status_code == 302
    assert str(Membership.objects.get(pk=row.pk).until_on) == "2026-12-01"
