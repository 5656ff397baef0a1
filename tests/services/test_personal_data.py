import json
from datetime import date, datetime, timedelta

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, models
from django.utils import timezone

from huoshui.errors import WrongStage
from huoshui.models import BusinessAuthentication, Consent, Demand, Event, SignIn, User
from huoshui.services.consent import consent_text, give_consent
from huoshui.services.event import chain_faults
from huoshui.services.personal_data import KINDS, as_json, erase_personal_data, personal_data, plan_erasure
from huoshui.services.sign_in import send_one_time_password
from huoshui.terms import AuthenticationStage, ConsentPurpose, DemandChannel, DemandPurpose, DemandStage, Role
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 4, tzinfo=timezone.get_fixed_timezone(0))
ACTED = {"actor", "by", "visitor", "uploader", "holder", "creator"}  # names of who did something for others; also *_by
PHOTO = "f" * 64


@pytest.fixture
def world() -> World:
    return county_world()


def demand(world: World, user: User, stage: DemandStage) -> Demand:
    return Demand.objects.create(
        firm=world.home.firms[0], created_by=user, stage=stage, channel=DemandChannel.FIRM, purpose=DemandPurpose.STOCK,
        contact_name=user.name, contact_phone=user.phone,
    )  # fmt: skip


def refused_authentication(user: User) -> BusinessAuthentication:
    default_storage.save(f"photos/{PHOTO[:2]}/{PHOTO}", ContentFile(b"photo"))
    return BusinessAuthentication.objects.create(
        user=user, stage=AuthenticationStage.REFUSED, photo=PHOTO, started_at=NOW, person_name=user.name,
        person_id=user.id_number, read_text=json.dumps({"name": user.name}),
    )  # fmt: skip


def test_everything_about_a_person_is_told_and_nothing_about_others(world: World) -> None:
    user, other = world.user(Role.AGENT), world.user(Role.AGENT, home=False)
    demand(world, user, DemandStage.DRAFT)
    version = consent_text(ConsentPurpose.SERVICE, on=TODAY).version
    give_consent(user, ConsentPurpose.SERVICE, version=version, at=NOW)
    told = json.dumps(as_json(personal_data(user), at=NOW), ensure_ascii=False)
    assert all(x in told for x in (user.name, user.phone, user.id_number, "give_consent", world.home.firms[0].name))
    assert not [x for x in (other.name, other.phone, other.id_number) if x in told]
    assert json.loads(told)["kinds"][0]["rows"][0]["phone"] == user.phone


def test_staff_are_not_told_the_contacts_of_firms(world: World) -> None:
    visitor, owner = world.user(Role.VISITOR), world.user(Role.AGENT)
    row = demand(world, owner, DemandStage.DRAFT)
    Demand.objects.filter(pk=row.pk).update(created_by=visitor)
    told = json.dumps(as_json(personal_data(visitor), at=NOW), ensure_ascii=False)
    assert '"kind": "demands"' in told
    assert not [x for x in (owner.name, owner.phone) if x in told]


def test_no_record_of_a_person_is_left_out_of_the_telling() -> None:
    told = {(x.model, x.whose) for x in KINDS}
    forgotten = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("huoshui").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and field.related_model is User
        and (model, field.name) not in told
        and not (field.name in ACTED or field.name.endswith("_by"))
    ]
    assert forgotten == ["Invitation.user"]  # a link that nobody can read again


def test_after_an_erasure_the_database_holds_neither_name_nor_telephone_nor_number(
    world: World, django_capture_on_commit_callbacks: object
) -> None:
    user = world.user(Role.AGENT)
    told = (user.name, user.phone, user.id_number, user.login_name, user.phone_hash, user.id_number_hash)
    send_one_time_password(user.phone, at=NOW, ip="10.0.0.1")
    SignIn.objects.create(user=user, session_key="a" * 32, since_at=NOW, seen_at=NOW)
    draft, row = demand(world, user, DemandStage.DRAFT), refused_authentication(user)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        erase_personal_data(user, at=NOW, on=TODAY)
    kept = raw_database()
    assert not [x for x in told if x in kept]
    for one in (draft, row):
        one.refresh_from_db()
    assert (draft.contact_name, draft.contact_phone, row.person_name, row.person_id, row.read_text) == ("",) * 5
    assert not default_storage.exists(f"photos/{PHOTO[:2]}/{PHOTO}")
    assert list(chain_faults()) == []


def raw_database() -> str:
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of own tables
            found += [str(x) for line in cursor.fetchall() for x in line]
    return "\n".join(found)


def test_an_erased_person_is_nobody_and_the_log_still_says_who_did_what(world: World) -> None:
    user = world.user(Role.AGENT)
    give_consent(user, ConsentPurpose.SERVICE, version=consent_text(ConsentPurpose.SERVICE, on=TODAY).version, at=NOW)
    erase_personal_data(user, at=NOW, on=TODAY)
    found = User.objects.get(pk=user.pk)
    assert found.viewer(on=TODAY).grants == ()
    assert not found.is_active
    assert Consent.objects.get(user=user).withdrawn_at == NOW
    assert [x.act for x in Event.objects.filter(actor=user).order_by("pk")] == [
        "give_consent", "withdraw_consent", "erase_personal_data",
    ]  # fmt: skip
    with pytest.raises(WrongStage):
        erase_personal_data(user, at=NOW, on=TODAY)


def test_who_still_works_or_alone_speaks_for_a_firm_with_an_open_demand_settles_that_first(world: World) -> None:
    officer, agent, owner = (world.user(x) for x in (Role.OFFICER, Role.AGENT, Role.LEGAL_REPRESENTATIVE))
    assert [len(plan_erasure(x, on=TODAY).hindered) for x in (officer, agent)] == [1, 0]
    demand(world, owner, DemandStage.DECLARED)
    assert plan_erasure(owner, on=TODAY).hindered == ()  # the agent speaks for the firm as well
    erase_personal_data(agent, at=NOW, on=TODAY)
    with pytest.raises(WrongStage):
        erase_personal_data(owner, at=NOW, on=TODAY + timedelta(days=1))
    assert User.objects.get(pk=owner.pk).phone == owner.phone


def test_the_file_of_the_database_holds_no_name_telephone_or_number(world: World) -> None:
    people = [world.user(x) for x in (Role.OFFICER, Role.AGENT)]
    kept = raw_database()
    if connection.vendor == "sqlite":
        kept += connection.connection.serialize().decode("utf-8", errors="replace")
    assert not [y for x in people for y in (x.name, x.phone, x.id_number) if y in kept]
