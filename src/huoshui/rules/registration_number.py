"""The old 15-digit registration number (工商注册号): GS 15—2006, used until the credit code replaced it.

Six digits of region, eight of sequence, one check by ISO 7064 MOD 11,10. Some provinces gave numbers with letters, and before
2007 there were numbers of 13 digits: both are kept and flagged, because they have no check to fail.
"""

import re
from dataclasses import dataclass
from typing import Final

from huoshui.rules.uscc import clean_code
from huoshui.terms import CodeVerdict

NOT_CHECKED: Final = "an older form without a check digit (旧式注册号); keep it and ask for the licence"
WRONG_CHECK: Final = "the check digit fails; keep the number and ask for the licence (请核对营业执照)"
NOT_THE_FORM: Final = "expected 15 digits, or an older number of 13 digits or with letters"

_CURRENT: Final = re.compile(r"\d{15}", re.ASCII)
_OLDER: Final = re.compile(r"\d{13}|(?=.*[A-Z])\d{6}[0-9A-Z]{7,11}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RegistrationVerdict:
    """What a registration number says about itself (注册号校验结果).

    `number` is cleaned. `expected_check` is the right last digit, None where the form has none.
    """

    number: str
    verdict: CodeVerdict
    expected_check: str | None
    region_code: str | None
    notes: tuple[str, ...]


def check_registration_number(text: str) -> RegistrationVerdict:
    """Check an old registration number (校验工商注册号)."""
    number = clean_code(text)
    if _CURRENT.fullmatch(number):
        expected = registration_check(number[:14])
        if expected == number[14]:
            return RegistrationVerdict(number, CodeVerdict.VALID, expected, number[:6], ())
        return RegistrationVerdict(number, CodeVerdict.CHECKSUM_MISMATCH, expected, number[:6], (WRONG_CHECK,))
    if _OLDER.fullmatch(number):
        return RegistrationVerdict(number, CodeVerdict.LEGACY, None, number[:6], (NOT_CHECKED,))
    return RegistrationVerdict(number, CodeVerdict.INVALID_FORMAT, None, None, (NOT_THE_FORM,))


def registration_check(digits: str) -> str:
    """The 15th digit that belongs to the first 14 (第15位校验码)."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
