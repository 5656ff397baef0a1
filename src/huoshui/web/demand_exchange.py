"""Both lists as files (清单导出与导入页面)."""

from typing import Any, Final

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from huoshui.errors import InputError
from huoshui.models import Demand, Firm
from huoshui.rules.demand import LISTED_STAGES
from huoshui.services.demand_list import as_json, as_workbook, import_rows, list_rows, mechanism_table, read_list
from huoshui.terms import DemandStage, Role
from huoshui.web.door import door
from huoshui.web.language import said, say

LISTS: Final = {
    "declared": (DemandStage.DECLARED, DemandStage.REVIEWED, DemandStage.ASKED_BACK),
    "recommended": LISTED_STAGES,
}
_TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
_LARGEST: Final = 10 * 1024 * 1024


@door(Role.OFFICER, Role.LEAD, Role.REGULATOR)
def export_list(request: Any, which: str, kind: str) -> HttpResponse:
    """One of the two lists with all its columns, and the mechanism's figures by week (导出清单)."""
    if which not in LISTS or kind not in _TYPES:
        raise Http404
    on = timezone.localdate()
    demands = Demand.objects.visible_to(request.viewer).filter(stage__in=LISTS[which]).order_by("pk")
    rows = list_rows(demands, on=on)
    content = as_json(rows, on=on) if kind == "json" else as_workbook(rows, table=mechanism_table(demands))
    response = HttpResponse(content, content_type=_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{which}-{on.isoformat()}.{kind}"'
    return response


class ImportForm(forms.Form):
    """A list as it is exported here (清单文件)."""

    file = forms.FileField(label=said("清单文件（XLSX 或 JSON）", "List (XLSX or JSON)"))

    def clean_file(self) -> Any:
        """Not larger than a list of 20,000 rows can be."""
        file = self.cleaned_data["file"]
        if file.size > _LARGEST:
            raise forms.ValidationError(say("文件超过 10 MB", "The file is larger than 10 MB"))
        return file


@door(Role.OFFICER, Role.LEAD)
def import_list(request: Any) -> HttpResponse:
    """Take a list back (导入清单): every row is taken, or refused with its line and reason."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            rows = read_list(file.read(), name=file.name)
            grant = request.viewer.of(Role.OFFICER, Role.LEAD)[0]
            firms = Firm.objects.visible_to(request.viewer)
            batch = import_rows(rows, firms=firms, by=request.user, grant=grant, at=timezone.now())
        except InputError as error:
            form.add_error("file", say(error.zh, error.message))
        else:
            return redirect("review:batch", pk=batch.pk)
    return render(request, "review/import.html", {"form": form}, status=400 if form.errors else 200)
