"""Forms of organizations and the people in them (机构与人员表单)."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from huoshui.models import Organization, Viewer
from huoshui.models.party import named
from huoshui.rules.party import LEVELS, ROLES, levels_below
from huoshui.terms import OrganizationKind, OrganizationLevel, Role
from huoshui.web.forms import DayField, WordField
from huoshui.web.language import said, say


class OrganizationForm(forms.Form):
    """A new organization below another one, or at the top of a tree (设立机构)."""

    name = forms.CharField(label=said("机构名称", "Name"), max_length=120)
    kind = WordField(OrganizationKind, label=said("机构类别", "Kind"))
    level = WordField(OrganizationLevel, label=said("层级", "Level"))
    region_code = forms.CharField(
        label=said("区划代码", "Region code"),
        required=False,
        max_length=12,
        help_text=said(
            "省2位、市4位、县6位、乡镇街道9位；全国机构不填",
            "Province 2 digits, city 4, county 6, township 9; empty for the nation",
        ),
    )
    code = forms.CharField(label=said("机构编码", "Own code"), required=False, max_length=40)

    def __init__(self, *args: Any, parent: Organization | None, **options: Any) -> None:
        """Below a parent only its kind and the levels below it can be chosen."""
        super().__init__(*args, **options)
        kinds = [parent.kind] if parent else list(OrganizationKind)
        allowed = {x for kind in kinds for x in levels_below(kind, parent=parent.level if parent else None)}
        _choose(self.fields["kind"], [x for x in OrganizationKind if x in kinds])
        _choose(self.fields["level"], [x for x in dict.fromkeys(y for z in LEVELS.values() for y in z) if x in allowed])
        if parent:
            self.fields["region_code"].initial = parent.region_code


class MoveForm(forms.Form):
    """Where an organization goes (调整隶属)."""

    under = forms.ModelChoiceField(
        queryset=Organization.objects.visible_to(Viewer()), label=said("新的上级机构", "Below which organization")
    )

    def __init__(self, *args: Any, among: "QuerySet[Organization]", **options: Any) -> None:
        """`among` are the organizations that one manages, of the same kind."""
        super().__init__(*args, **options)
        self.fields["under"].queryset = among  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    """From which day on an organization is closed (撤销机构)."""

    on = DayField(label=said("撤销日期", "Closed from"), initial=timezone.localdate)


class EndForm(forms.Form):
    """The last day of a role (结束任职)."""

    last_on = DayField(
        label=said("最后任职日", "Last day"),
        initial=timezone.localdate,
        help_text=said("填昨天则立即生效", "Yesterday makes it end at once"),
    )


class AppointmentForm(forms.Form):
    """A role for somebody who has an account, or for somebody new (任职)."""

    login_name = forms.CharField(
        label=said("登录名", "Login name"),
        max_length=40,
        help_text=said("3至40位，小写字母开头", "3 to 40 characters, a small letter first"),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=said("姓名", "Name"),
        required=False,
        max_length=60,
        help_text=said("新增人员时填写；已有账号不填", "For a new person; leave empty where there is an account"),
    )
    phone = forms.CharField(label=said("手机号", "Mobile number"), required=False, max_length=20)
    role = WordField(Role, label=said("角色", "Role"))
    from_on = DayField(label=said("开始日期", "First day"), initial=timezone.localdate)
    until_on = DayField(
        label=said("结束日期", "Last day"), required=False, help_text=said("借调必须填写", "Required for a secondment")
    )
    region_code = forms.CharField(
        label=said("只负责的区域", "Only this part"),
        required=False,
        max_length=12,
        help_text=said("机构辖区内的区划代码；不填为全部辖区", "A code inside its region; empty: all of it"),
    )
    seconded_from = forms.ModelChoiceField(
        queryset=Organization.objects.visible_to(Viewer()),
        required=False,
        label=said("借调自", "Seconded from"),
        help_text=said("非借调不填", "Empty unless it is a secondment"),
    )

    def __init__(self, *args: Any, organization: Organization, among: "QuerySet[Organization]", **options: Any) -> None:
        """The roles are those of the organization's kind; `among` are the organizations that people may come from."""
        super().__init__(*args, **options)
        _choose(self.fields["role"], [x for x in Role if x in ROLES[organization.kind]])
        self.fields["seconded_from"].queryset = among  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A secondment ends, and nobody new is seconded."""
        found = super().clean() or {}
        if found.get("seconded_from") and not found.get("until_on"):
            self.add_error("until_on", say("借调请填写结束日期", "A secondment has a last day"))
        if found.get("seconded_from") and found.get("name"):
            self.add_error("name", say("借调人员应已有账号", "Who is seconded has an account already"))
        return found


def staff_search(rows: "QuerySet[Any]", text: str) -> "QuerySet[Any]":
    """People by the beginning of a login name, or by a whole name or telephone (人员搜索): those are kept as hashes alone."""
    return rows.filter(named(text, prefix="user__"))


def _choose(field: forms.Field, words: list[Any]) -> None:
    asked = [] if len(words) == 1 else [("", say("请选择", "Please choose"))]
    field.choices = [*asked, *((x.value, say(x.zh, x.en)) for x in words)]  # type: ignore[attr-defined]
