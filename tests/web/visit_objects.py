"""Campaigns, visits and photographs for the table of routes."""

from huoshui.models import User, VisitPhoto
from huoshui.terms import Role
from tests.campaigns import opened, visited
from tests.world import World


def a_campaign(world: World, *, home: bool, by: User | None) -> int:
    """A campaign of the county, handed out."""
    del by
    return opened(world, home=home).pk


def a_visit(world: World, *, home: bool, by: User | None) -> int:
    """A visit to firm 0 that the county's officer made."""
    del by
    return visited(world, world.county(home=home).firms[0], home=home).visit.pk


def a_visit_photo(world: World, *, home: bool, by: User | None) -> int:
    """A photograph of such a visit."""
    visit, officer = a_visit(world, home=home, by=by), world.user(Role.OFFICER, home=home)
    return VisitPhoto.objects.create(visit_id=visit, uploader=officer, sha256="a" * 64, kept_sha256="a" * 64).pk
