from datetime import UTC, datetime

import pytest

from huoshui.errors import WrongStage
from huoshui.models import Event
from huoshui.services.founding import found_platform
from huoshui.services.staff_account import accept_invitation
from huoshui.terms import Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 5, tzinfo=UTC)


def test_the_first_operator_sets_a_password_by_a_link_and_runs_the_platform() -> None:
    made = found_platform(platform="平台", login_name="ops", name="王运维", at=NOW)
    user = accept_invitation(made.token, password="a-long-password-2026", at=NOW)  # noqa: S106 - of a test
    assert user.check_password("a-long-password-2026")
    assert user.viewer(on=NOW.date()).has(Role.OPERATOR)
    assert Event.objects.order_by("pk").values_list("act", flat=True)[0] == "found_platform"


def test_a_platform_is_founded_once() -> None:
    found_platform(platform="平台", login_name="ops", name="王运维", at=NOW)
    with pytest.raises(WrongStage):
        found_platform(platform="平台二", login_name="ops2", name="李运维", at=NOW)
