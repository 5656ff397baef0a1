import re
from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from huoshui.errors import BadRequest, NotAllowed, TooMany, WrongPassword
from huoshui.models import Event, OneTimePassword, SignIn, User
from huoshui.services.sign_in import (
    AN_ADDRESS,
    LIFE,
    RESEND,
    TRIES,
    check_one_time_password,
    end_all_sign_ins,
    end_sign_in,
    forget_old_passwords,
    open_sign_in,
    send_one_time_password,
    touch_sign_in,
)

pytestmark = pytest.mark.django_db
PHONE = "13800000001"
NOON = datetime(2026, 11, 25, 4, tzinfo=timezone.get_fixed_timezone(0))


def sent(capsys: pytest.CaptureFixture[str], *, at: datetime = NOON, phone: str = PHONE, ip: str = "10.0.0.1") -> str:
    capsys.readouterr()
    send_one_time_password(phone, at=at, ip=ip)
    found = re.search(r"验证码(\d{6})", capsys.readouterr().err)
    assert found is not None
    return found.group(1)


def another(password: str) -> str:
    return f"{(int(password) + 1) % 10**6:06}"


def test_the_first_success_makes_the_person_and_the_second_finds_them(capsys: pytest.CaptureFixture[str]) -> None:
    user = check_one_time_password(PHONE, sent(capsys), at=NOON)
    later = NOON + timedelta(hours=1)
    assert check_one_time_password("+86 138 0000 0001", sent(capsys, at=later), at=later) == user
    assert [x.act for x in Event.objects.filter(actor=user)] == ["sign_up"]
    assert not user.is_staff


def test_a_password_is_used_once(capsys: pytest.CaptureFixture[str]) -> None:
    password = sent(capsys)
    check_one_time_password(PHONE, password, at=NOON)
    with pytest.raises(WrongPassword):
        check_one_time_password(PHONE, password, at=NOON)


def test_a_password_is_over_after_five_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    password = sent(capsys)
    with pytest.raises(WrongPassword):
        check_one_time_password(PHONE, password, at=NOON + LIFE)
    assert check_one_time_password(PHONE, password, at=NOON + LIFE - timedelta(seconds=1)).phone == PHONE


def test_five_wrong_tries_end_even_the_right_password(capsys: pytest.CaptureFixture[str]) -> None:
    password = sent(capsys)
    for _ in range(TRIES):
        with pytest.raises(WrongPassword):
            check_one_time_password(PHONE, another(password), at=NOON)
    with pytest.raises(TooMany):
        check_one_time_password(PHONE, password, at=NOON)
    assert not User.objects.exists()


def test_a_new_password_ends_the_old_one(capsys: pytest.CaptureFixture[str]) -> None:
    old = sent(capsys)
    new = sent(capsys, at=NOON + RESEND)
    if old != new:
        with pytest.raises(WrongPassword):
            check_one_time_password(PHONE, old, at=NOON + RESEND)
    assert check_one_time_password(PHONE, new, at=NOON + RESEND).phone == PHONE


def test_a_telephone_gets_one_a_minute_five_an_hour_and_ten_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    sent(capsys)
    with pytest.raises(TooMany):
        send_one_time_password(PHONE, at=NOON + RESEND - timedelta(seconds=1), ip="10.0.0.2")
    for minutes in (2, 4, 6, 8):
        sent(capsys, at=NOON + timedelta(minutes=minutes), ip=f"10.0.0.{minutes}")
    with pytest.raises(TooMany):
        send_one_time_password(PHONE, at=NOON + timedelta(minutes=10), ip="10.0.1.1")
    for minutes in (62, 64, 66, 68, 70):
        sent(capsys, at=NOON + timedelta(minutes=minutes))
    with pytest.raises(TooMany):
        send_one_time_password(PHONE, at=NOON + timedelta(hours=3), ip="10.0.1.2")
    assert sent(capsys, at=NOON + timedelta(hours=25))


def test_one_address_does_not_ask_for_every_telephone(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(AN_ADDRESS[0][1]):
        sent(capsys, phone=f"139{number:08}")
    with pytest.raises(TooMany):
        send_one_time_password(PHONE, at=NOON, ip="10.0.0.1")
    assert sent(capsys, ip="10.0.0.2")


def test_what_is_no_mobile_number_gets_nothing() -> None:
    with pytest.raises(BadRequest):
        send_one_time_password("12345", at=NOON, ip="")
    assert OneTimePassword.objects.count() == 0


def test_staff_do_not_sign_in_by_telephone_and_a_blocked_account_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    for number, blocked in enumerate([{"is_staff": True}, {"is_active": False}]):
        phone = f"1370000000{number}"
        User.objects.create(login_name=phone[-2:], phone=phone, **blocked)
        with pytest.raises(NotAllowed):
            check_one_time_password(phone, sent(capsys, phone=phone), at=NOON)


def test_the_database_keeps_neither_telephone_nor_password(capsys: pytest.CaptureFixture[str]) -> None:
    password = sent(capsys)
    [row] = OneTimePassword.objects.values()
    assert not [x for x in row.values() if str(x) in (PHONE, password, "10.0.0.1")]


def session() -> SessionStore:
    store = SessionStore()
    store.create()
    return store


def test_a_sign_in_is_ended_by_its_owner_alone_and_its_session_with_it() -> None:
    owner, other = (User.objects.create(login_name=x) for x in ("owner", "other"))
    here, there = session(), session()
    rows = [open_sign_in(owner, session=x, device="Android", at=NOON) for x in (here, there)]
    with pytest.raises(NotAllowed):
        end_sign_in(rows[0], by=other)
    end_sign_in(rows[0], by=owner)
    assert [x.session_key for x in SignIn.objects.all()] == [there.session_key]
    assert not Session.objects.filter(session_key=here.session_key).exists()
    assert end_all_sign_ins(owner, but=str(there.session_key)) == 0
    assert end_all_sign_ins(owner) == 1
    assert Session.objects.count() == 0


def test_a_browser_is_noted_as_seen_every_ten_minutes() -> None:
    here = session()
    row = open_sign_in(User.objects.create(login_name="owner"), session=here, device="", at=NOON)
    for minutes, seen in ((5, 0), (11, 11)):
        touch_sign_in(str(here.session_key), at=NOON + timedelta(minutes=minutes))
        row.refresh_from_db()
        assert row.seen_at == NOON + timedelta(minutes=seen)


def test_old_passwords_and_sign_ins_without_a_session_are_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    sent(capsys)
    over = session()
    open_sign_in(User.objects.create(login_name="owner"), session=over, device="", at=NOON)
    over.delete()
    assert forget_old_passwords(at=NOON + timedelta(hours=23)) == 0
    assert forget_old_passwords(at=NOON + timedelta(hours=25)) == 1
    assert not SignIn.objects.exists()
