"""Photographs as they come in (照片检查): looked at by content, made smaller, written anew without what a phone adds."""

import io
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from huoshui.errors import BadFile

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 60_000_000
LONGEST_EDGE: Final = 2400  # pixels; small print of a licence is still readable
FEWEST_PIXELS: Final = 200  # of the shorter edge
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_QUALITY: Final = 85


def clean_photo(raw: bytes) -> bytes:
    """A photograph as JPEG without place, device and time (照片重编码), upright, its longer edge at most 2400 pixels.

    Raises BadFile for more than 10 MB or 60 million pixels, for anything but JPEG, PNG and WebP (by content, not by name), and
    for pictures that are broken or tiny.
    """
    if len(raw) > MOST_BYTES:
        raise BadFile("a photograph has at most 10 MB", zh="照片不能超过10MB", field="photo")
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise BadFile("a photograph has at most 60 million pixels", zh="照片尺寸过大，请用手机直接拍摄", field="photo")
            opened.verify()
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadFile(
            "a photograph has at most 60 million pixels", zh="照片尺寸过大，请用手机直接拍摄", field="photo"
        ) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadFile("not a photograph in JPEG, PNG or WebP", zh="请上传JPG、PNG或WebP格式的照片", field="photo") from error
    if min(upright.size) < FEWEST_PIXELS:
        raise BadFile("the photograph is too small to be read", zh="照片太小，看不清，请重新拍摄", field="photo")
    upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
