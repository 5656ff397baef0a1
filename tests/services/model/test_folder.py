"""A model folder: what was written reads back, and whatever was touched is refused with its own sentence."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from huoshui.adapters.signing import TrustedKey, Withdrawal, add_trusted, add_withdrawal, load_key, make_key
from huoshui.errors import BadModel, HuoshuiError, MakerIsChecker, NotApproved, OutputError
from huoshui.services.model.folder import Model, read_model, write_model, write_signatures
from huoshui.services.model.signatures import SIGNATURES, TRUSTED_VARIABLE, read_manifest, sign_act
from huoshui.terms import ModelAct, ModelStatus
from tests.services.model.small_models import (
    APPROVED,
    CHECKER,
    MAKER,
    TRAINED,
    People,
    documents,
    make_people,
    small_table,
    write_small,
)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return make_people(tmp_path_factory.mktemp("people"))


def approve(path: Path, *, people: People, by: str = CHECKER, key: Path | None = None, on: date = APPROVED) -> Path:
    signed = sign_act(
        read_manifest(path), act=ModelAct.APPROVED, by=by, on=on, key=load_key(key or people.key(by)), reason="指标达标"
    )
    write_signatures(path, manifest=signed)
    return path


@pytest.fixture
def approved(people: People, tmp_path: Path) -> Path:
    return approve(write_small(tmp_path / "model", people=people), people=people)


def read(path: Path, people: People, *, allow: bool = False) -> Model:
    return read_model(path, trusted=people.trusted, allow_unapproved=allow)


def test_an_approved_model_reads_as_it_was_written(approved: Path, people: People) -> None:
    model = read(approved, people)
    assert model.table == small_table()
    assert model.document("metrics.json")["auc"] == 0.8
    assert (model.status, model.notice) == (ModelStatus.APPROVED, "")
    assert model.basis == {
        "name": "small",
        "version": "1",
        "sha256": read_manifest(approved).sha256,
        "status": "approved",
        "notice": "",
        "synthetic": False,
        "trained_by": MAKER,
        "trained_on": "2026-03-02",
        "approved_by": CHECKER,
        "approved_on": "2026-03-09",
    }


def test_the_same_model_is_the_same_bytes(people: People, tmp_path: Path) -> None:
    one, other = (approve(write_small(tmp_path / x, people=people), people=people) for x in ("one", "other"))
    assert {x.name: x.read_bytes() for x in one.iterdir()} == {x.name: x.read_bytes() for x in other.iterdir()}


def test_the_trusted_keys_of_the_environment_are_read(approved: Path, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRUSTED_VARIABLE, str(people.trusted))
    assert read_model(approved).status is ModelStatus.APPROVED


def test_a_model_without_approval_is_read_only_where_that_is_asked_for(people: People, tmp_path: Path) -> None:
    path = write_small(tmp_path / "model", people=people)
    with pytest.raises(NotApproved, match="nobody approved it; --allow-unapproved"):
        read(path, people)
    model = read(path, people, allow=True)
    assert model.status is ModelStatus.UNAPPROVED
    assert model.notice == "this model is not approved (未批准); its figures may not decide on a loan"
    assert model.basis["notice"] == model.notice


def test_a_model_that_nobody_signed_says_so(people: People, tmp_path: Path) -> None:
    path = write_small(tmp_path / "model", people=None)
    with pytest.raises(NotApproved, match="nobody signed its training"):
        read(path, people)
    assert read(path, people, allow=True).status is ModelStatus.UNSIGNED


def test_a_key_that_is_not_on_the_list_is_not_trusted(approved: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "strangers.yaml"
    add_trusted(stranger, key=TrustedKey("王平", ("maker",), date(2026, 1, 1), make_key(tmp_path / "wang.pem").public_key))
    with pytest.raises(NotApproved, match=f"the key of {MAKER} is not among the trusted keys"):
        read_model(approved, trusted=stranger)
    assert read_model(approved, trusted=stranger, allow_unapproved=True).status is ModelStatus.UNTRUSTED


def test_where_no_keys_are_trusted_a_model_is_read_and_says_that_it_is_not_approved(approved: Path, tmp_path: Path) -> None:
    assert read_model(approved).status is ModelStatus.UNTRUSTED
    unsigned = read_model(write_small(tmp_path / "unsigned", people=None))
    assert (unsigned.status, "may not decide on a loan" in unsigned.notice) == (ModelStatus.UNSIGNED, True)


def test_a_maker_cannot_sign_as_a_checker(people: People, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other.pem")
    trusted = tmp_path / "trusted.yaml"
    shutil.copy(people.trusted, trusted)
    add_trusted(trusted, key=TrustedKey("王平", ("maker",), date(2026, 1, 1), other.public_key))
    path = approve(write_small(tmp_path / "model", people=people), people=people, by="王平", key=tmp_path / "other.pem")
    with pytest.raises(NotApproved, match="the key of 王平 is not trusted as checker on 2026-03-09"):
        read_model(path, trusted=trusted)


def test_nobody_signs_under_another_name(people: People, tmp_path: Path) -> None:
    path = approve(write_small(tmp_path / "model", people=people), people=people, by="行长", key=people.key(CHECKER))
    with pytest.raises(NotApproved, match=f"行长 signed with the key of {CHECKER}"):
        read(path, people)


def test_a_retired_key_signs_nothing_new(people: People, tmp_path: Path) -> None:
    path = approve(write_small(tmp_path / "model", people=people), people=people, on=date(2025, 12, 31))
    with pytest.raises(NotApproved, match="is not trusted as checker on 2025-12-31"):
        read(path, people)


@pytest.mark.parametrize("by", [MAKER, f" {MAKER} "])
def test_who_trained_cannot_approve_under_the_same_name(people: People, tmp_path: Path, by: str) -> None:
    path = approve(write_small(tmp_path / "model", people=people), people=people, by=by, key=people.key(CHECKER))
    with pytest.raises(MakerIsChecker, match="trained this model and cannot approve it"):
        read(path, people, allow=True)


def test_the_key_that_signed_the_training_cannot_approve(people: People, tmp_path: Path) -> None:
    path = approve(write_small(tmp_path / "model", people=people), people=people, by=CHECKER, key=people.key(MAKER))
    with pytest.raises(MakerIsChecker, match="the key that signed the training"):
        read(path, people, allow=True)


def test_a_withdrawn_model_is_not_read_even_from_an_older_copy(approved: Path, people: People, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(approved, older)
    key = load_key(people.key(CHECKER))
    withdrawn = sign_act(read_manifest(approved), act=ModelAct.WITHDRAWN, by=CHECKER, on=date(2026, 4, 1), key=key)
    write_signatures(approved, manifest=withdrawn)
    with pytest.raises(NotApproved, match=f"withdrawn: {CHECKER} withdrew it on 2026-04-01"):
        read(approved, people)
    assert read(approved, people, allow=True).status is ModelStatus.WITHDRAWN
    assert read(older, people).status is ModelStatus.APPROVED
    trusted = tmp_path / "trusted.yaml"
    shutil.copy(people.trusted, trusted)
    add_withdrawal(trusted, withdrawal=Withdrawal(withdrawn.sha256, CHECKER, date(2026, 4, 1)))
    with pytest.raises(NotApproved, match="is withdrawn"):
        read_model(older, trusted=trusted)


def change(path: Path, name: str, **changes: Any) -> None:
    raw = json.loads((path / name).read_bytes())
    (path / name).write_text(json.dumps({**raw, **changes}), encoding="utf-8")


def change_act(path: Path, number: int, **changes: Any) -> None:
    raw = json.loads((path / SIGNATURES).read_bytes())
    raw["acts"][number] |= changes
    (path / SIGNATURES).write_text(json.dumps(raw), encoding="utf-8")


def flip_a_byte(path: Path) -> None:
    content = bytearray((path / "model.yaml").read_bytes())
    content[-2] ^= 1
    (path / "model.yaml").write_bytes(content)


def rewrite_with_its_hash(path: Path) -> None:
    """A changed file with a list of files that fits it again: only the signature can tell."""
    (path / "metrics.json").write_text('{"auc": 0.99}', encoding="utf-8")
    manifest = read_manifest(path)
    files = {x: sha256((path / x).read_bytes()).hexdigest() for x in manifest.files}
    write_signatures(path, manifest=replace(manifest, files=files))


def drop_the_training(path: Path) -> None:
    manifest = read_manifest(path)
    write_signatures(path, manifest=replace(manifest, acts=manifest.acts[1:]))


def swap_a_link(path: Path) -> None:
    manifest = read_manifest(path)
    file = path / "metrics.json"
    kept = path.with_name("kept.json")
    file.rename(kept)
    file.symlink_to(kept)
    assert manifest.acts


TOUCHED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a changed byte": (flip_a_byte, r"model\.yaml is not the file that was signed: its content has changed"),
    "a missing file": (lambda x: (x / "metrics.json").unlink(), r"lacks metrics\.json, which signatures\.json lists"),
    "an additional file": (lambda x: (x / "note.txt").write_text("x"), r"holds note\.txt, which signatures\.json does not"),
    "an additional folder": (lambda x: (x / "more").mkdir(), "holds more, which"),
    "a link in place of a file": (swap_a_link, r"metrics\.json is no plain file"),
    "no signatures": (lambda x: (x / SIGNATURES).unlink(), r"has no readable signatures\.json"),
    "garbled signatures": (lambda x: (x / SIGNATURES).write_text("{"), r"signatures\.json is not readable as JSON"),
    "a later format": (lambda x: change(x, SIGNATURES, format="huoshui model folder 2"), "'huoshui model folder 2'; expected"),
    "an unknown part": (lambda x: change(x, SIGNATURES, more=1), "holds parts that no model folder has"),
    "a list of another shape": (lambda x: change(x, SIGNATURES, files=[]), "Expected `object`"),
    "a changed file with its hash": (rewrite_with_its_hash, f"the signature under trained by {MAKER} does not hold"),
    "a training that was cut out": (drop_the_training, "are not in the order trained, approved, withdrawn"),
    "another day of approval": (lambda x: change_act(x, 1, on="2026-03-10"), f"under approved by {CHECKER} does not hold"),
    "another reason": (lambda x: change_act(x, 1, reason="x"), f"under approved by {CHECKER} does not hold"),
    "another limit let pass": (lambda x: change_act(x, 1, overridden=["auc"]), f"under approved by {CHECKER} does not hold"),
    "an act after another": (lambda x: change_act(x, 1, after=""), "does not follow the act before it"),
    "a key that is none": (lambda x: change_act(x, 0, public_key="AAAA"), "under trained"),
    "a signature that is none": (lambda x: change_act(x, 0, signature="?"), "does not"),
}  # fmt: skip


@pytest.mark.parametrize("what", TOUCHED)
def test_a_touched_folder_is_refused_and_no_flag_helps(approved: Path, people: People, what: str) -> None:
    touch, sentence = TOUCHED[what]
    touch(approved)
    for allow in (False, True):
        with pytest.raises(BadModel, match=sentence) as refused:
            read(approved, people, allow=allow)
        assert refused.value.exit_status == 2


def test_every_byte_of_the_table_counts(approved: Path, people: People) -> None:
    content = (approved / "model.yaml").read_bytes()
    for place in range(0, len(content), 37):
        (approved / "model.yaml").write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(BadModel, match="its content has changed"):
            read(approved, people)


def test_a_signed_table_of_an_unknown_format_is_refused(people: People, tmp_path: Path) -> None:
    files = documents(small_table())
    files["model.yaml"] = files["model.yaml"].replace(b"points table 1", b"points table 9")
    with pytest.raises(BadModel, match="'huoshui points table 9'; expected 'huoshui points table 1'"):
        write_model(tmp_path / "model", files=files, trained_by=MAKER, on=TRAINED, key=load_key(people.key(MAKER)))
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("path", ["nowhere", "."])
def test_what_is_no_model_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadModel, match=r"is no model folder|has no readable signatures"):
        read_model(tmp_path / path)


def test_an_approved_model_is_not_written_over(approved: Path, people: People) -> None:
    before = {x.name: x.read_bytes() for x in approved.iterdir()}
    with pytest.raises(OutputError, match="holds a model that was approved"):
        write_small(approved, people=people)
    assert {x.name: x.read_bytes() for x in approved.iterdir()} == before


def test_a_model_that_is_not_approved_yet_is_replaced(people: People, tmp_path: Path) -> None:
    path = write_small(tmp_path / "model", people=people)
    write_small(path, people=people, table=small_table(name="other"))
    assert read(path, people, allow=True).table.name == "other"


def test_who_signs_has_a_name(people: People, tmp_path: Path) -> None:
    with pytest.raises(HuoshuiError, match="must have a name"):
        write_model(
            tmp_path / "model", files=documents(small_table()), trained_by=" ", on=TRAINED, key=load_key(people.key(MAKER))
        )


def test_a_document_that_is_not_there_is_named(approved: Path, people: People) -> None:
    with pytest.raises(BadModel, match=r"has no curves\.json"):
        read(approved, people).document("curves.json")


@pytest.mark.parametrize(
    ("training", "synthetic"),
    [(None, False), ({}, False), ([], False), ({"synthetic": False}, False), ({"synthetic": "true"}, False),
     ({"synthetic": True}, True)],
)  # fmt: skip
def test_a_model_is_synthetic_where_its_training_says_so(
    training: Any, synthetic: bool, people: People, tmp_path: Path
) -> None:
    model = read(write_small(tmp_path / "model", people=people, training=training), people, allow=True)
    assert model.is_synthetic is model.basis["synthetic"] is synthetic
    assert model.training == (training or {})
