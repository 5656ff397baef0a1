"""A mapping as a YAML page for people to edit (映射文件): every column with its field, how sure that is, and why not."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from huoshui.adapters.registers.fields import IGNORE, fields_of
from huoshui.adapters.registers.headings import UNITS
from huoshui.adapters.registers.mapping import AUTO, Mapping
from huoshui.adapters.registers.written_days import FORMATS
from huoshui.terms import RegisterKind

_ABOUT: Final = f"""\
# 字段映射（huoshui registers import --mapping 用）: which column becomes which field. Please check and edit.
#   field        a field of the kind, or ignore (不接入)
#   unit         of an amount: {" ".join(UNITS)}
#   date_format  {" ".join(FORMATS)}, or a pattern such as dd/mm/yyyy, yy-mm-dd, dd-mon-yy
#   scheme       the name of the register's own numbers, the same in every file that uses them
#   constants    what no column says, such as region_code: "350203" or direction: sale
#   where        rows to take: {{column: status, not_in: [作废发票]}} or {{column: …, in: […]}}; the others are counted
# encoding, delimiter, header_row, sheets: auto looks at each file.
"""
_SURE: Final = 0.8


def mapping_page(mappings: Sequence[Mapping], *, notes: Sequence[Sequence[str]] = ()) -> str:
    """The YAML text of some mappings, one document each (生成映射文件)."""
    pages = [_page(mapping, notes[place] if place < len(notes) else ()) for place, mapping in enumerate(mappings)]
    return _ABOUT + "---\n".join(pages)


def _page(mapping: Mapping, notes: Iterable[str]) -> str:
    lines = [*(f"# 注意: {x}" for x in notes), f"kind: {mapping.kind.value}  # {mapping.kind.zh}; one of {_kinds()}"]
    lines.append(f"files: {_text(list(mapping.files))}")
    for key in ("encoding", "delimiter", "header_row", "sheets"):
        value = getattr(mapping, key)
        lines.append(f"{key}: {AUTO if value is None else _text(list(value) if isinstance(value, tuple) else value)}")
    lines.append(f"constants: {_flow(mapping.constants)}")
    wheres = [_flow({"column": x.column, "in" if x.only else "not_in": list(x.only or x.not_in or ())}) for x in mapping.where]
    lines += ["where:", *(f"  - {x}" for x in wheres)] if wheres else ["where: []"]
    lines.append("columns:")
    zh = {x.name: x.zh for x in fields_of(mapping.kind).values()}
    for column in mapping.columns:
        lines.append(f"  - source: {_text(column.source)}")
        known = f"  # {zh[column.field]}" if column.field != IGNORE else ""
        unsure = "；请核对" if column.confidence is not None and column.confidence < _SURE and known else ""
        lines.append(f"    field: {column.field}{known}{unsure}")
        optional = {x: getattr(column, x) for x in ("unit", "date_format", "scheme", "confidence", "reason")}
        lines += [f"    {key}: {_text(value)}" for key, value in optional.items() if value is not None and value != AUTO]
    unused = [f"{name}({label})" for name, label in zh.items() if name not in mapping.mapped and name not in mapping.constants]
    return "\n".join([*lines, f"# 未映射的字段: {' '.join(unused)}", ""])


def _kinds() -> str:
    return ", ".join(x.value for x in RegisterKind)


def _flow(found: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {_text(value)}" for key, value in found.items()) + "}"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
