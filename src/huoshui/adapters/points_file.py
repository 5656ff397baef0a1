"""The points table as text that a credit committee reads (评分表文件): YAML, the same bytes for the same table."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from huoshui.errors import BadFile, BadModel
from huoshui.rules.points_form import as_data, from_data
from huoshui.rules.points_table import PointsTable


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML that refuses a key given twice, of which plain YAML keeps the last: a committee may have read the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Read a mapping whose keys are all different (读取映射)."""
        keys = [key.value for key, _ in node.value]
        if twice := next((x for x in keys if keys.count(x) > 1), None):
            raise yaml.MarkedYAMLError(problem=f"{twice} is given twice", problem_mark=node.start_mark)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


class _Dumper(yaml.SafeDumper):
    """Writes rows of plain values on one line, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- the name is PyYAML's
        return True


def _sequence(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    nested = any(isinstance(x, dict) for x in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=not nested)


def _table_rows(dumper: yaml.SafeDumper, data: tuple[Any, ...]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=False)


_Dumper.add_representer(list, _sequence)
_Dumper.add_representer(tuple, _table_rows)


def points_text(table: PointsTable) -> str:
    """The table as YAML (写成文本)."""
    data = as_data(table)
    for key in ("grades", "probabilities"):
        data[key] = tuple(data[key])
    for pair in data["pairs"]:
        pair["points"] = tuple(pair["points"])
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def read_points_text(text: str | bytes) -> PointsTable:
    """The table of YAML or JSON text (读取文本). Raises BadModel when it is not a points table."""
    try:
        return from_data(yaml.load(text, Loader=_Loader))  # noqa: S506 -- a safe loader
    except yaml.YAMLError as error:
        raise BadModel(f"the points table is not YAML: {str(error).splitlines()[0]}") from error


def read_points_file(path: Path) -> PointsTable:
    """The table of a file (读取文件). Raises BadFile when it cannot be read, BadModel when it is not a points table."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}") from error
    return read_points_text(text)
