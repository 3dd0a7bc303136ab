"""The site's settings: one typed file, values from the environment (``XUEQU_*``, each also as ``XUEQU_*_FILE``)."""

import os
import secrets
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from xuequ import __version__
from xuequ.site.database import database_settings
from xuequ.site.env import env_bool, env_int, env_list, env_text
from xuequ.site.outside.config import AppSettings, app_settings
from xuequ.site.passwords import profile_named

PACKAGE = Path(__file__).resolve().parent.parent
SITE = PACKAGE / "site"


def _home() -> Path:
    home = Path(env_text("HOME", ".xuequ")).expanduser().resolve()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def _secret(name: str) -> str:
    """Return a secret from the environment, or one made once and kept in the data folder for its owner only."""
    if value := env_text(name):
        return value
    file = HOME / f"{name.lower()}.secret"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(48))
    return file.read_text(encoding="ascii")


HOME = _home()
VERSION = __version__
DEBUG = env_bool("DEBUG")
DEMO = env_bool("DEMO")
SECRET_KEY = _secret("SECRET_KEY")
# Names and numbers are sealed with this key: losing it loses them, so a backup must hold it apart from the data.
XUEQU_DATA_KEY = _secret("DATA_KEY")
# A pupil who came in with a card is out again after this many hours, and at the end of the school day at the latest.
XUEQU_CARD_HOURS = env_int("CARD_HOURS", 4)
XUEQU_SCHOOL_DAY_ENDS = env_text("SCHOOL_DAY_ENDS", "18:00")
XUEQU_UPLOAD_LIMIT = env_int("UPLOAD_LIMIT_MB", 50) * 1024 * 1024
# Where print looks for signs that the shipped font lacks: a folder of the operator's, then Debian's fonts-hanazono.
XUEQU_FONTS = [env_text("FONTS"), "/usr/share/fonts/truetype/hanazono"]

ALLOWED_HOSTS = env_list("HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("TRUSTED_ORIGINS")
HTTPS = env_bool("HTTPS")
BEHIND_PROXY = env_bool("BEHIND_PROXY")

INSTALLED_APPS = [
    "xuequ.site.apps.SiteConfig",
    "xuequ.systems.office.apps.OfficeConfig",
    "xuequ.systems.growth.apps.GrowthConfig",
    "xuequ.systems.stars.apps.StarsConfig",
    "xuequ.systems.balance.apps.BalanceConfig",
    "xuequ.systems.support.apps.SupportConfig",
    "xuequ.systems.programmes.apps.ProgrammesConfig",
    "xuequ.kit.approvals.apps.ApprovalsConfig",
    "xuequ.kit.collection.apps.CollectionConfig",
    "xuequ.kit.credentials.apps.CredentialsConfig",
    "xuequ.kit.documents.apps.DocumentsConfig",
    "xuequ.kit.evidence.apps.EvidenceConfig",
    "xuequ.kit.notices.apps.NoticesConfig",
    "xuequ.kit.questionnaires.apps.QuestionnairesConfig",
    "xuequ.kit.rollover.apps.RolloverConfig",
    "xuequ.kit.roster.apps.RosterConfig",
    "xuequ.record.apps.RecordConfig",
    "xuequ.district.apps.DistrictConfig",
    "xuequ.core.apps.CoreConfig",
    "django_tasks",
    "django_tables2",
    "django_filters",
    "django_htmx",
    "django_vite",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "xuequ.site.apps.LogInsConfig",
    "axes",
    "xuequ.site.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "xuequ.site.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "xuequ.site.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "xuequ.site.middleware.DutyMiddleware",
    "axes.middleware.AxesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "xuequ.site.middleware.FragmentMiddleware",
]

ROOT_URLCONF = "xuequ.site.urls"
WSGI_APPLICATION = "xuequ.site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SITE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "xuequ.site.context.shell",
            ],
        },
    },
]

DATABASES = {"default": database_settings(env_text("DATABASE_URL"), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Failed sign-ins are counted here, so all web processes must share it.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "site_cache"}}

AUTH_USER_MODEL = "core.Account"
# The first only counts and refuses; the second checks the password.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
XUEQU_PASSWORD_PROFILE = env_text("PASSWORD_PROFILE", "asvs")
AUTH_PASSWORD_VALIDATORS = profile_named(XUEQU_PASSWORD_PROFILE).validators
# Off in the demo, whose accounts are entered with one tap.
XUEQU_MFA = env_bool("MFA", default=not DEMO)
XUEQU_MFA_ROLES = env_list(
    "MFA_ROLES",
    "bureau_leader,district_officer,researcher,supervisor,finance,data_officer@district,system_administrator",
)
# Sign-in with WeCom, DingTalk and Feishu; an app without its entries appears nowhere.
XUEQU_APPS: dict[str, AppSettings] = app_settings()
XUEQU_WECOM_VERIFY = env_text("WECOM_VERIFY")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "xuequ.site.accounts.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "xuequ.site.accounts.SignInForm",
    "change_password": "xuequ.site.accounts.PasswordForm",
    "reauthenticate": "xuequ.site.factor_forms.AskPasswordForm",
}
# A computer room signs in at once from one address. What bounds guessing one password is django-axes, see
# ``xuequ.site.limits``; these bound what one address sends, and how often codes of a second factor are tried.
ACCOUNT_RATE_LIMITS = {
    "login": "600/m/ip",
    "wrong_passwords": "120/m/ip",
    "login_failed": "5/5m/key",
    "reauthenticate": "10/m/user",
    "feedback": "30/h/ip",
    "feedback_code": "60/h/ip",
    "start_code": "10/m/ip",
    "outside": "600/m/ip",
}
MFA_ADAPTER = "xuequ.site.factors.FactorAdapter"
MFA_FORMS = {
    "reauthenticate": "xuequ.site.factor_forms.AskCodeForm",
    "activate_totp": "xuequ.site.factor_forms.SetUpCodesForm",
    "add_webauthn": "xuequ.site.factor_forms.AddPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # telephones run up to half a minute wrong
AXES_HANDLER = "xuequ.site.limits.NameAndAddress"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username"]
AXES_FAILURE_LIMIT = 5
XUEQU_FAILURES_ANYWHERE = 30
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "xuequ.site.limits.counted_name"
AXES_CLIENT_IP_CALLABLE = "xuequ.site.limits.client_address"
AXES_LOCKOUT_CALLABLE = "xuequ.site.limits.closed_page"
AXES_SENSITIVE_PARAMETERS = ["login", "username", "password", "oldpassword", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0

SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
    ("__Host-session", "__Host-csrf") if HTTPS else ("xuequ_session", "xuequ_csrf")
)
LANGUAGE_COOKIE_NAME = "xuequ_language"
LANGUAGE_COOKIE_AGE = 365 * 86400
LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "xuequ.site.errors.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 86400 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [SITE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
# Vite puts a hash of the content into the name.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/dist/assets/.+-[\w-]{8}\.\w+$"
DJANGO_VITE = {
    "default": {"manifest_path": SITE / "static" / "dist" / "manifest.json", "static_url_prefix": "dist"},
}

MEDIA_ROOT = HOME / "files"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

TASKS = {"default": {"BACKEND": "xuequ.core.jobs.backend.LeaseBackend", "QUEUES": ["default"]}}

DJANGO_TABLES2_TEMPLATE = "core/table.html"
FORM_RENDERER = "xuequ.core.forms.TablerRenderer"
# Readers keep a home page whose one card fails; tests and developers are to see the failure.
CARDS_RAISE = DEBUG

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_text("LOG_LEVEL", "WARNING")},
    # Its warnings carry login names and addresses, which stand in its tables and belong into no log.
    "loggers": {"axes": {"level": "ERROR"}},
}
