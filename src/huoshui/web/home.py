"""The first page (首页)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from huoshui.web.door import door


@door(public=True)
def home(request: HttpRequest) -> HttpResponse:
    """What this is, and the way to one's own work (首页)."""
    return render(request, "home/home.html")


urlpatterns = [path("", home, name="home")]
