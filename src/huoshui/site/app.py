"""Huoshui as the one Django app (应用配置)."""

from django.apps import AppConfig


class HuoshuiApp(AppConfig):
    """One models package and one line of migrations (应用)."""

    name = "huoshui"
    label = "huoshui"
    verbose_name = "Huoshui"
