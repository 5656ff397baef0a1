"""Campaigns, visits and photographs for the table of routes."""

from django.utils import timezone

from huoshui.models import User, VisitBook, VisitPhoto
from huoshui.terms import BookStage, Role
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


def a_visit_book(world: World, *, home: bool, by: User | None) -> int:
    """A sheet that the one who asks brought in, or somebody else."""
    owner = by if home and by else world.user(Role.LEAD, home=False)
    office = world.county(home=home).task_force
    kept = {"name": "book.xlsx", "sha256": "a" * 64, "figures": {"rows": 0}, "stage": BookStage.TAKEN}
    return VisitBook.objects.create(uploaded_by=owner, organization=office, uploaded_at=timezone.now(), **kept).pk
