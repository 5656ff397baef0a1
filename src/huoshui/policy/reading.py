"""Read what is in force (读取有效政策).

A policy is one YAML file, `<region>/<name>.yaml`. Its top-level keys are fields; each field has dated values with a source:

    rate:
      zh: 贴息率（年）
      values:
        2026-01-01: {value: "0.015", source: "notice number, article"}
      checked_on: 2026-11-23

The value in force on a day is the last one dated on or before it. For each field the nearest region wins: county, city,
province, nation. A value that is a list or a mapping (a table) is dated as a whole. `value: null` ends a policy: the region
that ends it does not fall back to the one above. `unconfirmed: true` marks a value that no text at hand shows.
Folders named in HUOSHUI_POLICY_PATH (separated like PATH) come before the built-in one.
"""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec
import yaml

from huoshui.errors import BadPolicyFile, NoPolicy
from huoshui.policy.region import NATION, region_chain

BUILT_IN: Final = Path(__file__).parent
Bound = TypeVar("Bound")
_FIELD_KEYS: Final = {"zh", "en", "unit", "note", "values", "checked_on"}
_VALUE_KEYS: Final = {"value", "source", "unconfirmed", "note"}
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Dated:
    """One value of a field with its date and source (带日期和出处的值)."""

    field: str
    zh: str
    value: Any
    since: date
    region: str
    source: str
    checked_on: date
    unconfirmed: bool = False


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


def folders() -> tuple[Path, ...]:
    """The policy folders, nearest first (政策目录): those of HUOSHUI_POLICY_PATH, then the built-in one."""
    extra = os.environ.get("HUOSHUI_POLICY_PATH", "")
    return (*(Path(x) for x in extra.split(os.pathsep) if x), BUILT_IN)


def read(name: str, *, region: str = NATION, on: date) -> Policy:
    """The policy in force in a region on a day (读取政策).

    Raises UnknownRegion; NoPolicy when no file has that name or none of its fields is in force on that day.
    """
    chain = region_chain(region)
    found: dict[str, Dated] = {}
    ended: set[str] = set()
    exists = False
    for code in chain:
        for folder in folders():
            path = folder / code / f"{name}.yaml"
            if not path.is_file():
                continue
            exists = True
            for field, history in load(path, path.stat().st_mtime_ns).items():
                if field in found or field in ended:
                    continue
                in_force = [x for x in history if x.since <= on]
                if not in_force:
                    continue
                if in_force[-1].value is None:
                    ended.add(field)
                else:
                    found[field] = in_force[-1]
    if not exists:
        raise NoPolicy(f"no policy is called {name!r} in region {region}; known are {', '.join(names())}", field="name")
    if not found:
        raise NoPolicy(f"policy {name} has nothing in force in region {region} on {on}", field="on")
    return Policy(name, chain[0], on, MappingProxyType(found))


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


def names() -> tuple[str, ...]:
    """The names of all policies in all folders (政策名称)."""
    return tuple(sorted({path.stem for folder in folders() for path in folder.glob("[0-9]*/*.yaml")}))


@lru_cache(maxsize=512)
def load(path: Path, _changed: int) -> Mapping[str, tuple[Dated, ...]]:
    """Every field of one file with its whole history, oldest first (读取政策文件); raises BadPolicyFile."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 -- a safe loader either way
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadPolicyFile(f"{path}: not readable as YAML: {error}") from error
    if not isinstance(raw, dict) or not raw:
        raise BadPolicyFile(f"{path}: expected fields with dated values at the top level")
    return {str(field): _history(path, str(field), entry) for field, entry in raw.items()}


def _history(path: Path, field: str, entry: object) -> tuple[Dated, ...]:
    where = f"{path}: {field}"
    if not isinstance(entry, dict) or not {"zh", "values", "checked_on"} <= entry.keys():
        raise BadPolicyFile(f"{where}: expected zh, values and checked_on")
    if unknown := entry.keys() - _FIELD_KEYS:
        raise BadPolicyFile(f"{where}: unknown key {sorted(map(str, unknown))[0]}")
    if not isinstance(entry["checked_on"], date):
        raise BadPolicyFile(f"{where}: checked_on must be a day such as 2026-11-23")
    if not isinstance(entry["values"], dict) or not entry["values"]:
        raise BadPolicyFile(f"{where}: values must map days to values")
    return tuple(
        _dated(where, field, entry, since, given, path.parent.name)
        for since, given in sorted(entry["values"].items(), key=lambda x: str(x[0]))
    )


def _dated(where: str, field: str, entry: dict[str, Any], since: object, given: object, region: str) -> Dated:
    if not isinstance(since, date):
        raise BadPolicyFile(f"{where}: {since!r} is not a day such as 2026-01-01")
    if not isinstance(given, dict) or not {"value", "source"} <= given.keys() or given.keys() - _VALUE_KEYS:
        raise BadPolicyFile(f"{where}, {since}: expected value and source, and at most unconfirmed and note")
    if not isinstance(given["source"], str) or not given["source"].strip():
        raise BadPolicyFile(f"{where}, {since}: source must name the notice")
    if _has_float(given["value"]):
        raise BadPolicyFile(f"{where}, {since}: put decimals in quotes, they are read exactly")
    return Dated(
        field, str(entry["zh"]), given["value"], since, region, given["source"], entry["checked_on"],
        bool(given.get("unconfirmed", False)),
    )


def _has_float(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_float(x) for x in value.values())
    if isinstance(value, list):
        return any(_has_float(x) for x in value)
    return isinstance(value, float)
