"""What stands for `{firm}` and its like in the table of routes: one maker a kind, for one's own object and somebody else's.

A maker gets the world, `home` (False: somebody else's) and `by`, the person who will ask; it returns the piece of an address.
One's own object must be one that every role of the route may see: it belongs to the home county and the home bank.
"""

import secrets
from collections.abc import Callable
from typing import Any, Final

from django.utils import timezone

from huoshui.models import Demand, LoanCode, SavedView, SignIn, User
from huoshui.services.loan_code import issue_loan_code, token_of
from huoshui.terms import CodePurpose, DemandChannel, DemandPurpose, Role
from tests.web.authentication_objects import a_power, an_asked_power, an_authentication, an_own_authentication
from tests.web.demand_objects import (
    a_batch,
    a_clock,
    a_demand,
    a_notice,
    a_push,
    a_repair,
    an_appeal,
    an_own_demand,
)
from tests.web.exchange_objects import a_token, a_webhook
from tests.web.visit_objects import a_campaign, a_visit, a_visit_book, a_visit_photo
from tests.world import World

Maker = Callable[..., Any]


def a_firm(world: World, *, home: bool, by: User | None) -> int:
    """Firm 0: its county sees it, its representative and agent, and the bank that it was shared with."""
    del by
    return world.county(home=home).firms[0].pk


def a_code(world: World, *, home: bool, by: User | None) -> str:
    """The credit code of firm 0."""
    del by
    return world.county(home=home).firms[0].uscc


def a_saved_view(world: World, *, home: bool, by: User | None) -> int:
    """A view of the one who asks, or of the operator, who is nobody else."""
    owner = by if home and by else world.stranger if by == world.operator else world.operator
    return SavedView.objects.get_or_create(user=owner, listing="firm", name="route")[0].pk


def _loan_code(world: World, *, home: bool) -> LoanCode:
    """A code that the bank's client manager issued for its desk in the county."""
    manager, bank, county = world.user(Role.CLIENT_MANAGER, home=home), world.bank(home=home), world.county(home=home)
    today = timezone.localdate()
    return issue_loan_code(
        organization=bank.sub_branch,
        purpose=CodePurpose.BANK_DESK,
        region_code=county.region,
        valid_from=today,
        valid_until=today,
        by=manager,
        grant=manager.viewer(on=today).of(Role.CLIENT_MANAGER)[0],
    )


def a_loan_code(world: World, *, home: bool, by: User | None) -> int:
    """A bank's code in its county: the bank sees it, and the county's task force."""
    del by
    return _loan_code(world, home=home).pk


def a_loan_token(world: World, *, home: bool, by: User | None) -> str:
    """What stands in the QR of such a code."""
    del by
    return token_of(_loan_code(world, home=home))


def an_own_need(world: World, *, home: bool, by: User | None) -> int:
    """A demand that the one who asks wrote, or for staff and for nobody: somebody else."""
    writer = by if home and by and not by.is_staff else world.stranger
    need = {"firm": world.county(home=home).firms[1], "channel": DemandChannel.FIRM, "created_by": writer}
    return Demand.objects.create(**need, amount_fen=1_000_000, months=6, purpose=DemandPurpose.STOCK).pk


def a_sign_in(world: World, *, home: bool, by: User | None) -> int:
    """A browser in which the one who asks is signed in, or somebody else."""
    owner = by if home and by else world.user(Role.AGENT, home=by != world.user(Role.AGENT))
    now = timezone.now()
    return SignIn.objects.create(user=owner, session_key=secrets.token_hex(16), since_at=now, seen_at=now).pk


def an_own_organization(world: World, *, home: bool, by: User | None) -> int:
    """One in which the one who asks works, or one in which they do not."""
    membership = by.memberships.first() if home and by else None
    return membership.organization_id if membership else world.province.pk


def an_organization(world: World, *, home: bool, by: User | None) -> int:
    """A township below the county's task force."""
    del by
    return world.county(home=home).townships[1].pk


def a_colleague(world: World, *, home: bool, by: User | None) -> int:
    """The officer of the county's task force."""
    del by
    return world.user(Role.OFFICER, home=home).pk


def a_membership(world: World, *, home: bool, by: User | None) -> int:
    """The officer's role there."""
    del by
    return world.user(Role.OFFICER, home=home).memberships.get().pk


MAKERS: Final[dict[str, Maker]] = {
    "api_token": a_token,
    "webhook": a_webhook,
    "appeal": an_appeal,
    "asked_power": an_asked_power,
    "authentication": an_authentication,
    "batch": a_batch,
    "campaign": a_campaign,
    "clock": a_clock,
    "colleague": a_colleague,
    "demand": a_demand,
    "firm": a_firm,
    "loan_code": a_loan_code,
    "loan_token": a_loan_token,
    "membership": a_membership,
    "notice": a_notice,
    "organization": an_organization,
    "own_authentication": an_own_authentication,
    "own_demand": an_own_demand,
    "own_need": an_own_need,
    "own_organization": an_own_organization,
    "power": a_power,
    "push": a_push,
    "repair": a_repair,
    "saved_view": a_saved_view,
    "sign_in": a_sign_in,
    "uscc": a_code,
    "visit": a_visit,
    "visit_book": a_visit_book,
    "visit_photo": a_visit_photo,
}
