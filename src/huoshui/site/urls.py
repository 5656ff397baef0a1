"""Addresses (路由): every page module brings its own `urlpatterns`; this file only says in which order."""

from importlib import import_module
from typing import Final

from django.urls import include, path

PAGES: Final = (
    "home",
    "account",
    "organization",
    "people",
    "privacy",
    "saved_view",
    "story",
    "api_docs",
    "health",
    "token",
    "webhook",
    "loan_code",
    "authentication",
    "power",
    "scan",
    "firm",
    "campaign",
    "visit",
    "visit_book",
    "offline",
    "demand",
    "review",
    "push",
    "repair",
    "clock",
)  # a module of huoshui.web each, and the name space of its addresses

urlpatterns = [path("", include((import_module(f"huoshui.web.{page}").urlpatterns, page))) for page in PAGES]
urlpatterns += [path("accounts/", include(import_module("huoshui.web.account").library_urls))]
urlpatterns += [path("api/", include("huoshui.api"))]

handler400 = "huoshui.web.failures.bad_request"
handler403 = "huoshui.web.failures.not_allowed"
handler404 = "huoshui.web.failures.not_found"
handler500 = "huoshui.web.failures.broken"
