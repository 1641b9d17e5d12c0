"""The ticker's duty: drops what expired, trims to size in the order of the strategy, proposes from what was counted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from orchestration.cache import optimiser
from orchestration.cache.installed import get_installed
from orchestration.definition import Pipeline
from orchestration.models import CacheChange, CacheCount, CacheEntry, CacheFlight
from orchestration.services.pipelines import register_pipeline
from tests.commands.calling import call

pytestmark = pytest.mark.django_db
Configure = Callable[..., None]


def store(key: str, *, size: int = 100, expires_in: float | None = 60, used_ago: float = 0, uses: int = 0) -> None:
    CacheEntry.objects.create(
        key=key,
        content=b"",
        size=size,
        created_at=Now(),
        used_at=Now() - timedelta(seconds=used_ago),
        expires_at=None if expires_in is None else Now() + timedelta(seconds=expires_in),
        uses=uses,
    )


def keys() -> list[str]:
    return sorted(CacheEntry.objects.values_list("key", flat=True))


def count(outcome: str, reason: str, number: int, task: str = "a") -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    whose = {"pipeline": "p" if task else "", "task": task}
    CacheCount.objects.create(hour=hour, outcome=outcome, reason=reason, number=number, **whose)


def test_what_expired_is_dropped_and_said() -> None:
    store("old", expires_in=-1)
    store("young")
    store("for ever", expires_in=None)
    CacheFlight.objects.create(key="k", token="t", expires_at=Now() - timedelta(seconds=1))
    assert optimiser.optimise() == 2
    assert keys() == ["for ever", "young"]
    assert [change.reason for change in CacheChange.objects.all()] == ["removed 1 expired, and 0 to make room"]
    assert optimiser.optimise() == 0


@pytest.mark.parametrize(
    ("strategy", "left"), [("lru", ["b", "c"]), ("lfu", ["a", "c"]), ("ttl", ["a", "b"]), ("adaptive", ["b", "c"])]
)
def test_the_table_is_trimmed_in_the_order_of_the_strategy(
    configure: Configure, strategy: str, left: list[str]
) -> None:
    configure(cache_strategy=strategy, cache_stored_max_size=250)
    store("a", used_ago=30, uses=5, expires_in=None)
    store("b", used_ago=20, uses=1, expires_in=200)
    store("c", used_ago=10, uses=3, expires_in=100)
    optimiser.optimise()
    assert keys() == left


def test_results_that_come_out_the_same_are_proposed_to_live_longer() -> None:
    count("stored", "unchanged", 25)
    assert optimiser.optimise() == 1
    assert optimiser.optimise() == 0  # not again within a week
    proposal = CacheChange.objects.get()
    assert (proposal.kind, proposal.subject, proposal.before, proposal.after) == ("ttl", "p/a", 3600, 7200)
    assert not proposal.is_applied
    get_installed().learn()
    assert get_installed().learnt_ttl("p/a") is None


def test_results_that_come_out_otherwise_are_proposed_to_live_shorter() -> None:
    count("stored", "changed", 25)
    count("stored", "unchanged", 5)
    optimiser.optimise()
    assert CacheChange.objects.get().after == 1800


def test_a_proposal_takes_effect_only_when_that_is_set(configure: Configure) -> None:
    configure(cache_optimise="apply")
    count("stored", "unchanged", 25)
    optimiser.optimise()
    get_installed().learn()
    assert get_installed().learnt_ttl("p/a") == 7200


def test_what_a_definition_says_is_never_overruled(configure: Configure) -> None:
    configure(cache_optimise="apply")
    task = {
        "name": "a",
        "type": "validation",
        "parameters": {"rules": [{"field": "x", "required": True}]},
        "cache_enabled": True,
    }
    register_pipeline(pipeline=Pipeline({"name": "p", "tasks": [task], "cache_ttl": 600}))
    count("stored", "unchanged", 25)
    optimiser.optimise()
    proposal = CacheChange.objects.get()
    assert (proposal.before, proposal.after, proposal.is_applied) == (600, 1200, False)


def test_a_definition_is_found_by_its_name_whatever_its_id(configure: Configure) -> None:
    configure(cache_optimise="apply")
    parameters = {"rules": [{"field": "x", "required": True}]}
    task = {"name": "a", "type": "validation", "parameters": parameters, "cache_enabled": True, "cache_ttl": 600}
    register_pipeline(pipeline=Pipeline({"name": "p", "tasks": [task]}), pipeline_id="p-production")
    count("stored", "unchanged", 25)
    optimiser.optimise()
    proposal = CacheChange.objects.get()
    assert (proposal.before, proposal.is_applied) == (600, False)


def test_what_was_applied_holds_however_long_ago(configure: Configure) -> None:
    configure(cache_optimise="apply")
    old = Now() - timedelta(days=200)
    CacheChange.objects.create(at=old, kind="ttl", subject="p/a", before=3600, after=7200, is_applied=True)
    CacheChange.objects.create(at=old, kind="clean-up", is_applied=True)
    optimiser.optimise()
    assert optimiser.learnt_settings().times_to_live == {"p/a": 7200}
    assert not CacheChange.objects.filter(kind="clean-up").exists()


def test_crowded_memory_is_proposed_to_grow(configure: Configure) -> None:
    configure(cache_optimise="apply", cache_max_size=1_000)
    count("removed", "size", 50, task="")
    count("store", "", 100)
    count("memory", "", 100)
    optimiser.optimise()
    get_installed().learn()
    assert get_installed().levels.memory.capacity == 2_000


def test_little_evidence_proposes_nothing() -> None:
    count("stored", "unchanged", 19)
    count("removed", "size", 5, task="")
    count("store", "", 10)
    assert optimiser.optimise() == 0


def test_the_command_shows_hits_reasons_and_proposals() -> None:
    count("memory", "", 30)
    count("miss", "parameters.prompt", 10)
    count("stored", "unchanged", 25)
    optimiser.optimise()
    shown: Any = call("cache_stats")
    for text in ("75.0% of 40 look-ups were hits", "parameters.prompt", "ttl of p/a", "proposed"):
        assert text in shown.out
    document = call("cache_stats", "--json").document
    assert (document["hit_rate"], document["changes"][0]["kind"]) == (0.75, "ttl")
    assert call("cache_stats", "--hours", "0").code == 2
