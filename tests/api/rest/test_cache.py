"""The result cache over REST: what it did, a key explained, tags invalidated."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from orchestration.cache.facade import ResultCache
from orchestration.models import CacheChange
from tests.api.rest.asking import ROOT, problem
from tests.services import RedisServer

pytestmark = pytest.mark.usefixtures("fresh_cache")
CACHE = f"{ROOT}/cache"


def test_it_says_what_the_cache_did(api: APIClient) -> None:
    cache = ResultCache()
    cache.set(key="mine", value=1)
    cache.get("mine")
    cache.get("other")
    CacheChange.objects.create(at="2026-01-01T00:00:00Z", kind="ttl", subject="p/t", before=1, after=2, reason="seen")
    found = api.get(CACHE).json()
    assert (found["hours"], found["hits"], found["misses"], found["hit_rate"]) == (24, 1, 1, 0.5)
    assert found["reasons"]["miss"] == {"absent": 1}
    store = found["store"]
    assert (store["answers"], store["kind"], store["entries"], store["owed_deletes"]) == (True, "table", 1, 0)
    assert store["bytes"] > 0
    assert found["changes"] == [
        {
            "at": "2026-01-01T00:00:00Z",
            "kind": "ttl",
            "subject": "p/t",
            "before": 1.0,
            "after": 2.0,
            "reason": "seen",
            "is_applied": False,
        }
    ]


@pytest.mark.one_database
@pytest.mark.parametrize("hours", ["0", "-1", "8785", "1.5", "nan", "inf", "x", ""])
def test_hours_that_make_no_sense_are_refused_by_name(api: APIClient, hours: str) -> None:
    found = problem(api.get(CACHE, {"hours": hours}), 400)
    assert [entry["parameter"] for entry in found["errors"]] == ["hours"]


def test_a_key_is_explained_whatever_it_is_called(api: APIClient) -> None:
    for key in ("analysis:17", "a/b c", "übung", "#x", "?"):
        ResultCache().set(key=key, value={"score": 1}, ttl=60, tags=["t"])
        found = api.get(f"{CACHE}/explain/{key.replace('#', '%23').replace('?', '%3F')}").json()
        assert (found["key"], found["found"], found["tags"]) == (key, True, ["t"])
        assert 0 < found["expires_in_seconds"] <= 60
    assert api.get(f"{CACHE}/explain/nothing").json() == {"key": "nothing", "found": False, "reason": "absent"}


def test_a_tag_is_invalidated_again_and_again(api: APIClient) -> None:
    cache = ResultCache()
    cache.set(key="mine", value=1, tags=["customer/17"])
    cache.set(key="yours", value=2, tags=["customer/18"])
    for _ in range(2):
        assert api.delete(f"{CACHE}/tags/customer/17").status_code == 204
    assert (cache.get("mine"), cache.get("yours")) == (None, 2)


@pytest.mark.one_database
def test_a_store_that_is_away_is_a_problem_for_deletes_alone(
    api: APIClient, redis_server: RedisServer, settings: Any
) -> None:
    fields = {"redis_configured": True, "redis_host": redis_server.host, "redis_port": redis_server.port}
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update=fields)
    assert api.get(CACHE).json()["store"]["kind"] == "redis"
    redis_server.stop()
    problem(api.delete(f"{CACHE}/tags/x"), 503, "cache_unavailable")
    store = api.get(CACHE).json()["store"]
    assert (store["answers"], store["owed_deletes"]) == (False, 1)
    assert api.get(f"{CACHE}/explain/mine").json()["reason"] == "store_down"


@pytest.mark.one_database
def test_who_may_look_may_not_invalidate(make_user: Callable[..., User]) -> None:
    client = APIClient()
    client.force_authenticate(make_user("view_cacheentry", name="watcher"))
    assert client.get(CACHE).status_code == 200
    assert client.get(f"{CACHE}/explain/x").status_code == 200
    problem(client.delete(f"{CACHE}/tags/x"), 403)
