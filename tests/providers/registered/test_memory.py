"""Models kept in a process: loaded once, within the bound, given up oldest first."""

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.providers.catalog import get_provider, resolve_model
from orchestration.providers.registered.classifier import memory
from orchestration.providers.registered.memory import BoundedMemory
from tests.providers.registered import making
from tests.providers.registered.conftest import Register


def small(measure: Callable[[], int] = lambda: 0) -> BoundedMemory[str]:
    """One that goes by the sizes it is told, unless something measures."""
    return BoundedMemory[str](measure)


def load(kept: BoundedMemory[str], key: str, loads: list[str], size: int = 10, limit: int = 30) -> str:
    def read() -> str:
        loads.append(key)
        return key.upper()

    return kept.get(key, read, size=size, limit=limit)


def test_what_is_kept_is_loaded_once() -> None:
    kept, loads = small(), list[str]()
    assert [load(kept, "a", loads) for _ in range(3)] == ["A", "A", "A"]
    assert (loads, kept.size) == (["a"], 10)


def test_the_least_recently_used_goes_first_and_the_bound_holds() -> None:
    kept, loads = small(), list[str]()
    for key in ("a", "b", "c", "a", "d"):
        load(kept, key, loads)
        assert kept.size <= 30
    assert ("a" in kept, "b" in kept, "c" in kept, "d" in kept) == (True, False, True, True)


def test_room_is_made_before_loading() -> None:
    kept, loads = small(), list[str]()
    load(kept, "a", loads)

    def read() -> str:
        assert kept.size == 0
        return "B"

    assert kept.get("b", read, size=30, limit=30) == "B"


def test_what_takes_more_than_its_file_is_counted_as_what_it_takes() -> None:
    readings = iter([100, 125, 125, 135, 135, 235])
    kept, loads = small(lambda: next(readings)), list[str]()
    load(kept, "a", loads)
    assert kept.size == 25
    load(kept, "b", loads)
    assert ("a" in kept, "b" in kept, kept.size) == (False, True, 10)
    load(kept, "c", loads)  # more than the limit: kept alone
    assert ("b" in kept, "c" in kept, kept.size) == (False, True, 100)


def test_the_growth_of_this_process_is_seen() -> None:
    kept = BoundedMemory[bytearray]()
    kept.get("a", lambda: bytearray(b"x" * 30_000_000), size=1, limit=10**9)
    assert kept.size == pytest.approx(30_000_000, rel=0.2)


def test_a_load_that_fails_leaves_nothing_and_is_tried_again() -> None:
    kept, loads = small(), list[str]()

    def fail() -> str:
        raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        kept.get("a", fail, size=1, limit=10)
    assert load(kept, "a", loads) == "A"


def test_threads_that_want_the_same_model_load_it_once() -> None:
    kept, loads = small(), list[str]()
    barrier = threading.Barrier(8)

    def want() -> None:
        barrier.wait()
        load(kept, "a", loads)

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["a"]


def test_a_child_of_a_fork_begins_with_none() -> None:
    kept, loads = small(), list[str]()
    load(kept, "a", loads)
    child = os.fork()
    if child == 0:
        os._exit(int("a" in kept))
    assert os.waitpid(child, 0)[1] == 0
    assert "a" in kept


@pytest.mark.django_db
@pytest.mark.one_database
def test_a_process_loads_a_version_once_and_shares_the_same_content(register: Register) -> None:
    register(making.columns_model())
    register(making.columns_model(), version="same-files")

    def session(name: str) -> Any:
        provider: Any = get_provider(resolve_model(name, "classification"))
        return provider.session

    assert session("model") is session("model") is session("model:same-files")


@pytest.mark.django_db
@pytest.mark.one_database
def test_models_beyond_the_bound_give_way(
    register: Register, classify: Callable[..., Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "measure", lambda: 0)
    versions = [register(making.softmax_of(2, notes={"labels": f'["a", "b{n}"]'}), name=f"m{n}") for n in range(3)]
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"model_cache_bytes": versions[0].size * 2})
    for number in (0, 1, 2, 0):
        assert classify(f"m{number}", features=[1, 2])["label"] == f"b{number}"
        assert memory.size <= versions[0].size * 2
    assert versions[1].digest not in memory
