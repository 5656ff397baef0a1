"""Read what is in force (读取有效政策).

The value in force on a day is the last one dated on or before it. For each field the nearest region wins: county, city,
province, nation. A value that is a list or a mapping (a table) is dated as a whole. `value: null` ends a policy: the region
that ends it does not fall back to the one above.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from huoshui.errors import BadPolicyFile, NoPolicy
from huoshui.policy.files import Dated, files_of, load, names
from huoshui.policy.region import NATION, region_chain

Bound = TypeVar("Bound")


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a value comes from, to be kept with a decision (依据)."""

    policy: str
    field: str
    region: str
    since: date
    source: str
    unconfirmed: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """All fields of one policy in force in a region on a day (有效政策)."""

    name: str
    region: str
    on: date
    fields: Mapping[str, Dated]

    def __getitem__(self, field: str) -> Any:
        """The value of a field (取值); raises NoPolicy where the field is not in force."""
        return self.dated(field).value

    def dated(self, field: str) -> Dated:
        """A field with its date and source (取值及出处); raises NoPolicy."""
        if field not in self.fields:
            raise NoPolicy(f"policy {self.name} has no {field} in force in region {self.region} on {self.on}", field=field)
        return self.fields[field]

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sources of all fields, to be frozen with a decision (依据清单)."""
        return tuple(
            Citation(self.name, x.field, x.region, x.since, x.source, x.unconfirmed) for x in self.fields.values()
        )


def read(name: str, *, region: str = NATION, on: date) -> Policy:
    """The policy in force in a region on a day (读取政策).

    Raises UnknownRegion; NoPolicy when no file has that name or none of its fields is in force on that day; BadPolicyFile.
    """
    found: dict[str, Dated] = {}
    first: date | None = None
    for history in _histories(name, region):
        first = min(first or history[0].since, history[0].since)
        in_force = next((x for x in reversed(history) if x.since <= on), None)
        if in_force is not None:
            found.setdefault(in_force.field, in_force)
    fields = {field: x for field, x in found.items() if x.value is not None}
    if first is None:
        raise NoPolicy(_unknown(name, region), field="name")
    if not fields:
        begins = f"; its first value is of {first}" if on < first else ""
        raise NoPolicy(f"policy {name} has nothing in force in region {region} on {on}{begins}", field="on")
    return Policy(name, region_chain(region)[0], on, MappingProxyType(fields))


def read_history(name: str, *, region: str = NATION) -> Mapping[str, tuple[Dated, ...]]:
    """Every value that each field ever had or will have (历史取值), nearest region first, then newest first.

    Values that end a policy are among them, as None. Raises UnknownRegion, NoPolicy, BadPolicyFile.
    """
    found: dict[str, tuple[Dated, ...]] = {}
    for history in _histories(name, region):
        field = history[0].field
        found[field] = (*found.get(field, ()), *reversed(history))
    if not found:
        raise NoPolicy(_unknown(name, region), field="name")
    return found


def bind(policy: Policy, shape: type[Bound]) -> Bound:
    """Fill the dataclass that a rule asks for with the policy's values (绑定到规则参数).

    Text becomes Decimal, date, int or enum as the dataclass says; fields the dataclass does not have are left out.
    Raises NoPolicy for a missing field and BadPolicyFile for a value of the wrong kind.
    """
    wanted = {x.name for x in dataclasses.fields(shape)}  # type: ignore[arg-type]
    return _bound(policy, given={field: x.value for field, x in policy.fields.items() if field in wanted}, shape=shape)


def bind_table(policy: Policy, *, field: str, shape: type[Bound]) -> Bound:
    """Fill a dataclass with the entries of one field whose value is a table (绑定一张表); raises as `bind` does."""
    return _bound(policy, given=policy[field], shape=shape)


def _bound(policy: Policy, *, given: object, shape: type[Bound]) -> Bound:
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        if "missing required field" in str(error):
            raise NoPolicy(f"policy {policy.name} is incomplete in region {policy.region} on {policy.on}: {error}") from error
        raise BadPolicyFile(f"policy {policy.name} in region {policy.region}: {error}") from error


def _histories(name: str, region: str) -> Iterator[tuple[Dated, ...]]:
    for code in region_chain(region):
        for path in files_of(name, region=code):
            yield from load(path).values()


def _unknown(name: str, region: str) -> str:
    known = names()
    if name in known:
        return f"policy {name} says nothing for region {region}; expected a region that has it, see `huoshui policy list`"
    return f"no policy is called {name!r}; known are {', '.join(known)}"
