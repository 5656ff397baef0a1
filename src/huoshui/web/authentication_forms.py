"""Forms of business authentication and powers of attorney (认证、授权表单)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from huoshui.errors import HuoshuiError
from huoshui.rules.licence import NEEDED, LicenceText
from huoshui.services.authentication.powers import LONGEST_DAYS
from huoshui.terms import AuthenticationDecision, LicenceField, PowerScope, Role
from huoshui.web.forms import DayField, Taps, WordField, WordsField
from huoshui.web.language import said, say

_PICTURES: Final = "image/*"
_AREAS: Final = (LicenceField.ADDRESS, LicenceField.SCOPE)
_CAPITALS: Final = {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}


class PhotoForm(forms.Form):
    """A photograph, from the camera or from what the phone has already (上传照片)."""

    photo = forms.FileField(
        label=said("现在拍照", "Take a photograph"),
        required=False,
        widget=forms.FileInput(attrs={"accept": _PICTURES, "capture": "environment"}),
    )
    album = forms.FileField(
        label=said("或从相册选择", "Or choose a photograph"),
        required=False,
        widget=forms.FileInput(attrs={"accept": _PICTURES}),
    )

    def clean(self) -> dict[str, Any]:
        """One of the two is needed."""
        given = super().clean() or {}
        if not (given.get("photo") or given.get("album")):
            self.add_error("photo", say("请先拍照或选择一张照片", "Take or choose a photograph first"))
        return given

    def picture(self) -> bytes:
        """What was sent."""
        given = self.cleaned_data.get("photo") or self.cleaned_data["album"]
        return bytes(given.read())


class LicenceForm(forms.Form):
    """The fields of a licence as read, to be compared with the licence in hand (核对执照信息)."""

    def __init__(self, *args: Any, found: Mapping[LicenceField, LicenceText], **options: Any) -> None:
        """`found` holds what the machine read or the person typed before, and what to look at."""
        super().__init__(*args, **options)
        self.found = found
        for name in LicenceField:
            text = found[name]
            self.fields[str(name.value)] = forms.CharField(
                label=say(name.zh, name.en.capitalize()),
                required=name in NEEDED,
                initial=text.text,
                max_length=4000,
                help_text=_hint(text) if text.text or name in NEEDED else "",
                widget=(forms.Textarea if name in _AREAS else forms.TextInput)(attrs=_attributes(name, text)),
            )

    def needed(self) -> list[forms.BoundField]:
        """The fields that the check needs."""
        return [self[str(x.value)] for x in NEEDED]

    def others(self) -> list[forms.BoundField]:
        """What else a licence says."""
        return [self[str(x.value)] for x in LicenceField if x not in NEEDED]

    def others_read(self) -> int:
        """How many of these the machine read."""
        return sum(bool(x.text) for name, x in self.found.items() if name not in NEEDED)

    def others_need_a_look(self) -> bool:
        """Whether one of these is in doubt, or was sent with an error."""
        doubtful = any(x.text and x.flag for name, x in self.found.items() if name not in NEEDED)
        return doubtful or bool(set(self.errors) - {str(x.value) for x in NEEDED})

    def said(self) -> dict[LicenceField, str]:
        """What the person says that the licence says."""
        return {LicenceField(x): text for x, text in self.cleaned_data.items()}


def _attributes(name: LicenceField, text: LicenceText) -> dict[str, str]:
    marked = {"class": "flagged"} if text.flag is not None and text.text else {}
    if name in _AREAS:
        return {"rows": "3", **marked}
    return {**_CAPITALS, **({"maxlength": "24"} if name is LicenceField.USCC else {"autocapitalize": "off"}), **marked}


def _hint(text: LicenceText) -> str:
    if text.flag is not None:
        return say(f"▲ {text.flag.zh}", f"▲ {text.flag.en.capitalize()}")
    return ""


class PersonForm(forms.Form):
    """Who the person is, and in which capacity they act (填写办理人)."""

    capacity = WordField(
        Role,
        only=(Role.LEGAL_REPRESENTATIVE, Role.AGENT),
        label=said("您是这家企业的", "You are the firm's"),
        widget=Taps,
        help_text=said("个体工商户经营者、负责人请选“法定代表人”", "Sole traders and heads choose legal representative"),
    )
    name = forms.CharField(label=said("您的姓名", "Your name"), max_length=60, widget=forms.TextInput({"autocomplete": "name"}))
    id_number = forms.CharField(
        label=said("身份证号码", "Identity number"),
        max_length=24,
        widget=forms.TextInput({"autocomplete": "off", **_CAPITALS}),
        help_text=said("仅用于与登记信息核对，加密保存", "Only compared with the register, and kept encrypted"),
    )
    consent = forms.BooleanField(label=said("我同意核验我的身份信息", "I agree that my identity is checked"))
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, asks_consent: bool, **options: Any) -> None:
        """`asks_consent` is False for who agreed before."""
        super().__init__(*args, **options)
        if not asks_consent:
            del self.fields["consent"], self.fields["version"]


class PowerForm(forms.Form):
    """What an agent may do, and until when (授权范围)."""

    scopes = WordsField(PowerScope, label=said("允许经办人办理", "The agent may"))
    until_on = DayField(
        label=said("授权截止日", "Until"),
        help_text=said("最长一年，可随时撤销", "At most a year; you can revoke it at any time"),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offers half a year and all but contracts, and lets the browser offer the days that are taken."""
        today = timezone.localdate()
        options["initial"] = {
            "scopes": [str(x.value) for x in PowerScope if x is not PowerScope.CONTRACT],
            "until_on": today + timedelta(days=180),
            **options.get("initial", {}),
        }
        super().__init__(*args, **options)
        limits = {"min": today.isoformat(), "max": (today + timedelta(days=LONGEST_DAYS)).isoformat()}
        self.fields["until_on"].widget.attrs.update(limits)


class OfferForm(PowerForm):
    """A power for somebody who has not asked (主动授权)."""

    firm = forms.ChoiceField(label=said("企业", "Firm"))
    name = forms.CharField(label=said("经办人姓名", "The agent's name"), max_length=60)
    phone = forms.RegexField(
        r"^1\d{10}$",
        label=said("经办人手机号", "The agent's telephone"),
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
        error_messages={"invalid": said("请填写11位手机号", "A number of 11 digits, please")},
    )
    field_order = ("firm", "name", "phone", "scopes", "until_on")

    def __init__(self, *args: Any, firms: list[tuple[str, str]], **options: Any) -> None:
        """`firms` are those that the person represents."""
        super().__init__(*args, **options)
        self.fields["firm"].choices = firms  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """What an officer decides about a doubtful authentication, and why (人工核实)."""

    decision = WordField(AuthenticationDecision, label=said("核实结论", "Decision"), widget=Taps)
    note = forms.CharField(
        label=said("理由", "Reason"),
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=said(
            "申请人会看到这段话，请写明核对了什么、差在哪里", "The applicant reads this: what was compared, what is wrong"
        ),
    )


class PaperDecisionForm(DecisionForm):
    """The same, for an agent whose power of attorney is on paper (纸质授权核实)."""

    scopes = WordsField(PowerScope, label=said("授权书写明的事项", "What the paper allows"), required=False)
    until_on = DayField(label=said("授权书的截止日", "Until when"), required=False)


def sent(request: HttpRequest, *, files: bool = False) -> tuple[Any, ...]:
    """What a form is bound to (表单数据): what was posted, also where that is nothing; without a post it is not bound."""
    if request.method != "POST":
        return ()
    return (request.POST, request.FILES) if files else (request.POST,)


def add_error(form: forms.Form, error: HuoshuiError) -> None:
    """Put a service's refusal at the field that it names (表单报错)."""
    form.add_error(error.field if error.field in form.fields else None, say(error.zh, error.message))
