"""Two levels on a real store: what one process changes, no other serves, and an outage costs time, never truth."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.cache.exceptions import StoreDown
from orchestration.cache.tiers.redis_store import ANSWER_SECONDS
from orchestration.cache.two_levels import TwoLevels
from tests.cache.conftest import Levels
from tests.cache.levels import ABSENT, Clock, level_of, value_in
from tests.services import RedisServer, wait_until


# The table outside a transaction, as in production.
@pytest.fixture(params=["redis", pytest.param("table", marks=pytest.mark.django_db(transaction=True))])
def levels(request: pytest.FixtureRequest) -> Levels:
    """On each kind of store."""
    made: Levels = request.getfixturevalue(f"{request.param}_levels")
    return made


def settled(levels: TwoLevels, key: str, value: object) -> bool:
    return wait_until(lambda: value_in(levels, key) == value, interval=0.001)


def warm(levels: TwoLevels, key: str) -> None:
    """Have a key in memory."""
    assert wait_until(lambda: level_of(levels, key) == "memory", interval=0.001)


def test_a_value_is_found_in_the_store_and_then_in_memory(levels: Levels) -> None:
    here, there = levels(), levels()
    assert here.set("k", {"a": [1, 2.5, None]}, ttl=60)
    assert level_of(there, "k") == "store"
    warm(there, "k")
    assert value_in(there, "k") == {"a": [1, 2.5, None]}


def test_nobody_can_change_what_another_gets(levels: Levels) -> None:
    here = levels()
    here.set("k", {"a": []}, ttl=60)
    for _ in range(3):
        value: Any = value_in(here, "k")
        assert value == {"a": []}
        value["a"].append(1)


def test_a_delete_reaches_the_memory_of_the_others(levels: Levels) -> None:
    here, there = levels(), levels()
    here.set("k", 1, ttl=60)
    warm(there, "k")
    assert here.delete("k")
    assert settled(there, "k", ABSENT)
    assert not here.delete("k")


def test_a_new_value_reaches_the_memory_of_the_others(levels: Levels) -> None:
    here, there = levels(), levels()
    here.set("k", 1, ttl=60)
    warm(there, "k")
    here.set("k", 2, ttl=60)
    assert value_in(here, "k") == 2
    assert settled(there, "k", 2)


def test_tags_invalidate_all_that_have_them_everywhere(levels: Levels) -> None:
    here, there = levels(), levels()
    here.set("a", 1, ttl=60, tags=["x", "y"])
    here.set("b", 2, ttl=60, tags=["y"])
    here.set("c", 3, ttl=60)
    for key in "abc":
        warm(there, key)
    here.delete_by_tags(["x", "nobody has this"])
    assert settled(there, "a", ABSENT)
    assert [value_in(there, key) for key in "bc"] == [2, 3]
    here.set("a", 4, ttl=60, tags=["x"])
    assert settled(there, "a", 4)


def test_an_entry_expires_in_both_levels(levels: Levels, clock: Clock) -> None:
    here = levels()
    here.set("k", 1, ttl=60)
    here.set("stays", 2, ttl=None)
    warm(here, "k")
    clock.pass_by(60)
    assert (value_in(here, "k"), here.look_up("k").reason) == (ABSENT, "expired")
    clock.pass_by(10**9)
    assert value_in(here, "stays") == 2


def test_a_value_asked_for_before_its_tag_was_invalidated_is_never_served(levels: Levels) -> None:
    here, there = levels(), levels()
    asked = here.look_up("k", ["x"], to_make=True)
    there.delete_by_tags(["x"])
    here.keep("k", here.entry_of("made of old things", ttl=60, tags=asked.versions))
    assert value_in(there, "k") is ABSENT
    assert there.look_up("k").reason == "invalidated"


def test_a_maker_whose_entry_was_deleted_meanwhile_keeps_nothing(levels: Levels) -> None:
    from orchestration.cache.two_levels import Maker

    here, there = levels(), levels()
    assert here.store.acquire("k", "token", 10)
    there.delete("k")
    assert not here.keep("k", here.entry_of(1, ttl=60), Maker(token="token"))
    assert value_in(there, "k") is ABSENT


def test_what_is_swapped_is_exactly_what_was_there(levels: Levels) -> None:
    here, there = levels(), levels()
    one, two, three = (here.entry_of(number, ttl=60) for number in (1, 2, 3))
    assert here.swap("k", None, one)
    assert not there.swap("k", None, two)
    raw, _ = there.peek("k")
    assert there.swap("k", raw, two)
    assert not here.swap("k", raw, three)
    assert value_in(here, "k") == 2


def test_everything_can_be_forgotten(levels: Levels) -> None:
    here, there = levels(), levels()
    for number in range(20):
        here.set(f"k{number}", number, ttl=60)
    warm(there, "k3")
    here.clear()
    assert settled(there, "k3", ABSENT)
    assert all(value_in(here, f"k{number}") is ABSENT for number in range(20))


def test_a_damaged_entry_is_a_miss_and_can_be_replaced(levels: Levels) -> None:
    here = levels()
    here.set("k", 1, ttl=60)
    raw, _ = here.peek("k")
    assert raw is not None
    assert here.store.swap("k", raw, raw[:-1] + b"?", 60)
    assert here.look_up("k").reason in ("undecodable", "")  # "": memory has not heard of it yet
    assert wait_until(lambda: here.look_up("k").reason == "undecodable")
    here.set("k", 2, ttl=60)
    assert value_in(here, "k") == 2


# Outages of Redis -----------------------------------------------------------------------------------------------------


def test_a_restarted_redis_serves_nothing_stale(redis_levels: Levels, redis_server: RedisServer) -> None:
    here, there = redis_levels(), redis_levels()
    here.set("k", "old", ttl=60)
    warm(there, "k")
    redis_server.restart()  # it has forgotten everything
    assert wait_until(lambda: here.set("k", "new", ttl=60))
    assert settled(there, "k", "new")


def test_while_redis_is_down_memory_is_not_believed(redis_levels: Levels, redis_server: RedisServer) -> None:
    here = redis_levels()
    here.set("k", 1, ttl=60)
    warm(here, "k")
    redis_server.stop()
    assert wait_until(lambda: here.look_up("k").reason == "store_down")
    assert len(here.memory) == 0


def test_an_outage_costs_its_time_once(redis_levels: Levels, redis_server: RedisServer) -> None:
    here = redis_levels()
    redis_server.pause()
    started = time.monotonic()
    for _ in range(50):
        assert here.look_up("k").entry is None
        assert not here.set("k", 1, ttl=60)
    assert time.monotonic() - started < 100 * ANSWER_SECONDS / 2, "not each of the hundred waited"
    redis_server.resume()


def test_a_frozen_redis_is_given_up_soon(redis_levels: Levels, redis_server: RedisServer) -> None:
    here = redis_levels()
    redis_server.pause()
    started = time.monotonic()
    assert here.look_up("k").reason == "store_down"
    assert time.monotonic() - started < 20
    redis_server.resume()
    assert wait_until(lambda: here.set("k", 1, ttl=60))


def test_a_write_that_did_not_reach_redis_leaves_no_old_value(
    redis_levels: Levels, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = redis_levels()
    here.set("k", "old", ttl=60)
    warm(here, "k")

    def lost(*_: object) -> bool:
        raise StoreDown("the cable was pulled")

    with monkeypatch.context() as cut:
        cut.setattr(here.store, "put", lost)
        assert not here.set("k", "new", ttl=60)
        assert len(here.memory) == 0
        assert here.owed == 1
    assert value_in(here, "k") is ABSENT
    assert here.owed == 0


@pytest.mark.parametrize(
    "act", [lambda levels: levels.delete("k"), lambda levels: levels.delete_by_tags(["t"])], ids=["key", "tag"]
)
def test_a_delete_that_did_not_reach_redis_is_said_and_made_up_for(
    redis_levels: Levels, monkeypatch: pytest.MonkeyPatch, act: Callable[[TwoLevels], object]
) -> None:
    here = redis_levels()
    here.set("k", "old", ttl=60, tags=["t"])
    warm(here, "k")

    def lost(*_: object) -> bool:
        raise StoreDown("the cable was pulled")

    with monkeypatch.context() as cut:
        cut.setattr(here.store, "delete", lost)
        cut.setattr(here.store, "bump", lost)
        with pytest.raises(StoreDown):
            act(here)
        assert here.look_up("k").reason == "store_down"  # nothing is read before what is owed is settled
    assert value_in(here, "k") is ABSENT


def test_a_forgotten_tag_never_makes_old_entries_good_again(redis_levels: Levels, redis_server: RedisServer) -> None:
    here = redis_levels()
    here.set("k", "old", ttl=60, tags=["t"])
    here.delete_by_tags(["t"])
    with redis_server.client() as client:
        client.delete("orchestration:results:t:t")  # as an eviction would
    assert value_in(here, "k") is ABSENT
    here.set("other", 1, ttl=60, tags=["t"])
    assert value_in(here, "k") is ABSENT
    assert value_in(here, "other") == 1


# In a transaction -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_inside_a_transaction_memory_is_not_used(table_levels: Levels) -> None:
    here = table_levels()
    here.set("k", 1, ttl=60)
    assert [level_of(here, "k") for _ in range(3)] == ["store"] * 3
    assert len(here.memory) == 0
