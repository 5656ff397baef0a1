"""Policy files (政策文件): where they lie, what their format is, and what is wrong with a bad one.

A policy is one YAML file, `<region>/<name>.yaml`. Its top-level keys are fields; each field has dated values with a source:

    rate:
      zh: 贴息率（年）
      values:
        2026-01-01: {value: "0.015", source: "notice number, article"}
      checked_on: 2026-11-23

A field may have `en`, `unit` and `note`, a value `unconfirmed: true` (no text at hand shows it) and `note`. Decimals stand in
quotes, because they are read exactly. Folders named in HUOSHUI_POLICY_PATH (separated like PATH) come before the built-in one.
"""

import os
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from huoshui.errors import BadPolicyFile

BUILT_IN: Final = Path(__file__).parent
PATH_VARIABLE: Final = "HUOSHUI_POLICY_PATH"
_NAME: Final = re.compile(r"[a-z0-9_]+", re.ASCII)
_REQUIRED: Final = {"zh", "values", "checked_on"}
_TEXTS: Final = ("zh", "en", "unit", "note")
_VALUE_KEYS: Final = {"value", "source", "unconfirmed", "note"}


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
    unit: str = ""
    note: str = ""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML that refuses a key given twice (拒绝重复键), of which plain YAML silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Read a mapping whose keys are all different (读取映射)."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"{key.value} is given twice", problem_mark=key.start_mark)
            seen.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def folders() -> tuple[Path, ...]:
    """The policy folders, nearest first (政策目录): those of HUOSHUI_POLICY_PATH, then the built-in one.

    Raises BadPolicyFile where HUOSHUI_POLICY_PATH names something that is no folder.
    """
    extra = [Path(x) for x in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if x]
    for folder in extra:
        if not folder.is_dir():
            raise BadPolicyFile(f"{PATH_VARIABLE} names {folder}, which is not a folder; expected folders of policy files")
    return (*extra, BUILT_IN)


def names() -> tuple[str, ...]:
    """The names of all policies in all folders (政策名称)."""
    return tuple(regions_by_name())


def regions_by_name() -> Mapping[str, tuple[str, ...]]:
    """Every policy with the regions that have a file of it (政策及其地区), both in order."""
    found: dict[str, set[str]] = {}
    for folder in folders():
        for path in folder.glob("[0-9]*/*.yaml"):
            found.setdefault(path.stem, set()).add(path.parent.name)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def is_name(text: str) -> bool:
    """Whether a policy can be called that (是否为政策名称)."""
    return _NAME.fullmatch(text) is not None


def files_of(name: str, *, region: str) -> tuple[Path, ...]:
    """The files of a policy in one region, those that win first (某地区的政策文件)."""
    if not is_name(name):
        return ()
    return tuple(path for folder in folders() if (path := folder / region / f"{name}.yaml").is_file())


def load(path: Path) -> Mapping[str, tuple[Dated, ...]]:
    """Every field of one file with its whole history, oldest first (读取政策文件); raises BadPolicyFile."""
    try:
        return _load(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise BadPolicyFile(f"{path}: cannot be read: {error.strerror or error}") from error


@lru_cache(maxsize=512)
def _load(path: Path, _changed: int) -> Mapping[str, tuple[Dated, ...]]:
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 -- a safe loader
    except (yaml.YAMLError, ValueError) as error:
        raise BadPolicyFile(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict) or not raw:
        raise BadPolicyFile(f"{path}: expected fields with dated values at the top level")
    return {str(field): _history(path, str(field), entry) for field, entry in raw.items()}


def _history(path: Path, field: str, entry: object) -> tuple[Dated, ...]:
    where = f"{path}: {field}"
    if not isinstance(entry, dict) or not entry.keys() >= _REQUIRED:
        raise BadPolicyFile(f"{where}: expected zh, values and checked_on")
    if unknown := entry.keys() - {*_REQUIRED, *_TEXTS}:
        raise BadPolicyFile(f"{where}: unknown key {min(map(str, unknown))}; expected zh, en, unit, note, values, checked_on")
    if not all(isinstance(entry[x], str) and entry[x].strip() for x in _TEXTS if x in entry):
        raise BadPolicyFile(f"{where}: zh, en, unit and note must be text")
    if type(entry["checked_on"]) is not date:
        raise BadPolicyFile(f"{where}: checked_on must be a day such as 2026-11-23")
    if not isinstance(entry["values"], dict) or not entry["values"]:
        raise BadPolicyFile(f"{where}: values must map days to values")
    for since in entry["values"]:
        if type(since) is not date:
            raise BadPolicyFile(f"{where}: {since!r} is not a day such as 2026-01-01")
    return tuple(_dated(path, field, entry, since) for since in sorted(entry["values"]))


def _dated(path: Path, field: str, entry: Mapping[str, Any], since: date) -> Dated:
    where, given = f"{path}: {field}, {since}", entry["values"][since]
    if not isinstance(given, dict) or not {"value", "source"} <= given.keys() <= _VALUE_KEYS:
        raise BadPolicyFile(f"{where}: expected value and source, and at most unconfirmed and note")
    if not isinstance(given["source"], str) or not given["source"].strip():
        raise BadPolicyFile(f"{where}: source must name the notice")
    if not isinstance(given.get("unconfirmed", False), bool):
        raise BadPolicyFile(f"{where}: unconfirmed must be true or false")
    if _has_float(given["value"]):
        raise BadPolicyFile(f"{where}: put decimals in quotes, they are read exactly")
    notes = [str(x["note"]).strip() for x in (entry, given) if x.get("note")]
    return Dated(
        field=field, zh=entry["zh"], value=given["value"], since=since, region=path.parent.name, source=given["source"],
        checked_on=entry["checked_on"], unconfirmed=given.get("unconfirmed", False), unit=entry.get("unit", ""),
        note="; ".join(notes),
    )  # fmt: skip


def _has_float(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_float, [*value.keys(), *value.values()]))
    return any(map(_has_float, value)) if isinstance(value, list) else isinstance(value, float)
