"""Settings of Zabota: everything that differs between clinics comes from the environment (docs/operate/settings.md)."""

from __future__ import annotations

import secrets
from pathlib import Path

import environ

from zabota.kernel.databases import database_from_url
from zabota.kernel.logs import logging_config

PACKAGE = Path(__file__).resolve().parent.parent

env = environ.Env()

#: Folder with everything that belongs to this installation: database, uploads, secret key.
DATA_DIR = Path(env.str("ZABOTA_DATA", default=str(Path.cwd() / "var")))

DEBUG = env.bool("ZABOTA_DEBUG", default=False)


def _secret_key() -> str:
    """The key from the environment, else the one that `zabota run` wrote; a command that writes nothing gets a fresh one."""
    if key := env.str("ZABOTA_SECRET_KEY", default=""):
        return str(key)
    stored = DATA_DIR / "secret_key"
    if stored.is_file():
        return stored.read_text(encoding="ascii").strip()
    return secrets.token_urlsafe(48)


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list("ZABOTA_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("ZABOTA_ORIGINS", default=[])
#: True when the site is served through https; cookies are then marked secure.
HTTPS = env.bool("ZABOTA_HTTPS", default=False)

DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'zabota.sqlite3'}")
DATABASES = {"default": database_from_url(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_tasks",
    "django_tasks_db",
    "django_htmx",
    "django_vite",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "rules",
    "zabota.kernel",
    "zabota.clinic",
    "zabota.patients",
    "zabota.booking",
    "zabota.messaging",
    "zabota.care",
    "zabota.worklist",
    "zabota.visits",
    "zabota.nextstep",
    "zabota.intake",
    "zabota.analytics",
    "zabota.integrations",
    "zabota.ui",
    "zabota.desk",
    "zabota.portal",
    "zabota.webapi",
    "zabota.ops",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "zabota.desk.sessions.SessionLimitsMiddleware",
    "zabota.desk.access.StaffScopeMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "zabota.config.urls"
WSGI_APPLICATION = "zabota.config.wsgi.application"

# Cotton and partials break each other when each configures itself: the order of loaders is stated here.
_LOADERS = [
    (
        "template_partials.loader.Loader",
        [
            (
                "django.template.loaders.cached.Loader",
                [
                    "django_cotton.cotton_loader.Loader",
                    "django.template.loaders.filesystem.Loader",
                    "django.template.loaders.app_directories.Loader",
                ],
            )
        ],
    )
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Our pages of login and second factor stand before those that the library brings.
        "DIRS": [PACKAGE / "desk" / "templates"],
        "OPTIONS": {
            "loaders": _LOADERS,
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "zabota.desk.navigation.shell",
            ],
            "builtins": ["django_cotton.templatetags.cotton", "template_partials.templatetags.partials"],
        },
    }
]
COTTON_DIR = "cotton"

AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "zabota.desk.accounts.StaffAccountAdapter"
ACCOUNT_FORMS = {
    "login": "zabota.desk.accounts.StaffLoginForm",
    "change_password": "zabota.desk.accounts.StaffChangePasswordForm",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True  # the length of a session is ours to say, see SESSION_COOKIE_AGE
ACCOUNT_PREVENT_ENUMERATION = True
#: "login_failed" also limits the codes of the second factor; passwords are locked out by axes, which is stricter.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,10/600s/key", "reauthenticate": "10/m/user"}
MFA_ADAPTER = "zabota.desk.accounts.StaffMFAAdapter"
MFA_FORMS = {
    "activate_totp": "zabota.desk.accounts.StaffActivateCodeForm",
    "authenticate": "zabota.desk.accounts.StaffCodeForm",
    "reauthenticate": "zabota.desk.accounts.StaffCodeAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Zabota"
MFA_TOTP_TOLERANCE = 1  # clocks of phones run half a minute apart
#: Staff who must have a second factor before they see a patient; empty in the demo, where the login page says so.
MFA_REQUIRED_ROLES = env.list("ZABOTA_MFA_ROLES", default=["owner", "quality_controller"])
#: Proxies in front of the web server, whose word about the client's address is trusted.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("ZABOTA_PROXIES", default=0)

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "zabota.desk.accounts.login_of"
AXES_CLIENT_IP_CALLABLE = "zabota.desk.accounts.address_of"
AXES_LOCKOUT_TEMPLATE = "account/lockout.html"
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]

#: A login lasts a working day at the desk and ends earlier after idle time.
SESSION_COOKIE_AGE = env.int("ZABOTA_SESSION_HOURS", default=12) * 3600
SESSION_IDLE_SECONDS = env.int("ZABOTA_SESSION_IDLE_MINUTES", default=60) * 60
SESSION_COOKIE_NAME = "__Host-zabota" if HTTPS else "zabota"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
# "no-referrer" would make browsers send `Origin: null` with forms, which the protection against forgery refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        # Widths of bars and positions in charts are style attributes; no style sheet comes from elsewhere.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}

#: Address of the site as patients see it, for links in messages; and of a shorter one for SMS, when there is one.
PUBLIC_URL = env.str("ZABOTA_PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
SHORT_URL = env.str("ZABOTA_SHORT_URL", default=PUBLIC_URL).rstrip("/")

#: The clinic's own video server (Jitsi with passes): address, application, secret. Empty: no online visits.
JITSI_URL = env.str("ZABOTA_JITSI_URL", default="")
JITSI_APP_ID = env.str("ZABOTA_JITSI_APP", default="zabota")
JITSI_SECRET = env.str("ZABOTA_JITSI_SECRET", default="")

#: Largest file that intake accepts, bytes; matches the limits of the reader.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
UPLOADS_DIR = DATA_DIR / "uploads"
#: DNS servers that are asked about domains of senders, `host` or `host:port` with commas; empty: those of the machine.
DNS_SERVERS = env.list("ZABOTA_DNS", default=[])
#: What must outlive a restore of the database: which life of the outbox this is, what left, who wants no advertising.
OUTBOX_DIR = str(DATA_DIR / "outbox")

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", "Русский"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("ZABOTA_TIME_ZONE", default="Europe/Moscow")

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("ZABOTA_STATIC", default=str(DATA_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(UPLOADS_DIR)}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Vite names built files by their content, so they may be kept for ever; the rest is read from the packages.
WHITENOISE_USE_FINDERS = True
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "manifest_path": PACKAGE / "ui" / "static" / "ui" / "dist" / "manifest.json",
        "static_url_prefix": "ui/dist",
    }
}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
#: Seconds that one attempt of a job may go without a heartbeat before another worker takes it over.
JOB_LEASE_SECONDS = env.int("ZABOTA_JOB_LEASE_SECONDS", default=60)
#: Attempts before a job or a delivery of a fact is parked with its reason.
JOB_MAX_ATTEMPTS = env.int("ZABOTA_JOB_MAX_ATTEMPTS", default=5)

EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGGING = logging_config(level=env.str("ZABOTA_LOG_LEVEL", default="INFO"))
SILENCED_SYSTEM_CHECKS = ["axes.W003"]
