"""Whether this installation is set up: what is configured, and whether what it needs can be reached.

Every check ends within a few seconds, whatever is down, and changes nothing. How the work itself goes is in `health`.
"""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError

from common.clock import database_now
from common.health import Check
from orchestration.conf import ConfigurationError
from orchestration.engine.dispatch import celery_app
from orchestration.handlers.catalog import BUILT_IN, load_handler_modules, runnable_task_types
from orchestration.providers.catalog import known_models

ANSWER_SECONDS = 5
LOW_DISK_BYTES = 200 * 1024 * 1024

# Celery settings that the engine's guarantees rest on → what they must be.
CELERY_SETTINGS: Mapping[str, object] = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "task_serializer": "json",
    "accept_content": ["json"],
    "CELERY_DB_REUSE_MAX": 10_000,
}


# Configured -----------------------------------------------------------------------------------------------------------


def configured() -> Iterator[Check]:
    config = settings.ORCHESTRATION
    store = settings.DATABASES["default"]
    place = f"{store.get('HOST') or 'local'}/{store['NAME']}" if connection.vendor != "sqlite" else store["NAME"]
    yield Check("configured", "database", "ok", f"{connection.display_name}: {place}")
    address = without_password(config.celery_broker_url) if config.has_broker else "none; the database is the queue"
    yield Check("configured", "broker", "ok", address)
    cache = str(settings.CACHES["default"]["BACKEND"]).rpartition(".")[2]
    yield Check("configured", "cache", "ok", cache)
    yield _task_handlers()
    yield from _models()
    yield from _celery_settings()


def without_password(url: str) -> str:
    """An address as it may be shown."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    shown = parts.netloc.replace(f":{parts.password}@", ":***@")
    return parts._replace(netloc=shown).geturl()


def data_dir() -> Iterator[Check]:
    yield _data_dir()


def _data_dir() -> Check:
    folder = settings.DATA_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        hint = "make it writable, or name another with DATA_DIR"
        return Check("configured", "data folder", "problem", f"{folder}: {error.strerror or error}", hint)
    said = f"{folder} ({free / 1024**3:.1f} GiB free)"
    if free < LOW_DISK_BYTES:
        return Check("configured", "data folder", "warning", said, "free some space, or run manage.py prune")
    return Check("configured", "data folder", "ok", said)


def _task_handlers() -> Check:
    try:
        load_handler_modules()
    except ConfigurationError as error:
        hint = "correct TASK_HANDLER_MODULES, or put the module's folder on PYTHONPATH"
        return Check("configured", "task handlers", "problem", str(error), hint)
    own = sorted(runnable_task_types() - BUILT_IN.keys())
    return Check("configured", "task handlers", "ok", ", ".join(own) or "none of your own")


def _models() -> Iterator[Check]:
    models = known_models()
    broken = [model for model in models if model.problem]
    usable = ", ".join(
        model.name if model.target == model.name else f"{model.name} → {model.target}"
        for model in models
        if not model.problem
    )
    yield Check("configured", "models", "ok", usable)
    for model in broken:
        yield Check("configured", f"model {model.name}", "problem", str(model.problem), "change MODEL_ROUTES")


def _celery_settings() -> Iterator[Check]:
    conf = celery_app().conf
    wrong = [name for name, wanted in CELERY_SETTINGS.items() if conf.get(name) != wanted]
    if wrong:
        said = ", ".join(f"{name} is {conf.get(name)!r}, not {CELERY_SETTINGS[name]!r}" for name in wrong)
        yield Check("configured", "celery", "warning", said, "the engine's guarantees rest on these; see docs/")
    else:
        yield Check(
            "configured", "celery", "ok", "acknowledges late, takes one job at a time, keeps work when the broker goes"
        )


# Reachable ------------------------------------------------------------------------------------------------------------


def database() -> Iterator[Check]:
    yield (found := _database())
    if found.status == "ok":
        yield _migrations()


def broker() -> Iterator[Check]:
    if settings.ORCHESTRATION.has_broker:
        yield _broker()


def redis() -> Iterator[Check]:
    if settings.ORCHESTRATION.redis_configured:
        yield _redis()


def _database() -> Check:
    try:
        database_now()
    except DatabaseError as error:
        said = str(error).strip().splitlines()[0]
        return Check("reachable", "database", "problem", said, "start it, or correct DATABASE_URL")
    return Check("reachable", "database", "ok", "answers")


def _migrations() -> Check:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return Check("reachable", "migrations", "ok", "all applied")
    said = f"{len(missing)} not applied, the first is {missing[0][0]}"
    return Check("reachable", "migrations", "problem", said, "python manage.py migrate")


def _broker() -> Check:
    def connect() -> None:
        with celery_app().connection_for_write(connect_timeout=2) as publisher:
            publisher.ensure_connection(max_retries=1, interval_start=0, timeout=ANSWER_SECONDS // 2)

    error = failure_within(ANSWER_SECONDS, connect, OperationalError, OSError)
    if error is None:
        return Check("reachable", "broker", "ok", "answers")
    hint = "start it, or correct CELERY_BROKER_URL; until then executions are accepted and wait"
    return Check("reachable", "broker", "problem", error, hint)


def _redis() -> Check:
    from redis import Redis
    from redis.exceptions import RedisError

    def ping() -> None:
        url = settings.ORCHESTRATION.redis_url("cache")
        with Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()

    error = failure_within(ANSWER_SECONDS, ping, RedisError, OSError)
    if error is None:
        return Check("reachable", "redis", "ok", "answers")
    return Check("reachable", "redis", "problem", error, "start it, or correct REDIS_HOST and REDIS_PORT")


def failure_within(seconds: float, act: Callable[[], object], *errors: type[Exception]) -> str | None:
    """None when `act` succeeds in time, else why not. A name server can hold a connection up past its own timeouts."""
    failures: list[str] = []

    def run() -> None:
        try:
            act()
        except errors as error:
            failures.append(str(error) or type(error).__name__)

    thread = threading.Thread(target=run, name="orchestration-doctor", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        return f"no answer within {seconds:g} s"
    return failures[0] if failures else None
