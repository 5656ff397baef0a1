from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.authentication import (
    NO_OBSTACLE,
    NOT_MET,
    LicenceShown,
    PersonGiven,
    RegisterRow,
    examine,
    told_to_person,
)
from huoshui.terms import AuthenticationReason as R
from huoshui.terms import CodeVerdict, Role, StatusClass, Tristate

ON = date(2026, 11, 25)
CODE, OTHER = "91350203MA90000111", "91350203MA90000036"
NAME, WHO, HASH = "厦门市思明区样本餐饮管理有限公司", "王小明", "h" * 64
LICENCE = LicenceShown(CODE, NAME, WHO, None, CODE, NAME, WHO)
REGISTER = RegisterRow(CODE, NAME, WHO, HASH, StatusClass.OPERATING)
PERSON = PersonGiven(WHO, CodeVerdict.VALID, HASH, Role.LEGAL_REPRESENTATIVE)
AGENT = PersonGiven("李四", CodeVerdict.VALID, "a" * 64, Role.AGENT)


def test_who_the_register_names_with_the_licence_in_hand_is_met() -> None:
    assert examine(LICENCE, register=REGISTER, person=PERSON, on=ON).verdict is Tristate.MET


@pytest.mark.parametrize(
    ("licence", "register", "person", "reasons"),
    [
        ({"code": "123"}, {}, {}, {R.CODE_FORM, R.CODE_NOT_ON_PHOTO, R.NOT_IN_REGISTER, R.ID_NOT_IN_REGISTER}),
        ({}, {"status": StatusClass.CLOSED}, {}, {R.FIRM_CLOSED}),
        ({}, {}, {"name": "张三"}, {R.PERSON_NAME_DIFFERS}),
        ({}, {}, {"id_hash": "x" * 64}, {R.ID_DIFFERS}),
        ({}, {}, {"id_verdict": CodeVerdict.CHECKSUM_MISMATCH}, {R.ID_WRONG}),
    ],
)
def test_what_is_not_met(licence: dict[str, Any], register: dict[str, Any], person: dict[str, Any], reasons: set[R]) -> None:
    row = REGISTER if licence.get("code", CODE) == CODE else None
    found = examine(
        replace(LICENCE, **licence),
        register=row and replace(row, **register),
        person=replace(PERSON, **person),
        on=ON,
    )
    assert (found.verdict, set(found.reasons)) == (Tristate.NOT_MET, reasons)


@pytest.mark.parametrize(
    ("licence", "register", "person", "reasons"),
    [
        ({"read_code": "", "read_name": "", "read_representative": ""}, {}, {}, {R.PHOTO_NOT_READ}),
        ({"read_code": OTHER}, {}, {}, {R.CODE_NOT_ON_PHOTO}),
        ({"read_name": "泉州市另一家贸易有限公司"}, {}, {}, {R.NAME_CORRECTED}),
        ({"read_representative": "张三"}, {}, {}, {R.REPRESENTATIVE_CORRECTED}),
        ({"name": NAME[:-1] + "厂"}, {}, {}, {R.NAME_NEAR}),
        ({"last_day": date(2020, 1, 1)}, {}, {}, {R.LICENCE_EXPIRED}),
        ({}, {"name": "泉州市另一家贸易有限公司"}, {}, {R.NAME_DIFFERS}),
        ({}, {"status": StatusClass.UNKNOWN}, {}, {R.STATUS_UNKNOWN}),
        ({}, {"representative": ""}, {}, {R.REPRESENTATIVE_UNKNOWN}),
        ({"representative": "张三", "read_representative": "张三"}, {}, {}, {R.REPRESENTATIVE_DIFFERS}),
        ({}, {"id_hash": ""}, {}, {R.ID_NOT_IN_REGISTER}),
        ({}, {}, {"id_is_elsewhere": True}, {R.ID_USED_ELSEWHERE}),
        ({}, {}, {"too_many_tries": True, "id_hash": "x" * 64}, {R.TOO_MANY_TRIES, R.ID_DIFFERS}),
    ],
)
def test_what_is_not_known(licence: dict[str, Any], register: dict[str, Any], person: dict[str, Any], reasons: set[R]) -> None:
    found = examine(
        replace(LICENCE, **licence),
        register=replace(REGISTER, **register),
        person=replace(PERSON, **person),
        on=ON,
    )
    assert (found.verdict, set(found.reasons)) == (Tristate.NOT_KNOWN, reasons)


def test_a_suspended_firm_is_not_a_closed_one() -> None:
    found = examine(LICENCE, register=replace(REGISTER, status=StatusClass.SUSPENDED), person=PERSON, on=ON)
    assert (found.verdict, found.reasons) == (Tristate.MET, (R.FIRM_SUSPENDED,))


def test_a_misread_character_of_the_name_does_not_hold_up_who_typed_it_right() -> None:
    misread = replace(LICENCE, read_name=NAME.replace("样", "祥"))
    assert examine(misread, register=REGISTER, person=PERSON, on=ON).verdict is Tristate.MET


@pytest.mark.parametrize(
    ("power", "verdict", "reasons"),
    [
        ({}, Tristate.NOT_KNOWN, (R.POWER_MISSING,)),
        ({"paper_power": True}, Tristate.NOT_KNOWN, (R.POWER_ON_PAPER,)),
        ({"has_power": True}, Tristate.MET, ()),
    ],
)
def test_an_agent_needs_a_power_of_attorney(power: dict[str, Any], verdict: Tristate, reasons: tuple[R, ...]) -> None:
    found = examine(LICENCE, register=REGISTER, person=replace(AGENT, **power), on=ON)
    assert (found.verdict, found.reasons) == (verdict, reasons)


def test_the_person_is_not_told_which_part_of_the_identity_was_wrong() -> None:
    told = {told_to_person([x]) for x in (R.PERSON_NAME_DIFFERS, R.ID_DIFFERS)}
    assert told == {(R.PERSON_DIFFERS,)}
    assert told_to_person([R.PERSON_NAME_DIFFERS, R.ID_DIFFERS, R.FIRM_CLOSED]) == (R.PERSON_DIFFERS, R.FIRM_CLOSED)


names = st.sampled_from([NAME, NAME.replace("样", "祥"), "泉州市另一家贸易有限公司", ""])
codes = st.sampled_from([CODE, OTHER, CODE[:-1] + "2", "123", ""])
people = st.sampled_from([WHO, "张三", ""])
licences = st.builds(
    LicenceShown,
    code=codes,
    name=names,
    representative=people,
    last_day=st.sampled_from([None, date(2020, 1, 1), date(2040, 1, 1)]),
    read_code=codes,
    read_name=names,
    read_representative=people,
)
registers = st.none() | st.builds(
    RegisterRow,
    code=codes,
    name=names,
    representative=people,
    id_hash=st.sampled_from([HASH, ""]),
    status=st.sampled_from(StatusClass),
)
persons = st.builds(
    PersonGiven,
    name=people,
    id_verdict=st.sampled_from([CodeVerdict.VALID, CodeVerdict.CHECKSUM_MISMATCH]),
    id_hash=st.sampled_from([HASH, "x" * 64]),
    capacity=st.sampled_from([Role.LEGAL_REPRESENTATIVE, Role.AGENT]),
    has_power=st.booleans(),
    paper_power=st.booleans(),
    id_is_elsewhere=st.booleans(),
    too_many_tries=st.booleans(),
)


@given(licences, registers, persons)
def test_met_is_never_reached_by_guessing(licence: LicenceShown, register: RegisterRow | None, person: PersonGiven) -> None:
    found = examine(licence, register=register, person=person, on=ON)
    if found.verdict is not Tristate.MET:
        return
    assert register is not None
    assert licence.code == licence.read_code == register.code == CODE
    assert licence.name == register.name
    assert licence.representative == licence.read_representative == register.representative
    assert register.status in {StatusClass.OPERATING, StatusClass.SUSPENDED}
    assert person.id_verdict is CodeVerdict.VALID
    assert not person.too_many_tries
    if person.capacity is Role.AGENT:
        assert person.has_power
    else:
        assert (person.name, person.id_hash) == (register.representative, register.id_hash)


@given(licences, registers, persons)
def test_every_verdict_but_met_has_a_reason(licence: LicenceShown, register: RegisterRow | None, person: PersonGiven) -> None:
    found = examine(licence, register=register, person=person, on=ON)
    hindering = set(found.reasons) - NO_OBSTACLE
    assert (found.verdict is Tristate.MET) == (not hindering)
    assert found.verdict is not Tristate.NOT_MET or hindering & NOT_MET
