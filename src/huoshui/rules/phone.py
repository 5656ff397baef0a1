"""Mobile telephone numbers of the mainland (手机号码): eleven digits from 13 to 19."""

import re
from typing import Final

from huoshui.errors import BadRequest
from huoshui.rules.uscc import clean_code

_FORM: Final = re.compile(r"1[3-9]\d{9}", re.ASCII)
_COUNTRY: Final = re.compile(r"^(?:\+|00)?86(?=1\d{10}$)", re.ASCII)


def clean_phone(text: str) -> str:
    """The eleven digits of a mobile number (规范手机号), without blanks, hyphens and +86. Raises BadRequest."""
    digits = _COUNTRY.sub("", clean_code(text).replace("-", ""))
    if not _FORM.fullmatch(digits):
        raise BadRequest("expected a mobile number of eleven digits", field="phone", zh="请填写11位手机号")
    return digits
