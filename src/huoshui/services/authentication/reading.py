"""The machine reads the photograph of a licence (识别执照)."""

import json
from datetime import datetime

from django.db import transaction

from huoshui.adapters.licence_ocr import read_licence
from huoshui.errors import BadFile, MissingExtra
from huoshui.models import BusinessAuthentication
from huoshui.services.authentication.rows import locked, office_of
from huoshui.services.event import record
from huoshui.services.photo import kept_photo
from huoshui.terms import AuthenticationStage


def read_licence_photo(authentication_id: int, *, at: datetime) -> None:
    """Read the fields of an authentication's photograph (识别执照字段), once; what was confirmed in between is left alone.

    Where it cannot be read, the person types the fields, and the verdict is a human's.
    """
    waiting = BusinessAuthentication.objects.get(pk=authentication_id)
    if waiting.read_at is not None or not waiting.is_open:
        return
    problem, found = "", {}
    try:
        found = {str(x.value): (read.text, round(read.sure, 3)) for x, read in read_licence(kept_photo(waiting.photo)).items()}
    except (MissingExtra, BadFile) as error:
        problem = error.code
    with transaction.atomic():
        row = locked(waiting)
        if row.read_at is not None or not row.is_open:
            return
        row.read_at, row.read_problem, row.read_text = at, problem, json.dumps(found, ensure_ascii=False)
        if row.stage is AuthenticationStage.READING:
            row.move_to(AuthenticationStage.TO_CONFIRM)
        row.save()
        basis = {"fields": sorted(found), "problem": problem}
        record("read_licence", row, by=None, organization=office_of(""), basis=basis)
