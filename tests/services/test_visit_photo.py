"""Photographs of visits: by their hash, before or after the visit, once."""

from hashlib import sha256

import pytest

from huoshui.errors import BadFile, TooMany
from huoshui.models import Event, VisitPhoto
from huoshui.services import visit_photo
from huoshui.services.photo import kept_photo
from huoshui.services.visit_photo import take_photo
from huoshui.terms import Role
from tests.campaigns import AT, visited
from tests.pictures import picture
from tests.world import World, county_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


def test_a_photo_that_comes_after_its_visit_is_tied_to_it_and_told(world: World) -> None:
    data, visitor = picture(), world.user(Role.VISITOR)
    visit = visited(world, world.home.firms[0], by=visitor, photos=[sha256(data).hexdigest()]).visit
    photo = take_photo(data, by=visitor, received_at=AT)
    assert (photo.visit, photo.sha256) == (visit, sha256(data).hexdigest())
    assert sha256(kept_photo(photo.kept_sha256)).hexdigest() == photo.kept_sha256
    assert b"CameraMaker" not in kept_photo(photo.kept_sha256)
    assert [x.basis["sha256"] for x in Event.objects.filter(act="add_photo")] == [photo.sha256]


def test_a_photo_that_comes_before_its_visit_is_found(world: World) -> None:
    data, visitor = picture(), world.user(Role.VISITOR)
    first = take_photo(data, by=visitor, received_at=AT)
    assert first.visit is None
    visit = visited(world, world.home.firms[0], by=visitor, photos=[first.sha256]).visit
    assert [x.kept_sha256 for x in visit.photos.all()] == [first.kept_sha256]


def test_a_photo_sent_twice_is_kept_once(world: World) -> None:
    data, visitor = picture(), world.user(Role.VISITOR)
    assert take_photo(data, by=visitor, received_at=AT) == take_photo(data, by=visitor, received_at=AT)
    assert VisitPhoto.objects.count() == 1


def test_somebody_elses_photo_with_the_same_hash_stays_theirs(world: World) -> None:
    data = picture()
    take_photo(data, by=world.user(Role.OFFICER), received_at=AT)
    visit = visited(world, world.home.firms[0], by=world.user(Role.VISITOR), photos=[sha256(data).hexdigest()]).visit
    assert [x.kept_sha256 for x in visit.photos.all()] == [""]


@pytest.mark.parametrize("data", [b"", b"no picture", b"GIF89a" + b"\0" * 100])
def test_what_is_no_photo_is_refused(world: World, data: bytes) -> None:
    with pytest.raises(BadFile):
        take_photo(data, by=world.user(Role.VISITOR), received_at=AT)
    assert VisitPhoto.objects.count() == 0


def test_a_damaged_photo_and_a_flood_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = world.user(Role.VISITOR)
    with pytest.raises(BadFile):
        take_photo(picture(), by=visitor, received_at=AT, sha256="0" * 64)
    monkeypatch.setattr(visit_photo, "MOST_LOOSE", 1)
    take_photo(picture(), by=visitor, received_at=AT)
    with pytest.raises(TooMany):
        take_photo(picture("blue"), by=visitor, received_at=AT)
