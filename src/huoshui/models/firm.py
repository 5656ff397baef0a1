"""Firms as the registers name them, and who speaks for them (经营主体、代表人)."""

from typing import ClassVar, Final

from django.db import models
from django.db.models import Q
from django.utils import timezone

from huoshui.models.fields import SealedField, TermField
from huoshui.models.party import SEES_BANK, User, firms_of, in_regions_of
from huoshui.models.scope import Grant, Scoped, Viewer, below, within
from huoshui.terms import EntityKind, Role, SizeClass, StatusClass

CODE_LENGTH: Final = 18
TRIGRAM: Final = 3  # shorter parts of a name no index finds


class Firm(Scoped):
    """A firm of the registers (经营主体): one row a code, written by imports and screenings, never by a form.

    A firm whose register row has no code that can be one carries a code of ours in `uscc`, made of its name and region, that
    begins with "~": see `shown_code`.
    """

    uscc = models.CharField(max_length=18, unique=True)
    organization_code = models.CharField(max_length=9, blank=True, db_index=True)  # inside a code that passes its check
    register_no = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=200, db_index=True)
    short_name = models.CharField(max_length=200, db_index=True, blank=True)  # without the region it begins with
    initials = models.CharField(max_length=60, db_index=True, blank=True)  # of the name's pinyin, lower case
    short_initials = models.CharField(max_length=60, db_index=True, blank=True)  # of the short name
    kind = TermField(EntityKind, blank=True)
    status = TermField(StatusClass, blank=True)
    established_on = models.DateField(null=True, blank=True)
    industry_code = models.CharField(max_length=5, blank=True)
    size_class = TermField(SizeClass, blank=True)
    region_code = models.CharField(max_length=12, db_index=True)  # 6, 9 or 12 digits, without trailing zeros
    township = models.CharField(max_length=40, blank=True)  # its name, where the register gives one
    grid = models.CharField(max_length=40, blank=True)  # 网格: the smallest part of a township
    address = models.CharField(max_length=300, blank=True)
    representative_name = SealedField(blank=True)  # legal representative or operator, as registered
    representative_id_hash = models.CharField(max_length=64, blank=True)
    active = models.BooleanField(default=True)  # by the screening's activity rule
    verdict = models.CharField(max_length=20, blank=True)  # the screening's reason code, such as N01
    priority = models.SmallIntegerField(default=0)  # the screening's points: higher is visited earlier
    screened_on = models.DateField(null=True, blank=True)
    lists_on = models.DateField(null=True, blank=True)  # of the last screening that read exclusion lists
    tax_on = models.DateField(null=True, blank=True)  # of the last one that read tax filings
    register_changed_on = models.DateField(null=True, blank=True)  # name, code or representative changed: authenticate again
    synthetic = models.BooleanField(default=False)
    last_visit_at = models.DateTimeField(null=True, blank=True)
    last_visit_by = models.ForeignKey("huoshui.Organization", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["region_code", "name"])]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_code(self) -> str:
        """The code as people may read it (显示代码); "" where the register has none."""
        return "" if self.uscc.startswith("~") else self.uscc

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of the viewer's regions, those that a demand brought to the viewer's bank, and the viewer's own."""
        found = in_regions_of(viewer) | Q(pk__in=firms_of(viewer))
        for grant in viewer.of(*SEES_BANK):
            found |= Q(pk__in=shared_below(grant).values("firm_id"))
        return found


class FirmMember(Scoped):
    """Who speaks for a firm (企业代表): its legal representative, or an agent with a power of attorney until a day."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="firm_members")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="members")
    role = TermField(Role)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "firm", "role"], condition=Q(until_on=None), name="firm_member_once"),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """One's own, those of one's firms, and those of firms in the regions of one's task force."""
        return Q(user_id=viewer.user_id) | Q(firm_id__in=firms_of(viewer)) | in_regions_of(viewer, field="firm__region_code")


class FirmShare(models.Model):
    """A bank that may see a firm, since a demand of the firm was pushed to it (企业信息共享)."""

    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="shares")
    organization = models.ForeignKey("huoshui.Organization", on_delete=models.PROTECT, related_name="+")
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["firm", "organization"], name="firm_shared_once_with_a_bank")]


def shared_below(grant: Grant) -> models.QuerySet[FirmShare]:
    """What is shared now with the bank of a grant or below it (当前共享)."""
    now = timezone.now()
    in_force = Q(since_at__lte=now) & (Q(until_at=None) | Q(until_at__gt=now))
    return FirmShare.objects.filter(in_force, below("organization__path", grant.path))


def firms_named(text: str, *, prefix: str = "") -> Q:
    """The firms that a text names (主体查找): by code, by the initials of the name's pinyin, or by a part of the name.

    Letters and digits are the beginning of a code or of the initials, which an index serves; anything else is looked for
    anywhere in the name. `prefix` leads from the rows to the firm, such as "firm__".
    """
    text = text.strip()
    if not (text.isascii() and text.isalnum()):
        return Q(**{f"{prefix}name__contains": text})
    wanted = _beginning(f"{prefix}uscc", text.upper())
    if text.isalpha():
        wanted |= _beginning(f"{prefix}initials", text.lower()) | _beginning(f"{prefix}short_initials", text.lower())
        if len(text) >= TRIGRAM:
            wanted |= Q(**{f"{prefix}name__icontains": text})
    return wanted


def _beginning(name: str, text: str) -> Q:
    return Q(**{name: text}) if len(text) == CODE_LENGTH and name.endswith("uscc") else within(name, text)
