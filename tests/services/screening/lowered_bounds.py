"""A policy folder that differs from the law in force by lower size bounds, for tests and benchmarks."""

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from huoshui import policy

ON = date(2025, 6, 30)


def halve_bounds(folder: Path, *, classes: tuple[str, ...] = ("medium",), rows: tuple[str, ...] = ()) -> Path:
    """Write a policy folder in which the bounds of some classes are half of what they are (of some rows, or of all)."""
    written: list[dict[str, Any]] = [dict(x) for x in policy.read("size_class", on=ON)["rows"]]
    for row in written:
        for size_class in classes:
            if not rows or row["code"] in rows:
                row[size_class] = {figure: bound // 2 for figure, bound in row[size_class].items()}
    values = {ON: {"value": written, "source": "test"}}
    path = folder / "000000" / "size_class.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(yaml.safe_dump({"rows": {"zh": "试算", "values": values, "checked_on": ON}}, allow_unicode=True))
    return folder
