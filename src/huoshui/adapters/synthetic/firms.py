"""What a synthetic firm is (合成主体): its place, kind, name and code, before anybody miswrites them.

Firms come in pairs (2k, 2k + 1). Now and then the second one is a twin: it bears the first one's name in the same county
(重名), or is its branch (分公司). Every other name is unique within its county, because the number of a firm within its county
fixes two characters and the trade word, one to one.
"""

from dataclasses import dataclass
from math import gcd
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.synthetic import words
from huoshui.adapters.synthetic.codes import Characters, credit_codes
from huoshui.adapters.synthetic.draws import Draws, Flags, Ints
from huoshui.adapters.synthetic.places import BEGINNINGS, SLOTS, Places
from huoshui.terms import EntityKind

MILLION: Final = 1_000_000
NAMES_PER_COUNTY: Final = len(words.HANZI) ** 2 * len(words.TRADES)
NAMESAKES: Final = 100
BRANCHES: Final = 2_000
FAMILY_FARMS: Final = 60_000
BRACKETS: Final = 8_000
_PLACE_STEP: Final = 618_033
_PER_SLOT: Final = MILLION // SLOTS
_NAME_STEP: Final = next(x for x in range(NAMES_PER_COUNTY * 618 // 1000, NAMES_PER_COUNTY) if gcd(x, NAMES_PER_COUNTY) == 1)
_LENGTHS: Final = (45, 38, 17)
_INSERTS: Final = (970, 6, 8, 6, 5, 5)
_BEGINNINGS_OF_ENTERPRISES: Final = (35, 20, 30, 15)
_BEGINNINGS_OF_OTHERS: Final = (30, 55, 5, 10)
_CODE_PLACES: Final = (90, 8, 2)
_HANZI: Final = pa.array([*words.HANZI, ""])
_NO_CHARACTER: Final = len(words.HANZI)
_PREFIXES: Final = np.array([list(words.KIND_PREFIXES[kind].encode()) for kind in words.KINDS], np.uint8)
_ENTERPRISE: Final = words.KINDS.index(EntityKind.ENTERPRISE)
_SOLE_TRADER: Final = words.KINDS.index(EntityKind.SOLE_TRADER)


@dataclass(frozen=True, slots=True)
class Firms:
    """Firms of consecutive numbers (一批主体). `county`, `kind`, `trade` and `form` are places in their lists.

    `old_order` is the sequence of the old registration number, which no other firm of the county has. `beginning` is the place
    name used, `in_brackets` whether it stands in brackets.
    """

    number: Ints
    county: Ints
    region: Ints
    old_order: Ints
    kind: Ints
    trade: Ints
    form: Ints
    beginning: Ints
    in_brackets: Flags
    has_namesake: Flags
    code: Characters
    name: pa.Array

    def __len__(self) -> int:
        return len(self.number)

    def of_kind(self, kind: EntityKind) -> Flags:
        """Which firms are of a kind (主体类别)."""
        return np.asarray(self.kind == words.KINDS.index(kind))


def make_firms(first: int, *, count: int, places: Places, draws: Draws) -> Firms:
    """Firms `first` to `first + count - 1` (生成主体); `first` is even."""
    number = np.arange(first, first + count, dtype=np.int64)
    county, within = _home(number, places=places, draws=draws)
    identity = (within * _NAME_STEP + places.codes[county] * 7919) % NAMES_PER_COUNTY
    trade = identity // len(words.HANZI) ** 2
    kind = _kinds(number, trade=trade, draws=draws)
    source, is_namesake, is_branch = _twins(number, kind=kind, draws=draws)
    county, within, identity, trade, kind = (x[source] for x in (county, within, identity, trade, kind))
    form = _forms(number, kind=kind, trade=trade, draws=draws)[source]
    form[is_branch] = words.BRANCH
    has_namesake = is_namesake.copy()
    has_namesake[:-1] |= is_namesake[1:]
    beginning = _beginnings(number, kind=kind, county=county, draws=draws)[source]
    in_brackets = draws.happens(number[source], of="place in brackets", per_100_000=BRACKETS)
    region = places.codes[county]
    scale = np.array([1, 100, 10_000], np.int64)[draws.chosen(number, of="registering authority", weights=_CODE_PLACES)]
    return Firms(
        number=number, county=county, region=region, kind=kind,
        old_order=within * 2 + (source != number - first), trade=trade, form=form,
        beginning=beginning, in_brackets=in_brackets, has_namesake=has_namesake,
        code=credit_codes(number, prefixes=_PREFIXES[kind], regions=region // scale * scale, draws=draws),
        name=_names(
            number[source], identity=identity, trade=trade, form=form, beginning=beginning, in_brackets=in_brackets,
            places=places, draws=draws,
        ),
    )  # fmt: skip


def _home(number: Ints, *, places: Places, draws: Draws) -> tuple[Ints, Ints]:
    """The county of each firm and its number within it: each million firms fills every slot equally."""
    position = (number % MILLION * _PLACE_STEP + draws.number(of="places", count=MILLION)) % MILLION
    slot = position // _PER_SLOT
    county = places.slot_county[slot]
    turn = position % _PER_SLOT + number // MILLION * _PER_SLOT
    return county, turn * places.slot_count[county] + places.slot_rank[slot]


def _kinds(number: Ints, *, trade: Ints, draws: Draws) -> Ints:
    is_farming = np.array([x.is_farming for x in words.TRADES])[trade]
    usual = draws.chosen(number, of="kind", weights=words.KIND_WEIGHTS)
    return np.where(is_farming, draws.chosen(number, of="kind", weights=words.FARMING_KIND_WEIGHTS), usual)


def _twins(number: Ints, *, kind: Ints, draws: Draws) -> tuple[Ints, Flags, Flags]:
    """Where each firm has its name from, and which are namesakes or branches of the firm before."""
    is_second = number % 2 == 1
    is_namesake = is_second & draws.happens(number, of="namesake", per_100_000=NAMESAKES)
    before = np.arange(-1, len(number) - 1)
    of_enterprise = kind[before] == _ENTERPRISE
    is_branch = is_second & of_enterprise & ~is_namesake & draws.happens(number, of="branch", per_100_000=BRANCHES)
    return np.where(is_namesake | is_branch, before, before + 1), is_namesake, np.asarray(is_branch)


def _forms(number: Ints, *, kind: Ints, trade: Ints, draws: Draws) -> Ints:
    form = np.zeros(len(number), np.int64)
    for place, one in enumerate(words.KINDS):
        mine = np.flatnonzero(kind == place)
        weights = tuple(x.weight if x.kind is one else 0 for x in words.FORMS)
        form[mine] = draws.chosen(number[mine], of="form", weights=weights)
    is_farming = np.array([x.is_farming for x in words.TRADES])[trade]
    is_farm = is_farming & (kind == _SOLE_TRADER) & draws.happens(number, of="family farm", per_100_000=FAMILY_FARMS)
    form[is_farm] = words.FAMILY_FARM
    return form


def _beginnings(number: Ints, *, kind: Ints, county: Ints, draws: Draws) -> Ints:
    of_enterprises = draws.chosen(number, of="beginning", weights=_BEGINNINGS_OF_ENTERPRISES)
    of_others = draws.chosen(number, of="beginning", weights=_BEGINNINGS_OF_OTHERS)
    return county * BEGINNINGS + np.where(kind == _ENTERPRISE, of_enterprises, of_others)


def _names(
    source: Ints, *, identity: Ints, trade: Ints, form: Ints, beginning: Ints, in_brackets: Flags, places: Places, draws: Draws
) -> pa.Array:
    count = len(words.HANZI)
    length = draws.chosen(source, of="length", weights=_LENGTHS)
    third = np.where(length >= 1, draws.below(source, of="third character", count=count), _NO_CHARACTER)
    fourth = np.where(length >= 2, draws.below(source, of="fourth character", count=count), _NO_CHARACTER)
    nowhere = len(places.beginnings)
    endings = pa.array([x.ending if not x.is_branch else "有限公司第一分公司" for x in words.FORMS])
    brackets = pa.array([*(f"（{x}）" for x in places.beginnings), ""])
    return pc.binary_join_element_wise(
        pa.array([*places.beginnings, ""]).take(pa.array(np.where(in_brackets, nowhere, beginning))),
        _HANZI.take(pa.array(identity // count % count)),
        _HANZI.take(pa.array(identity % count)),
        _HANZI.take(pa.array(third)),
        _HANZI.take(pa.array(fourth)),
        pa.array(words.INSERTS).take(pa.array(draws.chosen(source, of="insert", weights=_INSERTS))),
        brackets.take(pa.array(np.where(in_brackets, beginning, nowhere))),
        pa.array([x.word for x in words.TRADES]).take(pa.array(trade)),
        endings.take(pa.array(form)),
        "",
    )
