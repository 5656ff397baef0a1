"""No keys of this machine take part in the tests of models."""

import pytest

from huoshui.services.model.signatures import KEY_VARIABLE, TRUSTED_VARIABLE


@pytest.fixture(autouse=True)
def _no_keys_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (KEY_VARIABLE, TRUSTED_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
