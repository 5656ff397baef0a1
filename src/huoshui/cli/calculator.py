"""What all calculators share (计算器): flags, JSON, a batch of JSON lines, human output.

A calculator is declared, not written: fields with a reader each, a function from read values to a result, and a function
from the result to lines for people. The same readers serve the command line and `--batch`.
"""

import argparse
import gc
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from huoshui.errors import BadChoice, BadDate, BadFile, BadRequest, HuoshuiError
from huoshui.terms import Term

Values = Mapping[str, Any]
Result = Mapping[str, Any]
Reader = Callable[[object, str], Any]  # (value, field name) -> value, or an InputError
CHUNK_BYTES: Final = 1 << 20
_MOST_PLACES: Final = 30
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a calculator (输入项): `name` is the flag's long name and the batch field."""

    name: str
    read: Reader
    help: str
    required: bool = False
    repeated: bool = False
    default: Any = None
    positional: bool = False

    @property
    def key(self) -> str:
        """The name as Python writes it (标识符)."""
        return self.name.replace("-", "_")


@dataclass(frozen=True)
class Calculator:
    """A calculator as the command line sees it (计算器)."""

    fields: tuple[Field, ...]
    calculate: Callable[[Values], Result]
    describe: Callable[[Result], str]
    calculate_many: Callable[[list[Values]], Iterable[Result | HuoshuiError]] | None = None
    quick: Callable[[Sequence[bytes]], list[Any]] | None = None  # answers to plain batch lines; None: the usual way

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
        parser.add_argument(
            "--batch", metavar="FILE",
            help="read JSON lines with these fields, write JSON lines in the same order; - is standard input",
        )

    def run(self, arguments: argparse.Namespace) -> int:
        """Calculate once or for a batch (执行)."""
        given = {f.name: getattr(arguments, f.key) for f in self.fields if getattr(arguments, f.key) is not None}
        if arguments.batch is not None:
            if given:
                raise BadRequest(f"--batch takes its values from the file; leave out {', '.join(given)}")
            return self._run_batch(arguments.batch)
        for name, text in given.items():
            _refuse_bytes(text, name)
        result = self.calculate(self.read(given))
        print(_ENCODER.encode(result).decode() if arguments.json else self.describe(result))
        return 0

    def read(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Read raw values by the fields' readers (读取输入); raises InputError."""
        readers, values = self._readers, self._defaults.copy()
        for name, raw in given.items():
            if name not in readers:
                raise BadRequest(f"there is no field {name!r}; expected {', '.join(f.name for f in self.fields)}", field=name)
            if raw is not None:
                key, read, field = readers[name]
                values[key] = read(raw, field)
        for missing in self._required:
            if values[missing.key] is None:
                raise BadRequest(f"{missing.name} is missing: {missing.help}", field=missing.name)
        return values

    @cached_property
    def _readers(self) -> dict[str, tuple[str, Reader, str]]:
        found = {f.name: (f.key, _read_each(f.read) if f.repeated else f.read, f.name) for f in self.fields}
        return {key: x for x in found.values() for key in (x[0], x[2])}

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        return {f.key: () if f.repeated and f.default is None and not f.required else f.default for f in self.fields}

    @cached_property
    def _required(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.required)

    def _run_batch(self, name: str) -> int:
        try:
            stream = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115 -- closed below
        except OSError as error:
            raise BadFile(f"{name}: {error.strerror or error}; expected a file of JSON lines", field="batch") from error
        gc.disable()  # answers hold no cycles, and the collector would walk all of them again and again
        try:
            with stream:
                bad = self._answer_lines(stream)
        finally:
            gc.enable()
        if bad:
            print(f"huoshui: {bad} line(s) could not be calculated", file=sys.stderr)
        return 1 if bad else 0

    def _answer_lines(self, stream: BinaryIO) -> int:
        bad = 0
        lines = stream.readlines(CHUNK_BYTES)
        lines[:1] = [x.removeprefix(BOM_UTF8) for x in lines[:1]]
        while lines:
            results = self._results(lines)
            wrong = [(place, x) for place, x in enumerate(results) if isinstance(x, HuoshuiError)]
            for place, x in wrong:
                results[place] = {"error": x.as_dict()}
            bad += len(wrong)
            sys.stdout.buffer.write(_ENCODER.encode_lines(results))
            lines = stream.readlines(CHUNK_BYTES)
        sys.stdout.buffer.flush()
        return bad

    def _results(self, lines: list[bytes]) -> list[Any]:
        if self.quick is not None:
            return [self._result(line) if x is None else x for line, x in zip(lines, self.quick(lines), strict=True)]
        if self.calculate_many is None:
            return [self._result(x) for x in lines]
        results: list[Any] = [self._values(x) for x in lines]
        places = [place for place, x in enumerate(results) if not isinstance(x, HuoshuiError)]
        for place, result in zip(places, self.calculate_many([results[x] for x in places]), strict=True):
            results[place] = result
        return results

    def _result(self, line: bytes) -> Result | HuoshuiError:
        try:
            return self.calculate(self.read(_decode(line)))
        except HuoshuiError as error:
            return error

    def _values(self, line: bytes) -> Values | HuoshuiError:
        try:
            return self.read(_decode(line))
        except HuoshuiError as error:
            return error


def read_once(
    calculate: Callable[..., Result], *, read: Callable[..., Any]
) -> Callable[[list[Values]], Iterator[Result | HuoshuiError]]:
    """The same calculation for a part of a batch, which reads each thing once (批量测算).

    `calculate` takes values and `read`; what `read` gives for the same arguments is kept until the part is done.
    """

    def calculate_many(many: list[Values]) -> Iterator[Result | HuoshuiError]:
        remembered = cache(read)
        for values in many:
            try:
                yield calculate(values, read=remembered)
            except HuoshuiError as error:
                yield error

    return calculate_many


def today() -> date:
    """The day in China (今天，北京时间), which has had one time zone and no summer time since 1992."""
    return datetime.now(timezone(timedelta(hours=8))).date()


def read_text(value: object, field: str) -> str:
    """Text, not empty (文本)."""
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(f"{field} must be text; got {value!r}", field=field)
    return value.strip()


def read_date(value: object, field: str) -> date:
    """A day as YYYY-MM-DD (日期)."""
    try:
        if isinstance(value, str) and _DAY.fullmatch(value.strip()):
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


def _read_each(read: Reader) -> Reader:
    def read_each(value: object, field: str) -> tuple[Any, ...]:
        return tuple(read(x, field) for x in (value if isinstance(value, (list, tuple)) else (value,)))

    return read_each


def _refuse_bytes(given: str | list[str], name: str) -> None:
    """An argument that is not UTF-8 reaches Python as lone surrogates, which no result could repeat."""
    try:
        "".join(given).encode()
    except UnicodeEncodeError as error:
        raise BadRequest(f"{name} must be text in UTF-8", field=name) from error


def _decode(line: bytes) -> dict[str, Any]:
    try:
        return _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadRequest(f"not a JSON object in UTF-8: {error}") from error


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except ArithmeticError:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value.adjusted()) > _MOST_PLACES:
        raise ValueError(f"{text[:20]} is no number of this world")
    return value


_ENCODER: Final = msgspec.json.Encoder(decimal_format="string")
_DECODER: Final = msgspec.json.Decoder(dict[str, Any], float_hook=_decimal)
