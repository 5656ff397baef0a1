"""Pictures for tests: small photographs with what a camera writes into them."""

from io import BytesIO

from PIL import Image


def picture(color: str = "red", *, size: tuple[int, int] = (320, 240)) -> bytes:
    """A JPEG that says where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    out = BytesIO()
    Image.new("RGB", size, color).save(out, "JPEG", exif=exif)
    return out.getvalue()
