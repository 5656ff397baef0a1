"""Approval: two people, limits that hold unless a reason is kept, and a withdrawal that no older copy escapes."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from huoshui.errors import BadKey, BadRequest, HuoshuiError, MakerIsChecker, NotApproved
from huoshui.services.model.approve import approve_model, withdraw_model
from huoshui.services.model.folder import read_model
from huoshui.services.model.signatures import KEY_VARIABLE, TRUSTED_VARIABLE, read_manifest
from huoshui.terms import ModelAct, ModelStatus
from tests.services.model.small_models import APPROVED, CHECKER, MAKER, People, make_people, write_small

WEAK: Final = {"auc": 0.55, "ks": 0.2, "brier": 0.1}


@pytest.fixture
def people(tmp_path: Path) -> People:
    return make_people(tmp_path / "people")


@pytest.fixture
def model(people: People, tmp_path: Path) -> Path:
    return write_small(tmp_path / "model", people=people)


def given(people: People, **changes: Any) -> dict[str, Any]:
    usual = {
        "by": CHECKER, "on": APPROVED, "reason": "跨期验证达标", "key": people.key(CHECKER), "trusted": people.trusted,
    }  # fmt: skip
    return usual | changes


def test_another_person_approves_a_model_that_reaches_its_limits(model: Path, people: People) -> None:
    done = approve_model(model, **given(people))
    assert (done["status"], done["trained_by"], done["approved_by"]) == ("approved", MAKER, CHECKER)
    assert (done["reason"], done["overridden"]) == ("跨期验证达标", [])
    assert [x["unconfirmed"] for x in done["citations"]] == [True]
    assert read_model(model, trusted=people.trusted).status is ModelStatus.APPROVED


def test_key_and_list_of_the_environment_are_used(model: Path, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, str(people.key(CHECKER)))
    monkeypatch.setenv(TRUSTED_VARIABLE, str(people.trusted))
    assert approve_model(model, by=CHECKER, on=APPROVED, reason="x")["status"] == "approved"


REFUSED: Final[dict[str, tuple[dict[str, Any] | Callable[[People], dict[str, Any]], type[HuoshuiError], str]]] = {
    "by name": ({"by": MAKER}, MakerIsChecker, f"{MAKER} trained this model"),
    "by key": (lambda x: {"key": x.key(MAKER)}, MakerIsChecker, "the key that signed the training"),
    "a name that is not the key's": ({"by": "行长"}, BadKey, f"行长 signed with the key of {CHECKER}"),
    "no reason": ({"reason": "  "}, BadRequest, "need a reason"),
    "before the training": ({"on": date(2026, 3, 1)}, BadRequest, "was trained on 2026-03-02"),
    "no list of trusted keys": ({"trusted": None}, NotApproved, "signed by a key that is not trusted and cannot be approved"),
    "no key": ({"key": None}, BadKey, "a key is needed to sign"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_approval_leaves_the_folder_as_it_was(model: Path, people: People, what: str) -> None:
    changes, error, sentence = REFUSED[what]
    before = (model / "signatures.json").read_bytes()
    with pytest.raises(error, match=sentence):
        approve_model(model, **given(people, **(changes(people) if callable(changes) else changes)))
    assert (model / "signatures.json").read_bytes() == before


def test_a_model_that_nobody_signed_cannot_be_approved(people: People, tmp_path: Path) -> None:
    with pytest.raises(NotApproved, match="is not signed and cannot be approved"):
        approve_model(write_small(tmp_path / "unsigned", people=None), **given(people))


def test_a_model_is_approved_once(model: Path, people: People) -> None:
    approve_model(model, **given(people))
    with pytest.raises(BadRequest, match="is approved already"):
        approve_model(model, **given(people))


def test_a_missed_limit_is_let_pass_only_with_a_reason_that_is_kept(people: People, tmp_path: Path) -> None:
    model = write_small(tmp_path / "weak", people=people, metrics=WEAK)
    missed = ["auc is 0.55; at least 0.60 is demanded", "calibration_error is not known; at most 0.05 is demanded"]
    with pytest.raises(NotApproved, match="; ".join(missed)):
        approve_model(model, **given(people))
    done = approve_model(model, **given(people, override=True, reason="试点，单户不超过10万元"))
    assert done["overridden"] == missed
    kept = read_manifest(model).find(ModelAct.APPROVED)
    assert kept is not None
    assert (kept.overridden, kept.reason) == (tuple(missed), "试点，单户不超过10万元")


def test_nothing_is_overridden_where_nothing_is_missed(model: Path, people: People) -> None:
    assert approve_model(model, **given(people, override=True))["overridden"] == []


def test_a_withdrawn_model_is_not_used_and_neither_is_an_older_copy(model: Path, people: People, tmp_path: Path) -> None:
    approve_model(model, **given(people))
    shutil.copytree(model, tmp_path / "older")
    done = withdraw_model(model, **given(people, on=date(2026, 8, 1), reason="PSI 连续两月超限"))
    assert (done["status"], done["withdrawn_by"]) == ("withdrawn", CHECKER)
    for path in (model, tmp_path / "older"):
        with pytest.raises(NotApproved, match=f"{CHECKER} withdrew it on 2026-08-01"):
            read_model(path, trusted=people.trusted)


def test_only_an_approval_is_withdrawn_and_only_once(model: Path, people: People) -> None:
    with pytest.raises(BadRequest, match="there is no approval to withdraw"):
        withdraw_model(model, **given(people))
    approve_model(model, **given(people))
    with pytest.raises(BadRequest, match="it cannot be withdrawn before"):
        withdraw_model(model, **given(people, on=date(2026, 3, 8)))
    with pytest.raises(BadKey, match=f"the key of {MAKER} is not trusted as checker"):
        withdraw_model(model, **given(people, by=MAKER, key=people.key(MAKER)))
    withdraw_model(model, **given(people))
    with pytest.raises(BadRequest, match="there is no approval to withdraw"):
        withdraw_model(model, **given(people))


def test_who_approved_is_bound_to_these_files(model: Path, people: People) -> None:
    approve_model(model, **given(people))
    manifest = read_manifest(model)
    assert replace(manifest, acts=()).sha256 == manifest.sha256
    assert replace(manifest, files={**manifest.files, "x": "0"}).sha256 != manifest.sha256
