"""People, organizations and what they agreed to (用户、机构、任职、同意)."""

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from huoshui.models.fields import SealedField, TermField
from huoshui.models.grants import grants_of
from huoshui.models.scope import Scoped, Viewer, below, within_any
from huoshui.models.secrets import hashed, masked_name, masked_phone
from huoshui.terms import ConsentPurpose, OrganizationKind, OrganizationLevel, Role

SEES_REGION = (Role.VISITOR, Role.OFFICER, Role.LEAD, Role.AUDITOR, Role.REGULATOR)
SEES_BANK = (Role.CLIENT_MANAGER, Role.REVIEWER, Role.APPROVER)
SEES_COLLEAGUES = (Role.LEAD, Role.OFFICER, Role.APPROVER)
NATION_WIDE = Q(level=OrganizationLevel.NATION) | ~Q(kind__in=[OrganizationKind.TASK_FORCE, OrganizationKind.GOVERNMENT])


class Organization(Scoped):
    """An office, a task force or a bank, in a tree (机构). `path` is "/1/7/", its own id last; codes drop their zeros."""

    name = models.CharField(max_length=120)
    kind = TermField(OrganizationKind)
    level = TermField(OrganizationLevel)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=200, db_index=True, default="")
    region_code = models.CharField(max_length=12, blank=True, db_index=True)
    code = models.CharField(max_length=40, blank=True)  # a bank's or an office's own code
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["parent", "name"], name="organization_once_below_its_parent"),
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="organization_code_once"),
            models.CheckConstraint(condition=~Q(region_code="") | NATION_WIDE, name="office_without_a_region_is_the_nations"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        """Save, and give a new organization its place in the tree."""
        super().save(*args, **options)
        if not self.path:
            self.path = f"{self.parent.path if self.parent else '/'}{self.pk}/"
            super().save(update_fields=["path"])

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Who works in organizations sees their names; a firm sees the banks that it may choose."""
        if any(x.organization_id for x in viewer.grants):
            return Q()
        return Q(kind=OrganizationKind.BANK)


class UserManager(BaseUserManager["User"]):
    """Finds people by login name, telephone or identity number (用户查询)."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The person with this login name."""
        return self.get(login_name=username)

    def with_phone(self, phone: str) -> "User | None":
        """The person with this telephone number (按手机号查找)."""
        return self.filter(phone_hash=hashed(phone)).first() if phone else None

    def visible_to(self, viewer: Viewer) -> models.QuerySet["User"]:
        """The people that the viewer may see (可见用户): oneself, and who works below one's own organizations."""
        if not viewer.grants:
            return self.none()
        return self.filter(User.visibility(viewer))


class User(AbstractBaseUser):
    """A person who signs in (用户): staff by login name and password, owners by telephone."""

    login_name = models.CharField(max_length=60, unique=True)
    name = SealedField(blank=True)
    name_hash = models.CharField(max_length=64, blank=True, db_index=True)
    phone = SealedField(blank=True)
    phone_hash = models.CharField(max_length=64, blank=True, db_index=True)
    id_number = SealedField(blank=True)
    id_number_hash = models.CharField(max_length=64, blank=True, db_index=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)  # works in an organization: signs in with a second factor
    language = models.CharField(max_length=10, blank=True)
    large_type = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = UserManager()
    USERNAME_FIELD = "login_name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["phone_hash"], condition=~Q(phone_hash=""), name="user_phone_once"),
        ]

    def __str__(self) -> str:
        return self.login_name

    def save(self, *args: Any, **options: Any) -> None:
        """Keep the hashes in step with what they are made from."""
        self.name_hash, self.phone_hash, self.id_number_hash = hashed(self.name), hashed(self.phone), hashed(self.id_number)
        if (named := options.get("update_fields")) is not None:
            options["update_fields"] = {*named, *(f"{x}_hash" for x in ("name", "phone", "id_number") if x in named)}
        super().save(*args, **options)

    @property
    def shown_name(self) -> str:
        """What colleagues read (显示姓名): the name of staff, a masked name or telephone of everybody else."""
        if self.is_staff:
            return self.name or self.login_name
        return masked_name(self.name) or masked_phone(self.phone) or "—"

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Oneself, and who works in or below an organization in which one leads; the operator sees staff, no firm's people."""
        found = Q(pk=viewer.user_id)
        if viewer.has(Role.OPERATOR):
            found |= Q(is_staff=True)
        for grant in viewer.of(*SEES_COLLEAGUES):
            found |= Q(pk__in=Membership.objects.filter(below("organization__path", grant.path)).values("user_id"))
        return found

    def viewer(self, *, on: date, first: int | None = None) -> Viewer:
        """All that this person was granted on a day (查看人); the organization in which they chose to act comes `first`."""
        if not self.is_active:
            return Viewer()
        grants = grants_of(self.pk, on=on)
        return Viewer(self.pk, tuple(sorted(grants, key=lambda x: x.organization_id != first)))


class Membership(Scoped):
    """A person's role in an organization from a day on (任职、借调). A secondment names where the person comes from."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    role = TermField(Role)
    seconded_from = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="seconded")
    region_code = models.CharField(max_length=12, blank=True)  # a part of the organization's region only
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)  # the last day

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")), name="membership_ends_after_it_begins"
            ),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """One's own, those in or below the organizations that one leads, and to the operator all."""
        if viewer.has(Role.OPERATOR):
            return Q()
        found = Q(user_id=viewer.user_id)
        for grant in viewer.of(*SEES_COLLEAGUES):
            found |= below("organization__path", grant.path)
        return found


class Consent(Scoped):
    """What a person agreed to, in which version of the text, and when it was withdrawn (同意记录)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    purpose = TermField(ConsentPurpose)
    version = models.CharField(max_length=20)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "purpose"])]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """One's own."""
        return Q(user_id=viewer.user_id)


def in_regions_of(viewer: Viewer, *, field: str = "region_code") -> Q:
    """The rows of the regions for which the viewer works in a task force or watches over it (按区域可见)."""
    return within_any(field, (x.region for x in viewer.of(*SEES_REGION) if x.organization_id))


def firms_of(viewer: Viewer) -> list[int]:
    """The firms that the viewer represents (所代表企业)."""
    return [x.firm_id for x in viewer.grants if x.firm_id is not None]


def named(text: str, *, prefix: str = "") -> Q:
    """People whose login name begins so, or whose whole name or telephone it is (人员查找): no more is kept in plain."""
    text = text.strip()
    hash_ = hashed(text)
    return (
        Q(**{f"{prefix}login_name__startswith": text.lower()})
        | Q(**{f"{prefix}name_hash": hash_})
        | Q(**{f"{prefix}phone_hash": hash_})
    )


def managed_by(viewer: Viewer, *, field: str = "path") -> Q:
    """The organizations that one manages (所管机构): all for the operator, a lead's task force and what is below it."""
    if viewer.has(Role.OPERATOR):
        return Q()
    found = Q(pk__in=())
    for grant in viewer.of(Role.LEAD):
        found |= below(field, grant.path)
    return found
