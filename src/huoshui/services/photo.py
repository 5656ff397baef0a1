"""Photographs at rest (照片存储): by their SHA-256, encrypted with the field key; who may see one is for its record to say."""

import hashlib
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from huoshui.adapters.photo import clean_photo
from huoshui.errors import BadFile
from huoshui.models.secrets import seal_bytes, unseal_bytes

_FOLDER: Final = "photos"


def keep_photo(raw: bytes) -> str:
    """Check, rewrite, encrypt and keep a photograph (保存照片); returns the SHA-256 of what is kept. The same one is kept once.

    Raises BadFile for what is no photograph.
    """
    plain = clean_photo(raw)
    sha256 = hashlib.sha256(plain).hexdigest()
    path = _path(sha256)
    if not default_storage.exists(path):
        written = default_storage.save(path, ContentFile(seal_bytes(plain)))
        if written != path:  # somebody kept the same one in between
            default_storage.delete(written)
    return sha256


def kept_photo(sha256: str) -> bytes:
    """A kept photograph as JPEG (读取照片). Raises BadFile where there is none; Unreadable where no key opens it."""
    try:
        with default_storage.open(_path(sha256)) as file:
            return unseal_bytes(file.read())
    except FileNotFoundError as error:
        raise BadFile("the photograph is no longer kept", zh="照片已不再保存") from error


def forget_photo(sha256: str) -> None:
    """Delete a kept photograph (删除照片); the caller has made sure that no other record shows it."""
    default_storage.delete(_path(sha256))


def _path(sha256: str) -> str:
    return f"{_FOLDER}/{sha256[:2]}/{sha256}"
