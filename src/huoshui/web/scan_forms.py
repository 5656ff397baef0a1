"""Forms of the shop owner's way (店主扫码表单): few fields, large choices, nothing that needs a script."""

from typing import Any, Final

from django import forms

from huoshui.services.owner_way import Need
from huoshui.terms import DemandPurpose
from huoshui.web.forms import Taps, WordField, YuanField
from huoshui.web.language import said, say

FEN_PER_WAN: Final = 1_000_000
AMOUNTS_WAN: Final = (5, 10, 20, 30, 50, 100)
TERMS: Final = (3, 6, 12, 24, 36)
PURPOSES: Final = (
    DemandPurpose.STOCK,
    DemandPurpose.SUPPLIERS,
    DemandPurpose.WAGES,
    DemandPurpose.RENT,
    DemandPurpose.EQUIPMENT,
    DemandPurpose.PREMISES,
    DemandPurpose.TECHNOLOGY,
    DemandPurpose.PLANTING,
    DemandPurpose.OTHER,
)
_OTHER: Final = "other"
_TRISTATE: Final = {"yes": True, "no": False}


class PhoneForm(forms.Form):
    """A telephone and the consent to be served (手机号与同意)."""

    phone = forms.CharField(
        label=said("手机号", "Mobile number"), max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )  # fmt: skip
    consent = forms.BooleanField(
        label=said(
            "我同意《用户服务协议》和《个人信息处理说明》", "I agree to the terms of service and to how my data is handled"
        ),
        error_messages={"required": said("请先勾选同意", "Please tick this first")},
    )
    version = forms.CharField(max_length=20, widget=forms.HiddenInput)  # of the text that was on the page


class PasswordForm(forms.Form):
    """The one-time password (验证码)."""

    password = forms.CharField(
        label=said("短信验证码", "One-time password"), max_length=8,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
    )  # fmt: skip


class NeedForm(forms.Form):
    """What the shop needs (融资需求): three choices by tap; another amount and a sentence may be typed."""

    amount = forms.ChoiceField(
        label=said("需要多少钱", "How much"), widget=Taps(attrs={"class": "compact"}),
        choices=[*((str(x), said(f"{x}万元", f"{x * 10_000:,} yuan")) for x in AMOUNTS_WAN), (_OTHER, said("其他", "Another"))],
    )  # fmt: skip
    other = YuanField(
        wan=True, label=said("其他金额", "Another amount"), required=False, lowest_fen=100_000,
        help_text=said("上面选“其他”时填写，例如 35", "Only for another amount, such as 35"),
    )  # fmt: skip
    months = forms.TypedChoiceField(
        label=said("用多久", "For how long"), widget=Taps(attrs={"class": "compact"}), coerce=int,
        choices=[(x, said(f"{x}个月" if x < 12 else f"{x // 12}年", f"{x} months")) for x in TERMS],
    )  # fmt: skip
    purpose = WordField(DemandPurpose, only=PURPOSES, label=said("用来做什么", "What for"), widget=Taps)
    states_clean = forms.ChoiceField(
        label=said("目前有没有逾期贷款或失信记录", "Any overdue loan or judgment debt at present"),
        widget=Taps(attrs={"class": "compact"}), required=False,
        choices=[("yes", said("没有", "None")), ("no", said("有", "Yes")), ("unknown", said("不清楚", "Not sure"))],
    )  # fmt: skip
    note = forms.CharField(
        label=said("补充一句话", "One sentence more"), required=False, max_length=100,
        help_text=said("例如：春节前备货", "Such as: stock for the festival"),
    )  # fmt: skip
    share = forms.BooleanField(
        label=said(
            "我同意把这笔需求提供给县区工作专班和所选银行", "I agree that the task force and the chosen banks see this demand"
        ),
        error_messages={"required": said("请先勾选同意，需求才能送达", "Please tick this, or nobody can read the demand")},
    )
    version = forms.CharField(max_length=20, widget=forms.HiddenInput)  # of the text that was on the page

    def clean(self) -> dict[str, Any]:
        """The amount in fen, whichever way it was given."""
        given = super().clean() or self.cleaned_data
        chosen, typed = given.get("amount"), given.get("other")
        if chosen == _OTHER or typed:
            if not typed and "other" not in self.errors:
                self.add_error("other", say("请填写金额", "Please give the amount"))
            given["amount_fen"] = typed
        elif chosen:
            given["amount_fen"] = int(chosen) * FEN_PER_WAN
        return given

    def need(self) -> Need:
        """What was chosen (所填需求)."""
        given = self.cleaned_data
        return Need(
            amount_fen=given["amount_fen"],
            months=given["months"],
            purpose=given["purpose"],
            note=given["note"],
            states_clean=_TRISTATE.get(given["states_clean"]),
        )


class NumberForm(forms.Form):
    """The number that stands under a code (编号)."""

    number = forms.CharField(
        label=said("编号", "Number"), max_length=20,
        help_text=said("印在码下方的 12 位数字", "The 12 digits below the code"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
