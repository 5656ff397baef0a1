import re
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from huoshui.errors import NoPolicy, WrongStage
from huoshui.models import Consent, Event, User
from huoshui.services.consent import (
    consent_text,
    consent_texts,
    give_consent,
    has_consent,
    text_of_version,
    withdraw_consent,
)
from huoshui.terms import ConsentPurpose

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def user() -> User:
    return User.objects.create(login_name="owner", phone="13800000001")


def test_every_purpose_has_a_text_in_both_languages() -> None:
    texts = consent_texts(on=TODAY)
    assert [x.purpose for x in texts] == list(ConsentPurpose)
    assert [x.purpose for x in texts if x.required] == [ConsentPurpose.SERVICE]
    for text in texts:
        assert len(text.zh) == len(text.en) > 0
        assert all(CHINESE.search(x) for x in (text.title_zh, *text.zh))
        assert not any(CHINESE.search(x) for x in (text.title_en, *text.en))


def test_a_consent_is_given_once_a_version_and_holds(user: User) -> None:
    at = timezone.now()
    version = consent_text(ConsentPurpose.IDENTITY, on=timezone.localdate()).version
    assert not has_consent(user, ConsentPurpose.IDENTITY)
    made = [give_consent(user, ConsentPurpose.IDENTITY, version=version, at=at) for _ in range(2)]
    assert made[0] == made[1]
    assert has_consent(user, ConsentPurpose.IDENTITY)
    assert not has_consent(user, ConsentPurpose.PLACE)
    assert [x.act for x in Event.objects.all()] == ["give_consent"]


def test_an_old_text_is_not_agreed_to(user: User) -> None:
    with pytest.raises(WrongStage):
        give_consent(user, ConsentPurpose.SERVICE, version="2020-01-01", at=timezone.now())
    assert not Consent.objects.exists()


def test_a_consent_to_an_older_version_does_not_hold(user: User) -> None:
    Consent.objects.create(user=user, purpose=ConsentPurpose.SERVICE, version="2020-01-01", given_at=timezone.now())
    assert not has_consent(user, ConsentPurpose.SERVICE)


def test_a_withdrawn_consent_stays_on_record_and_no_longer_holds(user: User) -> None:
    at = timezone.now()
    version = consent_text(ConsentPurpose.SERVICE, on=timezone.localdate()).version
    give_consent(user, ConsentPurpose.SERVICE, version=version, at=at)
    assert [withdraw_consent(user, ConsentPurpose.SERVICE, at=at + timedelta(hours=1)) for _ in range(2)] == [1, 0]
    assert not has_consent(user, ConsentPurpose.SERVICE)
    [row] = Consent.objects.all()
    assert (row.given_at, row.withdrawn_at) == (at, at + timedelta(hours=1))
    give_consent(user, ConsentPurpose.SERVICE, version=version, at=at + timedelta(hours=2))
    assert has_consent(user, ConsentPurpose.SERVICE)
    assert Consent.objects.count() == 2


def test_the_text_of_a_version_is_found_again() -> None:
    text = consent_text(ConsentPurpose.PLACE, on=TODAY)
    assert text_of_version(ConsentPurpose.PLACE, version=text.version) == text
    with pytest.raises(NoPolicy):
        text_of_version(ConsentPurpose.PLACE, version="2001-01-01")


def test_before_the_first_text_nobody_can_agree(user: User) -> None:
    early = datetime(2025, 1, 1, tzinfo=timezone.get_fixed_timezone(0))
    with pytest.raises(NoPolicy):
        give_consent(user, ConsentPurpose.SERVICE, version="2026-01-01", at=early)
