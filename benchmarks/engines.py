"""The engines side by side: their names, clients, workers, and the servers each of them uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks.stack import Stack

YARDSTICK = "celery"
OURS = "ours"
FILLED = "filled"


@dataclass(frozen=True, slots=True)
class Engine:
    """`environment` is asked once, when the engine starts; `worker_app` is what `celery -A` is given, if anything."""

    name: str
    title: str
    client: str
    environment: Callable[[Stack], Mapping[str, str]]
    worker_app: str | None = None
    requires: str = "celery"
    has_history: bool = False

    @property
    def is_installed(self) -> bool:
        return find_spec(self.requires) is not None


def _ours(stack: Stack) -> dict[str, str]:
    return {"TASK_HANDLER_MODULES": "benchmarks.handlers", "LOG_LEVEL": "WARNING", "DATA_DIR": stack.create_folder()}


def _on_postgres_and_redis(stack: Stack) -> dict[str, str]:
    address = {"REDIS_HOST": stack.redis.host, "REDIS_PORT": str(stack.redis.port)}
    urls = {"DATABASE_URL": stack.create_migrated_database(), "CELERY_BROKER_URL": stack.create_redis_url()}
    return _ours(stack) | address | urls


def _embedded(stack: Stack) -> dict[str, str]:
    env = _ours(stack)
    stack.migrate(env)
    return env


def _raw_celery(stack: Stack) -> dict[str, str]:
    return {"BENCHMARK_BROKER_URL": stack.create_redis_url(), "BENCHMARK_RESULTS_URL": stack.create_redis_url()}


def _dbos(stack: Stack) -> dict[str, str]:
    return {"BENCHMARK_DATABASE_URL": stack.postgres.create_database()}


_CLIENTS = "benchmarks.clients"

ENGINES = {
    engine.name: engine
    for engine in (
        Engine(YARDSTICK, "raw Celery", f"{_CLIENTS}.celery_canvas", _raw_celery, worker_app="benchmarks.celery_app"),
        Engine(OURS, "this project", f"{_CLIENTS}.ours", _on_postgres_and_redis, worker_app="config"),
        Engine(
            FILLED,
            "this project, full tables",
            f"{_CLIENTS}.ours",
            _on_postgres_and_redis,
            worker_app="config",
            has_history=True,
        ),
        Engine("embedded", "this project, embedded", f"{_CLIENTS}.ours", _embedded, worker_app="config"),
        Engine("dbos", "DBOS", f"{_CLIENTS}.dbos_workflows", _dbos, requires="dbos"),
    )
}
