import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as site
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import override_settings

from huoshui.errors import Unreadable
from huoshui.models import User
from huoshui.models.secrets import seal, seal_bytes, unseal, unseal_bytes
from huoshui.services.field_keys import Rotated, rotate_field_keys, sealed_fields, waiting_for_rotation

pytestmark = pytest.mark.django_db
PHONE, NAME, NUMBER = "13800000001", "欧阳测试", "350203199002020028"


@contextmanager
def keys(*, only_new: bool, new: str) -> Iterator[None]:
    old = site.HUOSHUI_KEYS
    told: dict[str, Any] = {x: old[x] for x in ("HUOSHUI_HASH_KEY", "HUOSHUI_FIELD_KEYS", "HUOSHUI_SECRET_KEY")}
    told["HUOSHUI_FIELD_KEYS"] = new if only_new else f"{new},{told['HUOSHUI_FIELD_KEYS']}"
    with override_settings(HUOSHUI_KEYS=told):
        yield


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Path) -> None:
    """No file of another test is sealed anew, nor left unreadable to it."""
    kept = settings.STORAGES["default"]
    settings.STORAGES = {**settings.STORAGES, "default": {**kept, "OPTIONS": {"location": tmp_path}}}


@pytest.fixture
def new() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@pytest.fixture
def user() -> User:
    return User.objects.create(login_name="owner", name=NAME, phone=PHONE, id_number=NUMBER)


def test_after_rotation_the_new_key_alone_opens_everything(new: str, user: User) -> None:
    row = Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": seal("SECRET")})
    default_storage.save("photos/ab/abcd", ContentFile(seal_bytes(b"photo")))
    try:
        with keys(only_new=False, new=new):
            assert waiting_for_rotation() == 3
            assert rotate_field_keys(progress=lambda _: None) == Rotated(3, 1, 1)
            assert rotate_field_keys(progress=lambda _: None) == Rotated(0, 0, 0)
            assert waiting_for_rotation() == 0
        with keys(only_new=True, new=new):
            found = User.objects.get(pk=user.pk)
            assert (found.name, found.phone, found.id_number) == (NAME, PHONE, NUMBER)
            row.refresh_from_db()
            assert unseal(row.data["secret"]) == "SECRET"
            with default_storage.open("photos/ab/abcd") as file:
                assert unseal_bytes(file.read()) == b"photo"
    finally:
        default_storage.delete("photos/ab/abcd")


@pytest.mark.usefixtures("user")
def test_without_the_old_key_nothing_is_lost_and_it_is_said(new: str) -> None:
    with keys(only_new=True, new=new), pytest.raises(Unreadable):
        rotate_field_keys(progress=lambda _: None)
    assert User.objects.get().phone == PHONE


def test_the_raw_rows_hold_no_name_telephone_or_number(user: User) -> None:
    user.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM huoshui_user")
        told = " ".join(str(x) for row in cursor.fetchall() for x in row)
    assert not [x for x in (PHONE, NAME, NUMBER, NUMBER[6:14]) if x in told]


def test_every_sealed_field_is_found() -> None:
    names = {f"{model.__name__}.{name}" for model, name in sealed_fields()}
    assert {"User.name", "User.phone", "User.id_number", "Firm.representative_name"} <= names
