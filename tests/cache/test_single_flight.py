"""One maker at a time: the others wait within bounds, and a maker that is gone does not hold them up for long."""

import threading
import time
from collections.abc import Iterator

import pytest

from orchestration.cache import single_flight
from orchestration.cache.single_flight import Flights, Turn
from orchestration.cache.tiers.redis_store import RedisStore
from orchestration.cache.tiers.store import Store
from orchestration.cache.tiers.table_store import TableStore
from tests.services import RedisServer


@pytest.fixture(params=["redis", pytest.param("table", marks=pytest.mark.django_db)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "table":
        yield TableStore()
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    yield RedisStore(server.url())


def nothing() -> None:
    return None


def test_the_first_leads_and_the_second_does_not(store: Store) -> None:
    here, there = Flights(store), Flights(store)
    turn = here.lead_or_wait("k", nothing, 1)
    assert isinstance(turn, Turn)
    assert turn.token
    assert there.try_to_lead("k") is None
    here.land("k", turn, kept=False)
    again = there.try_to_lead("k")
    assert again is not None


def test_who_has_waited_long_enough_makes_it_without_the_right_to_keep_it(store: Store) -> None:
    here, there = Flights(store), Flights(store)
    here.lead_or_wait("k", nothing, 1)
    assert there.lead_or_wait("k", nothing, 0.1) == Turn(None)
    assert here.lead_or_wait("k", nothing, 0.1) == Turn(None)


def test_a_waiter_gets_what_the_maker_made(store: Store) -> None:
    here, there = Flights(store), Flights(store)
    here.lead_or_wait("k", nothing, 1)
    made = iter([None, None, "made"])
    assert there.lead_or_wait("k", lambda: next(made), 5) == "made"
    assert there.in_the_air == 0


def test_an_owner_that_is_gone_is_followed_when_its_lease_is_over(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_flight, "LEASE_SECONDS", 0.15)
    Flights(store).lead_or_wait("k", nothing, 1)
    turn = Flights(store).lead_or_wait("k", nothing, 5)
    assert isinstance(turn, Turn)
    assert turn.token


def test_a_lease_that_is_renewed_lasts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single_flight, "LEASE_SECONDS", 1)
    here = Flights(store)
    here.lead_or_wait("k", nothing, 1)
    monkeypatch.setattr(single_flight, "LEASE_SECONDS", 60)
    assert here.renew() == 1
    time.sleep(1.1)
    assert Flights(store).try_to_lead("k") is None


def test_an_old_token_ends_nothing(store: Store) -> None:
    assert store.acquire("k", "mine", 10)
    store.release("k", "another")
    assert store.is_flying("k")
    assert not store.renew("k", "another", 10)
    store.release("k", "mine")
    assert not store.is_flying("k")


def test_without_the_store_everybody_makes_it(redis_server: RedisServer) -> None:
    flights = Flights(RedisStore(redis_server.url()))
    redis_server.stop()
    assert flights.lead_or_wait("k", nothing, 5) == Turn(None)
    assert flights.in_the_air == 0


def test_threads_of_one_process_wait_for_each_other(redis_server: RedisServer) -> None:
    flights, made, calls = Flights(RedisStore(redis_server.url())), threading.Event(), []

    def want() -> None:
        found = flights.lead_or_wait("k", lambda: "made" if made.is_set() else None, 5)
        if isinstance(found, Turn):
            calls.append(found)
            time.sleep(0.1)
            made.set()
            flights.land("k", found, kept=False)

    threads = [threading.Thread(target=want) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
