"""The folder of a model (模型目录): a few readable files, what they must be to the byte, who trained them and who approved.

    model.yaml        the points table; metrics.json, training.json, curves.json, challenger.txt tell how it came about
    signatures.json   the sha256 of every file, and the acts: trained by, approved by, withdrawn by, each signed with Ed25519

Every act signs the list of files and the act before it, so none can be left out of the middle or moved. Reading verifies all of
it. A model that is not approved is read only where that is asked for, and it says so of itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from huoshui.adapters.points_file import read_points_text
from huoshui.adapters.result_folder import open_result_folder
from huoshui.adapters.signing import SigningKey
from huoshui.errors import BadModel, NotApproved, OutputError
from huoshui.rules.points_table import PointsTable
from huoshui.services.model.signatures import (
    FORMAT,
    SIGNATURES,
    Act,
    Manifest,
    check_acts,
    find_trusted,
    judge,
    read_manifest,
    sign_act,
)
from huoshui.terms import ModelAct, ModelStatus

TABLE: Final = "model.yaml"
TRAINING: Final = "training.json"
SYNTHETIC: Final = "synthetic data (合成数据)"
LARGEST_FILE: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Model:
    """A model that was read and verified (已核验的模型): `sha256` names exactly these files."""

    path: Path
    table: PointsTable
    files: Mapping[str, bytes]
    sha256: str
    acts: tuple[Act, ...]
    status: ModelStatus

    @property
    def notice(self) -> str:
        """A sentence for every result of a model that is not approved (未批准提示); empty for one that is."""
        if self.status is ModelStatus.APPROVED:
            return ""
        return f"this model is {self.status.en} ({self.status.zh}); its figures may not decide on a loan"

    @property
    def training(self) -> Mapping[str, Any]:
        """What training.json says (训练记录); empty where there is none. Raises BadModel for one that is no JSON."""
        found = self.document(TRAINING) if TRAINING in self.files else {}
        return found if isinstance(found, dict) else {}

    @property
    def is_synthetic(self) -> bool:
        """Whether the model was trained on synthetic data (合成数据训练)."""
        return self.training.get("synthetic") is True

    @property
    def basis(self) -> dict[str, Any]:
        """The model as a result keeps it (模型依据): name, version, sha256, status, its data, who trained and who approved."""
        known = {x.act: x for x in self.acts}
        trained, approved = known.get(ModelAct.TRAINED), known.get(ModelAct.APPROVED)
        return {
            "name": self.table.name,
            "version": self.table.version,
            "sha256": self.sha256,
            "status": self.status.value,
            "notice": self.notice,
            "synthetic": self.is_synthetic,
            "trained_by": trained.by if trained else None,
            "trained_on": trained.on.isoformat() if trained else None,
            "approved_by": approved.by if approved else None,
            "approved_on": approved.on.isoformat() if approved else None,
        }

    def document(self, name: str) -> Any:
        """One of the JSON files (模型文件), such as metrics.json; raises BadModel where it is missing or no JSON."""
        if name not in self.files:
            raise BadModel(f"the model {self.path} has no {name}", field="model")
        try:
            return json.loads(self.files[name])
        except ValueError as error:
            raise BadModel(f"{self.path / name} is not readable as JSON: {error}", field="model") from error


def read_model(path: Path, *, trusted: Path | None = None, allow_unapproved: bool = False) -> Model:
    """Read a model and verify all of it (读取模型).

    `trusted` is the list of trusted keys, else the one that HUOSHUI_MODEL_TRUSTED_KEYS names. Where there is a list, only
    models that are approved by it are read, unless `allow_unapproved`; where there is none, nobody could approve, and the
    model's notice says that it is not approved. Raises BadModel for an unknown format, a changed byte, a missing or additional
    file and a signature that does not hold; MakerIsChecker where who trained also approved; NotApproved for a model that is
    not approved or was withdrawn; BadKey for a bad list of trusted keys.
    """
    manifest = read_manifest(path)
    files = _read_files(path, manifest)
    check_acts(manifest, path=path)
    keys = find_trusted(trusted)
    status, why = judge(manifest, trusted=keys)
    must_be_approved = bool(keys.keys) or status is ModelStatus.WITHDRAWN
    if status is not ModelStatus.APPROVED and must_be_approved and not allow_unapproved:
        raise NotApproved(f"the model {path} is {status.en}: {why}; --allow-unapproved reads it all the same", field="model")
    if TABLE not in files:
        raise BadModel(f"the model {path} has no {TABLE}", field="model")
    return Model(path, _read_table(files[TABLE], where=path / TABLE), files, manifest.sha256, manifest.acts, status)


def write_model(out: Path, *, files: Mapping[str, bytes], trained_by: str, on: date, key: SigningKey | None) -> Manifest:
    """Write a model folder as a whole and sign the training (写出模型目录).

    Without a key the folder is complete, but unsigned, and cannot be approved. Raises BadModel where `files` hold no readable
    points table; OutputError where `out` is something else, or holds a model that was approved.
    """
    if TABLE not in files or SIGNATURES in files or any(Path(x).name != x for x in files):
        raise BadModel(f"a model folder needs {TABLE}, plain file names, and makes {SIGNATURES} itself")
    _read_table(files[TABLE], where=out / TABLE)
    manifest = Manifest(FORMAT, {name: sha256(files[name]).hexdigest() for name in sorted(files)})
    if key is not None:
        manifest = sign_act(manifest, act=ModelAct.TRAINED, by=trained_by, on=on, key=key)
    if (out / SIGNATURES).is_file() and read_manifest(out).find(ModelAct.APPROVED):
        raise OutputError(f"{out} holds a model that was approved; expected another folder", field="out")
    with open_result_folder(out, marker=SIGNATURES) as place:
        result = place.unfinished / "result"
        result.mkdir()
        for name, content in {**files, SIGNATURES: manifest.content}.items():
            (result / name).write_bytes(content)
        place.put(result)
    return manifest


def write_signatures(path: Path, *, manifest: Manifest) -> None:
    """Put a new signatures.json into a model folder (更新签名文件), at one stroke; raises OutputError."""
    beside = path.absolute().with_name(f".{path.name}.{SIGNATURES}")
    try:
        beside.write_bytes(manifest.content)
        beside.replace(path / SIGNATURES)
    except OSError as error:
        raise OutputError(f"cannot write to {path}: {error.strerror or error}", field="model") from error


def _read_table(content: bytes, *, where: Path) -> PointsTable:
    try:
        return read_points_text(content)
    except BadModel as error:
        raise BadModel(f"{where}: {error.message}", field="model") from error


def _read_files(path: Path, manifest: Manifest) -> dict[str, bytes]:
    try:
        there = {x.name: x for x in path.iterdir() if x.name != SIGNATURES}
        if missing := sorted(manifest.files.keys() - there.keys()):
            raise BadModel(f"the model {path} lacks {missing[0]}, which {SIGNATURES} lists", field="model")
        if additional := sorted(there.keys() - manifest.files.keys()):
            raise BadModel(f"the model {path} holds {additional[0]}, which {SIGNATURES} does not list", field="model")
        return {name: _read_file(there[name], wanted=manifest.files[name]) for name in sorted(there)}
    except OSError as error:
        raise BadModel(f"the model {path} cannot be read: {error.strerror or error}", field="model") from error


def _read_file(file: Path, *, wanted: str) -> bytes:
    if file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST_FILE:
        raise BadModel(f"{file} is no plain file of at most {LARGEST_FILE >> 20} MB", field="model")
    content = file.read_bytes()
    if sha256(content).hexdigest() != wanted:
        raise BadModel(f"{file} is not the file that was signed: its content has changed", field="model")
    return content
