"""The report of a book (组合报告)."""

from typing import Any
from collections.abc import Mapping


def render_plan(summary: Mapping[str, Any], *, language: str) -> str:
    """stub (占位)."""
    return ""
