"""The person says who they are (填写办理人), and the rule looks at everything together."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from huoshui.errors import BadCode, BadRequest, NotAllowed, WrongStage
from huoshui.models import BusinessAuthentication, User
from huoshui.rules.resident_id import check_resident_id
from huoshui.rules.uscc import clean_code
from huoshui.services.authentication.examining import judge
from huoshui.services.authentication.powers import settle, take_up_offer
from huoshui.services.authentication.rows import locked, office_of
from huoshui.services.consent import has_consent
from huoshui.services.event import record
from huoshui.services.photo import keep_photo
from huoshui.terms import AuthenticationStage, CodeVerdict, ConsentPurpose, PowerStage, Role

_CAPACITIES = (Role.LEGAL_REPRESENTATIVE, Role.AGENT)


@transaction.atomic
def identify_person(
    authentication: BusinessAuthentication, *, by: User, name: str, id_number: str, capacity: Role, at: datetime
) -> BusinessAuthentication:
    """Keep who the person is and in which capacity they act, and come to a verdict (确认办理人身份).

    Raises BadRequest or BadCode with the field; NotAllowed without the person's consent to the check; WrongStage.
    """
    row = locked(authentication, owner=by)
    if row.stage is not AuthenticationStage.TO_IDENTIFY:
        raise WrongStage("this authentication does not ask for the person now", zh="这一步已经办理过了")
    if not has_consent(by, ConsentPurpose.IDENTITY):
        raise NotAllowed("the check of an identity needs the person's consent", zh="核验身份需要您本人同意")
    if capacity not in _CAPACITIES:
        raise BadRequest("choose legal representative or agent", zh="请选择您的身份", field="capacity")
    row.person_name, row.person_id = "".join(name.split()), _id_number(id_number, by=by, at=at)
    if not row.person_name:
        raise BadRequest("a name is missing", zh="请填写姓名", field="name")
    row.capacity = capacity
    row.save()
    if capacity is Role.AGENT and row.firm is not None:
        take_up_offer(row, firm=row.firm, at=at)
    basis = {"capacity": str(capacity.value), **settle(row, at=at)}
    record("identify_person", row, by=by, organization=office_of(row.region_code), firm=row.firm, basis=basis)
    return row


def hand_in_paper_power(
    authentication: BusinessAuthentication, *, by: User, photo: bytes, at: datetime
) -> BusinessAuthentication:
    """Hand in the photograph of a signed power of attorney, for a person to decide (提交纸质授权书).

    Raises BadFile, NotAllowed, WrongStage.
    """
    sha256 = keep_photo(photo)
    with transaction.atomic():
        row = locked(authentication, owner=by)
        power = row.powers.filter(stage=PowerStage.REQUESTED).first()
        if row.stage is not AuthenticationStage.WAITING_FOR_POWER or power is None:
            raise WrongStage("no power of attorney is waited for", zh="这个认证目前不需要授权书")
        power.paper_photo = sha256
        power.save()
        basis = {"photo": sha256, **judge(row, at=at)}
        record("hand_in_paper_power", row, by=by, organization=office_of(row.region_code), firm=row.firm, basis=basis)
    return row


def _id_number(text: str, *, by: User, at: datetime) -> str:
    checked = check_resident_id(text, on=timezone.localdate(at))
    if checked.verdict is not CodeVerdict.VALID:
        raise BadCode(
            "the identity number is wrong, compare with the card", zh="身份证号码有误，请对照证件核对", field="id_number"
        )
    number = clean_code(text)
    if by.id_number and number != by.id_number:
        raise BadRequest(
            "this account belongs to another identity number", zh="身份证号码与本账号已认证的不一致", field="id_number"
        )
    return number
