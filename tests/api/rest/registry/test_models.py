"""`/models`: models, the default, aliases, history, comparing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from registry.models import ModelVersion, PointerMove, RegisteredModel
from tests.api.rest.asking import ROOT, codes, problem
from tests.registry.conftest import Register

pytestmark = pytest.mark.django_db
MODELS = f"{ROOT}/models"
MODEL = f"{MODELS}/classifier"


@pytest.fixture
def two(register: Register) -> tuple[ModelVersion, ModelVersion]:
    """`v1`, the default, and `v2`."""
    return register("v1", metadata={"accuracy": 0.91}), register("v2", metadata={"accuracy": 0.95})


@pytest.mark.one_database
def test_a_model_is_made_read_changed_and_deleted(api: APIClient) -> None:
    made = api.post(MODELS, {"name": "classifier", "description": "sorts", "metric_directions": {"x": "lower"}})
    assert (made.status_code, made["Location"]) == (201, f"http://testserver{MODEL}")
    assert made.json() == api.get(MODEL).json()
    assert (made.json()["default"], made.json()["versions"], made.json()["created_by"]) == (None, 0, "engineer")
    changed = api.patch(MODEL, {"description": "sorts letters"})
    assert (changed.json()["description"], changed.json()["metric_directions"]) == ("sorts letters", {"x": "lower"})
    assert api.delete(MODEL).status_code == 204
    problem(api.get(MODEL), 404, "model_not_found")


def test_a_name_is_taken_once(api: APIClient) -> None:
    api.post(MODELS, {"name": "classifier"})
    problem(api.post(MODELS, {"name": "classifier"}), 409, "model_exists")


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        ({}, 400, "/name"),
        ({"name": "a b"}, 422, "/model_name"),
        ({"name": "x", "metric_directions": {"a": "odd"}}, 422, "/metric_directions/a"),
        ({"name": "x", "description": "a\x00"}, 400, "/description"),
        ({"name": "x", "odd": 1}, 400, "/odd"),
    ],
)
def test_what_is_wrong_with_a_model_is_told_with_its_place(
    api: APIClient, body: dict[str, Any], status: int, place: str
) -> None:
    assert place in [where for _, where in codes(problem(api.post(MODELS, body), status))]
    assert not RegisteredModel.objects.exists()


@pytest.mark.one_database
def test_a_model_with_versions_is_not_deleted(api: APIClient, two: Any) -> None:
    problem(api.delete(MODEL), 409, "version_in_use")


def test_models_are_listed_and_searched(api: APIClient, two: Any) -> None:
    api.post(MODELS, {"name": "other"})
    assert [row["name"] for row in api.get(MODELS).json()["results"]] == ["classifier", "other"]
    found = api.get(MODELS, {"search": "CLASS"}).json()["results"]
    assert [(row["name"], row["default"], row["versions"]) for row in found] == [("classifier", "v1", 2)]


@pytest.mark.one_database
def test_the_default_moves_only_from_where_it_was_seen(api: APIClient, two: Any) -> None:
    seen = api.get(f"{MODEL}/default").json()
    assert (seen["version"], seen["reason"]) == ("v1", "the model's first version")
    moved = api.put(f"{MODEL}/default", {"version": "v2", "expected": "v1", "reason": "better"})
    assert (moved.json()["version"], moved.json()["actor"], moved.json()["reason"]) == ("v2", "engineer", "better")
    late = problem(api.put(f"{MODEL}/default", {"version": "v1", "expected": "v1"}), 409, "pointer_moved")
    assert 'is "v2" now' in late["detail"]
    again = api.put(f"{MODEL}/default", {"version": "v2"})
    assert again.json() == moved.json()
    assert PointerMove.objects.count() == 2


def test_what_was_the_default_at_a_time_is_told(api: APIClient, two: Any) -> None:
    api.put(f"{MODEL}/default", {"version": "v2"})
    then = timezone.now() - timedelta(days=1)
    PointerMove.objects.filter(to_label="v1").update(at=then)
    asked = {"at": (then + timedelta(hours=1)).isoformat()}
    assert api.get(f"{MODEL}/default", asked).json()["version"] == "v1"
    assert api.get(f"{MODEL}/default").json()["version"] == "v2"
    problem(api.get(f"{MODEL}/default", {"at": "2001-01-01T00:00:00Z"}), 404, "no_default_version")


@pytest.mark.one_database
def test_a_model_without_a_default_says_what_to_do(api: APIClient) -> None:
    api.post(MODELS, {"name": "classifier"})
    assert "PUT one" in problem(api.get(f"{MODEL}/default"), 404, "no_default_version")["detail"]


@pytest.mark.one_database
def test_an_alias_is_made_moved_rolled_back_and_removed(api: APIClient, two: Any) -> None:
    alias = f"{MODEL}/aliases/production"
    assert "it has no aliases" in problem(api.get(alias), 404, "version_not_found")["detail"]
    assert api.put(alias, {"version": "v1", "expected": ""}).json()["version"] == "v1"
    problem(api.put(alias, {"version": "v2", "expected": ""}), 409, "pointer_moved")
    assert api.put(alias, {"version": "v2", "expected": "v1"}).json()["version"] == "v2"
    assert api.get(f"{MODEL}/aliases").json() == [{"alias": "production", "version": "v2"}]
    assert api.post(f"{MODEL}/rollback", {"alias": "production", "expected": "v2"}).json()["version"] == "v1"
    problem(api.delete(f"{alias}?expected=v2"), 409, "pointer_moved")
    assert api.delete(f"{alias}?expected=v1&reason=gone").status_code == 204
    assert api.get(MODEL).json()["aliases"] == {}


@pytest.mark.one_database
def test_a_rollback_without_a_past_is_a_conflict(api: APIClient, two: Any) -> None:
    problem(api.post(f"{MODEL}/rollback"), 409, "nothing_to_roll_back")


def test_history_tells_every_move_latest_first(api: APIClient, two: Any) -> None:
    api.put(f"{MODEL}/default", {"version": "v2", "reason": "better"})
    api.put(f"{MODEL}/aliases/canary", {"version": "v1"})
    api.post(f"{MODEL}/rollback", {"reason": "worse after all"})
    moves = api.get(f"{MODEL}/history").json()["results"]
    assert [(move["pointer"], move["before"], move["after"]) for move in moves] == [
        ("default", "v2", "v1"),
        ("canary", "", "v1"),
        ("default", "v1", "v2"),
        ("default", "", "v1"),
    ]
    assert moves[0]["undoes"] == moves[2]["id"]
    canary = api.get(f"{MODEL}/history", {"pointer": "canary"}).json()["results"]
    assert [move["actor"] for move in canary] == ["engineer"]


@pytest.mark.one_database
def test_versions_are_compared_as_json_and_as_markdown(api: APIClient, two: Any) -> None:
    found = api.get(f"{MODEL}/compare", {"a": "v1", "b": "2"}).json()
    assert (found["before"]["label"], found["after"]["label"]) == ("v1", "v2")
    assert [(metric["name"], metric["verdict"]) for metric in found["metrics"]] == [("accuracy", "better")]
    assert api.get(f"{MODEL}/compare").json() == found
    assert api.get(f"{MODEL}/compare", {"before": "v1", "after": "2"}).json() == found
    everything = api.get(f"{MODEL}/compare", {"a": "v1", "b": "v2", "all": "true"}).json()
    assert len(everything["facts"]) > len(found["facts"])
    markdown = api.get(f"{MODEL}/compare", headers={"Accept": "text/markdown"})
    assert markdown.content.decode().startswith("# classifier:v1 → classifier:v2")


@pytest.mark.one_database
def test_one_version_alone_is_compared_with_nothing(api: APIClient, register: Register) -> None:
    register("v1")
    problem(api.get(f"{MODEL}/compare"), 404, "nothing_to_compare")
    problem(api.get(f"{MODEL}/compare", {"a": "v1", "b": "v9"}), 404, "version_not_found")


@pytest.mark.one_database
def test_a_near_name_is_offered(api: APIClient, two: Any) -> None:
    assert 'did you mean "classifier"?' in problem(api.get(f"{MODELS}/clasifier"), 404, "model_not_found")["detail"]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("put", "/default"),
        ("put", "/aliases/a"),
        ("delete", "/aliases/a"),
        ("post", "/rollback"),
        ("patch", ""),
        ("delete", ""),
    ],
)
def test_who_may_look_may_not_move(two: Any, make_user: Callable[..., User], method: str, path: str) -> None:
    viewer = APIClient()
    viewer.force_authenticate(make_user("view_registeredmodel", "view_modelversion"))
    assert viewer.get(MODEL).status_code == 200
    problem(getattr(viewer, method)(f"{MODEL}{path}"), 403, "permission_denied")
