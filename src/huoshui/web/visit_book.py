"""Sheets of visits (走访台账): brought in after a look at what each row would become, and given out in the same shape."""

import csv
from io import StringIO
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from huoshui.errors import HuoshuiError, InputError
from huoshui.models import Campaign, VisitBook
from huoshui.terms import BookStage, CampaignStage, Role
from huoshui.web.door import door
from huoshui.web.language import in_english, said, say

RUNS: Final = (Role.OFFICER, Role.LEAD)
SHOWN: Final = 200
AT_ONCE: Final = 300  # rows that a page waits for; more are taken in the background
_COLUMNS: Final = {
    "code": said("统一社会信用代码", "Credit code"),
    "name": said("经营主体", "Firm"),
    "visited_at": said("走访时间", "Visited"),
    "visitor": said("走访人", "Visitor"),
    "mode": said("方式", "How"),
    "operating": said("正常经营", "In business"),
    "premises": said("经营场所", "Premises"),
    "employees": said("从业人数", "People"),
    "need": said("融资需求", "Need"),
    "amount_fen": said("金额", "Amount"),
    "months": said("期限", "Months"),
    "purpose": said("用途", "Purpose"),
    "has_loan": said("已有贷款", "Has a loan"),
    "obstacles": said("融资困难", "Obstacles"),
    "broker_fee_asked": said("中介收费", "Broker fee"),
    "call_back": said("希望回电", "Wants a call"),
    "note": said("备注", "Note"),
}


class BookForm(forms.Form):
    """Which sheet (选择台账)."""

    file = forms.FileField(
        label=said("XLSX 表格", "XLSX sheet"),
        help_text=said("第一行为列名；需有企业名称或统一社会信用代码", "Headings in a row; a column for name or code"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
    )  # fmt: skip
    campaign: Any = forms.ModelChoiceField(
        queryset=None, required=False, label=said("没有走访日期的行列入", "Rows without a day go on the list of"),
        empty_label=said("不列入（作为未导入行列出）", "none (they are listed as not taken)"),
    )  # fmt: skip

    def __init__(self, *args: Any, campaigns: Any, **options: Any) -> None:
        """`campaigns` are the open ones of the viewer."""
        super().__init__(*args, **options)
        self.fields["campaign"].queryset = campaigns  # type: ignore[attr-defined]


@door(*RUNS)
def bring_in(request: Any) -> HttpResponse:
    """Choose a sheet and have it looked at (导入走访台账)."""
    own = Campaign.objects.visible_to(request.viewer).filter(stage=CampaignStage.OPEN)
    regions = [x.region for x in request.viewer.of(*RUNS)]
    campaigns = own.filter(pk__in=[x.pk for x in own[:200] if x.region_code.startswith(tuple(regions))]).order_by("-pk")
    form = BookForm(request.POST or None, request.FILES or None, campaigns=campaigns)
    if request.method == "POST" and form.is_valid():
        from huoshui.services.visit_book import look_at_book  # noqa: PLC0415 -- reads spreadsheets, which other pages do not

        file, grant = form.cleaned_data["file"], request.viewer.of(*RUNS)[0]
        try:
            book = look_at_book(
                file.read(), name=file.name, by=request.user, viewer=request.viewer, grant=grant, at=timezone.now(),
                campaign=form.cleaned_data["campaign"],
            )  # fmt: skip
        except InputError as error:
            form.add_error("file", say(error.zh, error.message))
        else:
            return redirect("visit_book:show", pk=book.pk)
    books = VisitBook.objects.visible_to(request.viewer).order_by("-pk").defer("content")[:10]
    context = {"form": form, "books": books}
    return render(request, "visit_book/import.html", context, status=400 if form.errors else 200)


@door(*RUNS)
def show_book(request: Any, pk: int) -> HttpResponse:
    """What each row would become, or became (台账预览、导入结果)."""
    book: VisitBook = get_object_or_404(VisitBook.objects.visible_to(request.viewer).defer("content"), pk=pk)
    columns = [(_COLUMNS[field], heading) for field, heading in book.columns.items()]
    rejects = [{**x, "told": x["reason"] if in_english() else x["reason_zh"], "column": _COLUMNS.get(x["field"], "")}
               for x in book.rejects[:SHOWN]]  # fmt: skip
    context = {
        "book": book, "columns": columns, "rejects": rejects, "more": max(0, len(book.rejects) - SHOWN),
        "seen": book.stage is BookStage.SEEN, "taken": book.stage is BookStage.TAKEN,
    }  # fmt: skip
    return render(request, "visit_book/show.html", context)


@require_POST
@door(*RUNS)
def take(request: Any, pk: int) -> HttpResponse:
    """Take what was looked at (确认导入)."""
    from huoshui.services.visit_book import queue_book, take_book  # noqa: PLC0415 -- as above
    from huoshui.services.visit_book_tasks import take_large_book  # noqa: PLC0415 -- as above

    book: VisitBook = get_object_or_404(VisitBook.objects.visible_to(request.viewer), pk=pk)
    try:
        book = queue_book(book)
        if book.figures["rows"] > AT_ONCE:
            take_large_book.enqueue(book.pk, timezone.now().isoformat())
            messages.info(request, say("正在后台导入，请稍后刷新", "It is being taken in the background: look again shortly"))
        else:
            take_book(book, at=timezone.now())
            messages.success(request, say("台账已导入", "The sheet was taken"))
    except HuoshuiError as error:
        messages.error(request, say(error.zh, error.message))
    return redirect("visit_book:show", pk=pk)


@door(*RUNS)
def rejects(request: Any, pk: int) -> HttpResponse:
    """The rows that were not taken, as CSV (未导入行清单)."""
    book: VisitBook = get_object_or_404(VisitBook.objects.visible_to(request.viewer).defer("content"), pk=pk)
    out = StringIO("")
    writer = csv.writer(out)
    writer.writerow([say("行号", "line"), say("列", "column"), say("原因", "reason")])
    for x in book.rejects:
        writer.writerow([x["line"], _COLUMNS.get(x["field"], ""), x["reason"] if in_english() else x["reason_zh"]])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejects-{book.pk}.csv"'
    return response


urlpatterns = [
    path("visits/import", bring_in, name="import"),
    path("visits/import/<int:pk>/", show_book, name="show"),
    path("visits/import/<int:pk>/take", take, name="take"),
    path("visits/import/<int:pk>/rejects.csv", rejects, name="rejects"),
]
