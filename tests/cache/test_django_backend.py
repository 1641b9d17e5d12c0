"""The two levels as Django's cache: Django's own meaning of timeouts, versions, add, touch and counting."""

import threading
from typing import Any

import pytest
from django.core.cache import CacheHandler
from django.core.cache.backends.base import BaseCache
from django.db import connection

from orchestration.cache.facade import ResultCache
from orchestration.cache.installed import get_installed

BACKEND = "orchestration.cache.django_backend.TwoLevelCache"


@pytest.fixture
def caches() -> CacheHandler:
    return CacheHandler(
        {
            "default": {"BACKEND": BACKEND},
            "prefixed": {"BACKEND": BACKEND, "KEY_PREFIX": "p"},
            "second": {"BACKEND": BACKEND, "VERSION": 2},
            "elsewhere": {"BACKEND": BACKEND, "LOCATION": "elsewhere"},
        }
    )


@pytest.fixture(params=["table", pytest.param("redis", marks=pytest.mark.one_database)])
def cache(request: pytest.FixtureRequest, caches: CacheHandler, settings: Any) -> BaseCache:
    request.getfixturevalue("db")
    if request.param == "redis":
        server = request.getfixturevalue("redis_server")
        settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(
            update={"redis_configured": True, "redis_host": server.host, "redis_port": server.port}
        )
    return caches["default"]


@pytest.fixture
def pass_by(cache: BaseCache, monkeypatch: pytest.MonkeyPatch) -> Any:
    levels = get_installed().levels
    now = levels.clock

    def move(seconds: float) -> None:
        monkeypatch.setattr(levels, "clock", lambda: now() + seconds)

    return move


pytestmark = pytest.mark.django_db


def test_get_set_delete_and_has_key(cache: BaseCache) -> None:
    assert cache.get("k", "default") == "default"
    cache.set("k", {"a": [1, None, "ü"]})
    assert (cache.get("k"), "k" in cache) == ({"a": [1, None, "ü"]}, True)
    assert cache.delete("k")
    assert not cache.delete("k")
    assert "k" not in cache


def test_none_can_be_kept(cache: BaseCache) -> None:
    cache.set("k", None)
    assert cache.get("k", "default") is None
    assert cache.get_or_set("k", "other") is None


def test_timeouts_none_is_for_ever_and_zero_is_not_at_all(cache: BaseCache, pass_by: Any) -> None:
    cache.set("for-ever", 1, timeout=None)
    cache.set("a-while", 1, timeout=60)
    cache.set("usual", 1)
    cache.set("gone", 1, timeout=0)
    cache.set("gone", 1, timeout=-1)
    assert "gone" not in cache
    pass_by(61)
    assert sorted(cache.get_many(["for-ever", "a-while", "usual"])) == ["for-ever", "usual"]
    pass_by(301)
    assert cache.get_many(["for-ever", "usual"]) == {"for-ever": 1}


def test_zero_removes_what_was_there(cache: BaseCache) -> None:
    cache.set("k", 1)
    cache.set("k", 2, timeout=0)
    assert "k" not in cache


def test_add_only_adds(cache: BaseCache, pass_by: Any) -> None:
    assert cache.add("k", 1, timeout=60)
    assert not cache.add("k", 2)
    assert cache.get("k") == 1
    pass_by(61)
    assert cache.add("k", 3)
    assert cache.get("k") == 3


def test_touch_sets_another_timeout(cache: BaseCache, pass_by: Any) -> None:
    assert not cache.touch("k")
    cache.set("k", 1, timeout=60)
    assert cache.touch("k", timeout=600)
    pass_by(300)
    assert cache.get("k") == 1
    assert cache.touch("k", timeout=0)
    assert "k" not in cache


def test_counting_up_and_down(cache: BaseCache, pass_by: Any) -> None:
    with pytest.raises(ValueError, match="not found"):
        cache.incr("k")
    cache.set("k", 10, timeout=60)
    assert (cache.incr("k"), cache.incr("k", 10), cache.decr("k", 2)) == (11, 21, 19)
    pass_by(61)
    assert "k" not in cache  # counting does not prolong a life


def test_versions_are_apart(cache: BaseCache, caches: CacheHandler) -> None:
    cache.set("k", "one", version=1)
    cache.set("k", "two", version=2)
    assert (cache.get("k"), caches["second"].get("k")) == ("one", "two")
    cache.incr_version("k", version=2)
    assert (cache.get("k", version=2), cache.get("k", version=3)) == (None, "two")


def test_prefixes_and_locations_are_apart_and_cleared_alone(cache: BaseCache, caches: CacheHandler) -> None:
    own = ResultCache()
    own.set("k", "a user's own")
    for name in ("default", "prefixed", "elsewhere"):
        caches[name].set("k", name)
    cache.clear()
    assert cache.get("k") is None
    assert [caches[name].get("k") for name in ("prefixed", "elsewhere")] == ["prefixed", "elsewhere"]
    assert own.get("k") == "a user's own"
    cache.set("k", "again")
    assert cache.get("k") == "again"


def test_many_at_once(cache: BaseCache) -> None:
    assert cache.set_many({"a": 1, "b": 2}) == []
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    cache.delete_many(["a", "b"])
    assert cache.get_many(["a", "b"]) == {}


def test_what_is_got_can_be_changed_without_changing_what_is_kept(cache: BaseCache) -> None:
    cache.set("k", {"a": []})
    cache.get("k")["a"].append(1)
    assert cache.get("k") == {"a": []}


@pytest.mark.django_db(transaction=True)
def test_counting_loses_nothing_among_threads(caches: CacheHandler) -> None:
    caches["default"].set("n", 0)

    def count() -> None:
        for _ in range(5):
            caches["default"].incr("n")
        connection.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert caches["default"].get("n") == 20
