"""Unified social credit code (统一社会信用代码): GB 32100—2015 outside, GB 11714 inside.

18 characters: registering authority, kind of entity, six digits of region, the organisation code of nine characters
(whose last is its own check), and the outer check. There are two verdicts on a bad code, because real firms carry codes of
the early pilot that fail the outer check: a code of the wrong form is refused, one with the wrong check is kept and flagged.
"""

import re
from dataclasses import dataclass
from typing import Final

from huoshui.terms import CodeVerdict, EntityKind

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ASK_FOR_LICENCE: Final = "the outer check fails; keep the code and ask for the licence (请核对营业执照)"
INNER_CHECK_FAILS: Final = "the organisation code inside fails its own check (主体标识码校验不通过); compare with the licence"
OLD_NUMBER: Final = "15 digits look like an old registration number (工商注册号); check it with --kind registration"
NOT_THE_FORM: Final = "expected 18 characters of 0-9 and A-Y without I, O, S, V and Z, the 3rd to 8th being digits"
CHECK_NOTES: Final = {  # by whether the outer and the inner check are right
    (True, True): (),
    (True, False): (INNER_CHECK_FAILS,),
    (False, True): (ASK_FOR_LICENCE,),
    (False, False): (ASK_FOR_LICENCE, INNER_CHECK_FAILS),
}

_FORM: Final = re.compile(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
_FIFTEEN_DIGITS: Final = re.compile(r"\d{15}", re.ASCII)
_KINDS: Final = {
    "91": EntityKind.ENTERPRISE,
    "92": EntityKind.SOLE_TRADER,
    "93": EntityKind.COOPERATIVE,
    "11": EntityKind.ORGAN,
    "12": EntityKind.PUBLIC_INSTITUTION,
    "51": EntityKind.SOCIAL_GROUP,
    "52": EntityKind.PRIVATE_NON_ENTERPRISE,
    "53": EntityKind.FOUNDATION,
}
_BLANKS: Final = (
    *range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0xAD, 0x1680, 0x180E, *range(0x2000, 0x2010), *range(0x2028, 0x2030),
    *range(0x205F, 0x2065), 0x3000, 0xFEFF,
)  # fmt: skip
_FULL_WIDTH: Final = 0xFEE0  # from a full-width character down to its ASCII twin
_CLEANED: Final[dict[int, str | None]] = (
    {x + _FULL_WIDTH: chr(x).upper() for x in range(0x21, 0x7F)}
    | {ord(x): x.upper() for x in "abcdefghijklmnopqrstuvwxyz"}
    | dict.fromkeys(_BLANKS)
)
# The standard weighs position i with 3 to the power i, modulo 31, which is what reading the code backwards in base 34 does,
# since 34 is 3 modulo 31. The organisation code weighs with 2 to the power 8 - i, modulo 11: base 35, doubled.
_OUTER_BASE: Final = 34
_INNER_BASE: Final = 35
_AS_DIGITS: Final = bytes.maketrans(ALPHABET.encode(), b"0123456789ABCDEFGHIJKLMNOPQRSTU")
_OUTER_CHECKS: Final = ALPHABET[0] + ALPHABET[:0:-1]
_INNER_CHECKS: Final = "0X987654321"


@dataclass(frozen=True, slots=True)
class UsccVerdict:
    """What a credit code says about itself (信用代码校验结果).

    `code` is cleaned. `expected_check` is the right last character, None for a code of the wrong form.
    `organisation_check` tells whether the organisation code inside passes its own check.
    """

    code: str
    expected_check: str | None
    organisation_check: bool

    @property
    def verdict(self) -> CodeVerdict:
        """Of the wrong form, with the wrong check, or valid (校验结论)."""
        if self.expected_check is None:
            return CodeVerdict.INVALID_FORMAT
        return CodeVerdict.VALID if self.expected_check == self.code[17] else CodeVerdict.CHECKSUM_MISMATCH

    @property
    def region_code(self) -> str | None:
        """The six digits of GB/T 2260 (登记机关行政区划码); 100000 is the national office."""
        return None if self.expected_check is None else self.code[2:8]

    @property
    def organisation_code(self) -> str | None:
        """The nine characters of GB 11714 (主体标识码、组织机构代码)."""
        return None if self.expected_check is None else self.code[8:17]

    @property
    def kind(self) -> EntityKind | None:
        """The kind of entity by the first two characters (主体类别)."""
        return None if self.expected_check is None else entity_kind(self.code)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to do about a code that is not right (提示), in sentences."""
        if self.expected_check is None:
            return (NOT_THE_FORM, OLD_NUMBER) if _FIFTEEN_DIGITS.fullmatch(self.code) else (NOT_THE_FORM,)
        return CHECK_NOTES[self.expected_check == self.code[17], self.organisation_check]


def clean_code(text: str) -> str:
    """Upper case, half width, without any blank or zero-width character (规范代码写法)."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return text.translate(_CLEANED)


def entity_kind(code: str) -> EntityKind:
    """The kind of entity that the first two characters of a code name (主体类别)."""
    return _KINDS.get(code[:2], EntityKind.OTHER)


def check_uscc(text: str) -> UsccVerdict:
    """Check a unified social credit code (校验统一社会信用代码): form, outer check, inner check."""
    code = clean_code(text)
    if _FORM.fullmatch(code) is None:
        return UsccVerdict(code, None, False)
    outer = int(code[16::-1].encode().translate(_AS_DIGITS), _OUTER_BASE) % 31
    inner = int(code[8:16], _INNER_BASE) * 2 % 11
    return UsccVerdict(code, _OUTER_CHECKS[outer], code[16] == _INNER_CHECKS[inner])
