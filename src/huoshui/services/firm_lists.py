"""What a screening says of the lists that firms stand on (名单入库): entries begin with its day, and end when they are gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from huoshui import policy
from huoshui.adapters.screening_result import FirmRow
from huoshui.models import Firm, ListEntry, RegisterLoad
from huoshui.policy import Policy

EXCLUSIONS: Final = "exclusions"  # the registers of a screening that know of lists
TAX: Final = "tax"
_POLICY: Final = "exclusion_lists"


@dataclass(frozen=True, slots=True)
class FirmLists:
    """Keeps the entries of one load (名单记录写入): `lists` is the policy that the screening went by."""

    load: RegisterLoad
    lists: Policy

    @classmethod
    def of(cls, load: RegisterLoad, *, region: str) -> Self:
        """Those of a load of a region of six digits (按批次); raises UnknownPolicy where no list is in force."""
        return cls(load, policy.read(_POLICY, region=region, on=load.screened_on))

    def days_read(self) -> dict[str, date]:
        """The fields of a firm that say on which day its lists were read (名单读取日): none for a register that was not."""
        known = {EXCLUSIONS: "lists_on", TAX: "tax_on"}
        return {field: self.load.screened_on for register, field in known.items() if register in self.load.registers}

    def list_of(self, tag: str, *, is_excluded: bool) -> str:
        """The list that a tag tells of (标签对应的名单).

        Of several that give one tag: the one that excludes where the firm was excluded, else the one that takes any name.
        """
        fits = [x for x in self.lists.fields if self.lists[x]["code"] == tag]
        fits.sort(key=lambda x: ((self.lists[x]["effect"] == "exclude") != is_excluded, bool(self.lists[x]["patterns"])))
        return fits[0] if fits else "other"

    def keep(self, rows: Mapping[str, FirmRow]) -> None:
        """Write what rows say of their firms, by their codes (写入名单): new entries begin, those that are gone end."""
        on = self.load.screened_on
        firms = dict(Firm.objects.filter(uscc__in=list(rows)).values_list("uscc", "pk"))
        wanted = {(firms[key], self.list_of(tag, is_excluded=row.is_excluded)) for key, row in rows.items() for tag in row.tags}
        kept, gone = set(), []
        open_now = ListEntry.objects.filter(firm_id__in=list(firms.values()), until_on=None).select_related("load")
        for entry in open_now:
            if (entry.firm_id, entry.list_name) in wanted:
                kept.add((entry.firm_id, entry.list_name))
            elif entry.load is not None and set(entry.load.registers) <= set(self.load.registers):
                gone.append(entry.pk)
        ListEntry.objects.filter(pk__in=gone).update(until_on=on - timedelta(days=1))
        source = f"{on.isoformat()} 筛查（{self.load.rule}）"
        ListEntry.objects.bulk_create(
            [
                ListEntry(firm_id=firm, list_name=name, source=source, listed_on=on, load=self.load)
                for firm, name in sorted(wanted - kept)
            ],
            update_conflicts=True,
            unique_fields=["firm", "list_name", "listed_on"],
            update_fields=["source", "load", "until_on"],
        )
