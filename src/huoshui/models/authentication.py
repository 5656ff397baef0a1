"""Business authentication (经营主体认证): whose licence a person showed, what was found, and who may act for whom."""

import json
from collections.abc import Mapping
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from huoshui.errors import WrongStage
from huoshui.models.fields import SealedField, TermField
from huoshui.models.firm import Firm, FirmMember
from huoshui.models.party import User
from huoshui.models.scope import Scoped, Viewer, within_any
from huoshui.models.secrets import hashed
from huoshui.terms import AuthenticationReason, AuthenticationStage, LicenceField, PowerScope, PowerStage, Role, Tristate

DECIDES: Final = (Role.OFFICER, Role.LEAD)  # who may decide what no rule can
_S: Final = AuthenticationStage
_EXAMINED: Final = frozenset({_S.WAITING_FOR_POWER, _S.WAITING_FOR_REGISTER, _S.IN_REVIEW, _S.AUTHENTICATED, _S.REFUSED})
LEADS_TO: Final[Mapping[AuthenticationStage, frozenset[AuthenticationStage]]] = {
    _S.READING: frozenset({_S.TO_CONFIRM, _S.TO_IDENTIFY, _S.WITHDRAWN}),
    _S.TO_CONFIRM: frozenset({_S.TO_IDENTIFY, _S.WITHDRAWN}),
    _S.TO_IDENTIFY: frozenset({_S.TO_CONFIRM, _S.TO_IDENTIFY, _S.WITHDRAWN}) | _EXAMINED,
    _S.WAITING_FOR_POWER: frozenset({_S.WITHDRAWN}) | _EXAMINED,
    _S.WAITING_FOR_REGISTER: frozenset({_S.WITHDRAWN}) | _EXAMINED,
    _S.IN_REVIEW: frozenset({_S.AUTHENTICATED, _S.REFUSED, _S.TO_CONFIRM, _S.WITHDRAWN}),
    _S.AUTHENTICATED: frozenset({_S.ENDED}),
    _S.REFUSED: frozenset(),
    _S.ENDED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}
OPEN: Final = tuple(x for x, leads in LEADS_TO.items() if _S.WITHDRAWN in leads)


class BusinessAuthentication(Scoped):
    """One person's authentication for one firm (经营主体认证).

    The photograph is kept under its SHA-256. `basis` holds what the verdict rested on: rule, keyed hashes of the register's
    name and representative, its status; never a name.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="authentications")
    stage = TermField(AuthenticationStage, default=AuthenticationStage.READING)
    photo = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    read_problem = models.CharField(max_length=40, blank=True)  # why no machine read it: missing_extra, bad_file
    read_text = SealedField(blank=True)  # JSON: what the machine read, with its confidence
    confirmed_text = SealedField(blank=True)  # JSON: what the person confirmed
    confirmed_at = models.DateTimeField(null=True, blank=True)
    uscc = models.CharField(max_length=18, blank=True)
    firm = models.ForeignKey(Firm, null=True, blank=True, on_delete=models.PROTECT, related_name="authentications")
    region_code = models.CharField(max_length=12, blank=True)  # whose officers may be asked; "" before the fields are confirmed
    capacity = TermField(Role, blank=True)
    person_name = SealedField(blank=True)
    person_id = SealedField(blank=True)
    person_id_hash = models.CharField(max_length=64, blank=True, db_index=True)
    verdict = TermField(Tristate, blank=True)
    reasons = models.JSONField(default=list)
    basis = models.JSONField(default=dict)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")  # null: by rule
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = SealedField(blank=True)
    member = models.ForeignKey(FirmMember, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["stage", "region_code", "confirmed_at"], name="authentication_queue"),
            models.Index(fields=["firm", "stage"], name="authentication_of_firm"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "photo"], condition=Q(stage__in=[x.value for x in OPEN]), name="authentication_once_while_open"
            ),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """One's own, and for officers and leads those of their regions."""
        deciding = within_any("region_code", (x.region for x in viewer.of(*DECIDES) if x.organization_id))
        return Q(user_id=viewer.user_id) | (deciding & ~Q(region_code=""))

    def save(self, *args: object, **options: object) -> None:
        """Keep the hash in step with the identity number."""
        self.person_id_hash = hashed(self.person_id)
        super().save(*args, **options)  # type: ignore[arg-type]

    def move_to(self, stage: AuthenticationStage) -> None:
        """Take the next stage (推进认证阶段). Raises WrongStage where none leads there; the caller saves."""
        if stage not in LEADS_TO[self.stage]:
            raise WrongStage(
                f"an authentication that is {self.stage.en} cannot become {stage.en}",
                zh=f"“{self.stage.zh}”的认证不能转为“{stage.zh}”",
            )
        self.stage = stage

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something (是否在办)."""
        return self.stage in OPEN

    @property
    def coded_reasons(self) -> tuple[AuthenticationReason, ...]:
        """The reasons as words (认证理由)."""
        return tuple(AuthenticationReason(x) for x in self.reasons)

    @property
    def read(self) -> Mapping[LicenceField, tuple[str, float]]:
        """What the machine read (识别结果): text and confidence between 0 and 1 by field."""
        found = json.loads(self.read_text or "{}")
        return {LicenceField(x): (str(text), float(sure)) for x, (text, sure) in found.items()}

    @property
    def confirmed(self) -> Mapping[LicenceField, str]:
        """What the person confirmed (确认信息) by field."""
        return {LicenceField(x): str(text) for x, text in json.loads(self.confirmed_text or "{}").items()}


class PowerOfAttorney(Scoped):
    """What a firm's legal representative lets an agent do, until a day (授权委托书).

    It is asked for by the agent, or offered by the representative to a telephone number; it is in force when both were there.
    """

    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="powers")
    agent = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="powers")
    agent_name = SealedField(blank=True)
    agent_phone = SealedField(blank=True)
    agent_phone_hash = models.CharField(max_length=64, blank=True, db_index=True)
    authentication = models.ForeignKey(
        BusinessAuthentication, null=True, blank=True, on_delete=models.PROTECT, related_name="powers"
    )
    stage = TermField(PowerStage)
    scopes = models.JSONField(default=list)
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)  # the last day
    asked_at = models.DateTimeField()
    given_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    paper_photo = models.CharField(max_length=64, blank=True)
    member = models.ForeignKey(FirmMember, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["firm", "stage"], name="power_of_firm")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["firm", "agent"],
                condition=Q(stage__in=[PowerStage.REQUESTED.value, PowerStage.IN_FORCE.value]),
                name="power_once_for_an_agent",
            ),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """One's own, those of firms of which one is the legal representative, and those of one's task force's regions."""
        led = [x.firm_id for x in viewer.of(Role.LEGAL_REPRESENTATIVE) if x.firm_id is not None]
        deciding = within_any("firm__region_code", (x.region for x in viewer.of(*DECIDES) if x.organization_id))
        return Q(agent_id=viewer.user_id) | Q(firm_id__in=led) | deciding

    def save(self, *args: object, **options: object) -> None:
        """Keep the hash in step with the telephone number."""
        self.agent_phone_hash = hashed(self.agent_phone)
        super().save(*args, **options)  # type: ignore[arg-type]

    @property
    def allowed(self) -> tuple[PowerScope, ...]:
        """What the agent may do, as words (授权事项)."""
        return tuple(PowerScope(x) for x in self.scopes)
