"""Loan codes in print: what is good is printed, what is not is left out."""

from datetime import timedelta
from typing import Literal

import pytest

from huoshui.errors import WrongStage
from huoshui.services.loan_code_sheet import print_codes
from huoshui.terms import CodePurpose, Role
from tests.services.test_loan_code import FIRST, LAST, issued, revoked
from tests.world import county_world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("sheet", ["poster", "cards"])
def test_a_code_is_printed(sheet: Literal["poster", "cards"]) -> None:
    world = county_world()
    card = issued(world, purpose=CodePurpose.VISIT_CARD, holder=world.user(Role.VISITOR))
    assert print_codes([card], sheet=sheet, language="zh", on=FIRST).startswith(b"%PDF-")


def test_what_no_longer_leads_anywhere_is_not_printed() -> None:
    world = county_world()
    good, bad = issued(world), revoked(issued(world), world)
    alone = print_codes([good], sheet="poster", language="zh", on=FIRST)
    assert print_codes([good, bad], sheet="poster", language="zh", on=FIRST) == alone
    for codes, on in (([bad], FIRST), ([good], LAST + timedelta(1)), ([], FIRST)):
        with pytest.raises(WrongStage):
            print_codes(codes, sheet="poster", language="zh", on=on)
