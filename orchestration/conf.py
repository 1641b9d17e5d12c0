"""The product's own settings: every environment variable of the orchestrator, typed, in one table.

Owns names, types, defaults and messages. `config/settings.py` reads them once at start; everything else asks
`django.conf.settings.ORCHESTRATION`, or `OrchestrationConfig.from_env()` in a plain script. Imports no Django.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from common.errors import Invalid
from orchestration.queues import parse_task_queues

BASE_DIR = Path(__file__).resolve().parent.parent
EMBEDDED_BROKER_URL = "embedded://localhost"
BROKER_SCHEMES = ("redis", "rediss", "sentinel", "amqp", "amqps", "pyamqp", "sqs", "memory", "embedded")
EMAIL_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl", "consolemail", "memorymail")
# A lease must outlive a renewal that fails and one that comes late: otherwise running work is taken for lost.
RENEWALS_PER_LEASE = 3
LEAST_LEASE_SECONDS = 3.0  # a keeper looks once a second
MISSION_DATABASES = {"broker": 1, "results": 2}

_BUCKET = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9._-]{1,254}(/[A-Za-z0-9._=-]+)*/?")
_SIZE_UNITS = {
    "": 1,
    "k": 10**3,
    "kb": 10**3,
    "kib": 2**10,
    "m": 10**6,
    "mb": 10**6,
    "mib": 2**20,
    "g": 10**9,
    "gb": 10**9,
    "gib": 2**30,
}


class ConfigurationError(Invalid, ValueError):
    """Bad environment variables; the message names each one, what it held and what was expected."""

    code = "bad_configuration"


def _parse_size(value: object) -> object:
    """`1000000`, `64MB`, `1GiB` to a number of bytes."""
    if not isinstance(value, str):
        return value
    number = value.strip().rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    unit = value.strip()[len(number) :].strip().lower()
    return int(number) * _SIZE_UNITS[unit] if number.isdigit() and unit in _SIZE_UNITS else value


def _split_commas(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _parse_routes(value: object) -> object:
    """`gpt-4=local/extract, bert-base-uncased=local/classify` to a mapping."""
    if not isinstance(value, str):
        return value
    parts = [part.partition("=") for part in value.split(",") if part.strip()]
    if any(not (name.strip() and target.strip()) for name, _, target in parts):
        raise ValueError("pairs name=target separated by commas, for example gpt-4=local/extract")
    return {name.strip(): target.strip() for name, _, target in parts}


def _parse_queues(value: object) -> object:
    return parse_task_queues(value) if isinstance(value, str) else value


Size = Annotated[int, BeforeValidator(_parse_size), Field(gt=0)]
CommaSeparated = Annotated[tuple[str, ...], BeforeValidator(_split_commas)]
Routes = Annotated[dict[str, str], BeforeValidator(_parse_routes)]
TaskQueues = Annotated[dict[str, str], BeforeValidator(_parse_queues)]
PositiveInt = Annotated[int, Field(gt=0)]
PositiveSeconds = Annotated[float, Field(gt=0)]


def _check_broker_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if value and (scheme not in BROKER_SCHEMES or not separator or (not rest and scheme != "embedded")):
        raise ValueError("an address such as redis://host:6379/1 or amqp://user:password@host//")
    return value


def _check_email_url(value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if value and (scheme not in EMAIL_SCHEMES or not separator):
        raise ValueError("smtp+tls://user:password@host:587, smtp://host:25, smtp+ssl://host:465 or consolemail://")
    return value


def _check_storage_url(value: str) -> str:
    if value and not _BUCKET.fullmatch(value):
        raise ValueError("s3://bucket or s3://bucket/folder, without credentials (AWS_ACCESS_KEY_ID has them)")
    return value


def _check_service_url(value: str) -> str:
    """An http(s) address that a path is put behind. Credentials have variables of their own, which nothing shows."""
    parts = urlsplit(value)
    if value and (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or "@" in parts.netloc
        or parts.query
        or parts.fragment
        or not value.isascii()
        or not value.isprintable()
        or " " in value
    ):
        raise ValueError("an address such as https://models.example.com/v1, without user, password or query")
    return value.rstrip("/")


def _check_tracing_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or "{trace_id}" not in value):
        raise ValueError("an address such as https://jaeger.example.com/trace/{trace_id}")
    return value


def _check_key(value: str) -> str:
    """A key travels in a header: what is pasted or mounted with a line end is trimmed, anything else odd refused."""
    key = value.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("a key of letters, digits and signs, without spaces")
    return key


ServiceUrl = Annotated[str, AfterValidator(_check_service_url)]
Key = Annotated[str, AfterValidator(_check_key)]
StructuredOutput = Literal["tool", "native", "prompted"]


class EnvironmentModel(BaseModel):
    """Settings from environment variables: one per field, the field's name in capitals. Empty counts as not set."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment (or `environ`). Raises `ConfigurationError` naming every bad variable at once."""
        environ = os.environ if environ is None else environ
        given = {name: environ[name.upper()] for name in cls.model_fields if environ.get(name.upper(), "") != ""}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise ConfigurationError(_describe(error)) from error


class OrchestrationConfig(EnvironmentModel):
    """The product's own variables; durations in seconds, sizes in bytes."""

    data_dir: Path = BASE_DIR / "var"
    """Where the embedded profile keeps its database, model files and generated secrets."""

    redis_host: str = "localhost"
    """Redis; used only when this is set."""
    redis_port: Annotated[int, Field(ge=1, le=65535)] = 6379
    """Its port."""
    redis_db: Annotated[int, Field(ge=0)] = 0
    """Its database for caches; the broker has 1 and results have 2."""
    redis_password: str = Field(default="", repr=False)
    """Its password."""
    redis_configured: bool = False
    """True when REDIS_HOST is set: only then is Redis used without being named in a URL."""

    celery_broker_url: Annotated[str, AfterValidator(_check_broker_url)] = Field(default="", repr=False)
    """Where wake-ups travel: Redis or RabbitMQ. When not given the Redis of REDIS_HOST; without it the database is the
    queue."""
    redis_sentinel_master: str = "mymaster"
    """The name of the group that the Sentinels of a sentinel:// broker watch."""
    celery_result_backend: str = Field(default="", repr=False)
    """Where results of maintenance jobs go, `django-db` when not given; task runs report to the database itself."""
    celery_worker_concurrency: PositiveInt | None = None
    """Processes (or threads) of one worker; 2 when not given."""

    model_registry_path: Path = Path()
    """Files of registered models; `DATA_DIR/models` when not given."""
    model_storage_url: Annotated[str, AfterValidator(_check_storage_url)] = ""
    """A bucket for the models' files; MODEL_REGISTRY_PATH then holds copies of those that were used here."""
    model_storage_endpoint: ServiceUrl = ""
    """Where the bucket's service answers, if it is not Amazon's."""
    model_cache_bytes: Size = 512 * 2**20
    """Memory for registered models in each worker process."""
    model_upload_max_bytes: Size = 5 * 2**30
    """The largest upload of model files through REST and the pages."""
    model_routes: Routes = Field(default_factory=dict)
    """Which model a name in a pipeline means: pairs name=target."""
    task_handler_modules: CommaSeparated = ()
    """Modules with `@task_handler` functions, imported by every worker."""
    task_queues: TaskQueues = Field(default_factory=dict)
    """Which queue tasks of a type wait in: pairs type:queue, `*` for all other types; a task's own `queue` wins."""

    openai_api_key: Key = Field("", repr=False)
    """The key for OpenAI, or for a server of its protocol that wants one."""
    openai_base_url: ServiceUrl = ""
    """Another server that speaks OpenAI's protocol."""
    openai_structured_output: StructuredOutput = "tool"
    """How it is asked for structured answers."""
    anthropic_api_key: Key = Field("", repr=False)
    """The key for Anthropic."""
    anthropic_base_url: ServiceUrl = ""
    """Another server that speaks Anthropic's protocol."""
    anthropic_structured_output: StructuredOutput = "tool"
    """How it is asked for structured answers."""
    ollama_base_url: ServiceUrl = ""
    """An Ollama server; with it names such as `ollama/llama3` work."""
    ollama_structured_output: StructuredOutput = "native"
    """How it is asked for structured answers."""
    model_request_timeout: PositiveSeconds = 300
    """One request to a hosted model; what is left of the attempt's own timeout is the limit when it is less."""

    cache_default_ttl: PositiveInt = 3600
    """Seconds a cached result is good for, where task and pipeline say nothing."""
    cache_max_size: Size = 1_000_000
    """What the result cache may hold in the memory of each process."""
    cache_strategy: Literal["lru", "lfu", "ttl", "adaptive"] = "lru"
    """What goes first when that memory is full."""
    cache_allow_pickle: bool = False  # before the codec, which asks it
    """Whether pickles may be kept in the cache and read from it."""
    cache_codec: Literal["json", "gzip", "zstd", "pickle"] = "json"
    """How cached results are written."""
    cache_compress_threshold: Size = 1024
    """Bytes below which an entry is not compressed."""
    cache_max_entry_size: Size = 8_000_000
    """Bytes of one value; a larger one is not kept."""
    cache_stored_max_size: Size = 256_000_000
    """What the table may hold where there is no Redis; CACHE_MAX_SIZE bounds the memory of each process."""
    cache_signing_key: Key = Field("", repr=False)
    """Signs pickles; made in DATA_DIR when not given, so hosts that share a Redis must share it."""
    cache_optimise: Literal["propose", "apply"] = "propose"
    """Whether the cache only says what it would change, or changes it."""

    monitoring_enabled: bool = True
    """Whether metrics are rolled up and alert rules evaluated."""
    metrics_retention_days: PositiveInt = 7
    """Days that minutes of metrics are kept; hours and days live longer."""
    hitl_default_timeout_hours: Annotated[float, Field(gt=0)] = 24
    """Hours until a review is due that says nothing else."""
    hitl_lease_seconds: PositiveSeconds = 120
    """How long a reviewer's claim outlives their last sign of life."""
    audit_key: Key = Field("", repr=False)
    """Seals the history of reviews; made in DATA_DIR when not given, so hosts need the same one."""
    email_url: Annotated[str, AfterValidator(_check_email_url)] = Field(default="", repr=False)
    """The mail server, such as `smtp+tls://user:password@host:587`; without it no mail is written."""
    email_from: str = "orchestration@localhost"
    """The sender of mails."""
    site_url: ServiceUrl = ""
    """Where people reach the pages, for links in e-mails and webhooks."""
    alert_webhook_key: Key = Field("", repr=False)
    """Signs what alerts send to webhooks; made in DATA_DIR when not given, so hosts need the same one."""
    alert_webhook_private_hosts: CommaSeparated = ()
    """Hosts inside one's own network that webhooks of alerts may reach."""
    metrics_token: Key = Field("", repr=False)
    """What Prometheus shows (Authorization: Bearer …) to read /metrics from another machine."""
    log_format: Literal["console", "json"] = "console"
    """Lines for people, or one JSON object per line."""
    tracing_url: Annotated[str, AfterValidator(_check_tracing_url)] = ""
    """Where people see a trace, such as `https://jaeger.example.com/trace/{trace_id}`."""

    max_parallel_tasks: PositiveInt = 5
    """Running tasks of one execution; a pipeline's `max_parallel` overrides it."""
    default_task_timeout: PositiveSeconds = 300
    """Seconds of one attempt, where a task says nothing."""

    lease_seconds: PositiveSeconds = Field(30, ge=LEAST_LEASE_SECONDS)
    """How soon the task of a lost worker runs again; at least 3."""
    lease_renewal_seconds: PositiveSeconds = Field(5, validate_default=True)
    """How often leases are renewed: at most a third of LEASE_SECONDS."""
    attempt_grace_seconds: PositiveSeconds = 5
    """Between an attempt's timeout and the end of its process."""
    shutdown_grace_seconds: Annotated[float, Field(ge=0)] = 10
    """What a stopping worker gives running attempts before it hands them back."""
    inline_value_max_bytes: Size = 64 * 1024
    """Larger inputs and outputs are kept apart, once each."""
    value_max_bytes: Size = 64 * 1024 * 1024
    """The largest input or output."""
    finished_retention_days: PositiveInt = 90
    """Days that `prune` keeps finished executions."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: dict[str, Any]) -> dict[str, Any]:
        return given | {"redis_configured": "redis_host" in given}

    @field_validator("cache_codec")
    @classmethod
    def _check_codec(cls, codec: str, info: ValidationInfo) -> str:
        if codec == "pickle" and not info.data.get("cache_allow_pickle"):
            raise ValueError("json, gzip or zstd; pickle only with CACHE_ALLOW_PICKLE=true")
        return codec

    @field_validator("lease_renewal_seconds")
    @classmethod
    def _check_renewal(cls, seconds: float, info: ValidationInfo) -> float:
        lease = info.data.get("lease_seconds")
        if lease is not None and seconds > lease / RENEWALS_PER_LEASE:
            raise ValueError(f"at most {lease / RENEWALS_PER_LEASE:g}, a third of LEASE_SECONDS={lease:g}")
        return seconds

    @model_validator(mode="after")
    def _derive(self) -> Self:
        derived: dict[str, Any] = {}
        if not self.celery_broker_url:
            derived["celery_broker_url"] = self.redis_url("broker") if self.redis_configured else EMBEDDED_BROKER_URL
        if not self.celery_result_backend:
            derived["celery_result_backend"] = "django-db"
        if self.model_registry_path == Path():
            derived["model_registry_path"] = self.data_dir / "models"
        for name, value in derived.items():
            object.__setattr__(self, name, value)  # the one time a frozen model is completed
        return self

    def redis_url(self, use: Literal["broker", "results", "cache"] = "cache") -> str:
        """The Redis address for a use; the broker and results have databases of their own (1 and 2)."""
        password = f":{quote(self.redis_password, safe='')}@" if self.redis_password else ""
        return f"redis://{password}{self.redis_host}:{self.redis_port}/{MISSION_DATABASES.get(use, self.redis_db)}"

    @property
    def has_broker(self) -> bool:
        """False when the database itself is the queue (the embedded profile)."""
        return self.celery_broker_url != EMBEDDED_BROKER_URL


SECRET_WORDS = ("PASSWORD", "URL", "KEY", "TOKEN")


def _describe(error: ValidationError) -> str:
    """One line per bad variable: its name, what it held, what was expected."""
    lines = []
    for problem in error.errors():
        name = str(problem["loc"][0]).upper()
        held = "" if any(word in name for word in SECRET_WORDS) else f"={problem['input']!r}"
        expected = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        lines.append(f"{name}{held}: expected {expected}")
    return "Bad environment variables:\n  " + "\n  ".join(lines)
