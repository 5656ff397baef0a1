"""`huoshui uscc` (身份代码校验): credit codes, and on request old registration numbers and resident identity numbers."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import msgspec

from huoshui.cli.calculator import Calculator, Field, Result, Values, read_choice, today
from huoshui.cli.layout import aligned
from huoshui.errors import BadCode
from huoshui.rules.registration_number import check_registration_number
from huoshui.rules.resident_id import check_resident_id
from huoshui.rules.uscc import CHECK_NOTES, UsccVerdict, check_uscc, entity_kind
from huoshui.terms import CodeVerdict, EntityKind, IdentityKind

_LABELS: Final = {
    "code": "代码",
    "number": "号码",
    "masked": "号码（已脱敏）",
    "verdict": "结论",
    "organisation_check": "主体标识码校验",
    "expected_check": "应有校验码",
    "region_code": "行政区划代码",
    "kind": "主体类别",
}


class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    code: str


class _Answer(msgspec.Struct, gc=False):
    verdict: CodeVerdict
    code: str
    organisation_check: bool
    expected_check: str | None
    region_code: str | None
    kind: EntityKind | None
    notes: tuple[str, ...]


def calculate(values: Values) -> Result:
    """The verdict on one code as JSON shows it (校验结果)."""
    code, kind = values["code"], values["kind"]
    if kind is IdentityKind.REGISTRATION:
        number = check_registration_number(code)
        return {x: getattr(number, x) for x in ("verdict", "number", "expected_check", "region_code", "notes")}
    if kind is IdentityKind.RESIDENT_ID:
        person = check_resident_id(code, on=today())
        return {x: getattr(person, x) for x in ("verdict", "masked", "region_code", "notes")}
    return msgspec.structs.asdict(_answer(check_uscc(code)))


def quick(lines: Sequence[bytes]) -> list[Any]:
    """Credit codes by columns (批量校验): an answer for each line, None for a line that holds more than a code."""
    texts = [_text(x) for x in lines]
    columns = import_module("huoshui.services.identity").check_columns(["" if x is None else x for x in texts])
    rows = zip(texts, columns.codes, columns.right_form, columns.expected_checks, columns.organisation_checks, strict=True)
    return [
        _of_right_form(code, check, inner) if fits else None if text is None else _answer(UsccVerdict(code, None, False))
        for text, code, fits, check, inner in rows
    ]


def describe(result: Result) -> str:
    """The verdict as a person reads it (文字说明)."""
    verdict = CodeVerdict(result["verdict"])
    shown = {
        "verdict": f"{verdict.zh} {verdict.value}",
        "organisation_check": "通过" if result.get("organisation_check") else "不通过",
        "kind": EntityKind(result["kind"]).zh if result.get("kind") else None,
    }
    rows = [(zh, shown.get(key, result[key])) for key, zh in _LABELS.items() if key in result]
    notes = [f"提示：{x}" for x in result["notes"]]
    return "\n".join([aligned((zh, x) for zh, x in rows if x is not None), *notes])


def read_code(value: object, field: str) -> str:
    """A code as text (代码); raises BadCode, which does not repeat the input: it may be a resident identity number."""
    if isinstance(value, str) and value.strip():
        return value
    raise BadCode(f"{field} must be text of at least one character, in JSON within quotes", field=field)


def _text(line: bytes) -> str | None:
    try:
        code = _DECODER.decode(line).code
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return code if code.strip() else None


def _answer(found: UsccVerdict) -> _Answer:
    return _Answer(
        found.verdict, found.code, found.organisation_check, found.expected_check, found.region_code, found.kind, found.notes
    )


def _of_right_form(code: str, check: str, inner: bool) -> _Answer:
    outer = check == code[17]
    verdict = CodeVerdict.VALID if outer else CodeVerdict.CHECKSUM_MISMATCH
    return _Answer(verdict, code, inner, check, code[2:8], entity_kind(code), CHECK_NOTES[outer, inner])


_DECODER: Final = msgspec.json.Decoder(_Line)
CALCULATOR = Calculator(
    fields=(
        Field("code", read_code, "the code to check (待校验代码)", required=True, positional=True),
        Field(
            "kind", read_choice(*IdentityKind),
            "uscc (统一社会信用代码), registration (15位工商注册号) or resident-id (身份证号码, masked); uscc if left out",
            default=IdentityKind.USCC,
        ),
    ),
    calculate=calculate,
    describe=describe,
    quick=quick,
)
add_arguments = CALCULATOR.add_arguments
run = CALCULATOR.run
