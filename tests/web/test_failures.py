"""What went wrong is said in both languages, and never with another status than what it is."""

import pytest
from django.test import Client, RequestFactory
from django.utils import translation

from huoshui.web import failures

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "told"), [("", "页面不存在"), ("en", "There is no such page")])
def test_a_page_that_is_not_there_says_so(language: str, told: str) -> None:
    answer = Client().get("/no/such/page", {"language": language} if language else None)
    assert answer.status_code == 404
    assert told in answer.content.decode()


@pytest.mark.parametrize(("language", "told"), [("zh-hans", "页面已过期"), ("en", "The page is too old")])
def test_a_form_that_is_too_old_says_so(language: str, told: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["language"] = language
    answer = client.post("/views/save", {"name": "x"})
    assert answer.status_code == 403
    assert told in answer.content.decode()


def test_a_broken_page_is_told_without_the_database() -> None:
    with translation.override("en"):
        answer = failures.broken(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Something broke" in answer.content.decode()
    assert "系统故障" in failures.broken(RequestFactory().get("/")).content.decode()


def test_bad_requests_and_refusals_have_pages(rf: RequestFactory) -> None:
    for page, status in ((failures.bad_request, 400), (failures.not_allowed, 403)):
        answer = page(rf.get("/"), ValueError("secret"))
        assert answer.status_code == status
        assert "secret" not in answer.content.decode()
