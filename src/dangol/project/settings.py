"""Settings of an instance: one file, typed, refusing what it does not understand.

Everything that differs between instances comes from the environment or from the instance's home
folder (`DANGOL_HOME`); docs/reference/settings.md lists it all.
"""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.core import logs
from dangol.project import environment

PACKAGE = Path(__file__).resolve().parent.parent
HOME = environment.home()
SECRET_KEY = environment.secret(HOME, "DANGOL_SECRET_KEY", "secret.key")
MASTER_KEYS = environment.master_keys(HOME)
MASTER_KEYS_FILE = environment.master_keys_file(HOME)
DEBUG = environment.flag("DANGOL_DEBUG", default=False)
ALLOWED_HOSTS = environment.words("DANGOL_HOSTS", default=("localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS = environment.words("DANGOL_ORIGINS", default=())
LAKE = HOME / "lake"
# How often one API key may ask, in each web process.
API_RATE = environment.rate("DANGOL_API_RATE", default="12000/minute")
# Where messages to people leave; without a server only a sample shop says anything, to a page of its own.
SMTP_SERVER, MAIL_FROM = environment.mail()
MESSAGE_SENDERS = "dangol.project.senders"
ENDPOINT_WATCHERS = "dangol.project.watchers"
# From how many points on a member confirms by a fresh code that it is they who spend.
STEP_UP_POINTS = environment.whole("DANGOL_STEP_UP_POINTS", default=10_000)
# How many points one person may move by hand for a member in a day before a second one has to approve.
ADJUST_LIMIT = environment.whole("DANGOL_ADJUST_LIMIT", default=10_000, least=1)
# Where the signed head of the access log goes each day, beside its own table.
CHECKPOINT_FOLDER = environment.place("DANGOL_CHECKPOINT_FOLDER")
CHECKPOINT_MAIL = environment.addresses("DANGOL_CHECKPOINT_MAIL")
# For development: webhooks may go to this machine and to private networks, by http and to any port.
WEBHOOKS_PRIVATE = environment.flag("DANGOL_WEBHOOKS_PRIVATE", default=False)
# Why nothing may be written (`keys`: the key store is gone; `asked`: `serve --read-only`); empty: it may.
READ_ONLY = environment.read_only()
METRICS_TOKEN = environment.secret(HOME, "DANGOL_METRICS_TOKEN", "metrics.token")
# What one request may bring, in bytes; a file to be imported has a limit of its own.
DATA_UPLOAD_MAX_MEMORY_SIZE = MOST_BODY_BYTES = environment.whole(
    "DANGOL_MAX_BODY", default=1024 * 1024, least=1
)
MOST_UPLOAD_BYTES = environment.whole("DANGOL_MAX_UPLOAD", default=50 * 1024 * 1024, least=1)
# How many bytes all files that wait to be imported may take.
UPLOAD_SPACE = environment.whole("DANGOL_UPLOAD_SPACE", default=500 * 1024 * 1024, least=1)
FILE_UPLOAD_HANDLERS = ["dangol.web.uploading.UploadHandler"]
# Where insight is reckoned: a Spark cluster, or DuckDB in the worker itself.
ENGINE = environment.engine("DANGOL_ENGINE")
WEB_THREADS = environment.whole("DANGOL_WEB_THREADS", default=4, least=1)
QUICK_THREADS = environment.whole("DANGOL_QUICK_THREADS", default=2, least=1)
DRAIN_SECONDS = environment.whole("DANGOL_DRAIN_SECONDS", default=2, least=1)
POSTGRES_PROGRAMS = environment.folder("DANGOL_POSTGRES_BIN")
LOGGING = logs.logging_settings()
logs.configure()

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "lucide",
    "template_partials",
    "dangol.core.tasks",
    "dangol.core.events",
    "dangol.core.events.webhooks",
    "dangol.core.people",
    "dangol.core.access",
    "dangol.core.access.members",
    "dangol.core.commerce",
    "dangol.core.behavior",
    "dangol.core.ledger",
    "dangol.core.segments",
    "dangol.core.actions",
    "dangol.core.messaging",
    "dangol.core.duties",
    "dangol.core.operations",
    "dangol.rooms.rewards",
    "dangol.rooms.rewards.promotions",
    "dangol.rooms.rewards.coupons",
    "dangol.rooms.rewards.catalog",
    "dangol.rooms.rewards.stamps",
    "dangol.rooms.rewards.event_rules",
    "dangol.rooms.rewards.referrals",
    "dangol.rooms.rewards.stored_value",
    "dangol.rooms.rewards.households",
    "dangol.rooms.personalization",
    "dangol.connectors.files",
    "dangol.connectors.smtp",
    "dangol.connectors.segment",
    "dangol.connectors.cloudevents",
    "dangol.api",
    "dangol.web",
    "dangol.project",
    # Below ours, whose templates come first.
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": environment.database("DATABASE_URL", HOME / "dangol.sqlite3"),
    # The people's data keys live apart, with backups of their own, so that destroying a key destroys.
    "keys": environment.database(
        "DANGOL_KEYS_URL", HOME / "keys.sqlite3", pragmas="PRAGMA secure_delete=ON;"
    ),
}
DATABASE_ROUTERS = ["dangol.core.people.keystore.KeyStoreRouter"]
# Inline and cursor consumers are listed in one file above all rooms.
EVENT_CONSUMERS = "dangol.project.consumers"
ACTION_CATALOG = "dangol.project.actions"
LEDGER_CHECKS = "dangol.project.checks"
PERSON_SECTIONS = "dangol.project.takeout"
TRAIT_PROVIDERS = "dangol.project.traits"
TURNS = "dangol.project.turns"
RETENTION = "dangol.project.retention"
# Which room takes the tiers of an imported file.
GIVE_TIERS = "dangol.rooms.rewards.services.give_tiers"
# Customers to whom nothing has happened for so many years are erased; 0: nobody is.
FORGET_AFTER_YEARS = environment.whole("DANGOL_FORGET_AFTER_YEARS", default=0, most=100)
# Members are told once a year what their data are used for; from a million people on they are anyway.
USE_NOTICE = environment.flag("DANGOL_USE_NOTICE", default=False)
# Files with whole personal data leave under a passphrase only.
ENCRYPT_EXPORTS = environment.flag("DANGOL_ENCRYPT_EXPORTS", default=False)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "dg_people.Staff"

MIDDLEWARE = [
    "dangol.web.watch.WatchMiddleware",
    "dangol.web.health.HealthMiddleware",
    # Programs come in by a door of their own, before all that pages need.
    "dangol.api.door.ApiDoor",
    "dangol.api.tracking.TrackingDoor",
    # It pads what it compresses by a random length, so that no secret is guessed from a page's size.
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dangol.web.frame.FrameMiddleware",
    "dangol.web.read_only.ReadOnlyMiddleware",
    "dangol.web.guard.GuardMiddleware",
]
HTTPS = environment.flag("DANGOL_HTTPS", default=False)
if HTTPS:
    # Who says so ends TLS before us: what reaches us was sent over it.
    MIDDLEWARE.insert(0, "dangol.web.transport.HttpsMiddleware")
    SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60
CSRF_FAILURE_VIEW = "dangol.web.pages.errors.csrf_failed"
ROOT_URLCONF = "dangol.project.urls"
WSGI_APPLICATION = "dangol.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "dangol.web.context.shell",
            ],
        },
    }
]

LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("한국어")), ("en", _("영어"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
# Served from the packages they come in; there is no step that collects them.
WHITENOISE_USE_FINDERS = True

# What every web process must know alike: one-time codes that were used, and how often something was asked.
CACHES = {
    "default": {
        "BACKEND": "dangol.core.access.cache.WrittenCache",
        "LOCATION": "dg_access_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:start"
LOGOUT_REDIRECT_URL = "account_login"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
# Where passwords are compared with those that leaked; nowhere unless it is said.
BREACHED_PASSWORDS_URL = environment.web_address("DANGOL_BREACHED_URL")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "dangol.core.access.passwords.LengthValidator"},
    {"NAME": "dangol.core.access.passwords.KnownPasswordValidator"},
    {"NAME": "dangol.core.access.passwords.BreachedPasswordValidator"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS

# Signing in. Failures are counted by `core/access`, for which allauth's own count of them is off.
MFA_REQUIRED = environment.choice("DANGOL_MFA", ("required", "optional")) == "required"
ALLAUTH_TRUSTED_PROXY_COUNT = environment.whole("DANGOL_PROXIES")
ACCOUNT_ADAPTER = "dangol.web.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_RATE_LIMITS = {"login_failed": ""}
MFA_ADAPTER = "dangol.web.sign_in.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "dangol.web.sign_in.forms.CodeForm",
    "reauthenticate": "dangol.web.sign_in.forms.CodeAgainForm",
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
