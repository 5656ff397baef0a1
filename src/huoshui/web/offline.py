"""Visits without a network (离线走访): a page that a phone keeps, its worker, its manifest; the data goes through `visit`."""

from typing import Any, Final

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from huoshui.rules.visit_merge import FACTS
from huoshui.services.visit import VISITING
from huoshui.terms import SyncVerdict
from huoshui.web.door import door
from huoshui.web.language import say
from huoshui.web.visit_form import VisitForm

_FILES: Final = (
    "huoshui/house.css", "huoshui/phone.css", "huoshui/offline/offline.css", "huoshui/mark.svg",
    "huoshui/offline/app.js", "huoshui/offline/store.js", "huoshui/offline/photo.js", "huoshui/offline/sync.js",
)  # fmt: skip
_PLAIN: Final = ("store.js", "photo.js", "sync.js")  # app.js imports them by these names, whatever it is called itself


@require_GET
@door(*VISITING)
def offline(request: Any) -> HttpResponse:
    """The list, the form and what waits to be sent (离线走访页); it holds nobody's data, the phone fills it in."""
    form = VisitForm(auto_id="visit-%s")
    return render(request, "offline/offline.html", {"form": form, "words": _words(form)})


@require_GET
@door(public=True)
def worker(request: Any) -> HttpResponse:
    """What the browser runs when there is no network (离线缓存脚本): the page and its files, and nothing else."""
    folder = static("huoshui/offline/app.js").rpartition("/")[0]
    files = sorted({*(static(x) for x in _FILES), *(f"{folder}/{x}" for x in _PLAIN)})
    context = {"page": reverse("offline:offline"), "files": files}
    response = render(request, "offline/worker.js", context, content_type="text/javascript; charset=utf-8")
    patch_cache_control(response, no_cache=True)
    return response


@require_GET
@door(public=True)
def manifest(_request: Any) -> JsonResponse:
    """What a phone needs to put the page on its home screen (应用清单)."""
    told = {
        "name": say("活水走访", "Huoshui visits"),
        "short_name": say("走访", "Visits"),
        "lang": say("zh-CN", "en"),
        "start_url": reverse("offline:offline"),
        "scope": reverse("offline:offline"),
        "display": "standalone",
        "theme_color": "#0b3d91",
        "background_color": "#f3f5f9",
        "icons": [{"src": static("huoshui/mark.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
    return JsonResponse(told, json_dumps_params={"ensure_ascii": False}, content_type="application/manifest+json")


def _words(form: VisitForm) -> dict[str, Any]:
    labels = {"amount_fen": form["amount"].label} | {x: form[x].label for x in FACTS if x in form.fields}
    return {
        "language": say("zh", "en"),
        "fields": {x: str(y) for x, y in labels.items()},
        "states": {"waiting": say("待发送", "waiting"), **{str(x.value): say(x.zh, x.en) for x in SyncVerdict}},
        "offline": say("没有网络。照常填写，联网后自动发送。", "No network. Go on: all is sent once there is one."),
        "unreachable": say("暂时连不上平台，稍后自动重试。内容都已保存在手机上。",
                           "The site cannot be reached now; it is tried again. All is kept on this phone."),
        "unfit": say("这个浏览器不能离线保存。请用系统自带浏览器通过安全地址（https）打开。",
                     "This browser cannot keep visits. Open the secure address (https) in the phone's own browser."),
        "signed_out": say("登录已过期，重新登录后发送。已填内容都在手机上。", "Please sign in again to send: all is kept."),
        "sign_in": say("去登录", "Sign in"),
        "up_to_date": say("已与平台同步（{at}）", "In step with the site ({at})"),
        "left": say("待走访 {n} 户", "{n} to visit"),
        "left_out": say("名单较长，只带了最急的部分。", "The list is long: the most urgent part is here."),
        "due": say("{day} 前", "due {day}"),
        "overdue": say("已逾期", "overdue"),
        "draft": say("草稿", "draft"),
        "visited_before": say("{at} {by}已走访", "visited {at} {by}"),
        "kept": say("已自动保存（{at}）", "kept ({at})"),
        "differs": say("与此前走访不一致：", "Another visit says otherwise: "),
        "comma": say("、", ", "),
        "open_firm": say("查看主体", "See the firm"),
        "correct": say("修改后重发", "Correct it"),
        "others": say("这台手机上还有其他人员的 {n} 条走访待发送，请其登录后发送。",
                      "{n} visits of somebody else wait on this phone: they go when that person signs in."),
        "no_picture": say("“{name}”不是可用的照片", "“{name}” is no picture that can be used"),
        "photos_most": say("最多 {n} 张照片", "At most {n} photos"),
        "photo": say("现场照片", "Photo"),
        "drop_photo": say("删除", "Remove"),
        "full": say("手机存储已满，未能保存。请清理空间后再点保存，内容还在。",
                    "The phone is full: not saved. Make room and save again; nothing is lost."),
        "wrong_amount": say("金额请填数字（万元），最多到分", "Give the amount as a number (10,000 yuan)"),
    }  # fmt: skip


urlpatterns = [
    path("offline/", offline, name="offline"),
    path("offline/worker.js", worker, name="worker"),
    path("offline/manifest.webmanifest", manifest, name="manifest"),
]
