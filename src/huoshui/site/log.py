"""What the server writes to its log (运行日志): what broke and where, never who asked or what was sent."""

import copy
import logging
import re
from typing import Final

_HIDDEN: Final = (
    (re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])|(?<!\d)1[3-9]\d{9}(?!\d)"), "…"),  # identity number, telephone
    (re.compile(r"(/[^\s?'\"]*)\?[^\s'\"]+"), r"\1?…"),  # what follows an address
    (re.compile(r"(DETAIL:\s+).*"), r"\1…"),  # PostgreSQL tells whole rows there
)


class PlainFormatter(logging.Formatter):
    """Lines of text with the traceback (日志格式): an address as its pattern, since it may be a key; no numbers of people."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text (格式化)."""
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            record = copy.copy(record)
            record.args = tuple(_route(request) if x == path else x for x in record.args or ())
        text = super().format(record)
        for pattern, instead in _HIDDEN:
            text = pattern.sub(instead, text)
        return text


def _route(request: object) -> str:
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "an address that is none of ours"
