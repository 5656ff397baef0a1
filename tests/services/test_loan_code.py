"""Loan codes: who issues them, what a scan finds, and what is kept of it."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.loan_token import keys_of, make_token
from huoshui.errors import (
    BadRequest,
    CodeExpired,
    CodeNotYetValid,
    CodeRevoked,
    ForeignCode,
    ForgedCode,
    LoanCodeError,
    NotAllowed,
    UnknownCode,
    WrongStage,
)
from huoshui.models import Event, LoanCode, Scan
from huoshui.services.event import chain_faults
from huoshui.services.loan_code import (
    CodeTarget,
    address_of,
    code_with_number,
    device_of,
    issue_loan_code,
    issue_loan_codes,
    judge_token,
    number_is_whole,
    read_loan_code,
    record_reading,
    record_scan,
    revoke_loan_code,
    token_of,
)
from huoshui.terms import CodePurpose, RevocationReason, Role, ScanDevice, ScanVerdict
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
FOREIGN: Final = keys_of("elsewhere:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")[0]
WECHAT: Final = "192.0.2.1 Mozilla/5.0 (Linux; Android 7.0) Mobile MicroMessenger/7.0"


def noon(on: date) -> datetime:
    return timezone.make_aware(datetime(on.year, on.month, on.day, 12))  # noqa: DTZ001 -- made aware here


@pytest.fixture
def world() -> World:
    return county_world()


def issued(world: World, role: Role = Role.OFFICER, *, home: bool = True, **given: Any) -> LoanCode:
    user = world.user(role, home=home)
    grant = user.viewer(on=FIRST).of(role)[0]
    county = world.county(home=home)
    terms: dict[str, Any] = {
        "organization": county.task_force, "purpose": CodePurpose.POSTER, "region_code": county.region,
        "valid_from": FIRST, "valid_until": LAST, "by": user, "grant": grant, "place": " 测试大厅 ",
    }  # fmt: skip
    return issue_loan_code(**{**terms, **given})


def revoked(code: LoanCode, world: World, role: Role = Role.OFFICER, *, home: bool = True) -> LoanCode:
    user = world.user(role, home=home)
    grant = user.viewer(on=FIRST).of(role)[0]
    return revoke_loan_code(code, reason=RevocationReason.LOST, note=" 海报丢了 ", by=user, grant=grant, at=noon(FIRST))


def test_a_code_is_issued_read_and_one_event_says_so(world: World) -> None:
    code = issued(world)
    assert code.place == "测试大厅"
    assert read_loan_code(token_of(code), at=noon(FIRST)) == code
    assert address_of(code).endswith(f"/c/{token_of(code)}")
    event = Event.objects.get()
    assert (event.act, event.subject_id, event.organization) == ("issue_loan_code", code.pk, world.home.task_force)


def test_a_token_holds_nothing_but_a_random_number(world: World) -> None:
    one, other = issued(world), issued(world)
    assert one.token_id != other.token_id
    assert token_of(one)[:8] == token_of(other)[:8]  # version and key
    assert token_of(one)[8:33] != token_of(other)[8:33]


@pytest.mark.parametrize(
    ("on", "error"),
    [(FIRST, None), (LAST, None), (FIRST - timedelta(1), CodeNotYetValid), (LAST + timedelta(1), CodeExpired)],
)
def test_a_code_is_good_from_its_first_day_to_its_last(world: World, on: date, error: type[LoanCodeError] | None) -> None:
    token = token_of(issued(world))
    if error is None:
        assert read_loan_code(token, at=noon(on)).verdict(on=on) is ScanVerdict.VALID
    else:
        with pytest.raises(error):
            read_loan_code(token, at=noon(on))


def test_a_revoked_code_leads_nowhere_and_says_since_when(world: World) -> None:
    code = revoked(issued(world), world)
    with pytest.raises(CodeRevoked, match="2026-01-01"):
        read_loan_code(token_of(code), at=noon(FIRST))
    assert code.revocation_note == "海报丢了"
    assert Event.objects.filter(act="revoke_loan_code", basis={"reason": "lost"}).count() == 1


def test_a_code_is_revoked_once(world: World) -> None:
    code = revoked(issued(world), world)
    with pytest.raises(WrongStage):
        revoked(code, world)


def test_somebody_elses_code_is_not_revoked(world: World) -> None:
    with pytest.raises(NotAllowed):
        revoked(issued(world), world, home=False)
    with pytest.raises(NotAllowed):
        revoked(issued(world), world, Role.CLIENT_MANAGER)
    assert LoanCode.objects.filter(revoked_at=None).count() == 2


def test_forged_and_foreign_codes_are_refused_without_a_question_to_the_database(
    world: World, django_assert_num_queries: Any
) -> None:
    code = issued(world)
    token = token_of(code)
    with django_assert_num_queries(0):
        with pytest.raises(ForgedCode):
            read_loan_code(token[:-1] + ("A" if token[-1] != "A" else "B"), at=noon(FIRST))
        with pytest.raises(ForeignCode):
            read_loan_code(make_token(code.token_id, key=FOREIGN), at=noon(FIRST))


def test_a_code_signed_here_that_is_not_on_record_is_unknown(world: World, settings: Any) -> None:
    issued(world)
    key = keys_of(settings.HUOSHUI_KEYS["HUOSHUI_LOAN_CODE_KEYS"])[0]
    with pytest.raises(UnknownCode):
        read_loan_code(make_token(UUID(int=1), key=key), at=noon(FIRST))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"valid_until": date(2025, 12, 31)}, "valid_until"),
        ({"valid_until": date(2036, 1, 1)}, "valid_until"),
        ({"purpose": CodePurpose.FIRM}, "firm"),
        ({"purpose": CodePurpose.BANK_DESK}, "purpose"),
        ({"region_code": "350203街道"}, "region_code"),
    ],
)
def test_terms_that_contradict_each_other_are_refused(world: World, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as refused:
        issued(world, **wrong)
    assert refused.value.field == field


def test_a_firms_own_code_names_it_and_no_other_code_does(world: World) -> None:
    firm = world.home.firms[0]
    assert issued(world, purpose=CodePurpose.FIRM, firm=firm).firm == firm
    with pytest.raises(BadRequest):
        issued(world, firm=firm)


def test_only_a_visit_card_is_made_out_to_a_person(world: World) -> None:
    visitor = world.user(Role.VISITOR)
    assert issued(world, purpose=CodePurpose.VISIT_CARD, holder=visitor).holder == visitor
    with pytest.raises(BadRequest):
        issued(world, holder=visitor)


def test_nobody_issues_for_another_county_or_another_bank(world: World) -> None:
    for wrong in ({"organization": world.away.task_force}, {"region_code": world.away.region}):
        with pytest.raises(NotAllowed):
            issued(world, **wrong)
    with pytest.raises(NotAllowed):
        issued(world, Role.CLIENT_MANAGER, organization=world.away_bank.sub_branch)
    assert LoanCode.objects.count() == 0


def test_a_bank_issues_codes_for_its_desk(world: World) -> None:
    code = issued(world, Role.CLIENT_MANAGER, organization=world.home_bank.sub_branch, purpose=CodePurpose.BANK_DESK)
    assert code.organization == world.home_bank.sub_branch


def test_a_batch_is_issued_whole_or_not_at_all(world: World) -> None:
    lead = world.user(Role.LEAD)
    terms: dict[str, Any] = {
        "organization": world.home.task_force, "purpose": CodePurpose.POSTER, "valid_from": FIRST, "valid_until": LAST,
        "by": lead, "grant": lead.viewer(on=FIRST).of(Role.LEAD)[0],
    }  # fmt: skip
    townships = [CodeTarget(x.region_code, place=x.name) for x in world.home.townships]
    codes = issue_loan_codes(townships, **terms)
    assert [x.region_code for x in codes] == [x.region_code for x in world.home.townships]
    assert len({x.batch for x in codes}) == 1
    with pytest.raises(NotAllowed):
        issue_loan_codes([*townships, CodeTarget(world.away.region)], **terms)
    with pytest.raises(BadRequest):
        issue_loan_codes([], **terms)
    assert LoanCode.objects.count() == 2


def test_a_good_scan_is_counted(world: World) -> None:
    code = issued(world)
    scan = record_scan(code, at=noon(FIRST), device=WECHAT)
    code.refresh_from_db()
    assert scan is not None
    assert (scan.verdict, scan.device, scan.loan_code) == (ScanVerdict.VALID, ScanDevice.WECHAT, code)
    assert (code.scans, code.last_scanned_at) == (1, noon(FIRST))
    assert "192.0.2.1" not in scan.device_hash


def test_a_bad_scan_is_kept_and_its_issuer_hears_of_it(world: World) -> None:
    code = revoked(issued(world), world)
    record_reading(judge_token(token_of(code), at=noon(FIRST)), at=noon(FIRST), device=WECHAT)
    record_reading(judge_token("X" * 136, at=noon(FIRST)), at=noon(FIRST), device=WECHAT)
    assert [x.verdict for x in Scan.objects.order_by("pk")] == [ScanVerdict.REVOKED, ScanVerdict.FORGED]
    event = Event.objects.get(act="refuse_loan_code")
    assert (event.subject_id, event.actor, event.basis["verdict"]) == (code.pk, None, "revoked")
    assert list(chain_faults()) == []
    code.refresh_from_db()
    assert code.scans == 0


def test_one_device_fills_no_log(world: World) -> None:
    code = issued(world)
    kept = [record_scan(code, at=noon(FIRST), device=WECHAT) for _ in range(25)]
    assert sum(x is not None for x in kept) == 20
    assert record_scan(code, at=noon(FIRST), device="192.0.2.2 another") is not None
    assert record_scan(code, at=noon(FIRST) + timedelta(minutes=11), device=WECHAT) is not None


def test_forged_codes_of_many_devices_fill_no_log(world: World) -> None:
    code, at = issued(world), noon(FIRST)
    Scan.objects.bulk_create(
        Scan(at=at, verdict=ScanVerdict.FORGED, device=ScanDevice.OTHER, device_hash=f"{x}") for x in range(300)
    )
    assert record_reading(judge_token("forged", at=at), at=at, device="another") is None
    assert record_scan(code, at=at, device="another") is not None


def test_whoever_doubts_a_poster_finds_its_number(world: World) -> None:
    code = issued(world)
    assert code_with_number(code.shown_number) == code
    wrong = code.number[:-1] + str((int(code.number[-1]) + 1) % 10)
    with pytest.raises(BadRequest):
        code_with_number(wrong)
    code.delete()
    with pytest.raises(UnknownCode):
        code_with_number(code.number)


@given(st.integers(10**10, 10**11 - 1), st.integers(0, 11), st.integers(1, 9))
def test_a_number_with_one_wrong_digit_is_seen(body: int, place: int, change: int) -> None:
    number = next(f"{body}{x}" for x in range(10) if number_is_whole(f"{body}{x}"))
    wrong = f"{number[:place]}{(int(number[place]) + change) % 10}{number[place + 1 :]}"
    assert not number_is_whole(wrong)


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (WECHAT, ScanDevice.WECHAT),
        ("Mozilla/5.0 (iPhone) AlipayClient/10.2", ScanDevice.ALIPAY),
        ("Mozilla/5.0 (Linux; Android 4.4) AppleWebKit Mobile Safari", ScanDevice.PHONE),
        ("Mozilla/5.0 (Windows NT 10.0)", ScanDevice.DESK),
        ("", ScanDevice.OTHER),
    ],
)
def test_a_browser_is_known_by_what_it_says(said: str, device: ScanDevice) -> None:
    assert device_of(said) is device


def test_codes_are_seen_in_their_region_by_their_bank_and_by_who_carries_them(world: World) -> None:
    issued(world)
    issued(world, Role.CLIENT_MANAGER, organization=world.home_bank.sub_branch, purpose=CodePurpose.BANK_DESK)
    issued(world, purpose=CodePurpose.VISIT_CARD, holder=world.user(Role.VISITOR), region_code=world.home.region)
    seen = {
        (role, home): LoanCode.objects.visible_to(world.user(role, home=home).viewer(on=FIRST)).count()
        for role in (Role.OFFICER, Role.VISITOR, Role.CLIENT_MANAGER, Role.OPERATOR, Role.LEGAL_REPRESENTATIVE)
        for home in (True, False)
    }
    assert {x: n for x, n in seen.items() if n} == {
        (Role.OFFICER, True): 3,
        (Role.VISITOR, True): 3,
        (Role.CLIENT_MANAGER, True): 1,
        (Role.OPERATOR, True): 3,
        (Role.OPERATOR, False): 3,
    }
