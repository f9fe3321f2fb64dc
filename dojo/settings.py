"""The settings, all from the environment; docs/settings.md lists every name an operator may give."""

import os
import ssl
from pathlib import Path

import dj_database_url

from dojo import environ, log_config, log_ins, mail, oidc
from dojo.cores import cores
from dojo.machine import is_elsewhere, local_hosts, own_hosts, socket_path
from dojo.version import version_of

os.umask(0o077)  # files are readable by Dojo's user only, whichever process writes them

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = version_of(BASE_DIR)
DEBUG = environ.flag("DEBUG", default=False)
HOST = environ.text("DOJO_HOST", default="127.0.0.1")  # DOJO_ because some shells export HOST
PORT = environ.number("PORT", default=8000, least=1, most=65535)
WEB_WORKERS = environ.number("WEB_WORKERS", default=2, least=1, most=64)
LOG_LEVEL = environ.choice("LOG_LEVEL", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = environ.choice("LOG_FORMAT", default="LINE", choices=("LINE", "JSON"))
SENTRY_DSN = environ.url("SENTRY_DSN", default="", schemes={"http", "https"})

# --- State: everything Dojo keeps lives under one folder, so that a backup is a copy of it. ---
DATA_DIR = environ.folder("DOJO_DATA_DIR", default=BASE_DIR / "data")
LAKE_DIR = DATA_DIR / "lake"
OVERLAPS_DIR = DATA_DIR / "overlaps"
FINGERPRINTS_DIR = DATA_DIR / "fingerprints"
INDEX_DIR = DATA_DIR / "index"
# Whoever asks brings the event index up to date first, as no keeper does: for tests.
INDEX_EAGERLY = False
UPLOADS_DIR = DATA_DIR / "uploads"
IMPORTS_DIR = DATA_DIR / "imports"
EXPORTS_DIR = DATA_DIR / "exports"
LOGS_DIR = DATA_DIR / "logs"
SCRATCH_DIR = DATA_DIR / "scratch"
ERASURES_DIR = DATA_DIR / "erasures"
STAGED_DIR = DATA_DIR / "staged"  # what a backup that is being made copies from
RESTORING = DATA_DIR / "restoring"  # a file: a restore was begun, and isn't done
BACKUP_URL = environ.place("BACKUP_URL")

# --- Object stores: where they are named, the table and what is uploaded are there, not in folders. ---
LAKE_URL = environ.store("LAKE_URL")
UPLOADS_URL = environ.store("UPLOADS_URL")
OVERLAPS_URL = f"{LAKE_URL}/.overlaps" if LAKE_URL else ""
INDEX_URL = f"{LAKE_URL}/.index" if LAKE_URL else ""  # no environment's name begins with a dot
CACHE_DIR = DATA_DIR / "cache"
CACHE_MAX_BYTES = environ.number("CACHE_MAX_BYTES", default=20 << 30, least=1 << 20)

# --- Database: web server, workers and scheduler share one SQLite file, so writes are short,
# take the write lock at BEGIN (IMMEDIATE) and wait for each other instead of failing. ---
DATABASES = {
    "default": dj_database_url.parse(
        environ.url(
            "DATABASE_URL",
            default=f"sqlite:///{DATA_DIR / 'dojo.sqlite3'}",
            schemes={"sqlite", "postgres", "postgresql"},
        ),
        conn_max_age=60,
        conn_health_checks=True,  # a restart of PostgreSQL causes no errors
    )
}
_database = DATABASES["default"]
if is_elsewhere(str(_database.get("OPTIONS", {}).get("host") or _database["HOST"])):
    environ.require(
        "SECRET_KEY",
        "IDENTITY_KEY",
        because="DATABASE_URL names another machine, so several may run Dojo, and all have to use the same keys. "
        f"Those of a Dojo that ran without are in the files secret_key and identity_key in {DATA_DIR}.",
    )
for _name in ("LAKE_URL", "UPLOADS_URL"):
    if environ.text(_name):
        environ.require(
            "SECRET_KEY",
            "IDENTITY_KEY",
            because=f"{_name} names an object store, so several machines may run Dojo, and all have to use the same "
            f"keys. Those of a Dojo that ran without are in the files secret_key and identity_key in {DATA_DIR}.",
        )
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA secure_delete=ON; PRAGMA cache_size=-16000;",
    }
else:
    # Values go beside the statement: the server's views and log show none of them, and many name people.
    _database["OPTIONS"] = {**_database.get("OPTIONS", {}), "server_side_binding": True}

# SECRET_KEY signs, and may be changed at any time. IDENTITY_KEY names people, and may not: see interactions.identity.
SECRET_KEY = environ.key("SECRET_KEY", kept=DATA_DIR / "secret_key")
SECRET_KEY_FALLBACKS = [key for key in environ.text("SECRET_KEY_FALLBACKS").split(",") if key]
IDENTITY_KEY = environ.key("IDENTITY_KEY", kept=DATA_DIR / "identity_key")
EARLIER_IDENTITY_KEYS = DATA_DIR / "earlier_identity_keys"  # a file: what people were named by before the upgrade
ADMIN_PASSWORD = environ.text("DOJO_ADMIN_PASSWORD")  # of the first administrator; empty: a random one
_hosts = [one.strip() for one in environ.text("ALLOWED_HOSTS").split(",") if one.strip()]
ALLOWED_HOSTS = [*(_hosts or own_hosts()), *local_hosts(HOST)]
METRICS_TOKEN = environ.text("METRICS_TOKEN")
METRICS_COLLECTORS = ["interactions.operations.collectors.OfDojo"]
CSRF_TRUSTED_ORIGINS = [o for o in environ.text("CSRF_TRUSTED_ORIGINS").split(",") if o]

# --- Django ---
INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # the pages of the admin are loaded with the other pages
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "dojo",  # for its commands
    "interactions",
]
MIDDLEWARE = [
    "dojo.request_id.RequestIds",
    "dojo.hosts.Hosts",
    "interactions.api.entrance.Shortcut",  # handles all of /v1
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dojo.compression.Compression",
    "dojo.csp.ContentSecurityPolicyMiddleware",
    "dojo.health.HealthMiddleware",
    "dojo.routes.Routes",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "interactions.console.gate.Gate",  # last: it needs the user, and a refusal is a normal page
]
ROOT_URLCONF = "dojo.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "interactions.console.navigation.navigation",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]  # asked by django-allauth alone
globals().update(log_ins.FIXED)
ACCOUNT_RATE_LIMITS = log_ins.rates(
    of_name=environ.number("LOG_IN_FAILURES", default=10),  # 0: no limit
    of_address=environ.number("LOG_IN_FAILURES_OF_ADDRESS", default=50),
)
_ROLES = ("viewer", "analyst", "privacy", "owner")
REQUIRE_SECOND_FACTOR = environ.several("REQUIRE_SECOND_FACTOR", choices=(*_ROLES, "admin"))
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": oidc.providers(
            environ.text("OIDC_ISSUER"),
            environ.text("OIDC_CLIENT_ID"),
            environ.text("OIDC_CLIENT_SECRET"),
            environ.text("OIDC_NAME"),
            trusts_email=environ.flag("OIDC_TRUST_EMAIL", default=False),
        )
    }
}
OIDC_DEFAULT_ROLE = environ.choice("OIDC_DEFAULT_ROLE", default="", choices=("", *map(str.upper, _ROLES))).lower()
OIDC_ROLE_CLAIM = environ.text("OIDC_ROLE_CLAIM", default="groups")
OIDC_ROLES = oidc.roles(environ.text("OIDC_ROLES"), known=_ROLES)
OIDC_DOMAINS = oidc.domains(environ.text("OIDC_DOMAINS"), has_role=bool(OIDC_DEFAULT_ROLE or OIDC_ROLES))
SENDS_MAIL = bool(environ.url("EMAIL_URL", default="", schemes=mail.SCHEMES))
if SENDS_MAIL:
    globals().update(mail.server(environ.text("EMAIL_URL")))
DEFAULT_FROM_EMAIL = environ.text("EMAIL_FROM", default="dojo@localhost")
MEMBER_LINK_HOURS = environ.number("MEMBER_LINK_HOURS", default=48, least=1, most=24 * 30)
PASSWORD_RESET_TIMEOUT = MEMBER_LINK_HOURS * 3600
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
BEHIND_HTTPS = environ.flag("BEHIND_HTTPS", default=False)
if BEHIND_HTTPS:
    # A proxy in front speaks HTTPS and says so; only then may its header be believed.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600

# What a web process does before it answers; ends the process where it may not go on.
WEB_START = "interactions.guard.check_web_process"


# --- Redis: broker, locks, caches. REDIS_URL names a server of one's own; without it Dojo runs one. ---
REDIS_SOCKET = socket_path(DATA_DIR, "redis", "redis.sock")
REDIS_URL = environ.url("REDIS_URL", default=f"unix://{REDIS_SOCKET}", schemes={"redis", "rediss", "unix"})
REDIS_IS_OURS = not environ.text("REDIS_URL")
SUPERVISOR_SOCKET = socket_path(DATA_DIR, "scratch", "supervisor.sock")  # of the supervisor
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "dojo",
        "KEY_FUNCTION": "dojo.cache_keys.cache_key",
    }
}

# --- Celery: a task is acknowledged when done, so a worker that dies gives its task back. ---
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
# Without it, Kombu would take any certificate where the URL doesn't say how it's checked.
CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED} if REDIS_URL.startswith("rediss://") else None
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Seconds in which a new process of a worker has to be ready, else it's killed: on a busy machine 4 are too few.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_CONCURRENCY = environ.number("WORKER_PROCESSES", default=cores(), least=1, most=256)
# KiB after which a worker process is replaced by a fresh one, between two tasks. That takes a second, so it's more than
# an import needs.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = environ.number("WORKER_MEMORY_MB", default=600, least=100) * 1024
# In memory: writing a schedule to a full disk would end the scheduler, and a truncated one would keep it from starting.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
# Enqueuing doesn't wait while Redis is down: the sweep enqueues the task later.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "max_retries": 1,
    "interval_start": 0.1,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # forever: a Redis whose disk is full may be so for long
CELERY_TASK_DEFAULT_QUEUE = "dojo"
# An import whose tasks have had no heartbeat for this long is resumed.
IMPORT_STALE_SECONDS = environ.number("IMPORT_STALE_SECONDS", default=15, least=1)
_SWEEP_SECONDS = min(10.0, IMPORT_STALE_SECONDS)
_EVERY = {  # seconds
    "sweep_imports": _SWEEP_SECONDS,
    "sweep_erasures": _SWEEP_SECONDS,
    "sweep_exports": _SWEEP_SECONDS,
    "sweep_pulls": _SWEEP_SECONDS,
    "sweep_notifications": _SWEEP_SECONDS,
    "sweep_scheduled_exports": _SWEEP_SECONDS,
    "check_conditions": 60.0,
    "check_health": 600.0,
    "send_weekly_summaries": 600.0,
    "run_retention": 600.0,  # the task checks whether the daily run is due, because a restart resets this interval
    "compact_lakes": 60.0,
}
CELERY_BEAT_SCHEDULE = {
    # They expire, so that they don't pile up while no worker runs.
    name: {"task": f"interactions.tasks.{name}", "schedule": seconds, "options": {"expires": seconds}}
    for name, seconds in _EVERY.items()
}

# --- Static files ---
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
_PACKAGES = BASE_DIR / "node_modules"
ICONS_DIR = _PACKAGES / "@tabler" / "icons" / "icons" / "outline"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("tabler", _PACKAGES / "@tabler" / "core" / "dist"),
    ("echarts", _PACKAGES / "echarts" / "dist"),
    ("tus", _PACKAGES / "tus-js-client" / "dist"),
    ("inter", _PACKAGES / "@fontsource-variable" / "inter"),
]
STATICFILES_FINDERS = ["dojo.static_files.StaticFinder", "dojo.static_files.AppFinder"]
# The packages' files that pages load, with the source maps that they reference.
PACKAGE_FILES = (
    "tabler/css/tabler.min.css*",
    "tabler/js/tabler.min.js*",
    "echarts/echarts.common.min.js",  # two thirds of the whole
    "echarts/echarts.min.js",
    "echarts/echarts.esm.min.mjs",
    "tus/tus.min.js*",
    "inter/wght.css",
    "inter/files/*-wght-normal.woff2",
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dojo.static_files.Storage"},
}

WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("woff2", "png", "jpg", "gif", "webp", "gz", "br", "map")

# --- Imports ---
# Bytes of JSON in one block, the unit of work of one task: large enough for good Parquet row groups.
IMPORT_BLOCK_BYTES = environ.number("IMPORT_BLOCK_BYTES", default=32 << 20, least=1 << 10)
# A larger record is refused: real records are far smaller, and this bounds a worker's memory.
IMPORT_RECORD_BYTES = environ.number("IMPORT_RECORD_BYTES", default=16 << 20, least=1 << 10)
# The largest ratio of unpacked to packed size; a file above it counts as a decompression bomb.
IMPORT_UNPACK_RATIO = environ.number("IMPORT_UNPACK_RATIO", default=200, least=2)
# The form that maps a table has two fields for each column, of which there may be a thousand.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000
# Bytes of disk space that uploads and unpacking leave free.
DISK_RESERVE_BYTES = environ.number("DISK_RESERVE_BYTES", default=512 << 20)
UPLOAD_CHUNK_BYTES = environ.number("UPLOAD_CHUNK_BYTES", default=8 << 20, least=64 << 10)
UPLOAD_EXPIRES_HOURS = environ.number("UPLOAD_EXPIRES_HOURS", default=72, least=1)

# --- Pulls: the base URLs of other tools' exports; empty: the tools' own ---
MIXPANEL_EXPORT_URL = environ.url("MIXPANEL_EXPORT_URL", default="", schemes={"http", "https"})
AMPLITUDE_EXPORT_URL = environ.url("AMPLITUDE_EXPORT_URL", default="", schemes={"http", "https"})

# --- A cluster that answers where an event index would be too large ---
ENGINE_URL = environ.url("ENGINE_URL", default="", schemes={"sc"})
ENGINE = environ.choice("ENGINE", default="LARGE", choices=("LARGE", "ALWAYS"))
INDEX_MAX_RECORDS = environ.number("INDEX_MAX_RECORDS", default=1_000_000_000)
ENGINE_LAKE_URL = environ.text("ENGINE_LAKE_URL")  # where the cluster finds the lake; empty: where Dojo does
ENGINE_TIMEOUT_SECONDS = environ.number("ENGINE_TIMEOUT_SECONDS", default=60, least=1, most=3600)

# --- Exports ---
EXPORT_EXPIRES_HOURS = environ.number("EXPORT_EXPIRES_HOURS", default=72, least=1)
# Folders that schedules name are below it. It's made by the first run: a backup is restored into an empty data folder.
EXPORT_ROOT = Path(environ.text("EXPORT_ROOT", str(DATA_DIR / "exports-scheduled"))).expanduser().resolve()

# --- Notifications ---
PUBLIC_URL = environ.url("PUBLIC_URL", default="", schemes={"http", "https"})
NOTIFY_PRIVATE_ADDRESSES = environ.flag("NOTIFY_PRIVATE_ADDRESSES", default=True)

# --- Bodies of requests, read by an event loop ---
BODY_PATIENCE_SECONDS = environ.number("BODY_PATIENCE_SECONDS", default=15, least=1, most=3600)
BODY_LEAST_RATE = environ.number("BODY_LEAST_RATE", default=1024)

# --- The API ---
API_BODY_BYTES = environ.number("API_BODY_BYTES", default=32 << 20, least=1 << 10)
API_RECORDS = environ.number("API_RECORDS", default=50_000, least=1)
_PAGE_BODY_BYTES = 64 << 20  # lists of ids are files on a page
GATEWAY_DOORS = {
    "/v1": {
        "largest_body": API_BODY_BYTES,
        "before_body": "interactions.api.entrance.before_body",
        "refused": "interactions.api.entrance.turned_away",
        "at_once": "interactions.api.at_once.at_once",
    },
    "/uploads": {"largest_body": UPLOAD_CHUNK_BYTES, "streams": True},
    "": {"largest_body": _PAGE_BODY_BYTES},
}
API_CALLS_PER_MINUTE = environ.number("API_CALLS_PER_MINUTE", default=300_000)  # of one key; 0: no limit

# --- Streams ---
# Records that may wait in an environment's inbox before its streams are read on.
STREAM_INBOX_RECORDS = environ.number("STREAM_INBOX_RECORDS", default=200_000, least=1)
KAFKA_SERVERS = environ.text("KAFKA_SERVERS")  # the only ones that pages may name; empty: any
_KAFKA = {
    "security.protocol": environ.choice(
        "KAFKA_SECURITY_PROTOCOL", default="PLAINTEXT", choices=("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
    ),
    "sasl.mechanism": environ.text("KAFKA_SASL_MECHANISM"),
    "sasl.username": environ.text("KAFKA_SASL_USERNAME"),
    "sasl.password": environ.text("KAFKA_SASL_PASSWORD"),
    "ssl.ca.location": environ.text("KAFKA_SSL_CA"),
    "ssl.certificate.location": environ.text("KAFKA_SSL_CERTIFICATE"),
    "ssl.key.location": environ.text("KAFKA_SSL_KEY"),
    "ssl.key.password": environ.text("KAFKA_SSL_KEY_PASSWORD"),
}
KAFKA_CLIENT = {name: value for name, value in _KAFKA.items() if value}

LOGGING = log_config.of(LOG_LEVEL, LOG_FORMAT)

if SENTRY_DSN:
    from dojo import sentry  # 10 MB, and nothing without it

    sentry.begin(SENTRY_DSN, VERSION)
