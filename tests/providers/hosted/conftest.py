"""A server that answers as scripted, and tasks run against it the way an attempt does."""

import asyncio
import inspect
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import pytest
from pytest_django import Settings

from orchestration.handlers.base import TaskContext
from orchestration.handlers.catalog import find_handler
from orchestration.providers.catalog import resolve_model
from orchestration.providers.hosted.endpoints import find_service
from tests.handlers.running import make_task
from tests.providers.hosted.server import ModelServer

MODELS = {"openai": "gpt-4", "anthropic": "claude-sonnet-5"}
KEY = "sk-test-0123456789"


class Ask(Protocol):
    """Runs a task with a hosted model; `context` afterwards tells what was used."""

    context: TaskContext
    runner: asyncio.Runner

    def __call__(
        self, task_type: str, parameters: Mapping[str, Any], *, text: str = "", model: str = "", seconds: float = 30
    ) -> dict[str, Any]: ...


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as started:
        yield started


@pytest.fixture(params=MODELS)
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def configure(settings: Settings, server: ModelServer) -> Any:
    """Both services at the server, and whatever else is given."""

    def configure(**changes: Any) -> None:
        settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update=changes)

    configure(
        openai_base_url=f"{server.url}/v1", anthropic_base_url=server.url, openai_api_key=KEY, anthropic_api_key=KEY
    )
    return configure


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """A worker thread's event loop. The libraries are there before any clock runs: the first import takes seconds."""
    import anthropic  # noqa: F401
    import openai  # noqa: F401

    with asyncio.Runner() as made:
        yield made
        from orchestration.providers.hosted.connections import close_clients

        made.run(close_clients())


def _in_full(name: str) -> str:
    """With its service, as in `openai/gpt-4`: a name of the registry has no slash, so no database is asked."""
    service = find_service(name)
    return f"{service.name}/{name.removeprefix(f'{service.name}/')}" if service else f"openai/{name}"


class _Ask:
    def __init__(self, runner: asyncio.Runner, model: str) -> None:
        self.runner = runner
        self.model = model
        self.context = TaskContext("1", "pipeline", "it", attempt=1, deadline=0)

    def __call__(
        self, task_type: str, parameters: Mapping[str, Any], *, text: str = "", model: str = "", seconds: float = 30
    ) -> dict[str, Any]:
        target = resolve_model(_in_full(model or self.model), task_type)
        deadline = time.monotonic() + seconds
        self.context = TaskContext("1", "pipeline", "it", attempt=1, deadline=deadline, model=target)
        handler = find_handler(task_type)
        assert handler is not None
        result = handler(make_task(task_type, parameters), {"text": text} if text else {}, self.context)
        assert inspect.iscoroutine(result), "hosted models are awaited"
        output: dict[str, Any] = self.runner.run(result)
        return output


@pytest.fixture
def ask(configure: Any, runner: asyncio.Runner) -> Ask:
    """With OpenAI's protocol, unless a model says otherwise."""
    return _Ask(runner, MODELS["openai"])


@pytest.fixture
def ask_either(configure: Any, runner: asyncio.Runner, protocol: str) -> Ask:
    """The same, once with each protocol."""
    return _Ask(runner, MODELS[protocol])
