"""Approve a model and take an approval back (批准与撤销模型): by another person than who trained it, for a kept reason."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from huoshui import policy
from huoshui.adapters.signing import Withdrawal, add_withdrawal
from huoshui.errors import BadKey, BadRequest, NotApproved
from huoshui.policy.region import NATION
from huoshui.rules.model_limits import ModelLimits, missed_limits
from huoshui.services.model.folder import Model, read_model, write_signatures
from huoshui.services.model.signatures import (
    Manifest,
    check_two_people,
    demand_key,
    distrust,
    find_trusted,
    read_manifest,
    sign_act,
    trusted_path,
)
from huoshui.terms import ModelAct, ModelStatus


def approve_model(
    path: Path,
    *,
    by: str,
    on: date,
    reason: str,
    key: Path | None = None,
    trusted: Path | None = None,
    override: bool = False,
    region: str = NATION,
) -> dict[str, Any]:
    """Approve a model (批准模型); returns what was approved and which limits were let pass.

    Raises MakerIsChecker where `by` or the key trained it; NotApproved where nobody trusted signed the training, or the metrics
    miss a limit of the policy model_monitoring and `override` is not given; BadRequest without a reason, or where it is
    approved already; BadKey for a key that is not trusted as a checker's.
    """
    model = read_model(path, trusted=trusted, allow_unapproved=True)
    _check_may_be_approved(model, on=on, reason=reason)
    manifest, signer = read_manifest(path), demand_key(key)
    trained = manifest.find(ModelAct.TRAINED)
    if trained is not None:
        check_two_people(trained, by=by, public_key=signer.public_key)
    found = policy.read("model_monitoring", region=region, on=on)
    missed = missed_limits(figures_of(model.document("metrics.json")), limits=policy.bind(found, ModelLimits).approval)
    sentences = tuple(x.sentence for x in missed)
    if missed and not override:
        raise NotApproved(f"the model {path} misses its limits: {'; '.join(sentences)}; --override keeps your reason for it")
    signed = sign_act(
        manifest, act=ModelAct.APPROVED, by=by, on=on, key=signer, reason=reason, overridden=sentences if override else ()
    )
    _check_trusted(signed, trusted=trusted)
    write_signatures(path, manifest=signed)
    cited = [{**asdict(x), "since": x.since.isoformat()} for x in found.citations if x.field == "approval"]
    return {
        **read_model(path, trusted=trusted).basis,
        "reason": reason.strip(),
        "overridden": list(sentences),
        "citations": cited,
    }


def withdraw_model(
    path: Path, *, by: str, on: date, reason: str, key: Path | None = None, trusted: Path | None = None
) -> dict[str, Any]:
    """Take an approval back (撤销批准), in the folder and on the list of trusted keys, so that no older copy is used.

    Raises BadRequest where there is nothing to withdraw or no reason; BadKey where the key is not trusted as a checker's, or no
    list of trusted keys is named.
    """
    model = read_model(path, trusted=trusted, allow_unapproved=True)
    manifest = read_manifest(path)
    _check_reason(reason)
    approved = manifest.find(ModelAct.APPROVED)
    if approved is None or model.status is ModelStatus.WITHDRAWN:
        raise BadRequest(f"the model {path} is {model.status.en}; there is no approval to withdraw", field="model")
    if on < approved.on:
        raise BadRequest(f"the model {path} was approved on {approved.on}; it cannot be withdrawn before", field="on")
    signed = sign_act(manifest, act=ModelAct.WITHDRAWN, by=by, on=on, key=demand_key(key), reason=reason)
    _check_trusted(signed, trusted=trusted)
    add_withdrawal(trusted_path(trusted), withdrawal=Withdrawal(manifest.sha256, by.strip(), on))
    write_signatures(path, manifest=signed)
    return {
        **read_model(path, trusted=trusted, allow_unapproved=True).basis,
        "reason": reason.strip(),
        "withdrawn_by": by.strip(),
    }


def figures_of(metrics: Any) -> dict[str, Decimal | None]:
    """The plain figures of metrics.json (指标) as decimals; what is no number is left out."""
    given = metrics if isinstance(metrics, dict) else {}
    return {name: Decimal(str(value)) for name, value in given.items() if isinstance(value, (int, float)) and isfinite(value)}


def _check_may_be_approved(model: Model, *, on: date, reason: str) -> None:
    _check_reason(reason)
    if model.status in (ModelStatus.UNSIGNED, ModelStatus.UNTRUSTED):
        expected = "expected a training that a trusted maker has signed"
        raise NotApproved(f"the model {model.path} is {model.status.en} and cannot be approved; {expected}", field="model")
    if model.status is not ModelStatus.UNAPPROVED:
        raise BadRequest(f"the model {model.path} is {model.status.en} already; train it anew to decide again", field="model")
    if on < model.acts[0].on:
        raise BadRequest(f"the model {model.path} was trained on {model.acts[0].on}; it cannot be approved before", field="on")


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise BadRequest("an approval and a withdrawal need a reason in words", field="reason")


def _check_trusted(signed: Manifest, *, trusted: Path | None) -> None:
    if why := distrust(find_trusted(trusted), signed.acts[-1]):
        raise BadKey(f"{why}; expected a key on the list of trusted keys, with the role checker", field="key")
