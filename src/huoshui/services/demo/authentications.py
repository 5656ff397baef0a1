"""Authentications of the demonstration (演示认证): one that goes through by itself, and two that wait for an officer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import timezone

from huoshui.adapters.licence_specimen import draw_licence
from huoshui.models import Firm, User
from huoshui.models.secrets import hashed
from huoshui.rules.resident_id import resident_id_check
from huoshui.services.authentication import confirm_licence, identify_person, start_authentication
from huoshui.services.demo.logins import PASSER_BY
from huoshui.terms import LicenceField, Role

OWNER_NAME: Final = "郑海宁"
_DOUBTFUL: Final = (("林晓东", ""), ("苏美华", "（新店）"))  # who asks, and what the licence says more than the register


@dataclass(frozen=True, slots=True)
class AuthenticationSheet:
    """What somebody types to see an authentication go through by itself (认证演示): all of it is made up."""

    phone: str
    licence: Path
    name: str
    id_number: str


def ready_to_authenticate(firm: Firm) -> None:
    """The register names the passer-by as the firm's representative, by name and keyed hash (登记信息); a licence is drawn."""
    firm.representative_name, firm.representative_id_hash = OWNER_NAME, hashed(_id_number(1))
    firm.save(update_fields=["representative_name", "representative_id_hash"])
    _place().parent.mkdir(parents=True, exist_ok=True)
    _place().write_bytes(_licence(firm, name=firm.name, representative=OWNER_NAME))


def authentication_sheet() -> AuthenticationSheet | None:
    """How to see it (认证演示说明); None where this site's demonstration has no such firm."""
    if not _place().is_file() or not Firm.objects.filter(representative_id_hash=hashed(_id_number(1))).exists():
        return None
    return AuthenticationSheet(PASSER_BY, _place(), OWNER_NAME, _id_number(1))


def make_doubtful(firms: Sequence[Firm], *, people: Sequence[User], at: datetime) -> None:
    """Authentications that the rule leaves to people (待人工核实): the register has no identity number; a name that differs."""
    for number, (firm, user, (name, more)) in enumerate(zip(firms, people, _DOUBTFUL, strict=True)):
        firm.representative_name = name
        firm.save(update_fields=["representative_name"])
        said = firm.name + more
        row = start_authentication(user=user, photo=_licence(firm, name=said, representative=name), at=at)
        fields = {LicenceField.USCC: firm.uscc, LicenceField.NAME: said, LicenceField.REPRESENTATIVE: name}
        row = confirm_licence(row, by=user, fields=fields, at=at)
        identify_person(row, by=user, name=name, id_number=_id_number(number + 2), capacity=Role.LEGAL_REPRESENTATIVE, at=at)


def _place() -> Path:
    return Path(settings.HUOSHUI_DATA) / "demo" / "licence.jpg"


def _licence(firm: Firm, *, name: str, representative: str) -> bytes:
    day = firm.established_on or timezone.localdate()
    written = f"{day.year}年{day.month:02}月{day.day:02}日"
    rows = (
        ("名    称", name),
        ("类    型", "有限责任公司"),
        ("法定代表人", representative),
        ("成立日期", written),
        ("营业期限", f"{written}至长期"),
        ("住    所", f"样本路{firm.pk}号"),
    )
    return draw_licence(firm.uscc, rows=rows)


def _id_number(person: int) -> str:
    digits = f"35020319900101{person:03}"
    return digits + resident_id_check(digits)
