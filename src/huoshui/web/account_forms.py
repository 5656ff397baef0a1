"""Forms of signing in (登录表单): by telephone, by login name, with a second factor, and for a new password."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.account.forms import ReauthenticateForm as PasswordAgainForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeAgainForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms

from huoshui.web.language import said, say

_PASSWORD_HINT = said(
    "至少10位，不能全是数字，也不能与登录名相近。",
    "At least ten characters, not digits alone, and unlike your login name.",
)


class PhoneForm(forms.Form):
    """A mobile number, and the consent without which there is no account (手机号登录)."""

    phone = forms.CharField(
        label=said("手机号", "Mobile number"),
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel-national"}),
    )
    agreed = forms.BooleanField(
        label=said("我已阅读并同意下述用户服务协议与个人信息处理告知", "I have read and agree to the terms of service below"),
        error_messages={"required": said("请阅读后勾选同意", "Please read and agree")},
    )


class OneTimePasswordForm(forms.Form):
    """What was sent by text message (短信验证码)."""

    password = forms.CharField(
        label=said("验证码", "Code"),
        help_text=said("短信中的6位数字", "The six digits of the text message"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
    )


class StaffSignInForm(LoginForm):  # type: ignore[misc]
    """Login name and password (工作人员登录)."""

    def __init__(self, *args: Any, **given: Any) -> None:
        """The library's fields with the house's words."""
        super().__init__(*args, **given)
        _say(self, login=said("登录名", "Login name"), password=said("密码", "Password"))
        self.fields["login"].widget.attrs["autocapitalize"] = "none"


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """The second factor at sign-in (动态口令)."""

    def __init__(self, *args: Any, **given: Any) -> None:
        """A keyboard of digits."""
        super().__init__(*args, **given)
        _say_code(self)


class CodeOnceMoreForm(CodeAgainForm):  # type: ignore[misc]
    """The second factor once more, before something that matters (再次验证动态口令)."""

    def __init__(self, *args: Any, **given: Any) -> None:
        """A keyboard of digits."""
        super().__init__(*args, **given)
        _say_code(self)


class ActivateForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator (启用动态口令)."""

    def __init__(self, *args: Any, **given: Any) -> None:
        """A keyboard of digits."""
        super().__init__(*args, **given)
        _say_code(self)


class PasswordOnceMoreForm(PasswordAgainForm):  # type: ignore[misc]
    """The password once more (再次验证密码)."""

    def __init__(self, *args: Any, **given: Any) -> None:
        """The house's words."""
        super().__init__(*args, **given)
        _say(self, password=said("密码", "Password"))


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """A new password in place of the current one (修改密码)."""

    def __init__(self, *args: Any, **given: Any) -> None:
        """The house's words."""
        super().__init__(*args, **given)
        _say(
            self,
            oldpassword=said("当前密码", "Current password"),
            password1=said("新密码", "New password"),
            password2=said("再输一次新密码", "New password once more"),
        )
        self.fields["password1"].help_text = _PASSWORD_HINT


class FirstPasswordForm(forms.Form):
    """The password that an invited person chooses (设置密码)."""

    password = forms.CharField(
        label=said("设置密码", "Password"),
        help_text=_PASSWORD_HINT,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=said("再输一次", "Once more"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        """The same twice."""
        found = super().clean() or {}
        if found.get("password") != found.get("again"):
            self.add_error("again", say("两次输入不一致", "The two are not the same"))
        return found


def _say(form: forms.Form, **labels: Any) -> None:
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].help_text = ""
        form.fields[name].widget.attrs.pop("placeholder", None)


def _say_code(form: forms.Form) -> None:
    _say(form, code=said("动态口令", "Code"))
    form.fields["code"].widget.attrs |= {"inputmode": "numeric", "autofocus": True}
