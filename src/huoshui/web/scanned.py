"""The loan code that somebody at work scanned (已扫贷款码): the next visit or demand that is recorded carries it, once."""

from typing import Any, Final

from django.utils import timezone

from huoshui.models import Firm, LoanCode
from huoshui.services.loan_code import code_in_force

_KEPT: Final = "scanned_code"
_SECONDS: Final = 3600  # of a scan in a market that nobody followed up


def keep_scanned(request: Any, code: LoanCode) -> None:
    """Remember what was scanned until it is used, for an hour (记住所扫码)."""
    request.session[_KEPT] = {"code": code.pk, "at": timezone.now().timestamp(), "used": False}


def scanned_code(request: Any, *, firm: Firm | None = None) -> LoanCode | None:
    """The code that the next record of `firm` carries (待关联码): `code` in the address, or what was scanned last.

    A code that was issued for one firm is not offered for another.
    """
    asked = request.GET.get("code", "")
    if asked.isdecimal() and len(asked) < 19:
        named = LoanCode.objects.visible_to(request.viewer).filter(pk=int(asked)).first()
        if named is not None and request.method == "GET":
            keep_scanned(request, named)
    return _kept(request, firm=firm, used=False)


def agreed_code(request: Any, *, firm: Firm) -> LoanCode | None:
    """The code that the form that was sent is to carry (确认关联): the one whose box is ticked, or where it showed none, any.

    A form that is sent twice carries it twice.
    """
    if not request.POST.get("code_offered"):
        return scanned_code(request, firm=firm)
    found = _kept(request, firm=firm, used=True)
    return found if found is not None and request.POST.get("with_code") == str(found.pk) else None


def let_go(request: Any) -> None:
    """One scan is one record (所扫码已使用)."""
    if kept := request.session.get(_KEPT):
        request.session[_KEPT] = {**kept, "used": True}


def _kept(request: Any, *, firm: Firm | None, used: bool) -> LoanCode | None:
    kept = request.session.get(_KEPT)
    if not kept or (kept["used"] and not used) or timezone.now().timestamp() - kept["at"] > _SECONDS:
        return None
    found = code_in_force(kept["code"], on=timezone.localdate())
    return found if found is not None and (firm is None or found.firm_id in {None, firm.pk}) else None
