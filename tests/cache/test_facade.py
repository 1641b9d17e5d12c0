"""`orchestrator.cache`: the mission's four verbs, with and without an event loop, on whatever store is configured."""

import asyncio
import time
from typing import Any

import pytest

from orchestration import PipelineOrchestrator
from orchestration.cache.facade import InvalidCacheCall, ResultCache
from orchestration.cache.keys import NotCacheable

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cache(closed_database_thread: None) -> ResultCache:
    return PipelineOrchestrator().cache


def test_a_value_is_kept_until_it_is_deleted(cache: ResultCache) -> None:
    assert cache.get("k") is None
    assert cache.get("k", "nothing") == "nothing"
    assert cache.set("k", {"a": [1, 1.0, True, None]})
    assert cache.get("k") == {"a": [1, 1.0, True, None]}
    assert cache.delete("k")
    assert not cache.delete("k")
    assert cache.get("k") is None


def test_none_is_a_value(cache: ResultCache) -> None:
    cache.set("k", None)
    assert cache.get("k", "nothing") is None


def test_tags_delete_what_has_them(cache: ResultCache) -> None:
    cache.set("a", 1, ttl=7200, tags=["analysis", "high_priority"])
    cache.set("b", 2, tags=("low_priority",))
    cache.set("c", 3)
    assert cache.delete_by_tags(["expired", "low_priority"]) == 2
    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_it_works_inside_a_running_event_loop(cache: ResultCache) -> None:
    async def use() -> Any:
        cache.set("k", "v", tags=["t"])
        return cache.get("k"), cache.explain("k")["found"], cache.delete_by_tags(["t"]), cache.get("k")

    assert asyncio.run(use()) == ("v", True, 1, None)


@pytest.mark.parametrize("key", ["x" * 1000, "ü\x00\ud800", "#" + "0" * 64, "r:" + "0" * 64, " "])
def test_any_text_can_be_a_key_and_a_tag(cache: ResultCache, key: str) -> None:
    cache.set(key, key, tags=[key])
    cache.set(key + "x", "another")
    assert cache.get(key) == key
    cache.delete_by_tags([key])
    assert cache.get(key) is None
    assert cache.get(key + "x") == "another"


WRONG = [
    {"key": ""},
    {"key": 7},
    {"ttl": 0},
    {"ttl": -1},
    {"ttl": True},
    {"ttl": float("inf")},
    {"ttl": 10**20},
    {"tags": "x"},
    {"tags": [""]},
]


@pytest.mark.one_database
@pytest.mark.parametrize("call", WRONG, ids=str)
def test_what_cannot_be_meant_is_refused(cache: ResultCache, call: dict[str, Any]) -> None:
    given: dict[str, Any] = {"key": "k", "value": 1}
    with pytest.raises(InvalidCacheCall):
        cache.set(**(given | call))


@pytest.mark.one_database
def test_a_value_without_a_json_form_is_refused_with_its_place(cache: ResultCache) -> None:
    with pytest.raises(NotCacheable, match=r"\$\.file: a value of type object"):
        cache.set("k", {"file": object()})


def test_explain_says_whether_and_why_not(cache: ResultCache) -> None:
    began = time.monotonic()
    cache.set("k", [1], ttl=60, tags=["t"])
    found = cache.explain("k")
    assert (found["found"], found["bytes"], found["tags"]) == (True, 3, ["t"])
    assert 60 - (time.monotonic() - began) - 0.001 <= found["expires_in_seconds"] <= 60
    cache.delete_by_tags(["t"])
    assert cache.explain("k") == {"key": "k", "found": False, "reason": "invalidated"}
    assert cache.explain("other") == {"key": "other", "found": False, "reason": "absent"}


def test_stats_count_levels_and_reasons(cache: ResultCache) -> None:
    cache.get("k")
    cache.set("k", 1)
    for _ in range(3):
        cache.get("k")
    found = cache.stats()
    assert (found["hits"], found["misses"], found["hit_rate"]) == (3, 1, 0.75)
    assert [found["levels"][level]["hits"] for level in ("memory", "store")] == [2, 1]
    assert found["reasons"]["miss"] == {"absent": 1}
    assert (found["store"]["kind"], found["store"]["entries"], found["memory"]["entries"]) == ("table", 1, 1)
    assert (found["microusd_saved"], found["unpriced_hits"]) == (0, 0)
