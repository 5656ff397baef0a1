"""What all calculators share (计算器): flags, JSON, a batch of JSON lines, human output.

A calculator is declared, not written: fields with a reader each, a function from read values to a result, and a function
from the result to lines for people. The same readers serve the command line and `--batch`.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from huoshui.errors import BadChoice, BadDate, BadFile, BadRequest, HuoshuiError
from huoshui.terms import Term

Values = Mapping[str, Any]
Result = Mapping[str, Any]
CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a calculator (输入项): `name` is the flag's long name and the batch field."""

    name: str
    read: Callable[[object, str], Any]  # (value, field name) -> value, or an InputError
    help: str
    required: bool = False
    repeated: bool = False
    default: Any = None
    positional: bool = False

    @property
    def key(self) -> str:
        """The name as Python writes it (标识符)."""
        return self.name.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Calculator:
    """A calculator as the command line sees it (计算器)."""

    fields: tuple[Field, ...]
    calculate: Callable[[Values], Result]
    describe: Callable[[Result], str]
    calculate_many: Callable[[list[Values]], Iterable[Result | HuoshuiError]] | None = None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the flags to the parser (登记参数)."""
        for field in self.fields:
            if field.positional:
                parser.add_argument(field.key, nargs="?", metavar=field.name.upper(), help=field.help)
            else:
                parser.add_argument(
                    f"--{field.name}", dest=field.key, action="append" if field.repeated else "store",
                    help=field.help + (" (required)" if field.required else ""),
                )
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")
        parser.add_argument("--batch", metavar="FILE", help="read JSON lines with these fields, write JSON lines in the same order; - is standard input")

    def run(self, arguments: argparse.Namespace) -> int:
        """Calculate once or for a batch (执行)."""
        given = {f.name: getattr(arguments, f.key) for f in self.fields if getattr(arguments, f.key) is not None}
        if arguments.batch:
            if given:
                raise BadRequest(f"--batch takes its values from the file; leave out {', '.join(given)}")
            return self._run_batch(arguments.batch)
        result = self.calculate(self.read(given))
        print(_ENCODER.encode(result).decode() if arguments.json else self.describe(result))
        return 0

    def read(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Read raw values by the fields' readers (读取输入); raises InputError."""
        values: dict[str, Any] = {}
        taken = 0
        for field in self.fields:
            raw = given.get(field.name)
            if raw is None and field.name != field.key:
                raw = given.get(field.key)
            if raw is None:
                if field.required:
                    raise BadRequest(f"{field.name} is missing: {field.help}", field=field.name)
                values[field.key] = () if field.repeated and field.default is None else field.default
                taken += field.name in given or field.key in given
                continue
            taken += 1
            if field.repeated:
                items = raw if isinstance(raw, (list, tuple)) else [raw]
                values[field.key] = tuple(field.read(x, field.name) for x in items)
            else:
                values[field.key] = field.read(raw, field.name)
        if taken < len(given):
            known = {f.name for f in self.fields} | {f.key for f in self.fields}
            unknown = next(iter(given.keys() - known), None)
            raise BadRequest(f"there is no field {unknown!r}; expected {', '.join(f.name for f in self.fields)}", field=unknown)
        return values

    def _run_batch(self, name: str) -> int:
        bad = 0
        try:
            stream = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115 -- closed below
        except OSError as error:
            raise BadFile(f"{name}: {error.strerror or error}; expected a file of JSON lines", field="batch") from error
        with stream:
            lines: Iterator[bytes] = iter(stream)
            while chunk := list(islice(lines, CHUNK)):
                results = self._chunk(chunk)
                bad += sum(isinstance(x, HuoshuiError) for x in results)
                shown = [{"error": x.as_dict()} if isinstance(x, HuoshuiError) else x for x in results]
                sys.stdout.buffer.write(_ENCODER.encode_lines(shown))
        sys.stdout.buffer.flush()
        if bad:
            print(f"huoshui: {bad} line(s) could not be calculated", file=sys.stderr)
        return 1 if bad else 0

    def _chunk(self, lines: list[bytes]) -> list[Result | HuoshuiError]:
        results: list[Result | HuoshuiError] = []
        values: list[Values] = []
        places: list[int] = []
        for line in lines:
            try:
                read = self.read(_DECODER.decode(line))
            except msgspec.MsgspecError as error:
                results.append(BadRequest(f"not a JSON object: {error}"))
            except HuoshuiError as error:
                results.append(error)
            else:
                places.append(len(results))
                values.append(read)
                results.append(_PENDING)
        for place, result in zip(places, self._many(values), strict=True):
            results[place] = result
        return results

    def _many(self, values: list[Values]) -> Iterable[Result | HuoshuiError]:
        if self.calculate_many is not None:
            yield from self.calculate_many(values)
            return
        for value in values:
            try:
                yield self.calculate(value)
            except HuoshuiError as error:
                yield error


def read_text(value: object, field: str) -> str:
    """Text, not empty (文本)."""
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(f"{field} must be text; got {value!r}", field=field)
    return value.strip()


def read_date(value: object, field: str) -> date:
    """A day as YYYY-MM-DD (日期)."""
    try:
        if isinstance(value, str) and len(value.strip()) == len("2026-01-01"):
            return date.fromisoformat(value.strip())
    except ValueError:
        pass
    raise BadDate(f"{field} must be a day such as 2026-01-31; got {value!r}", field=field)


def read_count(value: object, field: str) -> int:
    """A whole number of zero or more (非负整数)."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value.strip())
    raise BadRequest(f"{field} must be a whole number of zero or more; got {value!r}", field=field)


def read_choice(*choices: Term) -> Callable[[object, str], Term]:
    """A reader for one of the given terms (选项)."""
    known = {x.value: x for x in choices}

    def read(value: object, field: str) -> Term:
        if isinstance(value, str) and value.strip().lower() in known:
            return known[value.strip().lower()]
        raise BadChoice(f"{field} must be one of {', '.join(known)}; got {value!r}", field=field)

    return read


def _encode(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} is not a result")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_encode, decimal_format="string")
_DECODER: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_PENDING: Final = BadRequest("not calculated")
