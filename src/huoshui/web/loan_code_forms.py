"""Forms of loan codes (贷款码表单)."""

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.db.models import Q, QuerySet

from huoshui.models import Firm, Membership, Organization, Viewer
from huoshui.models.loan_code import ISSUES
from huoshui.models.scope import below
from huoshui.terms import CodePurpose, OrganizationKind, RevocationReason, Role
from huoshui.web.forms import DayField, ManyTaps, Taps, WordField
from huoshui.web.language import said, say

_YEAR: Final = timedelta(days=365)


def issuers(viewer: Viewer) -> QuerySet[Organization]:
    """The organizations for which the viewer issues codes (可签发单位)."""
    found = Q(pk__in=())
    for grant in viewer.of(*ISSUES):
        found |= below("path", grant.path)
    return Organization.objects.visible_to(viewer).filter(found, closed_on=None).exclude(region_code="").order_by("path")


class _Validity(forms.Form):
    def __init__(self, *args: Any, viewer: Viewer, on: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.viewer = viewer
        self.fields["organization"].queryset = issuers(viewer)  # type: ignore[attr-defined]
        self.fields["organization"].initial = issuers(viewer).first()
        self.fields["valid_from"].initial = on
        self.fields["valid_until"].initial = on + _YEAR


class IssueForm(_Validity):
    """One code (签发一个码)."""

    organization = forms.ModelChoiceField(
        Organization.objects.visible_to(Viewer()), label=said("签发单位", "Issued by"), empty_label=None
    )
    purpose = WordField(CodePurpose, label=said("用途", "Purpose"), widget=Taps, initial=CodePurpose.POSTER)
    place = forms.CharField(
        label=said("张贴处", "Place"), required=False, max_length=100,
        help_text=said("印在码下方，例如“中华街道便民服务中心”", "Printed below the code, such as “Service center”"),
    )  # fmt: skip
    firm = forms.CharField(
        label=said("企业统一社会信用代码", "The firm's credit code"), required=False, max_length=18,
        help_text=said("只有“经营主体专用”的码需要填写", "Only for a code of one firm's own"),
    )  # fmt: skip
    valid_from = DayField(label=said("生效日期", "Valid from"))
    valid_until = DayField(label=said("有效期至", "Valid until"))

    def clean_firm(self) -> Firm | None:
        """The firm that the code names, among those that the viewer may see."""
        code = self.cleaned_data["firm"].strip().upper()
        if not code:
            return None
        found: Firm | None = Firm.objects.visible_to(self.viewer).filter(uscc=code).first()
        if found is None:
            raise forms.ValidationError(say("登记库中没有您可见的这家企业", "No firm that you may see has this code"))
        return found


class ManyForm(_Validity):
    """A batch (批量签发): townships, or visitors, not both."""

    organization = forms.ModelChoiceField(
        Organization.objects.visible_to(Viewer()), label=said("签发单位", "Issued by"), empty_label=None
    )
    townships = forms.ModelMultipleChoiceField(
        Organization.objects.visible_to(Viewer()), required=False, widget=ManyTaps,
        label=said("为这些乡镇街道各签发一张海报", "A poster for each of these townships"),
    )  # fmt: skip
    visitors = forms.ModelMultipleChoiceField(
        Membership.objects.visible_to(Viewer()), required=False, widget=ManyTaps,
        label=said("为这些走访人员各签发一张名片", "A card for each of these visitors"),
    )  # fmt: skip
    valid_from = DayField(label=said("生效日期", "Valid from"))
    valid_until = DayField(label=said("有效期至", "Valid until"))

    def __init__(self, *args: Any, viewer: Viewer, on: date, **options: Any) -> None:
        """Offers the offices below the viewer's own, and the visitors who work there on the day."""
        super().__init__(*args, viewer=viewer, on=on, **options)
        offices = issuers(viewer)
        townships = offices.exclude(kind=OrganizationKind.BANK).exclude(pk__in=[x.organization_id for x in viewer.of(*ISSUES)])
        in_force = Q(from_on__lte=on) & (Q(until_on=None) | Q(until_on__gte=on))
        visitors = Membership.objects.visible_to(viewer).filter(in_force, role=Role.VISITOR, organization__in=offices)
        self.fields["townships"].queryset = townships  # type: ignore[attr-defined]
        self.fields["visitors"].queryset = visitors.select_related("user", "organization").order_by("organization", "pk")  # type: ignore[attr-defined]
        self.fields["visitors"].label_from_instance = _visitor  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One of the two, and something of it."""
        given = super().clean() or self.cleaned_data
        if bool(given.get("townships")) == bool(given.get("visitors")):
            raise forms.ValidationError(
                say("请选择乡镇街道，或者选择走访人员（只选一类）", "Choose townships, or visitors, but not both")
            )
        return given


def _visitor(membership: Membership) -> str:
    return f"{membership.user.shown_name}（{membership.organization.name}）"


class RevokeForm(forms.Form):
    """Why a code is revoked (作废原因)."""

    reason = WordField(RevocationReason, label=said("原因", "Reason"), widget=Taps)
    note = forms.CharField(label=said("说明", "Note"), required=False, max_length=200)
