"""Whose model a name is, and what is said where that service is not configured."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from orchestration.conf import ConfigurationError, OrchestrationConfig
from orchestration.exceptions import UnknownModel
from orchestration.providers.base import ModelUnavailable
from orchestration.providers.catalog import ASKING, UnsuitableModel, get_provider, known_models, resolve_model

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]  # names are looked up in the registry first

OPENAI = {"openai_api_key": "sk-x"}
ANTHROPIC = {"anthropic_api_key": "sk-x"}
OLLAMA = {"ollama_base_url": "http://127.0.0.1:11434/v1"}
PROXY = {"openai_base_url": "http://127.0.0.1:4000/v1"}

Configure = Callable[..., None]


@pytest.fixture
def configure(settings: Settings) -> Configure:
    def configure(**changes: Any) -> None:
        settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update=changes)

    return configure


@pytest.mark.parametrize("task_type", ASKING)
@pytest.mark.parametrize(
    ("name", "configured", "target"),
    [
        ("gpt-4", OPENAI, "openai/gpt-4"),
        ("gpt-4", PROXY, "openai/gpt-4"),
        ("chatgpt-4o-latest", OPENAI, "openai/chatgpt-4o-latest"),
        ("o3-mini", OPENAI, "openai/o3-mini"),
        ("openai/gpt-4", OPENAI, "openai/gpt-4"),
        ("claude-sonnet-5", ANTHROPIC, "anthropic/claude-sonnet-5"),
        ("ollama/llama3:8b", OLLAMA, "ollama/llama3:8b"),
        ("meta-llama/Llama-3-8B", PROXY, "openai/meta-llama/Llama-3-8B"),
        ("bert-base-uncased", PROXY, "openai/bert-base-uncased"),
    ],
)
def test_a_name_leads_to_its_service(
    configure: Configure, name: str, configured: dict[str, str], target: str, task_type: str
) -> None:
    configure(**configured)
    assert resolve_model(name, task_type) == target


@pytest.mark.parametrize(
    ("name", "configured", "setting"),
    [
        ("gpt-4", ANTHROPIC, "set OPENAI_API_KEY or OPENAI_BASE_URL"),
        ("claude-sonnet-5", PROXY, "set ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL"),
        ("ollama/llama3", PROXY, "set OLLAMA_BASE_URL"),
        ("mistral-large", OPENAI, "no OPENAI_BASE_URL is set"),
        ("local/nothing", PROXY, "there is no local model"),
        ("openai/", OPENAI, "not a model known here"),
        ("", PROXY, "not a model known here"),
    ],
)
def test_a_name_goes_nowhere_else(configure: Configure, name: str, configured: dict[str, str], setting: str) -> None:
    configure(**configured)
    with pytest.raises(UnknownModel, match=setting):
        resolve_model(name, "extraction")


def test_a_route_comes_first_and_may_lead_to_a_service(configure: Configure) -> None:
    configure(**PROXY, model_routes={"claude-sonnet-5": "openai/claude-sonnet-5", "gpt-4": "local/extract"})
    assert resolve_model("claude-sonnet-5", "extraction") == "openai/claude-sonnet-5"
    assert resolve_model("gpt-4", "extraction") == "local/extract"


def test_a_local_model_judges_no_criteria(configure: Configure) -> None:
    with pytest.raises(UnsuitableModel, match="does extraction, not validation"):
        resolve_model("local/extract", "validation")


def test_a_worker_without_the_setting_says_which_it_lacks() -> None:
    with pytest.raises(ModelUnavailable, match="set OPENAI_API_KEY here, too"):
        get_provider("openai/gpt-4")


def test_configured_services_are_listed_without_their_keys(configure: Configure) -> None:
    configure(openai_api_key="sk-canary", **OLLAMA)
    listed = [model for model in known_models() if model.target in ("openai/*", "ollama/*")]
    assert [model.summary for model in listed] == [
        "any model of https://api.openai.com/v1",
        "any model of http://127.0.0.1:11434/v1",
    ]
    assert "sk-canary" not in repr(listed)


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:4000",
        "ftp://h/v1",
        "https://user:secret@h/v1",
        "https://h/v1?key=secret",
        "https://h/v 1",
        "https://",
    ],
)
def test_an_address_without_a_path_to_a_server_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_BASE_URL: expected an address such as https://") as caught:
        OrchestrationConfig.from_env({"OPENAI_BASE_URL": url})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"])
def test_a_key_shows_in_no_representation_and_no_message(name: str) -> None:
    assert "sk-canary" not in repr(OrchestrationConfig.from_env({name: "sk-canary\n"}))
    with pytest.raises(ConfigurationError, match=f"{name}: expected a key") as caught:
        OrchestrationConfig.from_env({name: "sk-canary and more"})
    assert "sk-canary" not in str(caught.value)


def test_a_key_from_a_file_loses_its_line_end() -> None:
    assert OrchestrationConfig.from_env({"OPENAI_API_KEY": " sk-x\n"}).openai_api_key == "sk-x"
