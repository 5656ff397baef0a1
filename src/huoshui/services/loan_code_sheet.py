"""Loan codes in print (贷款码印制): posters and visit cards as PDF."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from django.conf import settings
from django.utils import timezone

from huoshui.adapters.qr import qr_svg
from huoshui.errors import WrongStage
from huoshui.models import LoanCode
from huoshui.services.loan_code import address_of


def print_codes(
    codes: Sequence[LoanCode], *, sheet: Literal["poster", "cards"], language: Literal["zh", "en"], on: date
) -> bytes:
    """The PDF of some codes (印制贷款码), a poster a page or ten cards a page. What no longer leads anywhere is not printed.

    Raises WrongStage where none of them is good on the day or later.
    """
    from huoshui.adapters.poster.content import Printed  # noqa: PLC0415 -- beside what is heavy
    from huoshui.adapters.poster.pdf import render_pdf  # noqa: PLC0415 -- heavy, and only here

    good = [x for x in codes if x.revoked_at is None and on <= x.valid_until]
    if not good:
        raise WrongStage("a code that was withdrawn or has expired is not printed", zh="已作废或已过期的码不能印制")
    printed = [
        Printed(
            qr=qr_svg(address_of(x), level="h" if sheet == "poster" else "q"),
            issuer=x.organization.name,
            place=x.holder.shown_name if x.holder else x.place,
            number=x.shown_number,
            valid_until=x.valid_until,
            issued_on=timezone.localdate(x.issued_at),
            person=x.holder is not None,
        )
        for x in good
    ]
    check_at = f"{settings.HUOSHUI_ADDRESS.partition('://')[2].rstrip('/')}/c/check"
    return render_pdf(printed, sheet=sheet, language=language, check_at=check_at, synthetic=settings.HUOSHUI_DEMO, on=on)
