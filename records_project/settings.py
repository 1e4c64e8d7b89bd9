"""All settings, as the environment asks for them: variables.py declares what can be set.

`RECORDS_ENV` chooses the mode: `production` (the default, which starts only with a SECRET_KEY),
`demo` (plain HTTP on this machine with a key kept in `DATA_DIR`) or `test` (the demo with cheap
passwords).
"""

import math
import os
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF, UNSAFE_INLINE

from records_project.environment import BadSettings, read_environment
from records_project.secret_key import kept_secret_key
from records_project.variables import Variables, rules

# Lets fields, admin classes and forms be written with their type arguments.
django_stubs_ext.monkeypatch()

given = read_environment(Variables, os.environ, rules)

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything that is written to a local path is below this folder, never beside the code: an
# installed package is often read-only, so there the folder is one of the current folder.
IN_CHECKOUT = (BASE_DIR / "manage.py").is_file()
DATA_DIR: Path = given.DATA_DIR or ((BASE_DIR if IN_CHECKOUT else Path.cwd()) / ".data")

# Mode ---------------------------------------------------------------------------------------------

RECORDS_ENV = given.RECORDS_ENV
DEBUG = given.DEBUG
PRODUCTION = RECORDS_ENV == "production"

try:
    SECRET_KEY: str = given.SECRET_KEY or kept_secret_key(DATA_DIR / "secret_key")
except OSError as error:
    cannot = f"DATA_DIR is {str(DATA_DIR)!r}, which cannot keep a secret key: {error.strerror}"
    raise BadSettings([f"{cannot}; expected a writable folder."]) from error

# Hosts and HTTPS ----------------------------------------------------------------------------------

ALLOWED_HOSTS: list[str] = list(given.ALLOWED_HOSTS or ("localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS: list[str] = list(given.CSRF_TRUSTED_ORIGINS)

HTTPS_ONLY: bool = PRODUCTION if given.HTTPS_ONLY is None else given.HTTPS_ONLY
TRUST_PROXY_HEADERS = bool(given.TRUST_PROXY_HEADERS)
SECURE_SSL_REDIRECT = HTTPS_ONLY
SESSION_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_HSTS_SECONDS = given.HSTS_SECONDS if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = given.HSTS_INCLUDE_SUBDOMAINS
SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS
# Anyone can send this header, so it counts only where a proxy in front is known to set it.
if TRUST_PROXY_HEADERS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGIN_REDIRECT_URL = "admin:index"  # for who opened the log-in page itself
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 12 * 60 * 60
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Never 'unsafe-eval': pages show what users wrote. See docs/decisions/no-unsafe-eval.md.
        "script-src": [SELF],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF, "data:"],
        # Redoc searches in a worker that it builds itself.
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Applications -------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.simple_history",
    "records.apps.WorkbenchConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *(["corsheaders"] if given.CORS_ORIGINS else []),
    "simple_history",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_tasks",
    "django_tasks_db",
    "records",
]

# API requests pass those up to the shortcut only; what follows serves the pages of the staff.
MIDDLEWARE = [
    "records_project.health.HealthMiddleware",
    *(["corsheaders.middleware.CorsMiddleware"] if given.CORS_ORIGINS else []),
    "records_project.compression.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "records_project.limiting.AddressLimitMiddleware",
    "records_project.middleware.ApiShortcutMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "records_project.middleware.RepeatMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "records_project.limiting.AccountLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]

COMPRESS = given.COMPRESS

# Pages of other sites call the APIs with a key; a session of ours never counts there.
CORS_URLS_REGEX = r"^/(api/|mcp/?$)"
CORS_ALLOW_ALL_ORIGINS = given.CORS_ORIGINS == ("*",)
CORS_ALLOWED_ORIGINS = [origin for origin in given.CORS_ORIGINS if origin != "*"]
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "x-api-key",
    "x-business-id",
    "x-user-id",
    "x-request-id",
    "x-reason",
    "idempotency-key",
    "apply-plan",
    "if-match",
    "if-none-match",
    "mcp-protocol-version",
    "mcp-session-id",
]
CORS_EXPOSE_HEADERS = [
    "Content-Disposition",
    "ETag",
    "Idempotent-Replayed",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Operation-ID",
    "X-Request-ID",
]

ROOT_URLCONF = "records_project.urls"
WSGI_APPLICATION = "records_project.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [
            (BASE_DIR if IN_CHECKOUT else Path(__file__).parent) / "templates"
        ],  # a wheel has them inside
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

STATIC_URL = "/static/"
# Files of others that stand in for those of installed packages; found first. `make vendor` gets
# them.
STATICFILES_DIRS = [BASE_DIR / "records" / "vendored"]

# Background work ----------------------------------------------------------------------------------

# Tasks are rows of the database, added in the transaction that asks for them; `manage.py worker`
# runs them.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}

# After how long a worker that says nothing of the job it holds is taken for dead.
JOB_LEASE_SECONDS = given.JOB_LEASE_SECONDS

# The workbench ------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Records",
    "SITE_HEADER": "Records",
    "SITE_SUBHEADER": "records.admin.navigation.workspace_name",
    "SITE_SYMBOL": "dataset",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}records/favicon.svg"}
    ],
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": True,
    "STYLES": [f"{STATIC_URL}records/workbench.css"],
    "SCRIPTS": [f"{STATIC_URL}records/{name}.js" for name in ("theme", "workbench", "find")],
    "DASHBOARD_CALLBACK": "records.admin.workbench.home.start_page",
    "SIDEBAR": {"navigation": "records.admin.navigation.sidebar", "show_search": True},
    "COLORS": {
        "primary": {
            "50": "#eef6ff",
            "100": "#d9eaff",
            "200": "#bbdaff",
            "300": "#8cc3ff",
            "400": "#56a2fb",
            "500": "#2f7fee",
            "600": "#1c62d4",
            "700": "#184eaa",
            "800": "#19448c",
            "900": "#1a3b74",
            "950": "#142548",
        },
    },
}
# Definitions are changed through their forms, never by bringing back an old row.
SIMPLE_HISTORY_REVERT_DISABLED = True
# History is read per row of what it is about, never by date alone.
SIMPLE_HISTORY_DATE_INDEX = False
# The time a client has for a body or a response; `serve` ends slower connections.
CLIENT_SECONDS = given.CLIENT_SECONDS
# A role's page has a row of inputs for every object, a field's for every option.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# Databases ----------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# How long one statement may take; 0 is without end. `serve` sets it, commands take the time they
# need.
STATEMENT_SECONDS = given.STATEMENT_SECONDS


def default_database() -> dict[str, Any]:
    """Return the database of the environment, with what its engine needs to be safe and fast."""
    chosen = given.DATABASE_URL or {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATA_DIR / "records.sqlite3"),
    }
    is_sqlite = chosen["ENGINE"] == "django.db.backends.sqlite3"
    return (sqlite if is_sqlite else postgres)(
        {**chosen, "OPTIONS": dict(chosen.get("OPTIONS", {}))}
    )


def sqlite(database: dict[str, Any]) -> dict[str, Any]:
    """Complete the settings of a SQLite file, and make its folder."""
    try:
        Path(database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        name = "DATABASE_URL" if given.DATABASE_URL else "DATA_DIR"
        raise BadSettings(
            [
                (
                    f"{name} leads to {error.filename!r}, which cannot be made: "
                    f"{error.strerror}; expected a writable folder."
                )
            ]
        ) from error
    database["ENGINE"] = "records_project.sqlite"
    database["TEST"] = {
        "NAME": ":memory:"
    }  # pytest-django knows this default of Django's backend alone
    database["CONN_MAX_AGE"] = None
    database["OPTIONS"].update(
        # Deferred transactions lose most writes that meet: the lock is taken when a write begins.
        transaction_mode="IMMEDIATE",
        timeout=30,
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; "
        "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000; PRAGMA mmap_size=268435456; "
        "PRAGMA journal_size_limit=67108864",
    )
    return database


def postgres(database: dict[str, Any]) -> dict[str, Any]:
    """Complete the settings of a PostgreSQL database."""
    options: dict[str, Any] = database["OPTIONS"]
    # Off for a connection pooler that cannot keep prepared statements or cursors between
    # transactions.
    prepared = given.PREPARED_STATEMENTS
    database["CONN_HEALTH_CHECKS"] = given.DB_HEALTH_CHECKS
    database["DISABLE_SERVER_SIDE_CURSORS"] = not prepared
    # Plans of a few milliseconds are not worth compiling. Rounded down, a short limit would be
    # none.
    options["options"] = f"-c jit=off -c statement_timeout={math.ceil(STATEMENT_SECONDS * 1000)}"
    options.setdefault("connect_timeout", 10)
    if given.DB_POOL_MAX:
        options["pool"] = {"min_size": given.DB_POOL_MIN, "max_size": given.DB_POOL_MAX}
    else:
        # Each thread keeps a connection: measured a quarter cheaper per request than the pool.
        database["CONN_MAX_AGE"] = None
    if prepared:
        options.update(server_side_binding=True, prepare_threshold=2)
    return database


DATABASES = {"default": default_database()}

# The trash
# -----------------------------------------------------------------------------------------

# Days after which `purge_trash` removes deleted records for good.
TRASH_DAYS = given.TRASH_DAYS

# Passwords ----------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
if RECORDS_ENV == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Language and time --------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = given.TIME_ZONE

# Files --------------------------------------------------------------------------------------------

# Assets are served from the installed packages; a directory is collected only for a server in front
# of us.
STATIC_ROOT: str | None = str(given.STATIC_ROOT) if given.STATIC_ROOT else None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG or RECORDS_ENV == "test"
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ALLOW_ALL_ORIGINS = False

MEDIA_ROOT = str(given.MEDIA_ROOT or DATA_DIR / "media")
# What files may be attached to records; and where we are for others, for the addresses in answers
# (else relative).
ATTACHMENT_MAX_BYTES = given.ATTACHMENT_MAX_BYTES
IMPORT_MAX_BYTES = given.IMPORT_MAX_BYTES
IMPORT_MAX_ROWS = given.IMPORT_MAX_ROWS
IMPORT_MAX_COLUMNS = given.IMPORT_MAX_COLUMNS
PUBLIC_URL = given.PUBLIC_URL
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if given.AWS_STORAGE_BUCKET_NAME:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": given.AWS_STORAGE_BUCKET_NAME,
            "region_name": given.AWS_S3_REGION_NAME or None,
            "endpoint_url": given.AWS_S3_ENDPOINT_URL or None,
            "access_key": given.AWS_ACCESS_KEY_ID or None,
            "secret_key": given.AWS_SECRET_ACCESS_KEY or None,
            "default_acl": None,
            "file_overwrite": False,
        },
    }

# Requests -----------------------------------------------------------------------------------------

# The APIs answer 413 themselves above this size; Django's own limit guards the other pages.
RECORDS_MAX_BODY = given.RECORDS_MAX_BODY
DATA_UPLOAD_MAX_MEMORY_SIZE = RECORDS_MAX_BODY
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "records_project.uploads.UnnamedFileUploadHandler",
]

# The APIs parse, authenticate and answer by themselves (records/api/viewsets.py): what stands here
# is for views that do not.
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "records.api.openapi.OperationSchema",
    "UNAUTHENTICATED_USER": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Records API",
    "DESCRIPTION": "Objects with typed fields, and their records.",
    "VERSION": "0.2.0",
    "OAS_VERSION": "3.0.3",
    "SERVE_INCLUDE_SCHEMA": False,
    "DEFAULT_GENERATOR_CLASS": "records.api.openapi.RecordsGenerator",
    "POSTPROCESSING_HOOKS": ["records.api.openapi.complete"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False},
    "REDOC_DIST": "SIDECAR",
}

# How many requests, wrong keys and failed log-ins are taken from whom; empty for any number.
LIMIT_ADDRESS = given.LIMIT_ADDRESS
LIMIT_ACCOUNT = given.LIMIT_ACCOUNT
LIMIT_KEY = given.LIMIT_KEY
LIMIT_WORKSPACE = given.LIMIT_WORKSPACE
LIMIT_WRONG_KEYS = given.LIMIT_WRONG_KEYS
LIMIT_LOG_IN = given.LIMIT_LOG_IN
LIMIT_LOG_IN_ADDRESS = given.LIMIT_LOG_IN_ADDRESS
LIMIT_LOG_IN_ACCOUNT = given.LIMIT_LOG_IN_ACCOUNT
REDIS_URL = given.REDIS_URL

# External sources ---------------------------------------------------------------------------------

# Keys that secrets are sealed with, the newest first; an older one opens what was sealed with it.
EXTERNAL_SECRET_KEYS: list[str] = list(given.EXTERNAL_SECRET_KEYS) or [SECRET_KEY]
# `host:port` of upstreams that may be called though they have no public address or speak no TLS.
EXTERNAL_ALLOWED_HOSTS: list[str] = list(given.EXTERNAL_ALLOWED_HOSTS)
# Certificates to trust beside the public ones: a file of PEM.
EXTERNAL_CA_FILE = given.EXTERNAL_CA_FILE
# Calls of upstreams at once in one process; those that hang must leave threads for everybody else.
EXTERNAL_CALLS_AT_ONCE = given.EXTERNAL_CALLS_AT_ONCE

# Webhooks -----------------------------------------------------------------------------------------

# How long both secrets sign after one was rotated, and ended deliveries stay in the log.
WEBHOOK_OLD_SECRET_HOURS = given.WEBHOOK_OLD_SECRET_HOURS
WEBHOOK_LOG_DAYS = given.WEBHOOK_LOG_DAYS

# Logging ------------------------------------------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "records_project.log_lines.LineFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": given.LOG_LEVEL},
    "loggers": {
        # Django's own handlers would print twice, and a refused request is the caller's news, not
        # ours.
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},
        # A job tells its own story.
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "mcp": {"level": "WARNING"},  # it tells of the beginning and end of each request
        "httpx": {"level": "WARNING"},  # as it does
    },
}
