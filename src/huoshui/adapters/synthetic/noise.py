"""How registers miswrite firms (登记差错): codes missing, changed, cut or replaced, names in variants, places lost.

A code that is only in lower case, in full width or with blanks is still usable: cleaning brings it back. The others are not,
and their rows can be linked by name alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.synthetic import words
from huoshui.adapters.synthetic.basis import Noise
from huoshui.adapters.synthetic.codes import CODE_LENGTH, Characters, could_be_historical, old_numbers, other_characters, texts
from huoshui.adapters.synthetic.draws import ALL, Draws, Flags, Ints
from huoshui.adapters.synthetic.firms import Firms
from huoshui.adapters.synthetic.places import Places

CODE_NOISE: Final = {
    "clean": 96_000, "missing": 1_160, "changed": 900, "truncated": 500, "old_number": 440, "lower_case": 400,
    "full_width": 300, "blanks": 300,
}  # fmt: skip
NAME_NOISE: Final = {
    "clean": 92_300, "width": 2_000, "inner_blank": 2_000, "outer_blank": 2_000, "legal_form": 1_000, "typo": 700,
}  # fmt: skip
HARD_NOISE: Final = {"clean": 70_000, "place_lost": 10_000, "replaced": 10_000, "lost": 5_000, "form_lost": 5_000}
MOVED: Final = 3_000
HISTORICAL: Final = 8_300
UNUSABLE: Final = ("missing", "changed", "truncated", "old_number")
CODE_WORDS, NAME_WORDS, HARD_WORDS = tuple(CODE_NOISE), tuple(NAME_NOISE), tuple(HARD_NOISE)
_CLEAN: Final = 0
_TO_FULL: Final = {ord(x): ord(x) + 0xFEE0 for x in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz()"}
_WIDTHS: Final = _TO_FULL | {ord("（"): "(", ord("）"): ")"}
_CUTS: Final = (17, 17, 17, 16, 12)
_BLANKS: Final = (" {0}{1}{2}", "{0} {1} {2}", "{0}{1} {2}\u3000")
_TAIL: Final = 2
_LIMITED, _FULL_LIMITED, _SHARES = "有限公司", "有限责任公司", "股份有限公司"
_ENDINGS: Final = tuple(sorted({x.ending for x in words.FORMS}, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Written:
    """Firms as one register writes them (登记写法); `code_noise`, `name_noise`, `hard_noise` are places in the words above."""

    code: pa.Array
    name: pa.Array
    county: Ints
    is_usable: Flags
    code_noise: Ints
    name_noise: Ints
    hard_noise: Ints


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes firms as one register does (登记方式): `firm` are places in `firms`, `number` tells the rows apart."""

    firms: Firms
    places: Places
    noise: Noise
    draws: Draws

    def write(self, register: str, *, firm: Ints, number: Ints, is_tax: bool = False, is_hard: bool = True) -> Written:
        """Code, name and county of each row (写出), with the noise of this register."""
        shape = len(firm)
        code_noise = self._without_doubles(firm, self._drawn(register, "code", number, CODE_NOISE))
        name_noise = self._drawn(register, "name", number, NAME_NOISE)
        is_usable = ~np.isin(code_noise, [CODE_WORDS.index(x) for x in UNUSABLE])
        hard_noise, county = np.zeros(shape, np.int64), self.firms.county[firm]
        if is_hard and self.noise is Noise.HARD:
            hard_noise = np.where(is_usable, _CLEAN, self._drawn(register, "hard", number, HARD_NOISE))
            moved = ~is_usable & self.draws.happens(number, of=f"{register} moved", per_100_000=MOVED)
            step = self.draws.below(number[moved], of=f"{register} county", count=max(len(self.places.codes) - 1, 1)) + 1
            county[moved] = (county[moved] + step) % len(self.places.codes)
        is_historical = np.zeros(shape, bool)
        if is_tax and self.noise is not Noise.NONE:
            is_historical = self.draws.happens(number, of="historical id", per_100_000=HISTORICAL) & (code_noise == _CLEAN)
        return Written(
            code=self._codes(register, firm, number, code_noise, is_historical),
            name=self._names(register, firm, number, name_noise, hard_noise),
            county=county, is_usable=is_usable, code_noise=code_noise, name_noise=name_noise, hard_noise=hard_noise,
        )  # fmt: skip

    def _drawn(self, register: str, what: str, number: Ints, frequencies: dict[str, int]) -> Ints:
        if self.noise is Noise.NONE:
            return np.zeros(len(number), np.int64)
        edges = np.cumsum(list(frequencies.values()))
        return np.searchsorted(edges, self.draws.below(number, of=f"{register} {what}", count=ALL), side="right")

    def _old_numbers(self, firm: Ints) -> Characters:
        return old_numbers(self.firms.region[firm], orders=self.firms.old_order[firm])

    def _without_doubles(self, firm: Ints, noise: Ints) -> Ints:
        """A firm whose old number could be taken for a historical taxpayer id is left without a code instead."""
        rows = np.flatnonzero(noise == CODE_WORDS.index("old_number"))
        noise[rows[could_be_historical(self._old_numbers(firm[rows]))]] = CODE_WORDS.index("missing")
        return noise

    def _codes(self, register: str, firm: Ints, number: Ints, noise: Ints, is_historical: Flags) -> pa.Array:
        right = self.firms.code[firm]
        codes = texts(right)
        noisy = np.flatnonzero(noise)
        if noisy.size:
            chance = self.draws.bits(number[noisy], of=f"{register} code detail")
            wrong = _miswritten(right[noisy], noise[noisy], chance.astype(np.int64) & 0xFFFFFF)
            old = np.flatnonzero(noise[noisy] == CODE_WORDS.index("old_number"))
            place = firm[noisy[old]]
            for at, text in zip(old.tolist(), texts(self._old_numbers(place)).to_pylist(), strict=True):
                wrong[at] = text
            codes = pc.replace_with_mask(codes, pa.array(noise != _CLEAN), pa.array(wrong, pa.string()))
        if is_historical.any():
            codes = pc.replace_with_mask(codes, pa.array(is_historical), texts(right[is_historical, 2:17]))
        return codes

    def _names(self, register: str, firm: Ints, number: Ints, noise: Ints, hard: Ints) -> pa.Array:
        names = self.firms.name.take(pa.array(firm))
        is_noisy = (noise != _CLEAN) | (hard != _CLEAN)
        noisy = np.flatnonzero(is_noisy)
        if not noisy.size:
            return names
        chance = self.draws.bits(number[noisy], of=f"{register} name detail").astype(np.int64) & 0xFFFFFFFF
        beginnings = self.firms.beginning[firm[noisy]]
        rows = zip(
            names.filter(pa.array(is_noisy)).to_pylist(), noise[noisy].tolist(), hard[noisy].tolist(), chance.tolist(),
            beginnings.tolist(), strict=True,
        )  # fmt: skip
        wrong = [
            _HARDENED[kind](_VARIED[variant](name, bits & 0xFFFF), bits >> 16, self.places.beginnings[beginning])
            for name, variant, kind, bits, beginning in rows
        ]
        return pc.replace_with_mask(names, pa.array(is_noisy), pa.array(wrong, pa.string()))


def _miswritten(right: Characters, noise: Ints, chance: Ints) -> list[str | None]:
    changed = right.copy()
    rows = np.arange(len(right))
    place = chance % CODE_LENGTH
    changed[rows, place] = other_characters(right[rows, place], steps=1 + (chance >> 8) % 30)
    pairs = zip(texts(right).to_pylist(), texts(changed).to_pylist(), noise.tolist(), chance.tolist(), strict=True)
    return [_MISWRITE[CODE_WORDS[kind]](code, other, bits) for code, other, kind, bits in pairs]


_MISWRITE: Final[dict[str, Callable[[str, str, int], str | None]]] = {
    "missing": lambda _code, _other, _bits: None,
    "changed": lambda _code, other, _bits: other,
    "truncated": lambda code, _other, bits: code[: _CUTS[bits % len(_CUTS)]],
    "old_number": lambda _code, _other, _bits: None,
    "lower_case": lambda code, _other, _bits: code.lower(),
    "full_width": lambda code, _other, _bits: code.translate(_TO_FULL),
    "blanks": lambda code, _other, bits: _BLANKS[bits % len(_BLANKS)].format(code[:2], code[2:8], code[8:]),
}


def _other_width(name: str, bits: int) -> str:
    changed = name.translate(_WIDTHS)
    return changed if changed != name else _inner_blank(name, bits)


def _inner_blank(name: str, bits: int) -> str:
    at = 2 + bits % 2
    return f"{name[:at]} {name[at:]}"


def _outer_blank(name: str, bits: int) -> str:
    return f"{name}\u3000" if bits % 2 else f" {name}"


def _other_form(name: str, _bits: int) -> str:
    if name.endswith(_FULL_LIMITED):
        return name.removesuffix(_FULL_LIMITED) + _LIMITED
    if name.endswith(_LIMITED) and not name.endswith(_SHARES):
        return name.removesuffix(_LIMITED) + _FULL_LIMITED
    return name


def _replaced(name: str, bits: int, alphabet: str) -> str:
    at = bits % (len(name) - _TAIL)
    return name[:at] + alphabet[bits // 64 % len(alphabet)] + name[at + 1 :]


_VARIED: Final[tuple[Callable[[str, int], str], ...]] = (
    lambda name, _bits: name,
    _other_width,
    _inner_blank,
    _outer_blank,
    _other_form,
    lambda name, bits: _replaced(name, bits, words.TYPOS),
)


def _without_place(name: str, _bits: int, place: str) -> str:
    return name.replace(f"（{place}）", "", 1) if f"（{place}）" in name else name.replace(place, "", 1)


def _without_character(name: str, bits: int, _place: str) -> str:
    at = bits % (len(name) - _TAIL)
    return name[:at] + name[at + 1 :]


def _without_form(name: str, _bits: int, _place: str) -> str:
    name = name.strip()
    return next((name.removesuffix(x) for x in _ENDINGS if name.endswith(x)), name)


_HARDENED: Final[tuple[Callable[[str, int, str], str], ...]] = (
    lambda name, _bits, _place: name,
    _without_place,
    lambda name, bits, _place: _replaced(name, bits, words.HANZI),
    _without_character,
    _without_form,
)
