"""A firm of the register and the people of its authentication, for tests: all of it is synthetic."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from huoshui.models import BusinessAuthentication, Firm, User
from huoshui.models.secrets import hashed
from huoshui.rules.resident_id import resident_id_check
from huoshui.services.authentication import confirm_licence, identify_person, start_authentication
from huoshui.services.consent import consent_text, give_consent
from huoshui.terms import AuthenticationStage, ConsentPurpose, LicenceField, Role
from tests.adapters.licence_ocr import specimen
from tests.world import World, county_world, firm

NAME = "厦门市思明区样本餐饮管理有限公司"
OWNER, AGENT = "王小明", "李小红"
F = LicenceField


@dataclass(slots=True)
class Case:
    """What a test of authentication starts from: `at` is now."""

    world: World
    firm: Firm
    owner: User
    agent: User
    at: datetime

    @property
    def officer(self) -> User:
        """Of the county of the firm."""
        return self.world.user(Role.OFFICER)

    def fields(self, **changed: str) -> dict[LicenceField, str]:
        """What the licence says."""
        said = {F.USCC: self.firm.uscc, F.NAME: NAME, F.REPRESENTATIVE: OWNER, F.VALID_UNTIL: "长期"}
        return {**said, **{LicenceField(x): text for x, text in changed.items()}}

    def shown(self, user: User, *, read: bool = True, photo: bytes = b"", **changed: str) -> BusinessAuthentication:
        """An authentication whose licence the machine has read, or not, and the person confirmed."""
        row = start_authentication(user=user, photo=photo or picture(user.pk), at=self.at)
        if row.stage is AuthenticationStage.READING and read:
            found = {str(x.value): (text, 0.99) for x, text in self.fields().items()}
            row.read_text, row.read_at = json.dumps(found), self.at
            row.move_to(AuthenticationStage.TO_CONFIRM)
            row.save()
        return confirm_licence(row, by=user, fields=self.fields(**changed), at=self.at)

    def identified(self, row: BusinessAuthentication, **given: Any) -> BusinessAuthentication:
        """The same, with the person named: the owner as legal representative, unless given otherwise."""
        user = row.user
        said = {"name": OWNER, "id_number": id_number(1), "capacity": Role.LEGAL_REPRESENTATIVE, **given}
        return identify_person(row, by=user, at=said.pop("at", self.at), **said)

    def owner_in(self) -> BusinessAuthentication:
        """The owner, authenticated."""
        return self.identified(self.shown(self.owner))

    def agent_waiting(self, **given: Any) -> BusinessAuthentication:
        """The agent, who waits for a power of attorney."""
        row = self.shown(self.agent, **given)
        return self.identified(row, name=AGENT, id_number=id_number(2), capacity=Role.AGENT)

    def later(self, **span: int) -> datetime:
        """A moment after `at`."""
        return self.at + timedelta(**span)


def case() -> Case:
    """Write the small world and one more firm into the database, with an owner and an agent who agreed to the check."""
    world = county_world()
    made = firm("350203", 7001, name=NAME, representative_id_hash=hashed(id_number(1)))
    made.representative_name = OWNER
    made.save()
    owner = User.objects.create(login_name="owner-7001", phone="13900007001")
    agent = User.objects.create(login_name="agent-7001", phone="13900007002")
    at = timezone.now()
    version = consent_text(ConsentPurpose.IDENTITY, on=timezone.localdate(at)).version
    for user in (owner, agent):
        give_consent(user, ConsentPurpose.IDENTITY, version=version, at=at)
    return Case(world, made, owner, agent, at)


def id_number(person: int) -> str:
    """A valid identity number of nobody."""
    digits = f"35020319900101{person:03}"
    return digits + resident_id_check(digits)


def picture(number: int = 0) -> bytes:
    """A photograph that no other number has, and on which nothing can be read."""
    from PIL import Image

    return specimen.clean(Image.new("RGB", (240, 240), (number * 37 % 256, number * 91 % 256, number * 53 % 256)))
