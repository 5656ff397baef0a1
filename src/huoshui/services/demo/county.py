"""The demonstration as a whole (演示数据): offices, firms, campaigns with visits, codes, demands at every stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone

from huoshui.models import Campaign, Organization
from huoshui.services.campaign import Chosen, make_campaign, open_campaign
from huoshui.services.demo.demands import make_demands
from huoshui.services.demo.people import MARK, Staff, found_staff
from huoshui.services.demo.visits import make_visits
from huoshui.services.firms import load_firms
from huoshui.services.loan_code import CodeTarget, issue_loan_codes
from huoshui.terms import CodePurpose, DrawMode, Role

COUNTIES: Final = {"350203": "思明区", "350582": "晋江市"}


@dataclass(frozen=True, slots=True)
class Screened:
    """Registers of a county and their screening (演示筛查)."""

    registers: Path
    result: Path


@transaction.atomic
def fill_site(screened: Sequence[Screened], *, at: datetime) -> bool:
    """Fill an empty site, all or nothing (生成演示数据); False where a demonstration is there already. All is made up."""
    if Organization.objects.filter(code=MARK).exists():
        return False
    on = timezone.localdate(at)
    staff = found_staff(COUNTIES, on=on)
    for number, each in enumerate(screened):
        load_firms(each.result, synthetic=True, registry=each.registers, by=staff.operator)
        tail = "" if number == 0 else str(number + 1)
        campaign = _campaign(staff, list(COUNTIES)[number], tail, at=at - timedelta(days=12))
        make_visits(campaign, share=0.6 if number == 0 else 0.2, at=at)
    make_demands(staff, region=next(iter(COUNTIES)), at=at)
    _codes(staff, next(iter(COUNTIES)), on=on)
    return True


def _campaign(staff: Staff, region: str, tail: str, *, at: datetime) -> Campaign:
    lead, grant = staff.users[f"lead{tail}"], staff.grant(f"lead{tail}", Role.LEAD)
    chosen = Chosen(verdicts=("N01",), least_priority=30)
    name = f"{COUNTIES[region]}“千企万户大走访”（演示）"
    campaign = make_campaign(name, by=lead, grant=grant, region=region, chosen=chosen, mode=DrawMode.WHOLE_GRIDS, at=at)
    return open_campaign(campaign, by=lead, grant=grant, at=at)


def _codes(staff: Staff, region: str, *, on: date) -> None:
    lead, grant = staff.users["lead"], staff.grant("lead", Role.LEAD)
    places = ("中山路步行街服务点", "第八市场管理处", "政务服务中心", "软件园园区党群中心")
    issue_loan_codes(
        [CodeTarget(region, place=x) for x in places],
        organization=staff.offices[region],
        purpose=CodePurpose.POSTER,
        valid_from=on,
        valid_until=on + timedelta(days=365),
        by=lead,
        grant=grant,
    )
