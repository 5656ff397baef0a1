"""Whether a person may speak for a firm (经营主体认证规则): licence against photograph, register, and person.

Met needs all of it: a code read from the photograph, the same in the register; the registered name and representative; a
status that is not closed; and the person whom the register names, by name and identity number, or an agent with a power of
attorney. Guessing does not help: what was only typed is not known, and a person decides it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from huoshui.rules.licence import near_name, same_name
from huoshui.rules.uscc import check_uscc
from huoshui.terms import AuthenticationReason, CodeVerdict, Role, StatusClass, Tristate

VERSION: Final = "authentication/1"
_R: Final = AuthenticationReason
NOT_MET: Final = frozenset(
    {_R.CODE_FORM, _R.FIRM_CLOSED, _R.PERSON_NAME_DIFFERS, _R.ID_WRONG, _R.ID_DIFFERS, _R.POWER_DECLINED}
)
NO_OBSTACLE: Final = frozenset({_R.FIRM_SUSPENDED})  # 歇业 is not 注销
_NOT_TOLD: Final = frozenset({_R.PERSON_NAME_DIFFERS, _R.ID_DIFFERS})


@dataclass(frozen=True, slots=True)
class LicenceShown:
    """What the licence says (执照信息): as confirmed by the person, and as read by the machine ("" where it read nothing)."""

    code: str
    name: str
    representative: str
    last_day: date | None
    read_code: str
    read_name: str
    read_representative: str


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """What the register says (登记信息): `representative` and `id_hash` are "" where it does not say."""

    code: str
    name: str
    representative: str
    id_hash: str
    status: StatusClass


@dataclass(frozen=True, slots=True)
class PersonGiven:
    """Who the person says to be (办理人): `id_hash` is keyed as in the register.

    `id_is_elsewhere`: another account uses the number; `tries`: many failed in a short time.
    """

    name: str
    id_verdict: CodeVerdict
    id_hash: str
    capacity: Role
    has_power: bool = False
    paper_power: bool = False
    id_is_elsewhere: bool = False
    too_many_tries: bool = False


@dataclass(frozen=True, slots=True)
class Examination:
    """What the rule found (认证结论): met, not met or not known, with every reason."""

    verdict: Tristate
    reasons: tuple[AuthenticationReason, ...]
    rule: str = VERSION


def examine(licence: LicenceShown, *, register: RegisterRow | None, person: PersonGiven, on: date) -> Examination:
    """The verdict on an authentication (认证判断), on a day. What is not met outweighs what is not known.

    After too many tries the rule no longer answers: a person decides, so that nobody learns by trying.
    """
    reasons = (*_of_photo(licence), *_of_firm(licence, register, on=on), *_of_person(licence, register, person))
    if any(x in NOT_MET for x in reasons) and not person.too_many_tries:
        return Examination(Tristate.NOT_MET, reasons)
    if any(x not in NO_OBSTACLE for x in reasons):
        return Examination(Tristate.NOT_KNOWN, reasons)
    return Examination(Tristate.MET, reasons)


def told_to_person(reasons: Iterable[AuthenticationReason]) -> tuple[AuthenticationReason, ...]:
    """The reasons as the person reads them (告知理由): which part of an identity is wrong is nobody's to find out by trying."""
    return tuple(dict.fromkeys(_R.PERSON_DIFFERS if x in _NOT_TOLD else x for x in reasons))


def _of_photo(licence: LicenceShown) -> Iterator[AuthenticationReason]:
    code = check_uscc(licence.code)
    if code.verdict is CodeVerdict.INVALID_FORMAT:
        yield _R.CODE_FORM
    elif code.verdict is CodeVerdict.CHECKSUM_MISMATCH:
        yield _R.CODE_CHECK
    if not (licence.read_code or licence.read_name):
        yield _R.PHOTO_NOT_READ
        return
    if licence.read_code != code.code:
        yield _R.CODE_NOT_ON_PHOTO
    if not near_name(licence.read_name, second=licence.name):
        yield _R.NAME_CORRECTED
    if not same_name(licence.read_representative, second=licence.representative):
        yield _R.REPRESENTATIVE_CORRECTED


def _of_firm(licence: LicenceShown, register: RegisterRow | None, *, on: date) -> Iterator[AuthenticationReason]:
    if licence.last_day is not None and licence.last_day < on:
        yield _R.LICENCE_EXPIRED
    if register is None or register.code != check_uscc(licence.code).code:
        yield _R.NOT_IN_REGISTER
        return
    if not same_name(licence.name, second=register.name):
        yield _R.NAME_NEAR if near_name(licence.name, second=register.name) else _R.NAME_DIFFERS
    status = {
        StatusClass.CLOSED: _R.FIRM_CLOSED,
        StatusClass.SUSPENDED: _R.FIRM_SUSPENDED,
        StatusClass.UNKNOWN: _R.STATUS_UNKNOWN,
    }
    if register.status in status:
        yield status[register.status]
    if not register.representative:
        yield _R.REPRESENTATIVE_UNKNOWN
    elif not same_name(licence.representative, second=register.representative):
        yield _R.REPRESENTATIVE_DIFFERS


def _of_person(licence: LicenceShown, register: RegisterRow | None, person: PersonGiven) -> Iterator[AuthenticationReason]:
    if person.id_verdict is not CodeVerdict.VALID:
        yield _R.ID_WRONG
    if person.id_is_elsewhere:
        yield _R.ID_USED_ELSEWHERE
    if person.too_many_tries:
        yield _R.TOO_MANY_TRIES
    if person.capacity is Role.AGENT:
        if not person.has_power:
            yield _R.POWER_ON_PAPER if person.paper_power else _R.POWER_MISSING
        return
    representative = register.representative if register is not None else ""
    if not same_name(person.name, second=representative or licence.representative):
        yield _R.PERSON_NAME_DIFFERS
    if register is None or not register.id_hash:
        yield _R.ID_NOT_IN_REGISTER
    elif register.id_hash != person.id_hash:
        yield _R.ID_DIFFERS
