"""Cached tasks whose calls are counted, on the table or on Redis; a cache of its own for each test."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from orchestration.definition import TaskConfig
from orchestration.engine import runner
from orchestration.handlers import catalog
from orchestration.handlers.base import Answer, TaskContext
from orchestration.models import CacheCount, Execution
from tests.engine import flow
from tests.services import RedisServer

Ask = Callable[..., Execution]
Count = Callable[..., None]


@pytest.fixture(autouse=True)
def own_cache(fresh_cache: None) -> None:
    """Every test here has one."""


@pytest.fixture
def on_redis(redis_server: RedisServer, settings: Any) -> RedisServer:
    """The cache's store is a Redis that can be stopped."""
    fields = {"redis_configured": True, "redis_host": redis_server.host, "redis_port": redis_server.port}
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update=fields)
    return redis_server


@pytest.fixture
def ask(db: None) -> Iterator[Ask]:
    """Runs the pipeline `flow` with one cached task `a`, to its end."""
    before = dict(catalog._registered)

    def counted(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> Answer:
        context.usage.update({"requests": 1, "cost_microusd": 21_000})
        return {"answer": input_data.get("question")}

    counted.code_version = "1"  # type: ignore[attr-defined]
    catalog.register_task_handler("counted", counted)

    def run(question: str = "why", **task: Any) -> Execution:
        each = {"type": "counted", "cache_enabled": True, **task}
        execution = flow.start(flow.ONE, input_data={"question": question}, each=each)
        who = flow.claimant()
        runner.work_on(flow.take(who), who)
        return flow.reload(execution)

    yield run
    catalog._registered.clear()
    catalog._registered.update(before)


@pytest.fixture
def count(db: None) -> Count:
    """Adds a row of counts, `ago` hours old; of the pipeline `flow`, task `a`, unless said otherwise."""

    def add(outcome: str, number: int = 1, *, ago: int = 0, **columns: Any) -> None:
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=ago)
        CacheCount.objects.create(
            **{"hour": hour, "pipeline": "flow", "task": "a", "outcome": outcome, "number": number, **columns}
        )

    return add


@pytest.fixture
def watcher(make_client: Callable[..., Client]) -> Client:
    """Reads the cache's page and executions, and deletes nothing."""
    return make_client("view_cacheentry", "view_execution", name="watcher")
