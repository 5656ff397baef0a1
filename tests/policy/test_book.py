"""The rate ceiling of a book: in force since its notice, and said to be unconfirmed."""

from datetime import date

import pytest

from huoshui import policy
from huoshui.errors import NoPolicy


def test_the_ceiling_holds_since_its_notice() -> None:
    found = policy.read("book", on=date(2026, 1, 1))
    assert (found["rate_ceiling"], found.dated("rate_ceiling").unconfirmed) == ("0.24", True)
    with pytest.raises(NoPolicy):
        policy.read("book", on=date(2017, 8, 3))
