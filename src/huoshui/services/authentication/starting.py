"""An authentication begins (发起认证), or is given up (撤回认证)."""

from datetime import datetime
from functools import partial

from django.db import transaction

from huoshui.models import BusinessAuthentication, User
from huoshui.models.authentication import OPEN
from huoshui.services.authentication.rows import locked, office_of
from huoshui.services.authentication.tasks import read_licence_photo_later
from huoshui.services.event import record
from huoshui.services.photo import keep_photo
from huoshui.terms import AuthenticationStage, PowerStage


def start_authentication(*, user: User, photo: bytes, at: datetime) -> BusinessAuthentication:
    """Keep the photograph of a licence and have it read (发起认证). The same photograph leads to the same open authentication.

    Raises BadFile for what is no photograph.
    """
    sha256 = keep_photo(photo)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # a thumb that taps twice waits here
        found: BusinessAuthentication | None = BusinessAuthentication.objects.filter(
            user=user, photo=sha256, stage__in=OPEN
        ).first()
        if found is not None:
            return found
        started = BusinessAuthentication.objects.create(user=user, photo=sha256, started_at=at)
        transaction.on_commit(partial(read_licence_photo_later.enqueue, started.pk))
        record("start_authentication", started, by=user, organization=office_of(""), basis={"photo": sha256})
    return started


@transaction.atomic
def withdraw_authentication(authentication: BusinessAuthentication, *, by: User, at: datetime) -> BusinessAuthentication:
    """Give up an authentication that nobody has decided yet (撤回认证). Raises NotAllowed, WrongStage."""
    row = locked(authentication, owner=by)
    row.move_to(AuthenticationStage.WITHDRAWN)
    row.ended_at = at
    row.save()
    row.powers.filter(stage=PowerStage.REQUESTED).update(stage=PowerStage.REVOKED, ended_at=at)
    record("withdraw_authentication", row, by=by, organization=office_of(row.region_code), firm=row.firm)
    return row
