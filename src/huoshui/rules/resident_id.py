"""Resident identity number (公民身份号码): GB 11643—1999, never shown in full.

17 digits (six of region, eight of birth date, three of sequence) and a check. Nothing that leaves this module holds the number:
results and messages show it masked, 360426********0071.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from huoshui.rules.uscc import clean_code
from huoshui.terms import CodeVerdict

NOT_THE_FORM: Final = "expected 17 digits and a check digit or X"
OLD_FORM: Final = "numbers of 15 digits ended in 2013; ask for the one of 18 (请提供18位号码)"
NO_SUCH_DAY: Final = "the birth date in it is no day between 1900 and today"
WRONG_CHECK: Final = "the check digit fails; compare with the identity card (请核对身份证)"

_FORM: Final = re.compile(r"\d{17}[\dX]", re.ASCII)
_OLD_FORM: Final = re.compile(r"\d{15}", re.ASCII)
_EARLIEST: Final = date(1900, 1, 1)
_CHECKS: Final = "10X98765432"


@dataclass(frozen=True, slots=True)
class ResidentIdVerdict:
    """What a resident identity number says about itself (身份证号码校验结果), with the number masked."""

    masked: str
    verdict: CodeVerdict
    region_code: str | None
    notes: tuple[str, ...]


def check_resident_id(text: str, *, on: date) -> ResidentIdVerdict:
    """Check a resident identity number (校验公民身份号码): form, birth date not after the day `on`, check digit."""
    number = clean_code(text)
    masked = mask_resident_id(number)
    if not _FORM.fullmatch(number):
        notes = (NOT_THE_FORM, OLD_FORM) if _OLD_FORM.fullmatch(number) else (NOT_THE_FORM,)
        return ResidentIdVerdict(masked, CodeVerdict.INVALID_FORMAT, None, notes)
    if not _is_birth_date(number[6:14], on=on):
        return ResidentIdVerdict(masked, CodeVerdict.INVALID_FORMAT, None, (NO_SUCH_DAY,))
    if resident_id_check(number[:17]) != number[17]:
        return ResidentIdVerdict(masked, CodeVerdict.CHECKSUM_MISMATCH, number[:6], (WRONG_CHECK,))
    return ResidentIdVerdict(masked, CodeVerdict.VALID, number[:6], ())


def mask_resident_id(text: str) -> str:
    """The number with its birth date hidden (身份证号码脱敏); anything that is not 18 characters is hidden altogether."""
    number = clean_code(text)
    return f"{number[:6]}{'*' * 8}{number[14:]}" if _FORM.fullmatch(number) else "*" * len(number)


def resident_id_check(digits: str) -> str:
    """The 18th character that belongs to the first 17 digits (第18位校验码): weights are powers of two, modulo 11."""
    return _CHECKS[sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(digits)) % 11]


def _is_birth_date(digits: str, *, on: date) -> bool:
    try:
        born_on = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return _EARLIEST <= born_on <= on
