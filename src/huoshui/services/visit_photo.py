"""Photographs of visits (走访照片): taken in by their hash, tied to the visit that names it, before or after it."""

import hashlib
from datetime import datetime
from typing import Final

from django.db import transaction

from huoshui.errors import BadFile, TooMany
from huoshui.models import User, VisitPhoto
from huoshui.services.event import record
from huoshui.services.photo import keep_photo

MOST_LOOSE: Final = 200  # pictures of one person that no visit has named yet


@transaction.atomic
def take_photo(data: bytes, *, by: User, received_at: datetime, sha256: str = "") -> VisitPhoto:
    """Take a photograph in (接收照片): once, however often it is sent; `sha256` is what the sender says it must be.

    Raises BadFile for what is no photograph or came damaged, TooMany for a flood of pictures without visits.
    """
    sent = hashlib.sha256(data).hexdigest()
    if sha256 and sha256.lower() != sent:
        raise BadFile("the photo came damaged: its hash is another one", field="photo", zh="照片传输有误，请重新上传")
    User.objects.select_for_update().only("pk").get(pk=by.pk)  # one upload of a person at a time
    known = list(VisitPhoto.objects.filter(uploader=by, sha256=sent).order_by("pk"))
    here = next((x for x in known if x.kept_sha256), None)
    if not known and VisitPhoto.objects.filter(uploader=by, visit=None).count() >= MOST_LOOSE:
        raise TooMany("too many photos without a visit", zh="未关联走访的照片过多，请先提交走访记录")
    kept = here.kept_sha256 if here else keep_photo(data)
    if not known:
        return VisitPhoto.objects.create(uploader=by, sha256=sent, kept_sha256=kept, received_at=received_at)
    awaited = VisitPhoto.objects.filter(pk__in=[x.pk for x in known if not x.kept_sha256])
    told = list(awaited.exclude(visit=None).select_related("visit__firm"))
    awaited.update(kept_sha256=kept, received_at=received_at)
    for x in told:
        basis = {"sha256": sent, "kept": kept}
        record("add_photo", x, by=by, organization=x.visit.organization_id, firm=x.visit.firm, basis=basis)
    return VisitPhoto.objects.get(pk=known[0].pk)
