"""Registered versions that a service hosts: its provider is asked, with the version's parameters and prices."""

import asyncio
import inspect
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Protocol

import pytest
from django.utils import timezone
from pytest_django import Settings

from orchestration.exceptions import InvalidParameters, TaskError
from orchestration.handlers.base import TaskContext
from orchestration.handlers.catalog import find_handler
from orchestration.providers.catalog import resolve_model
from registry.services.hosted import Price, add_price, register_hosted_version
from tests.handlers.running import make_context, make_task
from tests.providers.hosted.server import ModelServer, fail, fill_in, say

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
TARGET = "registry/writer:v1#"
# A dollar for a million tokens read is one millionth for each; the server's replies say 10 read, 5 written.
PRICE = Price(input_microusd=1_000_000, output_microusd=4_000_000)


class Ask(Protocol):
    context: TaskContext

    def __call__(self, task_type: str, **parameters: Any) -> dict[str, Any]: ...


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    with ModelServer() as started:
        changes = {"openai_base_url": f"{started.url}/v1", "openai_api_key": "sk-test-0123456789"}
        settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update=changes)
        yield started


class _Ask:
    def __init__(self, runner: asyncio.Runner) -> None:
        self.runner = runner
        self.context = make_context()

    def __call__(self, task_type: str, **parameters: Any) -> dict[str, Any]:
        self.context = make_context(resolve_model("writer", task_type))
        handler = find_handler(task_type)
        assert handler is not None
        answer = handler(make_task(task_type, parameters), {}, self.context)
        output = self.runner.run(answer) if inspect.iscoroutine(answer) else answer
        assert isinstance(output, dict)
        return output


@pytest.fixture
def ask(server: ModelServer) -> Iterator[Ask]:
    with asyncio.Runner() as runner:
        yield _Ask(runner)
        from orchestration.providers.hosted.connections import close_clients

        runner.run(close_clients())


def register(**given: Any) -> None:
    register_hosted_version(model_name="writer", version="v1", provider="openai", provider_model="big-1", **given)


def test_the_execution_pins_the_version_and_the_attempt_keeps_who_answered(ask: Ask, server: ModelServer) -> None:
    register()
    assert resolve_model("writer", "text_generation").startswith(TARGET)
    assert ask("text_generation", prompt="Write.")["text"] == "All is well."
    assert server.requests[0].body["model"] == "big-1"
    assert ask.context.model == "openai/big-1-0613"


def test_default_parameters_stand_in_where_the_task_gives_none(ask: Ask, server: ModelServer) -> None:
    register(default_parameters={"temperature": 0.2, "max_tokens": 50, "system": "Be brief."})
    ask("text_generation", prompt="Write.", temperature=0.9)
    sent = server.requests[0].body
    assert (sent["temperature"], sent["max_tokens"]) == (0.9, 50)
    assert "Be brief." in server.requests[0].text


def test_default_instructions_go_with_questions(ask: Ask, server: ModelServer) -> None:
    register(default_parameters={"instructions": "Mind the small print."})
    server.script(lambda asked: fill_in(asked, {"label": "legal", "scores": []}))
    assert ask("classification", text="x", categories=["legal", "other"])["label"] == "legal"
    assert "Mind the small print." in server.requests[0].text


def test_several_texts_are_asked_about_one_after_the_other(ask: Ask, server: ModelServer) -> None:
    register(price=PRICE)
    server.script(*[lambda asked: fill_in(asked, {"label": "legal", "scores": []})] * 2)
    output = ask("classification", texts=["x", "y", " "], categories=["legal", "other"])
    assert [result["label"] for result in output["results"]] == ["legal", "legal", None]
    assert ask.context.usage == {"requests": 2, "input_tokens": 20, "output_tokens": 10, "cost_microusd": 60}


def test_a_hosted_model_needs_categories(ask: Ask) -> None:
    register()
    with pytest.raises(InvalidParameters, match="knows none of its own; say which there are"):
        ask("classification", text="x")


def test_the_price_in_force_now_is_what_counts(ask: Ask) -> None:
    register(price=PRICE)
    ask("text_generation", prompt="Write.")
    assert ask.context.usage["cost_microusd"] == 10 * 1 + 5 * 4
    add_price(model_name="writer", version="v1", price=Price(input_microusd=100_000, output_microusd=0))
    tomorrow = timezone.now() + timedelta(days=1)
    add_price(model_name="writer", version="v1", price=PRICE, starts_at=tomorrow)
    ask("text_generation", prompt="Write.")
    assert ask.context.usage["cost_microusd"] == 1


def test_tokens_from_the_service_s_cache_have_their_own_price(ask: Ask, server: ModelServer) -> None:
    register(price=Price(input_microusd=1_000_000, output_microusd=0, cached_input_microusd=100_000))

    def from_cache(asked: Any) -> Any:
        sent = say(asked, "All is well.")
        sent.body["usage"] = {
            "prompt_tokens": 1000,
            "completion_tokens": 5,
            "total_tokens": 1005,
            "prompt_tokens_details": {"cached_tokens": 900},
        }
        return sent

    server.script(from_cache)
    ask("text_generation", prompt="Write.")
    assert ask.context.usage["cost_microusd"] == 100 + 90


def test_without_a_price_the_cost_is_unknown(ask: Ask) -> None:
    register()
    ask("text_generation", prompt="Write.")
    assert "cost_microusd" not in ask.context.usage


def test_what_a_failed_call_used_is_paid_all_the_same(ask: Ask, server: ModelServer) -> None:
    register(price=PRICE)
    wrong = [lambda asked: fill_in(asked, {"label": "elsewhere"})] * 2
    server.script(*wrong)
    with pytest.raises(TaskError):
        ask("classification", text="x", categories=["legal"])
    assert ask.context.usage["cost_microusd"] == 60


def test_a_refused_call_costs_nothing_known(ask: Ask, server: ModelServer) -> None:
    register(price=PRICE)
    server.script(lambda asked: fail(asked, 400, "no"))
    with pytest.raises(TaskError):
        ask("text_generation", prompt="Write.")
    assert ask.context.usage.get("cost_microusd", 0) == 0


def test_an_offline_model_may_be_registered_too(ask: Ask) -> None:
    register_hosted_version(
        model_name="writer",
        version="v1",
        provider="local",
        provider_model="summarize",
        default_parameters={"max_sentences": 1},
    )
    text = "The server lost its network. It was repaired by noon. The network is sound again."
    assert len(ask("text_generation", input=text)["sentences"]) == 1
    assert ask.context.model == "local/summarize"
