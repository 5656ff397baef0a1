"""Licence photographs to fields (营业执照识别): text lines by RapidOCR, off line; fields by where the lines stand.

`read_licence` is the door; it loads its engine when it is first called, once a process (about 650 MB), so that only the
worker pays for it. Without the extra `ocr` it raises MissingExtra, and people type the fields by hand.
"""

from huoshui.adapters.licence_ocr.reading import ReadField, read_licence

__all__ = ["ReadField", "read_licence"]
