"""Settings of the site (站点设置): what differs between installations comes from the environment, see docs/run.md."""

import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from huoshui.site.keys import Keys

PACKAGE: Final = Path(__file__).resolve().parents[1]
HUOSHUI_DATA: Final = Path(os.environ.get("HUOSHUI_DATA", "huoshui-data")).resolve()
HUOSHUI_KEYS: Final = Keys(HUOSHUI_DATA)
HUOSHUI_REGION: Final = os.environ.get("HUOSHUI_REGION", "000000")  # whose policy holds where a row names no region
HUOSHUI_DEMO: Final = os.environ.get("HUOSHUI_DEMO") == "1"  # pages say that all data is synthetic, logins are printed
HUOSHUI_ADDRESS: Final = os.environ.get("HUOSHUI_ADDRESS", "http://127.0.0.1:8000")  # what a loan code leads to

HUOSHUI_API_RATE: Final = int(os.environ.get("HUOSHUI_API_RATE", "600"))  # calls a minute of one token
HUOSHUI_SERVER_TIMING: Final = os.environ.get("HUOSHUI_SERVER_TIMING") == "1"  # answers say how long they took
HUOSHUI_WEBHOOKS_INNER: Final = os.environ.get("HUOSHUI_WEBHOOKS_INNER") == "1"  # also addresses of inner networks
HUOSHUI_SMS_ADDRESS: Final = os.environ.get("HUOSHUI_SMS_ADDRESS", "")  # none: a stand-in writes texts to the console
HUOSHUI_SMS_TOKEN: Final = os.environ.get("HUOSHUI_SMS_TOKEN", "")

SECRET_KEY = HUOSHUI_KEYS["HUOSHUI_SECRET_KEY"]
DEBUG = os.environ.get("HUOSHUI_DEBUG") == "1"
ALLOWED_HOSTS = [x for x in os.environ.get("HUOSHUI_HOSTS", "127.0.0.1,localhost").split(",") if x]
CSRF_TRUSTED_ORIGINS = [HUOSHUI_ADDRESS] if HUOSHUI_ADDRESS.startswith("https://") else []
SECURE: Final = HUOSHUI_ADDRESS.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "ninja",
    "django_tasks",
    "django_tasks_db",
    "huoshui.site.app.HuoshuiApp",
]
MIDDLEWARE = [
    "huoshui.web.timing.time_of_the_answer",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "huoshui.api.problem.problems_of_the_api",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "huoshui.web.language.language_of_the_reader",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "huoshui.web.door.viewer_of_the_request",
    "huoshui.web.account_guard.guard_staff",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "huoshui.site.urls"
WSGI_APPLICATION = "huoshui.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "OPTIONS": {
            "builtins": ["django.templatetags.static", "huoshui.web.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "huoshui.web.door.page_frame",
            ],
            "loaders": [("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader",
                                                                   "django.template.loaders.app_directories.Loader"])],
        },
    }
]  # fmt: skip


def database(url: str) -> dict[str, Any]:
    """Django's settings of a database by its address (数据库设置): `postgresql://user@host:port/name`, or a file for SQLite."""
    if url.startswith(("postgresql://", "postgres://")):
        parts = urlsplit(url)
        socket = dict(x.split("=", 1) for x in parts.query.split("&") if "=" in x).get("host", "")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(socket) or parts.hostname or "",
            "PORT": str(parts.port or ""),
            "OPTIONS": {"pool": {"min_size": 1, "max_size": 12}},
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": url,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA busy_timeout=20000;",
        },
        "TEST": {"NAME": str(HUOSHUI_DATA / "tests.sqlite3")},  # a file as in production: tests write from several threads
    }


DATABASES = {"default": database(os.environ.get("HUOSHUI_DATABASE") or str(HUOSHUI_DATA / "huoshui.sqlite3"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "huoshui_cache"}}

AUTH_USER_MODEL = "huoshui.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login_name"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # of allauth's own sign-up, which is closed: staff are invited
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_ADAPTER = "huoshui.web.account_adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "huoshui.web.account_forms.StaffSignInForm",
    "change_password": "huoshui.web.account_forms.NewPasswordForm",
    "reauthenticate": "huoshui.web.account_forms.PasswordOnceMoreForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if os.environ.get("HUOSHUI_BEHIND_PROXY") == "1" else 0
MFA_ADAPTER = "huoshui.web.account_adapter.TotpAdapter"
MFA_FORMS = {
    "authenticate": "huoshui.web.account_forms.CodeForm",
    "reauthenticate": "huoshui.web.account_forms.CodeOnceMoreForm",
    "activate_totp": "huoshui.web.account_forms.ActivateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Huoshui"
MFA_TOTP_TOLERANCE = 1  # periods of 30 seconds that a telephone's clock may be off
MFA_RECOVERY_CODES_SHOW_ONCE = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "huoshui.site.log.PlainFormatter",
                             "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},  # its own handlers print nothing outside DEBUG
        "django.request": {"level": "ERROR"},  # who asks for what is not there is no news
        "axes": {"level": "ERROR"},  # it names people and addresses; the tries are kept in the database
    },
}  # fmt: skip

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("HUOSHUI_TIME_ZONE", "Asia/Shanghai")  # business dates are the region's

FORM_RENDERER = "huoshui.web.forms.Renderer"
CSRF_FAILURE_VIEW = "huoshui.web.failures.not_sent_from_here"
STATIC_URL = "/static/"
HUOSHUI_KIT: Final = (PACKAGE / "web" / "static" / "kit" / "tabler.min.css").is_file()  # without it pages are plain
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
STATIC_ROOT = HUOSHUI_DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HUOSHUI_DATA / "files"}},
    "staticfiles": {"BACKEND": "huoshui.web.static_files.Storage"},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["jpg", "jpeg", "png", "gif", "webp", "gz", "br", "woff2", "woff", "map"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'self'"],
        "object-src": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if os.environ.get("HUOSHUI_BEHIND_PROXY") == "1" else None
AXES_FAILURE_LIMIT = 5
AXES_LOCKOUT_CALLABLE = "huoshui.web.account.locked_out"
AXES_CLIENT_IP_CALLABLE = "huoshui.web.client.address_of"
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
