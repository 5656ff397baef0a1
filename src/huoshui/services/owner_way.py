"""The shop owner's way from a loan code to a demand (店主自助办理): which firm, what it needs; proof may follow."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q

from huoshui.errors import BadRequest, TooMany
from huoshui.models import Demand, Firm, FirmMember, Grant, LoanCode, User
from huoshui.models.firm import firms_named
from huoshui.models.scope import within
from huoshui.rules.uscc import check_uscc
from huoshui.services.consent import give_consent, has_consent
from huoshui.services.demand import publish_demand, save_draft
from huoshui.terms import CodeVerdict, ConsentPurpose, DemandChannel, DemandPurpose, DemandStage

MOST_FOUND: Final = 8
SEARCHES_AN_HOUR: Final = 60
WAITING_AT_ONCE: Final = 5  # demands of one person that wait for an authentication
AGAIN: Final = timedelta(minutes=10)  # the same demand within this time is the same tap, sent twice
_SALT: Final = "owner-way-firm"
_LIFE: Final = 3600  # seconds for which a firm that was found can be chosen
_COUNTY: Final = 6
_SHORTEST_CODE: Final = 15


@dataclass(frozen=True, slots=True)
class FirmChoice:
    """A firm that an owner may choose (可选企业), as the public register names it; `choice` stands for it, for one hour."""

    choice: str
    name: str
    uscc: str
    address: str
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """What an owner asks for (所需融资): an amount in fen, a term in months, a purpose, perhaps a sentence."""

    amount_fen: int
    months: int
    purpose: DemandPurpose
    note: str = ""
    states_clean: bool | None = None


def find_firms(text: str, *, near: str, by: User) -> list[FirmChoice]:
    """Firms by code, or by a part of the name or its initials in the county of the region `near` (查找本人企业).

    At most eight. Raises BadRequest for a text that says too little, TooMany after sixty searches in an hour.
    """
    wanted = "".join(text.split())
    if len(wanted) < 2:
        raise BadRequest(
            "give two characters of the name at least, or the code", field="q", zh="请至少输入名称中的两个字，或统一代码"
        )
    _count_search(by)
    verdict = check_uscc(wanted)
    if by_code := wanted.isascii() and wanted.isalnum() and len(wanted) >= _SHORTEST_CODE:
        found = Q(uscc=verdict.code)
    else:
        found = within("region_code", near[:_COUNTY]) & firms_named(wanted)
    firms = [_choice(x, by=by) for x in Firm.objects.filter(found).order_by("name", "pk")[:MOST_FOUND]]
    if by_code and not firms and verdict.verdict is not CodeVerdict.VALID:
        raise BadRequest("this code has a slip: compare it with the license", field="q", zh="统一代码有误，请对照营业执照核对")
    return firms


def own_firms(by: User, *, on: date) -> list[FirmChoice]:
    """The firms that a person speaks for (本人代表的企业)."""
    members = FirmMember.objects.filter(Q(until_on=None) | Q(until_on__gte=on), user=by, from_on__lte=on).select_related("firm")
    firms = {x.firm_id: x.firm for x in members.order_by("pk")}
    return [_choice(x, by=by, mine=True) for x in firms.values()]


def firm_of_code(code: LoanCode, *, by: User) -> FirmChoice | None:
    """The firm for which a code was issued (专用码企业), where it was issued for one."""
    return _choice(code.firm, by=by) if code.firm else None


def chosen_firm(choice: str, *, by: User) -> Firm:
    """The firm that a choice stands for (所选企业). Raises BadRequest for what was not offered to this person, or long ago."""
    try:
        firm_id, user_id = signing.loads(choice, salt=_SALT, max_age=_LIFE)
    except signing.BadSignature:
        firm_id, user_id = 0, 0
    if user_id != by.pk:
        raise BadRequest("please choose the firm once more", field="firm", zh="请重新选择企业")
    found: Firm = Firm.objects.get(pk=firm_id)
    return found


@transaction.atomic
def publish_need(
    need: Need, *, firm: Firm, by: User, grant: Grant | None, code: LoanCode | None, at: datetime, consent_version: str
) -> Demand:
    """Publish what a firm needs, with the consent to pass it on (发布融资需求); again within ten minutes is the same.

    `grant` is None for a person who is not authenticated for the firm: the demand then waits for that. Raises TooMany where
    five of the person's demands wait already.
    """
    User.objects.select_for_update().get(pk=by.pk)  # a thumb that taps twice waits here
    mine = Demand.objects.filter(created_by=by)
    same = mine.filter(
        firm=firm, amount_fen=need.amount_fen, months=need.months, purpose=need.purpose, published_at__gt=at - AGAIN
    )
    again: Demand | None = same.exclude(stage=DemandStage.WITHDRAWN).order_by("pk").first()
    if again is not None:
        return again
    if grant is None and mine.filter(stage=DemandStage.AWAITING_AUTHENTICATION).count() >= WAITING_AT_ONCE:
        raise TooMany(
            "five of your demands wait for an authentication; finish it first", zh="您已有 5 笔需求待认证，请先完成经营主体认证"
        )
    if not has_consent(by, ConsentPurpose.SHARE_WITH_BANKS):
        give_consent(by, ConsentPurpose.SHARE_WITH_BANKS, version=consent_version, at=at)
    draft = save_draft(
        firm=firm,
        by=by,
        grant=grant,
        channel=DemandChannel.FIRM,
        amount_fen=need.amount_fen,
        months=need.months,
        purpose=need.purpose,
        note=need.note,
        states_clean=need.states_clean,
        loan_code=code,
    )
    return publish_demand(draft, by=by, grant=grant, at=at)


def _choice(firm: Firm, *, by: User, mine: bool = False) -> FirmChoice:
    return FirmChoice(signing.dumps([firm.pk, by.pk], salt=_SALT), firm.name, firm.uscc, firm.address, mine)


def _count_search(by: User) -> None:
    key = f"owner-way-search-{by.pk}"
    cache.add(key, 0, timeout=3600)
    if cache.incr(key) > SEARCHES_AN_HOUR:
        raise TooMany("too many searches; try again in an hour", zh="查询过于频繁，请一小时后再试")
