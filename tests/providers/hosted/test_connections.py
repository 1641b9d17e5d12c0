"""Clients live as long as their event loop, and nothing is imported before a model is asked."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from orchestration.providers.base import GenerationRequest
from orchestration.providers.hosted.connections import close_clients
from orchestration.providers.hosted.provider import HostedProvider
from tests.plugin import clean_environment
from tests.processes import run_python
from tests.providers.hosted.conftest import Ask
from tests.providers.hosted.server import ModelServer

HEAVY = ("pydantic_ai", "openai", "anthropic", "httpx2", "genai_prices", "tiktoken")


def test_one_connection_serves_request_after_request_of_a_loop(ask_either: Ask, server: ModelServer) -> None:
    for _ in range(3):
        ask_either("text_generation", {"prompt": "Write."})
    assert [asked.connection for asked in server.requests] == [1, 1, 1]


def test_each_loop_has_connections_of_its_own(configure: Any, server: ModelServer) -> None:
    """A connection of a loop that is closed or elsewhere would fail."""

    async def ask_once() -> None:
        request = GenerationRequest(prompt="Write.", deadline_seconds=10)
        await HostedProvider("openai/gpt-4").generate(request)
        await close_clients()

    for _ in range(2):
        asyncio.run(ask_once())
    assert [asked.connection for asked in server.requests] == [1, 2]


def test_a_changed_address_or_key_is_used_at_once(ask: Ask, configure: Any, server: ModelServer) -> None:
    ask("text_generation", {"prompt": "Write."})
    configure(openai_api_key="sk-another")
    ask("text_generation", {"prompt": "Write."})
    assert server.requests[1].headers["authorization"] == "Bearer sk-another"


def test_a_server_of_ones_own_needs_no_key(ask: Ask, configure: Any, server: ModelServer) -> None:
    configure(openai_api_key="", anthropic_api_key="")
    for model in ("gpt-4", "claude-sonnet-5"):
        assert ask("text_generation", {"prompt": "Write."}, model=model)["text"] == "All is well."


def test_the_certificates_are_read_once_in_a_process(ask: Ask, configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """That takes longer than a request on the local network."""
    ask("text_generation", {"prompt": "Write."})
    monkeypatch.setattr(httpx2, "create_ssl_context", pytest.fail)
    configure(openai_api_key="sk-another")  # a client of its own
    assert ask("text_generation", {"prompt": "Write."})["text"] == "All is well."


def test_a_process_that_asks_no_hosted_model_imports_none_of_the_libraries(tmp_path: Path) -> None:
    """`manage.py check` would take a second longer, and each idle worker child sixty megabytes more."""
    lines = (
        "import sys, django",
        "django.setup()",
        "from orchestration.handlers import classification, extraction, text_generation, validation",
        "from orchestration.providers.catalog import get_provider, known_models, resolve_model",
        "known_models(), get_provider(resolve_model('openai/gpt-4', 'extraction'))",
        f"print([name for name in {HEAVY} if name in sys.modules])",
    )
    env = clean_environment() | {"DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path)}
    asked = run_python("-c", "; ".join(lines), env=env | {"OPENAI_API_KEY": "sk-x"})
    assert asked.stdout.strip() == "[]", asked.stderr
