"""`cache:` of a task: what may stand in it, and what is said about mistakes."""

from typing import Any

import pytest

from orchestration.definition import Pipeline


def problems(cache: Any, **task: Any) -> list[tuple[str, str]]:
    written = {"name": "a", "type": "sample", "cache_enabled": True, "cache": cache, **task}
    found = Pipeline.check({"name": "p", "tasks": [{"name": "first", "type": "sample"}, written]}).problems
    return [(problem.code, str(problem)) for problem in found]


def test_everything_that_may_be_said_is_kept() -> None:
    cache = {
        "ttl": 60,
        "tags": ["customer:{input.customer}"],
        "key": "{input.id}",
        "ignore": ["input.request_id", "parameters.level"],
        "refresh": "early",
        "sampled": True,
    }
    assert problems(cache) == []
    task = {"name": "a", "type": "sample", "cache_enabled": True, "cache": cache}
    pipeline = Pipeline({"name": "p", "tasks": [task]})
    assert pipeline.to_dict()["tasks"][0]["cache"] == cache
    assert Pipeline.from_yaml(pipeline.to_yaml()) == pipeline


@pytest.mark.parametrize(
    ("cache", "code", "said"),
    [
        ({"ttl": 0}, "out_of_range", "cache.ttl must be greater than 0"),
        ({"refresh": "earl"}, "invalid_choice", 'did you mean "early"?'),
        ({"tag": ["x"]}, "unknown_key", 'did you mean "tags"?'),
        ({"key": "{first_output.x}"}, "not_upstream", "add it to dependencies"),
        ({"tags": ["{inputt.x}"]}, "unknown_reference", "inputt"),
        ({"ignore": ["first_output.x"]}, "unknown_reference", "it is made of parameters, input"),
        ({"ignore": ["input..x"]}, "bad_reference", "input..x"),
    ],
    ids=str,
)
def test_a_mistake_is_named(cache: dict[str, Any], code: str, said: str) -> None:
    [(found, message)] = problems(cache)
    assert found == code
    assert said in message


def test_cache_without_cache_enabled_is_pointed_out() -> None:
    [(code, said)] = problems({"ttl": 60}, cache_enabled=False)
    assert code == "idle_cache"
    assert "cache has no effect without cache_enabled: true" in said
