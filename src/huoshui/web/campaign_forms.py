"""Forms of campaigns and lists (走访任务表单)."""

from collections.abc import Iterable
from typing import Any

from django import forms

from huoshui.adapters.regions import region_name
from huoshui.models import RegisterLoad, User, Viewer
from huoshui.services.campaign import Chosen, Visitor
from huoshui.terms import DrawMode, DropReason, EntityKind, Reason, Role
from huoshui.web.forms import DayField, Taps, WordField, WordsField
from huoshui.web.language import in_english, said, say


class CampaignForm(forms.Form):
    """A new campaign (新建走访任务): from a screening that was loaded, or from all firms on record, by a filter."""

    name = forms.CharField(label=said("任务名称", "Name"), max_length=120)
    region = forms.ChoiceField(label=said("任务地区", "Region"))
    load = forms.ChoiceField(
        label=said("依据的筛查结果", "Screening"), required=False,
        help_text=said("只列入该次筛查的主体；不选则为全部在册主体", "Only firms of that screening; none: all firms on record"),
    )  # fmt: skip
    verdicts = WordsField(
        Reason, only=(Reason.NO_LOAN, Reason.HAS_LOAN, Reason.LOAN_UNKNOWN, Reason.INACTIVE), required=False,
        label=said("筛查结论", "Verdicts"), initial=[Reason.NO_LOAN],
    )  # fmt: skip
    kinds = WordsField(
        EntityKind, only=(EntityKind.ENTERPRISE, EntityKind.SOLE_TRADER, EntityKind.COOPERATIVE), required=False,
        label=said("主体类别（不选为全部）", "Kinds (none: all)"),
    )  # fmt: skip
    active_only = forms.BooleanField(label=said("只列活跃主体", "Active firms only"), required=False)
    township = forms.CharField(
        label=said("只列此乡镇街道", "This township only"), required=False, max_length=40,
        help_text=said("与登记数据中的名称一致；不填为全部", "As the register writes it; empty: all"),
    )  # fmt: skip
    least_priority = forms.IntegerField(label=said("优先分不低于", "Points at least"), required=False)
    mode = WordField(DrawMode, widget=Taps, label=said("分派方式", "How it is shared out"), initial=DrawMode.WHOLE_GRIDS)
    leave_out_visited = forms.ChoiceField(
        label=said("近期已走访的主体", "Firms visited lately"), widget=Taps, initial="no",
        choices=[("no", said("列入并提示", "listed and flagged")), ("yes", said("不列入", "left out"))],
    )  # fmt: skip
    due_on = DayField(
        label=said("完成期限", "Deadline"), required=False,
        help_text=said("不填则下发时按政策时限计算", "Empty: by the policy when it is opened"),
    )  # fmt: skip

    def __init__(self, *args: Any, viewer: Viewer, loads: Iterable[RegisterLoad], **options: Any) -> None:
        """Regions are those of the viewer's task force, loads those that hold its firms."""
        super().__init__(*args, **options)
        language: Any = "en" if in_english() else "zh"
        regions = dict.fromkeys(x.region for x in viewer.of(Role.OFFICER, Role.LEAD) if x.region)
        self.fields["region"].choices = [  # type: ignore[attr-defined]
            (x, region_name(x[:6].ljust(6, "0"), language=language, within="000000")) for x in regions
        ]
        none = say("全部在册主体", "All firms on record")
        self._loads = {str(x.pk): x for x in loads}
        self.fields["load"].choices = [("", none), *((pk, _load_label(x)) for pk, x in self._loads.items())]  # type: ignore[attr-defined]

    def screening(self) -> RegisterLoad | None:
        """The screening that was chosen (所选筛查)."""
        return self._loads.get(self.cleaned_data["load"])

    def chosen(self) -> Chosen:
        """Which firms (走访对象)."""
        given = self.cleaned_data
        return Chosen(
            verdicts=tuple(x.value for x in given["verdicts"]), kinds=tuple(x.value for x in given["kinds"]),
            active_only=given["active_only"], township=given["township"].strip(), least_priority=given["least_priority"],
        )  # fmt: skip


def _load_label(load: RegisterLoad) -> str:
    return f"{load.screened_on.isoformat()} · {load.rule} · {load.rows:,}"


class VisitorForm(forms.Form):
    """Who it goes to (指派对象)."""

    visitor = forms.TypedChoiceField(label=said("走访人员", "Visitor"), coerce=int)

    def __init__(self, *args: Any, visitors: Iterable[Visitor], **options: Any) -> None:
        """`visitors` are those who can be sent."""
        super().__init__(*args, **options)
        self.users: dict[int, User] = {x.user.pk: x.user for x in visitors}
        self.fields["visitor"].choices = [(pk, x.shown_name) for pk, x in self.users.items()]  # type: ignore[attr-defined]


class HandOverForm(VisitorForm):
    """Whose list is handed over, and to whom (移交)."""

    to = forms.TypedMultipleChoiceField(
        label=said("接手人员（不选为其余全部）", "Who takes over (none: all others)"), coerce=int, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, visitors: Iterable[Visitor], **options: Any) -> None:
        """`visitors` are those who can be sent."""
        super().__init__(*args, visitors=visitors, **options)
        self.fields["visitor"].label = said("移交人", "Who leaves")
        self.fields["to"].choices = self.fields["visitor"].choices  # type: ignore[attr-defined]


class DropForm(forms.Form):
    """Why it is not visited (不再走访)."""

    reason = WordField(DropReason, label=said("原因", "Reason"))
    note = forms.CharField(
        label=said("说明", "Note"), required=False, max_length=200, help_text=said("不要写个人信息", "Nothing about persons")
    )


class DeadlineForm(forms.Form):
    """Another deadline (调整期限)."""

    due_on = DayField(label=said("新的完成期限", "New deadline"))


class RedrawForm(forms.Form):
    """How the rest is shared out (重新分派)."""

    mode = WordField(DrawMode, widget=Taps, label=said("分派方式", "How it is shared out"))
