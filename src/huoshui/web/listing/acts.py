"""Acts on many rows of a list, and the question before an act that cannot be taken back (批量操作、操作确认)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from huoshui.models import Viewer
from huoshui.terms import Role

_NOT_KEPT: Final = ("csrfmiddlewaretoken", "confirmed")
_NAMES: Final = 12


@dataclass(frozen=True, slots=True)
class BulkAct:
    """An act on the chosen rows (批量操作): a button that posts them to the page `page`, for holders of one of the roles."""

    page: str
    label: str = field(kw_only=True)
    roles: tuple[Role, ...] = field(default=(), kw_only=True)
    main: bool = field(default=False, kw_only=True)

    def is_for(self, viewer: Viewer) -> bool:
        """Whether the viewer is offered it (是否可用)."""
        return not self.roles or viewer.has(*self.roles)


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the reader was asked and said yes (是否已确认)."""
    return request.method == "POST" and request.POST.get("confirmed") == "yes"


def ask_first(
    request: HttpRequest,
    *,
    title: str,
    text: str,
    act: str,
    back: str,
    names: Sequence[str] = (),
    danger: bool = False,
    form: forms.Form | None = None,
    frame: str = "base.html",
) -> HttpResponse:
    """A page that asks before an act (确认页): it posts what was posted, and `form`, to the same address.

    `names` are what the act is about, of which the first twelve are told; `act` is what the button says. A page calls it
    until `is_confirmed(request)`; fields of `form` are not kept from the first post, they are asked here.
    """
    own = set(form.fields) if form else set()
    kept = [(key, x) for key, values in request.POST.lists() if key not in _NOT_KEPT and key not in own for x in values]
    context = {
        "title": title,
        "text": text,
        "act": act,
        "back": back,
        "names": names[:_NAMES],
        "more": max(0, len(names) - _NAMES),
        "danger": danger,
        "form": form,
        "kept": kept,
        "frame": frame,
    }
    return render(request, "parts/confirm.html", context)
