"""Loan codes and what became of every scan (贷款码、扫码记录)."""

from datetime import date
from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q

from huoshui.models.fields import TermField
from huoshui.models.firm import Firm
from huoshui.models.party import SEES_REGION, Organization, User, firms_of, in_regions_of
from huoshui.models.scope import Scoped, Viewer
from huoshui.terms import CodePurpose, RevocationReason, Role, ScanDevice, ScanVerdict

ISSUES_FOR_BANK: Final = (Role.CLIENT_MANAGER, Role.APPROVER)
ISSUES: Final = (Role.OFFICER, Role.LEAD, *ISSUES_FOR_BANK)  # who issues and revokes codes


class LoanCode(Scoped):
    """A loan code (贷款码). Its token is not kept: it is signed anew from `token_id` whenever the code is drawn."""

    token_id = models.UUIDField(unique=True)  # 128 random bits: all that a token says
    number = models.CharField(max_length=12, unique=True)  # digits, the last one a check digit: printed under the code
    purpose = TermField(CodePurpose)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="loan_codes")  # the issuer
    region_code = models.CharField(max_length=12, db_index=True)
    firm = models.ForeignKey(Firm, null=True, blank=True, on_delete=models.PROTECT, related_name="loan_codes")
    holder = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="loan_codes")
    place = models.CharField(max_length=100, blank=True)  # where it hangs, or whose card it is for
    valid_from = models.DateField()
    valid_until = models.DateField()  # the last day
    batch = models.UUIDField(null=True, blank=True, db_index=True)  # codes that were issued together
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revocation_reason = TermField(RevocationReason, blank=True)
    revocation_note = models.CharField(max_length=200, blank=True)
    scans = models.PositiveIntegerField(default=0)
    last_scanned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="loan_code_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | ~Q(revocation_reason=""), name="loan_code_revoked_for_a_reason"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "issued_at"])]

    def __str__(self) -> str:
        return self.shown_number

    @property
    def shown_number(self) -> str:
        """The number in groups of four (编号)."""
        return " ".join(self.number[x : x + 4] for x in range(0, len(self.number), 4))

    def verdict(self, *, on: date) -> ScanVerdict:
        """What a scan on a day finds (当日状态)."""
        if self.revoked_at is not None:
            return ScanVerdict.REVOKED
        if on < self.valid_from:
            return ScanVerdict.NOT_YET_VALID
        return ScanVerdict.EXPIRED if on > self.valid_until else ScanVerdict.VALID

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of one's regions and above, those that one's bank issued, those that one holds, those of one's firms.

        A visitor of a township meets posters of the county, and records visits with them.
        """
        if viewer.has(Role.OPERATOR):
            return Q()
        regions = {x.region for x in viewer.of(*SEES_REGION) if x.organization_id}
        above = {x[:length] for x in regions for length in (2, 4, 6, 9) if length < len(x)}
        found = in_regions_of(viewer) | Q(region_code__in=above) | Q(holder_id=viewer.user_id) | Q(firm_id__in=firms_of(viewer))
        for grant in viewer.of(*ISSUES_FOR_BANK):
            found |= Q(organization__path__startswith=grant.path)
        return found


class Scan(Scoped):
    """One scan (扫码记录): when, with what, and what the code turned out to be; the device only as a hash."""

    loan_code = models.ForeignKey(LoanCode, null=True, blank=True, on_delete=models.PROTECT, related_name="scanned")
    at = models.DateTimeField(db_index=True)
    verdict = TermField(ScanVerdict)
    device = TermField(ScanDevice)
    device_hash = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["device_hash", "at"]),
            models.Index(fields=["loan_code", "at"]),
            models.Index(fields=["verdict", "at"]),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of the codes of one's regions and one's bank; the operator also sees scans of codes that nobody issued."""
        if viewer.has(Role.OPERATOR):
            return Q()
        found = in_regions_of(viewer, field="loan_code__region_code")
        for grant in viewer.of(*ISSUES_FOR_BANK):
            found |= Q(loan_code__organization__path__startswith=grant.path)
        return found
