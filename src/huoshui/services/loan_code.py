"""Loan codes (贷款码): issue, read, revoke, and keep a record of every scan."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from huoshui.adapters.loan_token import CodeKey, keys_of, make_token, open_token
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
from huoshui.models import Firm, Grant, LoanCode, Organization, Scan, User, Viewer
from huoshui.models.loan_code import ISSUES
from huoshui.models.secrets import hashed
from huoshui.services.event import record
from huoshui.terms import CodePurpose, OrganizationKind, RevocationReason, ScanDevice, ScanVerdict

MOST_AT_ONCE: Final = 200  # codes in one batch: a sheet of cards stays printable
LONGEST: Final = timedelta(days=3 * 366)
_DIGITS: Final = 11  # of a number, before its check digit
_PER_DEVICE: Final = 20  # scans of one device that are kept within _WINDOW
_STRAY: Final = 300  # scans of codes that nobody issued here that are kept within _WINDOW, of all devices together
_WINDOW: Final = timedelta(minutes=10)
_WORDS: Final[dict[type[LoanCodeError], ScanVerdict]] = {
    ForgedCode: ScanVerdict.FORGED,
    ForeignCode: ScanVerdict.FOREIGN,
    UnknownCode: ScanVerdict.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a token turned out to be (读码结果): the code where it is on record, and why it leads nowhere unless it is valid."""

    verdict: ScanVerdict
    code: LoanCode | None = None
    error: LoanCodeError | None = None


@transaction.atomic
def issue_loan_code(
    *,
    organization: Organization,
    purpose: CodePurpose,
    region_code: str,
    valid_from: date,
    valid_until: date,
    by: User,
    grant: Grant,
    firm: Firm | None = None,
    holder: User | None = None,
    place: str = "",
    batch: UUID | None = None,
) -> LoanCode:
    """Issue a loan code (签发贷款码). Raises BadRequest for terms that contradict each other, NotAllowed outside the grant."""
    _check_issuer(organization, grant=grant, region_code=region_code)
    _check_terms(purpose, organization=organization, region_code=region_code, firm=firm, holder=holder)
    if not timedelta(0) <= valid_until - valid_from <= LONGEST:
        raise BadRequest(
            "a code is valid from its first day to a later one, three years at most",
            field="valid_until",
            zh="有效期的最后一天应不早于第一天，最长三年",
        )
    code = LoanCode.objects.create(
        token_id=UUID(bytes=secrets.token_bytes(16)), number=_new_number(), purpose=purpose, organization=organization,
        region_code=region_code, firm=firm, holder=holder, place=place.strip(), valid_from=valid_from, valid_until=valid_until,
        batch=batch, issued_by=by, issued_at=timezone.now(),
    )  # fmt: skip
    basis = {"purpose": purpose.value, "from": valid_from.isoformat(), "until": valid_until.isoformat(), "key": _keys()[0].name}
    record("issue_loan_code", code, by=by, organization=organization, role=grant.role, firm=firm, basis=basis)
    return code


@dataclass(frozen=True, slots=True)
class CodeTarget:
    """For what one code of a batch is made (签发对象): a region, perhaps a place, perhaps the person who carries the card."""

    region_code: str
    place: str = ""
    holder: User | None = None


@transaction.atomic
def issue_loan_codes(
    targets: Sequence[CodeTarget],
    *,
    organization: Organization,
    purpose: CodePurpose,
    valid_from: date,
    valid_until: date,
    by: User,
    grant: Grant,
) -> list[LoanCode]:
    """Issue one code for each target (批量签发), all or none; they share a batch. Raises what `issue_loan_code` raises."""
    if not 1 <= len(targets) <= MOST_AT_ONCE:
        raise BadRequest(
            f"a batch has 1 to {MOST_AT_ONCE} codes", field="targets", zh=f"一批可签发 1 至 {MOST_AT_ONCE} 个码，请先选择"
        )
    batch = uuid4()
    return [
        issue_loan_code(
            organization=organization,
            purpose=purpose,
            region_code=x.region_code,
            valid_from=valid_from,
            valid_until=valid_until,
            by=by,
            grant=grant,
            holder=x.holder,
            place=x.place,
            batch=batch,
        )
        for x in targets
    ]


@transaction.atomic
def revoke_loan_code(code: LoanCode, *, reason: RevocationReason, note: str, by: User, grant: Grant, at: datetime) -> LoanCode:
    """Withdraw a loan code for good (作废贷款码). Raises WrongStage where that was done before, NotAllowed if not one's own."""
    code = LoanCode.objects.select_for_update(of=("self",)).select_related("organization", "firm").get(pk=code.pk)
    _check_issuer(code.organization, grant=grant, region_code=code.region_code)
    if code.revoked_at is not None:
        raise WrongStage("this code was revoked before", zh="此码此前已经作废")
    code.revoked_at, code.revoked_by = at, by
    code.revocation_reason, code.revocation_note = reason, note.strip()
    code.save(update_fields=["revoked_at", "revoked_by", "revocation_reason", "revocation_note"])
    basis = {"reason": reason.value}
    record("revoke_loan_code", code, by=by, organization=code.organization, role=grant.role, firm=code.firm, basis=basis)
    return code


def issuing_grant(viewer: Viewer, *, organization: Organization) -> Grant:
    """By which grant the viewer handles an organization's codes (办码授权). Raises NotAllowed if there is none."""
    for grant in viewer.of(*ISSUES):
        if grant.path and organization.path.startswith(grant.path):
            return grant
    raise NotAllowed("you handle codes of your own organization only", zh="只能办理本机构的贷款码")


def token_of(code: LoanCode) -> str:
    """The token of a code, signed with the first key (令牌)."""
    return make_token(code.token_id, key=_keys()[0])


def address_of(code: LoanCode) -> str:
    """Where the code leads (贷款码网址)."""
    return f"{settings.HUOSHUI_ADDRESS.rstrip('/')}/c/{token_of(code)}"


def judge_token(token: str, *, at: datetime) -> Reading:
    """Read a token and say what it is (判码): the signature is checked before the database is asked anything."""
    try:
        opened = open_token(token, keys=_keys())
        code = LoanCode.objects.select_related("organization", "firm").filter(token_id=opened.id).first()
        if code is None:
            raise UnknownCode("this code is not on record here", zh="本平台没有此码的记录")
    except LoanCodeError as error:
        return Reading(_WORDS[type(error)], error=error)
    verdict = code.verdict(on=timezone.localdate(at))
    return Reading(verdict, code, _refusal(verdict, code=code))


def read_loan_code(token: str, *, at: datetime) -> LoanCode:
    """The valid code of a token (读取贷款码). Raises the subclass of LoanCodeError that says why there is none."""
    reading = judge_token(token, at=at)
    if reading.error is not None:
        raise reading.error
    if reading.code is None:
        raise UnknownCode("this code is not on record here", zh="本平台没有此码的记录")
    return reading.code


def record_scan(code: LoanCode, *, at: datetime, device: str) -> Scan | None:
    """Keep a record of a scan of a good code (记录扫码); None where this device's records are plenty already."""
    return record_reading(Reading(ScanVerdict.VALID, code), at=at, device=device)


@transaction.atomic
def record_reading(reading: Reading, *, at: datetime, device: str) -> Scan | None:
    """Keep a record of a scan, good or bad (记录扫码结果); `device` is what the browser says of itself and where it calls from.

    None where enough was kept: 20 of one device in ten minutes, 300 of all devices together of codes that nobody issued here.
    A bad code whose issuer is known is an event in the issuer's chain too.
    """
    kept, code = Scan.objects.filter(at__gt=at - _WINDOW), reading.code
    mark = hashed(device)
    if kept.filter(device_hash=mark).count() >= _PER_DEVICE:
        return None
    if code is None and kept.filter(loan_code=None).count() >= _STRAY:
        return None
    scan = Scan.objects.create(loan_code=code, at=at, verdict=reading.verdict, device=device_of(device), device_hash=mark)
    if code is not None and reading.verdict is ScanVerdict.VALID:
        LoanCode.objects.filter(pk=code.pk).update(scans=F("scans") + 1, last_scanned_at=at)
    elif code is not None:
        basis = {"verdict": reading.verdict.value, "scan": scan.pk}
        record("refuse_loan_code", code, by=None, organization=code.organization, firm=code.firm, basis=basis)
    return scan


def device_of(device: str) -> ScanDevice:
    """What kind of browser scanned (扫码方式)."""
    said = device.lower()
    for mark, found in (("micromessenger", ScanDevice.WECHAT), ("alipay", ScanDevice.ALIPAY), ("mobile", ScanDevice.PHONE),
                        ("android", ScanDevice.PHONE), ("iphone", ScanDevice.PHONE), ("windows", ScanDevice.DESK),
                        ("macintosh", ScanDevice.DESK), ("linux", ScanDevice.DESK)):  # fmt: skip
        if mark in said:
            return found
    return ScanDevice.OTHER


def number_is_whole(number: str) -> bool:
    """Whether the check digit of a code's number fits (编号校验)."""
    return number.isascii() and number.isdigit() and len(number) == _DIGITS + 1 and number[-1] == _check_digit(number[:-1])


def code_with_number(number: str) -> LoanCode:
    """The code with a printed number (按编号查码), for whoever doubts a poster. Raises BadRequest and UnknownCode."""
    digits = "".join(number.split()).replace("-", "")
    if not number_is_whole(digits):
        raise BadRequest("a code's number is 12 digits; please compare it again", field="number", zh="编号为 12 位数字，请核对")
    code: LoanCode | None = LoanCode.objects.select_related("organization").filter(number=digits).first()
    if code is None:
        raise UnknownCode("no code of this platform has this number", zh="本平台没有这个编号的贷款码")
    return code


def code_in_force(pk: int, *, on: date) -> LoanCode | None:
    """A code by its key, where it is valid on a day (有效码)."""
    found: LoanCode | None = LoanCode.objects.filter(pk=pk).select_related("organization").first()
    return found if found is not None and found.verdict(on=on) is ScanVerdict.VALID else None


def _keys() -> tuple[CodeKey, ...]:
    return keys_of(settings.HUOSHUI_KEYS["HUOSHUI_LOAN_CODE_KEYS"])


def _refusal(verdict: ScanVerdict, *, code: LoanCode) -> LoanCodeError | None:
    if verdict is ScanVerdict.NOT_YET_VALID:
        return CodeNotYetValid(f"this code is valid from {code.valid_from} on", zh=f"此码自 {code.valid_from} 起有效")
    if verdict is ScanVerdict.EXPIRED:
        return CodeExpired(f"this code was valid until {code.valid_until}", zh=f"此码有效期至 {code.valid_until}")
    if verdict is ScanVerdict.REVOKED and code.revoked_at is not None:
        on = timezone.localdate(code.revoked_at)
        return CodeRevoked(f"this code was withdrawn on {on}", zh=f"此码已于 {on} 作废")
    return None


def _check_issuer(organization: Organization, *, grant: Grant, region_code: str) -> None:
    below = bool(grant.path) and organization.path.startswith(grant.path)
    within = organization.kind is OrganizationKind.BANK or region_code.startswith(grant.region)
    if not below or not within:
        raise NotAllowed("you issue codes of your own organization and region only", zh="只能办理本机构、本区域的贷款码")


def _check_terms(
    purpose: CodePurpose, *, organization: Organization, region_code: str, firm: Firm | None, holder: User | None
) -> None:
    if not (region_code.isascii() and region_code.isdigit() and 2 <= len(region_code) <= 12):
        raise BadRequest("the region is 2 to 12 digits", field="region_code", zh="区域代码应为 2 至 12 位数字")
    if (purpose is CodePurpose.FIRM) is not (firm is not None):
        raise BadRequest(
            "a code of the purpose `firm` names its firm, any other names none",
            field="firm",
            zh="“经营主体专用”的码须指明企业，其他用途不指明企业",
        )
    if holder is not None and purpose is not CodePurpose.VISIT_CARD:
        raise BadRequest("only a visit card is made out to a person", field="holder", zh="只有走访名片可以签发给个人")
    if purpose is CodePurpose.BANK_DESK and organization.kind is not OrganizationKind.BANK:
        raise BadRequest("a bank's desk has a code of the bank", field="purpose", zh="银行网点的码由银行签发")


def _new_number() -> str:
    while True:
        digits = str(secrets.randbelow(9 * 10 ** (_DIGITS - 1)) + 10 ** (_DIGITS - 1))
        number = digits + _check_digit(digits)
        if not LoanCode.objects.filter(number=number).exists():
            return number


def _check_digit(digits: str) -> str:
    """Luhn's: one wrong digit, or two neighbors exchanged, is seen."""
    doubled = [int(x) * (2 if place % 2 == 0 else 1) for place, x in enumerate(reversed(digits))]
    return str(-sum(x - 9 if x > 9 else x for x in doubled) % 10)
