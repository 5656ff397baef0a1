import io
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from huoshui.errors import BadFile
from huoshui.services.photo import forget_photo, keep_photo, kept_photo


def picture(width: int = 640, height: int = 480, *, form: str = "JPEG", exif: bool = False) -> bytes:
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    out = io.BytesIO()
    data = Image.Exif()
    data[0x010F], data[0x0112] = "a phone", 6  # maker; turned by a quarter
    image.save(out, form, **({"exif": data} if exif else {}))
    return out.getvalue()


def stored(sha256: str) -> Path:
    return Path(default_storage.path("")) / "photos" / sha256[:2] / sha256


def test_a_photograph_is_kept_once_under_its_hash_and_not_readable_at_rest() -> None:
    first, second = keep_photo(picture()), keep_photo(picture())
    assert first == second
    assert list(stored(first).parent.glob(f"{first}*")) == [stored(first)]
    assert not stored(first).read_bytes().startswith(b"\xff\xd8")
    assert kept_photo(first).startswith(b"\xff\xd8")


def test_what_a_phone_adds_is_left_out_and_the_picture_stands_upright() -> None:
    with Image.open(io.BytesIO(kept_photo(keep_photo(picture(exif=True))))) as kept:
        assert (kept.size, dict(kept.getexif())) == ((480, 640), {})


def test_a_large_photograph_becomes_smaller() -> None:
    with Image.open(io.BytesIO(kept_photo(keep_photo(picture(5000, 3000))))) as kept:
        assert kept.size == (2400, 1440)


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (40_000, 40_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"%PDF-1.7 not a picture", "JPEG"),
        (b"\xff\xd8\xff\xe0 only looks like one", "JPEG"),
        (picture(form="GIF"), "JPEG"),
        (picture(form="PNG")[:-2000], "JPEG"),
        (b"\x00" * (10 * 1024 * 1024 + 1), "10 MB"),
        (picture(120, 120), "too small"),
        (bomb(), "60 million"),
    ],
    ids=["pdf", "fake", "gif", "cut", "heavy", "tiny", "bomb"],
)
def test_what_is_no_photograph_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(BadFile, match=said):
        keep_photo(raw)


def test_a_forgotten_photograph_is_gone() -> None:
    kept = keep_photo(picture(321, 300))
    forget_photo(kept)
    with pytest.raises(BadFile, match="no longer kept"):
        kept_photo(kept)
