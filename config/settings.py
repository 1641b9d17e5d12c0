"""Django settings, read once from the environment. With nothing set: the embedded profile (SQLite, no broker).

`orchestration.conf.OrchestrationConfig` holds the product's own variables; this module reads the rest and wires Django,
Celery and the caches. A bad value stops the start with its name and what was expected.
"""

import secrets
from datetime import timedelta
from pathlib import Path

from csp import constants as csp
from django.core.exceptions import ImproperlyConfigured
from environ import Env
from kombu import Queue

from config.api.environment import ApiConfig
from config.environment import DjangoConfig
from config.logging import logging_config
from config.storages import storages
from orchestration.conf import ConfigurationError, OrchestrationConfig
from orchestration.private_files import read_or_create
from orchestration.queues import DEFAULT_QUEUE

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    ORCHESTRATION = OrchestrationConfig.from_env()
    DJANGO = DjangoConfig.from_env()
    API = ApiConfig.from_env()
    STORAGES = storages(ORCHESTRATION)
except ConfigurationError as error:
    raise ImproperlyConfigured(str(error)) from error

DATA_DIR = ORCHESTRATION.data_dir
DEBUG = DJANGO.debug
try:
    SECRET_KEY = DJANGO.secret_key or read_or_create(DATA_DIR / "secret_key", lambda: secrets.token_urlsafe(64))
    # Seals the reviews' history: apart from SECRET_KEY, so that either can be changed alone (docs/human-review.md).
    AUDIT_KEY = ORCHESTRATION.audit_key or read_or_create(DATA_DIR / "audit_key", lambda: secrets.token_urlsafe(64))
    ALERT_WEBHOOK_KEY = ORCHESTRATION.alert_webhook_key or read_or_create(
        DATA_DIR / "alert_webhook_key", lambda: secrets.token_urlsafe(48)
    )
except OSError as error:
    raise ImproperlyConfigured(
        f"DATA_DIR={DATA_DIR}: the keys of this installation cannot be kept there: {error.strerror} "
        f"({error.filename}); name a folder that can be written to"
    ) from error
ALLOWED_HOSTS = list(DJANGO.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(DJANGO.csrf_trusted_origins)

INSTALLED_APPS = [
    "unfold",  # before the admin, whose templates it replaces
    "django.contrib.admin.apps.SimpleAdminConfig",  # urls.py loads the admin modules, so that workers do not
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_celery_results",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "template_partials",
    "csp",
    "web.apps.WebAppConfig",
    "registry.apps.RegistryAppConfig",
    "reviews.apps.ReviewsAppConfig",
    "orchestration.apps.OrchestrationAppConfig",
    "monitoring.apps.MonitoringAppConfig",
]

MIDDLEWARE = [
    "config.logging.RequestIdMiddleware",
    "orchestration.tracing.middleware.TraceContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "web.static.StaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "web.csp.PolicyMiddleware",
    "config.api.middleware.LengthRequiredMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

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
                "web.context.shell",
            ],
        },
    }
]

# Database -------------------------------------------------------------------------------------------------------------
SQLITE_OPTIONS = {
    "timeout": 20,
    # The write lock is taken at BEGIN, so that two writers queue up instead of failing half way.
    "transaction_mode": "IMMEDIATE",
    # synchronous=NORMAL survives a kill of any process, not a power cut (docs/guarantees.md).
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    # Django's None would forbid prepared statements altogether; this leaves them to those who ask (engine.store).
    "prepare_threshold": 1_000_000,
    # Planning the engine's statements takes longer than running them, so a plan is kept until the statistics change.
    "options": "-c plan_cache_mode=force_generic_plan",
}
DATABASES = {"default": Env.db_url_config(DJANGO.database_url or f"sqlite:///{DATA_DIR / 'orchestration.sqlite3'}")}
_database = DATABASES["default"]
_database["ATOMIC_REQUESTS"] = False
_database["CONN_MAX_AGE"] = None
_database["CONN_HEALTH_CHECKS"] = True
if _database["ENGINE"].endswith("sqlite3"):
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    _database["OPTIONS"] = SQLITE_OPTIONS | _database.get("OPTIONS", {})
else:
    _database["OPTIONS"] = POSTGRESQL_OPTIONS | _database.get("OPTIONS", {})
    if DJANGO.database_pool:
        _database["CONN_MAX_AGE"] = 0
        _database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DJANGO.database_pool_size, "timeout": 10}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache ----------------------------------------------------------------------------------------------------------------
if ORCHESTRATION.redis_configured:
    CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": ORCHESTRATION.redis_url("cache"),
            "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 2, "SOCKET_TIMEOUT": 2, "IGNORE_EXCEPTIONS": True},
            "KEY_PREFIX": "orchestration",
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Celery (names without the prefix are Celery's own). A message is a wake-up hint, the database is the truth -----------
CELERY_APP = "config.celery.app"  # what engine.dispatch publishes with
CELERY_BROKER_URL = ORCHESTRATION.celery_broker_url
CELERY_RESULT_BACKEND = ORCHESTRATION.celery_result_backend
CELERY_RESULT_EXPIRES = 24 * 3600
CELERY_TASK_IGNORE_RESULT = True  # task runs report to the database; only maintenance jobs opt in to results
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = DEFAULT_QUEUE
# What a worker listens to that is not told its queues.
CELERY_TASK_QUEUES = [Queue(name) for name in sorted({DEFAULT_QUEUE, *ORCHESTRATION.task_queues.values()})]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = ORCHESTRATION.celery_worker_concurrency or 2
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ETA_TASK_LIMIT = 100  # a tripwire: nothing of ours uses ETA
# A dead broker must not kill running work; leases fence it.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_POOL_LIMIT = 4
# Redelivery is harmless (a stale hint claims other work or nothing), so the broker's timeout only has to be long.
_visibility = {"visibility_timeout": 3600}
CELERY_BROKER_TRANSPORT_OPTIONS = (
    _visibility
    | {"socket_connect_timeout": 2, "socket_timeout": 2, "socket_keepalive": True, "health_check_interval": 10}
    | ({"master_name": ORCHESTRATION.redis_sentinel_master} if CELERY_BROKER_URL.startswith("sentinel") else {})
    if CELERY_BROKER_URL.startswith(("redis", "rediss", "sentinel"))
    else {}
)
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = _visibility
CELERY_VISIBILITY_TIMEOUT = _visibility["visibility_timeout"]
# A publisher gives up soon: the row is there, and the ticker publishes again. A broker that takes connections and does
# not answer is waited for three times, once to send and twice to connect again, so for 6 s by Redis's timeout above.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}

# E-mail: notices of the reviews; without EMAIL_URL none is written ---------------------------------------------------
if ORCHESTRATION.email_url:
    _email = Env.email_url_config(ORCHESTRATION.email_url)
    globals().update({name: value for name, value in _email.items() if name.isupper() and value is not None})
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = ORCHESTRATION.email_from

# Web ------------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DJANGO.static_root or DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # so that nobody has to run collectstatic first
ENVIRONMENT_NAME = DJANGO.environment_name
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "login"
# Everything from this host alone, scripts only with the request's nonce; no inline script or style.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [csp.NONCE, "'strict-dynamic'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# The admin's theme (docs/admin.md). Colours are those of static/css/tokens.css: `base` its greys, `primary` its accent.
UNFOLD = {
    "SITE_TITLE": "Orchestration admin",
    "SITE_HEADER": "Orchestration",
    "SITE_SUBHEADER": "Admin",
    "SITE_URL": "/",
    "SITE_ICON": "orchestration.admin.theme.icon",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "orchestration.admin.theme.icon"}],
    "STYLES": ["orchestration.admin.theme.style"],
    "THEME": "orchestration.admin.theme.chosen_theme",
    "ENVIRONMENT": "orchestration.admin.theme.environment",
    "DASHBOARD_CALLBACK": "orchestration.admin.dashboard.show",
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {"navigation": "orchestration.admin.theme.navigation"},
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "base": {
            "50": "#f6f6f8",
            "100": "#f2f3f6",
            "200": "#e7e8ec",
            "300": "#d5d7de",
            "400": "#8d93a0",
            "500": "#676c79",
            "600": "#545965",
            "700": "#353943",
            "800": "#24262d",
            "900": "#121317",
            "950": "#0c0d10",
        },
        "primary": {
            "50": "#f4f3fe",
            "100": "#efeefc",
            "200": "#dcdaf8",
            "300": "#c3bff3",
            "400": "#aaa5ff",
            "500": "#938cf5",
            "600": "#4f46c8",
            "700": "#423ab0",
            "800": "#373093",
            "900": "#2c2777",
            "950": "#1f1e38",
        },
    },
}

_https = DJANGO.https_only
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz)/?$"]  # whoever asks these is on this side of the proxy
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = DJANGO.hsts_seconds if DJANGO.hsts_seconds is not None else 3600 * _https
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if DJANGO.behind_proxy else None

# REST (docs/rest.md). Views reach config.api through these settings only ---------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.api.permissions.ActionPermission"],
    "DEFAULT_PARSER_CLASSES": ["config.api.bodies.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["config.api.bodies.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["config.api.filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.api.pagination.CursorPagination",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.AnonRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": API.throttle_rates,
    # Otherwise X-Forwarded-For, which anybody can write, names the address that a throttle counts for.
    "NUM_PROXIES": int(DJANGO.behind_proxy),
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "config.api.problems.handle_exception",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": timedelta(days=90)}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "AI pipeline orchestration",
    "DESCRIPTION": "Define pipelines, execute them, follow what happens. Every error is `application/problem+json`.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]+",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.openapi.describe_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ExecutionStatus": "orchestration.api.serializers.EXECUTION_STATUSES",
        "TaskRunStatus": "orchestration.api.serializers.TASK_RUN_STATUSES",
        "AttemptStatus": "orchestration.api.serializers.ATTEMPT_STATUSES",
        "ReviewStatus": "reviews.api.serializers.REVIEW_STATUSES",
        "ModelVersionState": "registry.api.serializers.VERSION_STATES",
        "ModelVersionKind": "registry.api.serializers.VERSION_KINDS",
        "AlertStatus": "monitoring.api.serializers.ALERT_STATUSES",
        "AlertSeverity": "monitoring.api.serializers.SEVERITIES",
        "AlertOperator": "monitoring.api.serializers.OPERATORS",
        "AlertGrouping": "monitoring.api.serializers.GROUPINGS",
        "AlertNoData": "monitoring.api.serializers.NO_DATA",
    },
}

LOGGING = logging_config(ORCHESTRATION.log_format, DJANGO.log_level)
