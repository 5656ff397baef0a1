"""How well a heading matches the words for a field (列名匹配): the same word, the word without brackets, a similar word."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from huoshui.adapters.registers.fields import Reading, fields_of
from huoshui.adapters.registers.synonyms import all_words, plain, without_brackets, words_for
from huoshui.terms import RegisterKind

SIMILAR: Final = 0.65
SIMILAR_LATIN: Final = 0.8
_SHORTEST: Final = 4


@dataclass(frozen=True, slots=True)
class Match:
    """A field that a heading may mean (候选字段): how alike, from 0 to 1, and in how many kinds the word occurs."""

    field: str
    alike: float
    kinds: int = 1


def matches(heading: str, *, kind: RegisterKind) -> list[Match]:
    """The fields of a kind that a heading may mean (候选字段), the best first."""
    exact, bare = plain(heading), plain(without_brackets(heading))
    has_own_meaning = exact in all_words() or bare in all_words()  # in another kind; likeness would only mislead
    found = []
    for field, words in words_for(kind).items():
        if exact in words:
            found.append(Match(field, 1.0 - _place(words[exact]), _kinds()[exact]))
        elif bare in words:
            found.append(Match(field, 0.97 - _place(words[bare]), _kinds()[bare]))
        elif not has_own_meaning:
            alike, word = max(((_alike(bare or exact, x), x) for x in words), default=(0.0, ""))
            if alike >= (SIMILAR_LATIN if word.isascii() else SIMILAR):
                found.append(Match(field, 0.45 + 0.45 * alike, _kinds()[word]))
    return sorted(found, key=lambda x: -x.alike)


def fields_and_parties(kind: RegisterKind) -> dict[str, Reading]:
    """The fields of a kind and, for invoices, the four that seller and buyer fill (候选字段表)."""
    found = {x.name: x.reading for x in fields_of(kind).values()}
    if kind is RegisterKind.INVOICES:
        found |= {"seller_id": Reading.CODE, "buyer_id": Reading.CODE, "seller_name": Reading.TEXT, "buyer_name": Reading.TEXT}
    return found


def _place(place: int) -> float:
    """Words further back in the list are a little less sure."""
    return min(place, 50) * 0.001


@cache
def _kinds() -> Counter[str]:
    return Counter(word for kind in RegisterKind for word in _distinct(kind))


def _distinct(kind: RegisterKind) -> Iterator[str]:
    yield from {word for words in words_for(kind).values() for word in words}


def _alike(left: str, right: str) -> float:
    """Dice's coefficient of the pairs of neighbouring characters; short words must be equal."""
    if min(len(left), len(right)) < _SHORTEST:
        return 0.0
    a, b = _pairs(left), _pairs(right)
    return 2 * len(a & b) / (len(a) + len(b))


@cache
def _pairs(word: str) -> frozenset[str]:
    return frozenset(word[i : i + 2] for i in range(len(word) - 1))
