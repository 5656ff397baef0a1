"""Several visits to one firm read as one (多次走访合并): the latest answer of each field wins, and no answer is lost.

A merge is a set of answers, each with who gave it and when. Merging is joining the sets, so that it does not matter in which
order visits arrive, in which groups they are merged, or whether one arrives twice. What a reader sees - the answer that
holds, and the fields that contradict each other - is worked out from the set alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

Value = str | int | bool | tuple[str, ...]
FACTS: Final = ("operating", "premises", "need", "has_loan", "broker_fee_asked", "employees", "amount_fen", "months", "purpose")


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """One answer of one visit (一次回答): `visit` is the visit's own id, by which equal moments are told apart."""

    at: datetime
    visit: str
    by: str
    value: Value


@dataclass(frozen=True, slots=True)
class Merged:
    """What several visits to one firm say together (合并结果): every answer by field, oldest first."""

    answers: Mapping[str, tuple[Said, ...]]

    def latest(self, field: str) -> Said | None:
        """The answer that holds (现行答案): the latest one, or None where nobody answered."""
        found = self.answers.get(field)
        return found[-1] if found else None

    @property
    def values(self) -> dict[str, Value]:
        """The answers that hold, by field (现行取值)."""
        return {field: said[-1].value for field, said in self.answers.items()}

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Fields of which two visits say different things (不一致的字段), in the order of FACTS, then by name."""
        found = [field for field, said in self.answers.items() if field in FACTS and len({_told(x.value) for x in said}) > 1]
        return tuple(sorted(found, key=FACTS.index))


NOTHING: Final = Merged({})


def answers_of(given: Mapping[str, Value | None], *, visit: str, by: str, at: datetime) -> Merged:
    """One visit as a merge of its own (单次走访): fields left empty are no answers."""
    told = {field: value for field, value in given.items() if value is not None and value not in ("", ())}
    return Merged({field: (Said(at, visit, by, value),) for field, value in sorted(told.items())})


def merge(visits: Iterable[Merged]) -> Merged:
    """Several merges as one (合并走访): commutative, associative, and one that comes twice counts once."""
    found: dict[str, set[Said]] = {}
    for merged in visits:
        for field, said in merged.answers.items():
            found.setdefault(field, set()).update(said)
    return Merged({field: tuple(sorted(said, key=_order)) for field, said in sorted(found.items())})


def _order(said: Said) -> tuple[datetime, str, str, str]:
    return (said.at, said.visit, said.by, repr(said.value))


def _told(value: Value) -> str:
    """`1` and `True` are different answers."""
    return repr(value)
