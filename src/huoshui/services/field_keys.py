"""Rotation of the field keys (字段密钥轮换): what an old key sealed is sealed anew with the first one.

The order is: put the new key first in HUOSHUI_FIELD_KEYS and keep the old one behind it, restart, run `huoshui keys rotate`
until nothing is left, then take the old key out. It may be stopped and run again at any time; a row that somebody changes
meanwhile is left to them.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Cast

from huoshui.models.fields import SealedField
from huoshui.models.secrets import seal, seal_bytes, sealed_bytes_of, sealed_with_first_key, unseal, unseal_bytes

_BATCH: Final = 500
_PHOTOS: Final = "photos"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was sealed anew (轮换结果): values of fields, second factors, photographs."""

    fields: int
    second_factors: int
    photos: int


def sealed_fields() -> Iterator[tuple[type[models.Model], str]]:
    """Every sealed field of every model (加密字段)."""
    for model in apps.get_app_config("huoshui").get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedField):
                yield model, field.name


def rotate_field_keys(*, progress: Progress) -> Rotated:
    """Seal anew what the first field key does not open (轮换字段密钥). Raises Unreadable where no key opens a value."""
    fields = 0
    for model, name in sealed_fields():
        changed = _rotate_field(model, name)
        progress(f"{model._meta.model_name}.{name}: {changed}")
        fields += changed
    return Rotated(fields, _rotate_second_factors(), _rotate_photos())


def waiting_for_rotation() -> int:
    """How many values of fields the first key does not open (待轮换数)."""
    return sum(1 for model, name in sealed_fields() for _ in _waiting(model, name))


def _waiting(model: type[models.Model], name: str) -> Iterator[tuple[Any, str]]:
    for pk, raw in (
        _with_raw_text(model, name).exclude(**{name: ""}).order_by("pk").values_list("pk", "raw_text").iterator(_BATCH)
    ):
        if raw and not sealed_with_first_key(sealed_bytes_of(raw)):
            yield pk, raw


def _with_raw_text(model: type[models.Model], name: str) -> models.QuerySet[Any]:
    manager = model._meta.default_manager
    if manager is None:
        raise TypeError(f"{model.__name__} has no manager")
    return manager.annotate(raw_text=Cast(F(name), models.TextField()))


def _rotate_field(model: type[models.Model], name: str) -> int:
    changed = 0
    for pk, raw in list(_waiting(model, name)):
        changed += _with_raw_text(model, name).filter(pk=pk, raw_text=raw).update(**{name: unseal(raw)})
    return changed


@transaction.atomic
def _rotate_second_factors() -> int:
    changed = 0
    for row in Authenticator.objects.select_for_update().order_by("pk"):
        old = {x: y for x, y in row.data.items() if isinstance(y, str) and y.startswith("1.")}
        new = {x: seal(unseal(y)) for x, y in old.items() if not sealed_with_first_key(sealed_bytes_of(y))}
        if new:
            row.data = {**row.data, **new}
            row.save(update_fields=["data"])
            changed += 1
    return changed


def _rotate_photos() -> int:
    changed = 0
    if not default_storage.exists(_PHOTOS):
        return 0
    for folder in default_storage.listdir(_PHOTOS)[0]:
        for name in default_storage.listdir(f"{_PHOTOS}/{folder}")[1]:
            changed += _rotate_photo(f"{_PHOTOS}/{folder}/{name}")
    return changed


def _rotate_photo(path: str) -> int:
    with default_storage.open(path) as file:
        raw = file.read()
    if sealed_with_first_key(raw):
        return 0
    beside = default_storage.save(f"{path}.rotated", ContentFile(seal_bytes(unseal_bytes(raw))))
    os.replace(default_storage.path(beside), default_storage.path(path))  # noqa: PTH105 - at once, whoever reads meanwhile
    return 1
