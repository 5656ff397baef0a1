"""How firms came in from the registers (登记数据导入): one row a screening result that was loaded, and how it reconciles."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from huoshui.models.fields import TermField
from huoshui.models.party import in_regions_of
from huoshui.models.scope import Scoped, Viewer
from huoshui.terms import LoadStage, Role


class RegisterLoad(Scoped):
    """One load of a screening result (主体导入批次): rows = created + changed + unchanged + superseded + refused."""

    fingerprint = models.CharField(max_length=64, unique=True)  # of the result's manifest
    folder_name = models.CharField(max_length=200)
    rule = models.CharField(max_length=60)
    region_code = models.CharField(max_length=12, blank=True)  # without trailing zeros
    screened_on = models.DateField()
    stage = TermField(LoadStage, default=LoadStage.RUNNING)
    synthetic = models.BooleanField(default=False)
    rows = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)  # where a load that was stopped goes on
    created = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    superseded = models.BigIntegerField(default=0)  # D02: an older record of a firm that another row has
    refused = models.JSONField(default=list)  # [{"row_id", "reason"}]: rows that cannot be told from another one
    absent = models.BigIntegerField(default=0)  # firms of the region on record that this result does not have
    registers = models.JSONField(default=list)  # names of those that the screening read: exclusions, loans, registry, tax …
    citations = models.JSONField(default=list)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["region_code", "screened_on"])]

    def __str__(self) -> str:
        return f"{self.folder_name} {self.screened_on}"

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of one's regions and of the regions above, whose firms one's own are among; the operator sees all."""
        if viewer.has(Role.OPERATOR):
            return Q()
        found = in_regions_of(viewer)
        for grant in viewer.of(Role.OFFICER, Role.LEAD):
            above = [grant.region[:x] for x in range(len(grant.region) + 1)]
            found |= Q(region_code__in=above)
        return found


class FirmCount(Scoped):
    """Firms of one area (区域主体数): written by loads and by first visits, so that no page counts a million rows."""

    area = models.CharField(max_length=12)  # the firms' region code: county, township or village
    township = models.CharField(max_length=40, blank=True)
    firms = models.IntegerField(default=0)
    active = models.IntegerField(default=0)
    visited = models.IntegerField(default=0)  # of the active ones, visited at least once

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["area", "township"], name="firm_count_once_an_area")]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of one's regions."""
        return in_regions_of(viewer, field="area")
