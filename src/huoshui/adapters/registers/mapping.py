"""What a mapping says (字段映射): which column of a file is which field. Read from YAML, checked, held against headings."""

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from huoshui.adapters.registers.fields import IGNORE, Field, Reading, fields_of
from huoshui.adapters.registers.headings import UNITS
from huoshui.adapters.registers.synonyms import plain
from huoshui.adapters.registers.tabular import ReadAs, Table
from huoshui.adapters.registers.values import ColumnReader
from huoshui.errors import BadMapping
from huoshui.terms import RegisterKind

AUTO: Final = "auto"


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column of a file (列映射). `scheme` names the numbers of a register_no; `reason` says why a column is ignored."""

    source: str
    field: str = IGNORE
    unit: str | None = None
    date_format: str = AUTO
    scheme: str | None = None
    confidence: float | None = None
    reason: str | None = None


class Where(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"only": "in"}):
    """Which rows are taken (行筛选): those with one of some values, or with none; blanks around a value do not count."""

    column: str
    only: tuple[str, ...] | None = None
    not_in: tuple[str, ...] | None = None


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How files of one form become one register (映射). What is None or `auto` is found by looking at each file."""

    kind: RegisterKind
    columns: tuple[Column, ...]
    files: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    sheets: tuple[str, ...] | None = None
    constants: dict[str, str] = {}
    where: tuple[Where, ...] = ()

    @property
    def mapped(self) -> dict[str, Column]:
        """The columns that become a field, by field (已映射列)."""
        return {x.field: x for x in self.columns if x.field != IGNORE}

    def names(self, file: str) -> bool:
        """Whether it names a file (是否指明该文件), as it is or by a pattern such as sales_*.csv."""
        return any(file == x or fnmatch.fnmatch(file, x) for x in self.files)

    @property
    def read_as(self) -> ReadAs:
        """What it says about reading a file (读取方式)."""
        return ReadAs(self.encoding, self.delimiter, self.header_row, self.sheets)


def read_mappings(path: Path) -> tuple[Mapping, ...]:
    """The mappings of a YAML file, one a document (读取映射); raises BadMapping."""
    try:
        documents = [x for x in yaml.safe_load_all(path.read_text(encoding="utf-8-sig")) if x is not None]
    except OSError as error:
        raise BadMapping(
            f"{path}: {error.strerror or error}; expected a mapping that inspect wrote", field="mapping"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadMapping(f"{path} is not YAML in UTF-8: {' '.join(str(error).split())}", field="mapping") from error
    if not documents:
        raise BadMapping(f"{path} is empty; expected a mapping that inspect wrote", field="mapping")
    found = tuple(_converted(x, path) for x in documents)
    for mapping in found:
        check(mapping, name=str(path))
    return found


def _converted(document: Any, path: Path) -> Mapping:
    if isinstance(document, dict):
        document = {key: None if value == AUTO else value for key, value in document.items()}
        if isinstance(document.get("constants"), dict):
            document["constants"] = {str(key): _as_text(value) for key, value in document["constants"].items()}
        document["where"] = [_where(x) for x in document.get("where") or []]
        document = {key: value for key, value in document.items() if value is not None}
    try:
        return msgspec.convert(document, Mapping)
    except msgspec.ValidationError as error:
        raise BadMapping(f"{path}: {error}", field="mapping") from error


def _where(found: Any) -> Any:
    if not isinstance(found, dict):
        return found
    return {key: [_as_text(x) for x in value] if isinstance(value, list) else value for key, value in found.items()}


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check(mapping: Mapping, *, name: str) -> None:
    """Raise BadMapping where a mapping contradicts itself or its kind (校验映射)."""
    problem = next(_problems(mapping), None)
    if problem is not None:
        raise BadMapping(f"{name}: {problem}", field="mapping")


def _problems(mapping: Mapping) -> Iterator[str]:
    fields = fields_of(mapping.kind)
    yield from _column_problems(mapping, fields)
    mapped = {x.field: x.source for x in mapping.columns if x.field != IGNORE}
    if not mapped and not mapping.constants:
        yield f"no column is mapped to a field; expected one of {', '.join(fields)}"
    for key, value in mapping.constants.items():
        if key not in fields:
            yield f"{mapping.kind.value} has no field {key!r} for a constant; expected one of {', '.join(fields)}"
        elif key in mapped:
            yield f"{key} is a constant and is mapped to column {mapped[key]!r}; keep one of them"
        elif fields[key].reading is Reading.AMOUNT:
            yield f"{key} = {value!r}: an amount cannot be a constant"
    for where in mapping.where:
        if (where.only is None) == (where.not_in is None):
            yield f"the filter on column {where.column!r} needs either in: [...] or not_in: [...]"


def _column_problems(mapping: Mapping, fields: dict[str, Field]) -> Iterator[str]:
    sources: set[str] = set()
    claimed: dict[str, str] = {}
    for column in mapping.columns:
        if column.source in sources:
            yield f"column {column.source!r} stands there twice"
        sources.add(column.source)
        if column.field == IGNORE:
            continue
        if column.field not in fields:
            yield f"{mapping.kind.value} has no field {column.field!r}; expected ignore or one of {', '.join(fields)}"
            continue
        if column.field in claimed:
            both = f"columns {claimed[column.field]!r} and {column.source!r}"
            yield f"{both} are both mapped to {column.field}; map one, ignore the other"
        claimed[column.field] = column.source
        if column.unit is not None and column.unit not in UNITS:
            yield f"column {column.source!r} has the unit {column.unit!r}; expected one of {', '.join(UNITS)}"
        ColumnReader(fields[column.field], date_format=column.date_format)


def choose(mappings: Sequence[Mapping], *, table: Table, kind: RegisterKind, name: str) -> Mapping:
    """The mapping for a table (选择映射): one that names its file goes first; all mapped columns must be there. BadMapping."""
    fitting = [x for x in mappings if x.kind is kind]
    if not fitting:
        kinds = ", ".join(dict.fromkeys(x.kind.value for x in mappings))
        raise BadMapping(f"{name} is a mapping for {kinds}, not for {kind.value}", field="mapping")
    fitting.sort(key=lambda x: not x.names(table.path.name))
    for mapping in fitting:
        if not list(missing(mapping, headings=table.shape.headings)):
            return mapping
    column, use = next(iter(missing(fitting[0], headings=table.shape.headings)))
    raise BadMapping(
        f"{name} names a column {column!r} ({use}), but {table.label} has none; "
        f"its columns are {', '.join(table.shape.headings)}",
        field="mapping",
    )


def missing(mapping: Mapping, *, headings: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Columns that a mapping needs and a table does not have, with their use (缺失列)."""
    found = list(headings)
    for column in mapping.mapped.values():
        if heading_for(column.source, headings=found) is None:
            yield column.source, f"for {column.field}"
    for where in mapping.where:
        if heading_for(where.column, headings=found) is None:
            yield where.column, "to filter rows"


def heading_for(source: str, *, headings: Sequence[str]) -> str | None:
    """The heading that a mapping means (对应列名): the same, or the only one that differs in width, case and blanks alone."""
    if source in headings:
        return source
    alike = [x for x in headings if plain(x) == plain(source) and plain(source)]
    return alike[0] if len(alike) == 1 else None
