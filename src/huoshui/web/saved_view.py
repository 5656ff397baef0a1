"""Saved views of lists (常用视图): kept and deleted from the list itself."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from huoshui.models import SavedView
from huoshui.services.saved_view import delete_view, save_view
from huoshui.web.door import EVERY_ROLE, door
from huoshui.web.language import say


@door(*EVERY_ROLE)
@require_POST
def save(request: Any) -> HttpResponse:
    """Keep the filters at hand (保存视图)."""
    given = request.POST
    view = save_view(given.get("name", ""), user=request.user, listing=given.get("listing", ""), query=given.get("query", ""))
    messages.success(request, say(f"已保存视图“{view.name}”", f"The view “{view.name}” is kept"))
    return _back(request)


@door(*EVERY_ROLE)
@require_POST
def delete(request: Any, view: int) -> HttpResponse:
    """Let a view go (删除视图)."""
    delete_view(get_object_or_404(SavedView.objects.visible_to(request.viewer), pk=view))
    messages.success(request, say("视图已删除", "The view is deleted"))
    return _back(request)


def _back(request: Any) -> HttpResponse:
    address = request.POST.get("back", "/")
    safe = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return redirect(address if safe else "/")


urlpatterns = [path("views/save", save, name="save"), path("views/<int:view>/delete", delete, name="delete")]
