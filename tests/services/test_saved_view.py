"""A view of a list is kept under a name, once, and there is an end to how many."""

import pytest

from huoshui.errors import BadRequest
from huoshui.models import SavedView
from huoshui.services.saved_view import MOST, delete_view, save_view
from huoshui.terms import Role
from tests.world import county_world

pytestmark = pytest.mark.django_db


def test_views_are_kept_by_name_and_not_without_end() -> None:
    user = county_world().user(Role.OFFICER)
    first = save_view("v", user=user, listing="firm", query="q=1")
    again = save_view("v", user=user, listing="firm", query="q=2")
    assert (again.pk, again.query) == (first.pk, "q=2")
    for number in range(MOST - 1):
        save_view(f"v{number}", user=user, listing="firm", query="")
    with pytest.raises(BadRequest, match="at most 30"):
        save_view("one more", user=user, listing="firm", query="")
    assert save_view("another list", user=user, listing="visit", query="").pk
    delete_view(first)
    assert save_view("one more", user=user, listing="firm", query="").pk
    assert SavedView.objects.count() == MOST + 1


@pytest.mark.parametrize(("name", "query"), [(" ", ""), ("x" * 41, ""), ("v", "q" * 2001)])
def test_a_view_without_a_fitting_name_is_refused(name: str, query: str) -> None:
    user = county_world().user(Role.OFFICER)
    with pytest.raises(BadRequest, match="1 to 40"):
        save_view(name, user=user, listing="firm", query=query)
    assert SavedView.objects.count() == 0
