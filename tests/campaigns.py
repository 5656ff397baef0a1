"""Campaigns and visits for tests, on top of the small world: what several test files need."""

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import uuid4

from huoshui.models import Campaign, Firm, Grant, Membership, Organization, User
from huoshui.services.campaign import Chosen, make_campaign, open_campaign
from huoshui.services.visit import Recorded, VisitAnswers, save_visit
from huoshui.terms import DrawMode, Role
from tests.world import SINCE, World, firm

AT: Final = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ON: Final = date(2026, 3, 2)
EVERYBODY: Final = Chosen(verdicts=())


def grant_of(user: User, *roles: Role, on: date = ON) -> Grant:
    """The grant by which somebody acts in the tests."""
    return user.viewer(on=on).of(*(roles or tuple(Role)))[0]


def officer_of(world: World, *, home: bool = True) -> tuple[User, Grant]:
    """The officer of one county with the grant."""
    user = world.user(Role.OFFICER, home=home)
    return user, grant_of(user, Role.OFFICER)


def drafted(world: World, *, home: bool = True, **given: Any) -> Campaign:
    """A campaign that is not open yet."""
    officer, grant = officer_of(world, home=home)
    wanted: dict[str, Any] = {"chosen": EVERYBODY, "mode": DrawMode.EVEN, "at": AT, **given}
    return make_campaign("春季走访", by=officer, grant=grant, region=world.county(home=home).region, **wanted)


def opened(world: World, *, home: bool = True, **given: Any) -> Campaign:
    """A campaign whose list was handed out."""
    officer, grant = officer_of(world, home=home)
    return open_campaign(drafted(world, home=home, **given), by=officer, grant=grant, at=AT)


def visitor_in(place: Organization, name: str) -> User:
    """One more visitor of an office."""
    user = User.objects.create(login_name=name, is_staff=True)
    Membership.objects.create(user=user, organization=place, role=Role.VISITOR, from_on=SINCE)
    return user


def more_firms(region: str, count: int, *, first: int = 500, **given: Any) -> list[Firm]:
    """More firms in a county or township."""
    return [firm(region, first + x, **given) for x in range(count)]


def visited(world: World, target: Firm, *, home: bool = True, by: User | None = None, **given: Any) -> Recorded:
    """A visit as the officer, or somebody else, records it."""
    user = by or world.user(Role.OFFICER, home=home)
    answers = {x: given.pop(x) for x in list(given) if x in VisitAnswers.__slots__}
    wanted: dict[str, Any] = {
        "client_id": uuid4(), "firm": target, "by": user, "grant": grant_of(user), "visited_at": AT, "received_at": AT,
        "answers": VisitAnswers(**answers), **given,
    }  # fmt: skip
    return save_visit(**wanted)
