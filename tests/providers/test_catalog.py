from collections.abc import Callable

import pytest
from pytest_django import Settings

from orchestration.exceptions import UnknownModel
from orchestration.providers.base import ModelUnavailable
from orchestration.providers.catalog import UnsuitableModel, get_provider, known_models, resolve_model

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]  # names are looked up in the registry first
SetRoutes = Callable[[dict[str, str]], None]


@pytest.fixture
def routes(settings: Settings) -> SetRoutes:
    """Sets MODEL_ROUTES."""

    def set_routes(routes: dict[str, str]) -> None:
        settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"model_routes": routes})

    return set_routes


@pytest.mark.parametrize(
    ("name", "task_type"),
    [
        ("local/extract", "extraction"),
        ("local/classify", "classification"),
        ("local/summarize", "text_generation"),
        ("local/keywords", "text_generation"),
    ],
)
def test_a_local_name_is_its_own_target(name: str, task_type: str) -> None:
    assert resolve_model(name, task_type) == name


def test_a_route_leads_to_its_target(routes: SetRoutes) -> None:
    routes({"gpt-4": "local/extract"})
    assert resolve_model("gpt-4", "extraction") == "local/extract"


def test_a_route_may_lead_to_another_route(routes: SetRoutes) -> None:
    routes({"default": "gpt-4", "gpt-4": "local/extract"})
    assert resolve_model("default", "extraction") == "local/extract"


def test_a_route_comes_before_the_local_name(routes: SetRoutes) -> None:
    routes({"local/summarize": "local/keywords"})
    assert resolve_model("local/summarize", "text_generation") == "local/keywords"


@pytest.mark.parametrize("circle", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}])
def test_routes_in_a_circle_are_refused_with_their_path(routes: SetRoutes, circle: dict[str, str]) -> None:
    routes(circle)
    with pytest.raises(UnknownModel, match=r"MODEL_ROUTES leads in a circle: a → .*; let one of these names"):
        resolve_model("a", "extraction")


@pytest.mark.parametrize(
    ("name", "task_type", "parts"),
    [
        ("gpt-4", "extraction", ["OpenAI (OPENAI_API_KEY)", 'MODEL_ROUTES="gpt-4=local/extract"']),
        ("o3-mini", "text_generation", ["OpenAI (OPENAI_API_KEY)", 'MODEL_ROUTES="o3-mini=local/summarize"']),
        ("claude-opus", "classification", ["Anthropic (ANTHROPIC_API_KEY)", "claude-opus=local/classify"]),
        ("ollama/llama3", "extraction", ["a model of Ollama", 'MODEL_ROUTES="ollama/llama3=local/extract"']),
        ("bert-base-uncased", "classification", ["not a model known here", "bert-base-uncased=local/classify"]),
        ("local/extrakt", "extraction", ['no local model "local/extrakt" (did you mean "local/extract"?)']),
        ("extract", "extraction", ["not a model known here", "extract=local/extract"]),
        ("", "extraction", ["not a model known here"]),
    ],
)
def test_an_unknown_name_is_answered_with_the_setting_that_helps(name: str, task_type: str, parts: list[str]) -> None:
    with pytest.raises(UnknownModel) as caught:
        resolve_model(name, task_type)
    assert caught.value.code == "unknown_model"
    assert [part for part in parts if part not in str(caught.value)] == []


def test_a_name_close_to_a_route_is_suggested(routes: SetRoutes) -> None:
    routes({"gpt-4": "local/extract"})
    with pytest.raises(UnknownModel, match=r'did you mean "gpt-4"\?'):
        resolve_model("gpt4", "extraction")


def test_a_route_that_leads_nowhere_is_shown_with_its_way(routes: SetRoutes) -> None:
    routes({"gpt-4": "local/extrat"})
    with pytest.raises(UnknownModel, match=r'"local/extrat" \(MODEL_ROUTES: gpt-4 → local/extrat\) \(did you mean'):
        resolve_model("gpt-4", "extraction")


def test_a_model_that_cannot_do_the_task_is_refused_with_what_can(routes: SetRoutes) -> None:
    routes({"gpt-4": "local/classify"})
    with pytest.raises(UnsuitableModel) as caught:
        resolve_model("gpt-4", "text_generation")
    assert str(caught.value) == (
        'the model "gpt-4" (MODEL_ROUTES leads to local/classify) does classification, not text_generation; '
        "for text_generation use local/summarize or local/keywords"
    )


def test_task_types_that_ask_nothing_of_a_model_may_name_any() -> None:
    assert resolve_model("local/classify", "my_own_type") == "local/classify"


@pytest.mark.parametrize("target", ["", "gpt-4", "openai/gpt-4", "local/gone"])
def test_a_target_without_a_provider_is_unavailable(target: str) -> None:
    with pytest.raises(ModelUnavailable, match="start the execution again") as caught:
        get_provider(target)
    assert not caught.value.retryable


def test_known_models_show_where_routes_lead_and_what_is_wrong_with_them(routes: SetRoutes) -> None:
    routes({"gpt-4": "local/extract", "a": "b"})
    models = {model.name: model for model in known_models()}
    assert (models["gpt-4"].target, list(models["gpt-4"].task_types)) == ("local/extract", ["extraction"])
    assert models["a"].target is None
    assert "MODEL_ROUTES: a → b" in (models["a"].problem or "")
    assert list(models)[2:] == ["local/extract", "local/classify", "local/summarize", "local/keywords"]
