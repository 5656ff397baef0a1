"""Who did what to a model, signed (模型签名): the acts over one list of files, each bound to the act before it."""

import json
import os
import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from huoshui.adapters import signing
from huoshui.adapters.signing import Role, SigningKey, TrustedKeys
from huoshui.errors import BadKey, BadModel, BadRequest, MakerIsChecker
from huoshui.terms import ModelAct, ModelStatus

FORMAT: Final = "huoshui model folder 1"
SIGNATURES: Final = "signatures.json"
KEY_VARIABLE: Final = "HUOSHUI_MODEL_KEY_FILE"
TRUSTED_VARIABLE: Final = "HUOSHUI_MODEL_TRUSTED_KEYS"
_SALT: Final = b"huoshui model signature 1\n"
_ORDER: Final = (ModelAct.TRAINED, ModelAct.APPROVED, ModelAct.WITHDRAWN)
_ROLES: Final[dict[ModelAct, Role]] = {
    ModelAct.TRAINED: "maker",
    ModelAct.APPROVED: "checker",
    ModelAct.WITHDRAWN: "checker",
}


@dataclass(frozen=True, slots=True)
class Act:
    """One signed act (签署记录): who did what to the model on which business day, and why.

    `overridden` names the limits that the metrics missed and the approver let pass for `reason`. `after` is the sha256 of the
    signature before.
    """

    act: ModelAct
    by: str
    on: date
    public_key: str
    signature: str = ""
    reason: str = ""
    overridden: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What signatures.json says (签名清单): the sha256 of every other file by its name, and the acts in order."""

    format: str
    files: dict[str, str]
    acts: tuple[Act, ...] = ()

    @property
    def sha256(self) -> str:
        """What names exactly these files (模型编号): the sha256 of the list of files."""
        return sha256(_canonical({"format": self.format, "files": self.files})).hexdigest()

    @property
    def content(self) -> bytes:
        """The file signatures.json (签名文件内容)."""
        return (json.dumps(msgspec.to_builtins(self), ensure_ascii=False, indent=1) + "\n").encode()

    def find(self, act: ModelAct) -> Act | None:
        """The act of that kind (查找签署记录), which stands once at most."""
        return next((x for x in self.acts if x.act is act), None)


def read_manifest(path: Path) -> Manifest:
    """Read signatures.json of a model folder (读取签名清单); raises BadModel where it is missing or of an unknown format."""
    if not path.is_dir():
        raise BadModel(f"{path} is no model folder; expected one made by `huoshui model train`", field="model")
    try:
        raw = json.loads((path / SIGNATURES).read_bytes())
    except OSError as error:
        raise BadModel(f"the model {path} has no readable {SIGNATURES}: {error.strerror or error}", field="model") from error
    except ValueError as error:
        raise BadModel(f"{path / SIGNATURES} is not readable as JSON", field="model") from error
    found = raw.get("format") if isinstance(raw, dict) else None
    if found != FORMAT:
        raise BadModel(f"the model {path} has the format {found!r}; expected {FORMAT!r}", field="model")
    try:
        manifest = msgspec.convert(raw, Manifest)
    except msgspec.ValidationError as error:
        raise BadModel(f"{path / SIGNATURES}: {error}", field="model") from error
    if json.loads(manifest.content) != raw:
        raise BadModel(f"{path / SIGNATURES} holds parts that no model folder has", field="model")
    return manifest


def sign_act(
    manifest: Manifest,
    *,
    act: ModelAct,
    by: str,
    on: date,
    key: SigningKey,
    reason: str = "",
    overridden: tuple[str, ...] = (),
) -> Manifest:
    """The manifest with one more act, signed (签署); raises BadRequest without a name."""
    if not by.strip():
        raise BadRequest("who signs must have a name", field="by")
    after = _link(manifest.acts[-1]) if manifest.acts else ""
    unsigned = Act(act, by.strip(), on, key.public_key, reason=reason.strip(), overridden=overridden, after=after)
    signed = replace(unsigned, signature=key.sign(_statement(manifest, unsigned)))
    return replace(manifest, acts=(*manifest.acts, signed))


def check_acts(manifest: Manifest, *, path: Path) -> None:
    """Verify every signature, their order, and that two people acted (验签).

    Raises BadModel for a signature that does not hold or an act out of order, MakerIsChecker where one person did both.
    """
    if tuple(x.act for x in manifest.acts) != _ORDER[: len(manifest.acts)]:
        raise BadModel(f"the acts in {path / SIGNATURES} are not in the order trained, approved, withdrawn", field="model")
    for before, act in pairwise((None, *manifest.acts)):
        assert act is not None  # noqa: S101 -- pairwise yields every act once as the second
        if act.after != (_link(before) if before else ""):
            raise BadModel(f"the model {path}: {act.act} by {act.by} does not follow the act before it", field="model")
        if not _holds(manifest, act):
            raise BadModel(f"the model {path}: the signature under {act.act} by {act.by} does not hold", field="model")
    trained, approved = manifest.find(ModelAct.TRAINED), manifest.find(ModelAct.APPROVED)
    if trained and approved:
        check_two_people(trained, by=approved.by, public_key=approved.public_key)


def check_two_people(trained: Act, *, by: str, public_key: str) -> None:
    """Refuse an approval by who trained (制作与复核分离), by name and by key; raises MakerIsChecker."""
    if same_person(trained.by, by):
        raise MakerIsChecker(f"{by} trained this model and cannot approve it; expected another person", field="by")
    if trained.public_key == public_key:
        raise MakerIsChecker(
            "the key that signed the training cannot sign the approval; expected another person's", field="key"
        )


def same_person(one: str, other: str) -> bool:
    """Whether two names are one (是否同名), apart from case, width and blanks."""
    return _folded(one) == _folded(other)


def judge(manifest: Manifest, *, trusted: TrustedKeys) -> tuple[ModelStatus, str]:
    """The status of a model whose signatures hold (判定模型状态), and why in words."""
    trained, approved = manifest.find(ModelAct.TRAINED), manifest.find(ModelAct.APPROVED)
    withdrawn = manifest.find(ModelAct.WITHDRAWN)
    noted = next((x for x in trusted.withdrawn if x.model == manifest.sha256), None)
    if taken_back := noted or withdrawn:
        return ModelStatus.WITHDRAWN, f"{taken_back.by} withdrew it on {taken_back.on}"
    if trained is None:
        return ModelStatus.UNSIGNED, "nobody signed its training"
    for act in (trained, approved):
        if act is not None and (why := distrust(trusted, act)):
            return ModelStatus.UNTRUSTED, why
    if approved is None:
        return ModelStatus.UNAPPROVED, "nobody approved it"
    return ModelStatus.APPROVED, ""


def distrust(trusted: TrustedKeys, act: Act) -> str:
    """Why an act is not to be trusted (不受信原因), in words; empty where it is."""
    role = _ROLES[act.act]
    found = trusted.find(signing.key_id(act.public_key))
    if found is None:
        return f"the key of {act.by} is not among the trusted keys"
    if not same_person(found.name, act.by):
        return f"{act.by} signed with the key of {found.name}"
    if not found.may_sign(role, on=act.on):
        return f"the key of {act.by} is not trusted as {role} on {act.on}"
    return ""


def trusted_path(given: Path | None = None) -> Path:
    """Where the list of trusted keys lies (受信公钥清单位置), as given or by the environment; raises BadKey for neither."""
    named = given or _of_environment(TRUSTED_VARIABLE)
    if named is None:
        raise BadKey(f"a list of trusted keys is needed; name it with --trusted or {TRUSTED_VARIABLE}", field="trusted")
    return named


def find_trusted(given: Path | None = None) -> TrustedKeys:
    """The trusted keys (受信公钥清单): the given list, else that of the environment, else an empty one; raises BadKey."""
    named = given or _of_environment(TRUSTED_VARIABLE)
    return signing.read_trusted(named) if named else TrustedKeys()


def find_key(given: Path | None = None) -> SigningKey | None:
    """The private key of who acts (签名私钥): the given one, else that of the environment, else None; raises BadKey."""
    named = given or _of_environment(KEY_VARIABLE)
    return signing.load_key(named) if named else None


def demand_key(given: Path | None = None) -> SigningKey:
    """The private key of who acts (签名私钥); raises BadKey where none is named."""
    found = find_key(given)
    if found is None:
        raise BadKey(f"a key is needed to sign; name its file with --key or {KEY_VARIABLE}", field="key")
    return found


def _of_environment(variable: str) -> Path | None:
    named = os.environ.get(variable)
    return Path(named) if named else None


def _holds(manifest: Manifest, act: Act) -> bool:
    try:
        return signing.is_signed(_statement(manifest, act), signature=act.signature, public_key=act.public_key)
    except BadKey:
        return False


def _statement(manifest: Manifest, act: Act) -> bytes:
    said = msgspec.to_builtins(replace(act, signature=""))
    return _SALT + _canonical({"format": manifest.format, "files": manifest.files, **said})


def _link(act: Act) -> str:
    return sha256(act.signature.encode()).hexdigest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
