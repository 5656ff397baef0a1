"""The person compares what was read with the licence in hand (核对执照信息)."""

import json
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from huoshui.errors import BadRequest, WrongStage
from huoshui.models import BusinessAuthentication, Firm, User
from huoshui.rules.licence import NEEDED, check_licence
from huoshui.rules.uscc import check_uscc
from huoshui.services.authentication.rows import locked, office_of
from huoshui.services.event import record
from huoshui.terms import AuthenticationStage, CodeVerdict, LicenceField

_FROM = (AuthenticationStage.READING, AuthenticationStage.TO_CONFIRM, AuthenticationStage.TO_IDENTIFY)
_LONGEST = 4000


@transaction.atomic
def confirm_licence(
    authentication: BusinessAuthentication, *, by: User, fields: Mapping[LicenceField, str], at: datetime
) -> BusinessAuthentication:
    """Keep what the person says that the licence says (确认执照信息), and find the firm in the register.

    Raises BadRequest with the field for a needed one that is missing and for a code of the wrong form; NotAllowed, WrongStage.
    """
    row = locked(authentication, owner=by)
    if row.stage not in _FROM:
        raise WrongStage("the licence of this authentication was confirmed already", zh="执照信息已经确认过了")
    typed = check_licence({x: (text[:_LONGEST], 1.0) for x, text in fields.items()}, on=timezone.localdate(at))
    for name in NEEDED:
        if not typed[name].text:
            raise BadRequest(f"{name.en} is missing", zh=f"请填写{name.zh}", field=str(name.value))
    code = check_uscc(typed[LicenceField.USCC].text)
    if code.verdict is CodeVerdict.INVALID_FORMAT:
        raise BadRequest(
            "a credit code has 18 characters of 0-9 and A-Y", zh="统一社会信用代码应为18位，请对照执照改正", field="uscc"
        )
    firm: Firm | None = Firm.objects.filter(uscc=code.code).first()
    row.move_to(AuthenticationStage.TO_IDENTIFY)
    row.confirmed_text = json.dumps({str(x.value): text.text for x, text in typed.items() if text.text}, ensure_ascii=False)
    row.confirmed_at, row.uscc, row.firm = at, code.code, firm
    row.region_code = firm.region_code if firm else code.region_code or ""
    row.save()
    basis = {"in_register": firm is not None, "code_check": str(code.verdict)}
    record("confirm_licence", row, by=by, organization=office_of(row.region_code), firm=firm, basis=basis)
    return row
