"""The form of a visit (走访表单): what a visitor asks and sees, on a phone and without scripts."""

from typing import Any, Final
from uuid import uuid4

from django import forms
from django.utils import timezone

from huoshui.services.visit import LONGEST_NOTE, MOST_EMPLOYEES, MOST_FEN, MOST_MONTHS, MOST_PHOTOS, VisitAnswers
from huoshui.terms import DemandPurpose, Need, Obstacle, Premises, VisitMode, YesNo
from huoshui.web.forms import Taps, WordField, WordsField, YuanField
from huoshui.web.language import said, say

USES: Final = tuple(
    x for x in DemandPurpose
    if x not in (DemandPurpose.SECURITIES, DemandPurpose.WEALTH, DemandPurpose.HOUSING)
)  # fmt: skip
_YES_NO: Final = (YesNo.YES, YesNo.NO)


class ManyFiles(forms.ClearableFileInput):
    """Several files from the camera or the album (多张照片)."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Photographs (照片); the cleaned value is a list of files."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Every file by itself."""
        files = [x for x in (data if isinstance(data, list | tuple) else [data]) if x]
        if len(files) > MOST_PHOTOS:
            raise forms.ValidationError(say(f"最多 {MOST_PHOTOS} 张照片", f"At most {MOST_PHOTOS} photos"))
        return [super(PhotosField, self).clean(x, initial) for x in files]


def _one(words: Any, **given: Any) -> WordField:
    return WordField(words, widget=Taps, required=False, none=said("未问", "Not asked"), **given)


class VisitForm(forms.Form):
    """One visit (走访登记): only the first two questions must be answered."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    mode = WordField(VisitMode, widget=Taps, label=said("走访方式", "How"), initial=VisitMode.ONSITE)
    operating = WordField(YesNo, widget=Taps, label=said("是否正常经营", "In business"))
    premises = WordField(Premises, label=said("经营场所", "Premises"), required=False, none=said("未了解", "Not asked"))
    employees = forms.IntegerField(
        label=said("从业人数", "People working here"), required=False, min_value=0, max_value=MOST_EMPLOYEES,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    need = _one(Need, label=said("有无融资需求", "Needs finance"))
    amount = YuanField(wan=True, lowest_fen=1, label=said("需要金额", "Amount"), required=False)
    months = forms.IntegerField(
        label=said("使用期限（月）", "For how many months"), required=False, min_value=1, max_value=MOST_MONTHS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    purpose = WordField(
        DemandPurpose, only=USES, label=said("资金用途", "What for"), required=False, none=said("未了解", "Not asked")
    )
    has_loan = _one(YesNo, label=said("目前有无经营性贷款", "Has a business loan"))
    obstacles = WordsField(Obstacle, label=said("融资困难（可多选）", "What stands in the way"), required=False)
    broker_fee_asked = _one(
        YesNo, label=said("有没有中介收取或索要费用", "Did a broker ask for a fee"),
        help_text=said("通过本机制办理贷款不收取任何中介费", "No broker may charge for loans under this mechanism"),
    )  # fmt: skip
    call_back = forms.BooleanField(label=said("希望银行回电", "Wants a bank to call back"), required=False)
    note = forms.CharField(
        label=said("备注", "Note"), required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3})
    )
    visited_at = forms.DateTimeField(
        label=said("走访时间", "When"), required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        help_text=said("不填即为现在", "Left empty: now"),
    )  # fmt: skip
    photos = PhotosField(
        label=said("现场照片", "Photos"), required=False, widget=ManyFiles(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=said("拍摄门头、经营场所；不要拍摄证件和人脸", "The shop front and premises; no papers, no faces"),
    )  # fmt: skip

    def clean_amount(self) -> int | None:
        """Within reason: above it somebody mistook the unit."""
        amount: int | None = self.cleaned_data["amount"]
        if amount is not None and amount > MOST_FEN:
            raise forms.ValidationError(say("金额过大，请核对单位（万元）", "Too large: mind the unit (10,000 yuan)"))
        return amount

    def clean_visited_at(self) -> Any:
        """Not in the future."""
        at = self.cleaned_data["visited_at"]
        if at and at > timezone.now():
            raise forms.ValidationError(say("走访时间不能晚于现在", "A visit does not lie in the future"))
        return at

    def answers(self) -> VisitAnswers:
        """What was answered (走访内容)."""
        given = self.cleaned_data
        return VisitAnswers(
            operating=given["operating"], premises=given["premises"], employees=given["employees"], need=given["need"],
            amount_fen=given["amount"], months=given["months"], purpose=given["purpose"], has_loan=given["has_loan"],
            obstacles=tuple(given["obstacles"]), broker_fee_asked=given["broker_fee_asked"],
            call_back=True if given["call_back"] else None, note=given["note"].strip(),
        )  # fmt: skip

    def photo_files(self) -> list[Any]:
        """The photographs that were chosen (所选照片)."""
        files: list[Any] = self.cleaned_data["photos"]
        return files


def new_form(**initial: Any) -> VisitForm:
    """An empty form with an id of its own (新走访): sent twice, it is saved once."""
    return VisitForm(initial={"client_id": uuid4(), "mode": VisitMode.ONSITE, **initial})
