"""Cached tasks in the engine: found again, never wrong, never failed because of the cache, and always explained."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models import Sum

from orchestration.cache import installed
from orchestration.cache.exceptions import StoreDown
from orchestration.cache.statistics import summarise
from orchestration.definition import TaskConfig
from orchestration.definition.review import Reason
from orchestration.engine import runner
from orchestration.exceptions import TaskError
from orchestration.handlers import catalog
from orchestration.handlers.base import Answer, NeedsReview, TaskContext
from orchestration.models import CacheCount, Execution, TaskRun
from orchestration.selectors.executions import execution_status
from orchestration.selectors.history import attempts_of
from tests.engine import flow

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["table", pytest.param("redis", marks=pytest.mark.one_database)], autouse=True)
def store(request: pytest.FixtureRequest, configure: Callable[..., None]) -> None:
    """Each of these on either store."""
    if request.param == "redis":
        server = request.getfixturevalue("redis_server")
        configure(redis_configured=True, redis_host=server.host, redis_port=server.port)


Calls = list[dict[str, Any]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """The input of each call of the handler `counted`, which answers with how many there were."""
    made: Calls = []
    before = dict(catalog._registered)

    def counted(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> Answer:
        made.append(input_data)
        behaviour = input_data.get("behaviour")
        if behaviour == "fail":
            raise TaskError("no")
        if behaviour == "degraded":
            context.keep_out_of_cache("a fallback answered")
        if behaviour == "review":
            return NeedsReview({"n": len(made)}, [Reason("always", "somebody is to look at it")])
        context.usage.update(input_data.get("usage", {}))
        return {"n": len(made), "parameters": dict(task_config.parameters)}

    counted.code_version = "1"  # type: ignore[attr-defined]
    catalog.register_task_handler("counted", counted)
    yield made
    catalog._registered.clear()
    catalog._registered.update(before)


def run(input_data: Any = None, *, cache: dict[str, Any] | None = None, **task: Any) -> dict[str, Any]:
    """One execution of one cached task; returns how its task run stands."""
    each = {"type": "counted", "cache_enabled": True, **({"cache": cache} if cache else {}), **task}
    return status_of(execute(input_data, each))


def execute(input_data: Any, each: dict[str, Any]) -> Execution:
    execution = flow.start(flow.ONE, input_data=input_data or {}, each=each)
    who = flow.claimant()
    runner.work_on(flow.take(who), who)
    return execution


def status_of(execution: Execution) -> dict[str, Any]:
    found: dict[str, Any] = execution_status(execution.pk)["tasks"]["a"]
    return found


def test_the_same_question_is_paid_once_and_the_second_names_who_made_it(calls: Calls) -> None:
    first = execute({"x": 1}, {"type": "counted", "cache_enabled": True})
    second = run({"x": 1})
    assert len(calls) == 1
    assert second["status"] == "completed"
    assert second["output"] == status_of(first)["output"]
    assert status_of(first)["cache"] == {
        "outcome": "miss",
        "reason": "nothing like it has been asked lately",
        "code": "first",
        "kept": True,
    }
    assert second["cache"]["outcome"] == "hit"
    assert second["cache"]["origin"] == {"execution_id": str(first.pk), "pipeline": "flow", "task": "a"}
    assert second["usage"] is None


def test_attempts_tell_it_too(calls: Calls) -> None:
    execution = execute({}, {"type": "counted", "cache_enabled": True})
    assert attempts_of(execution.pk)["a"][0]["cache"]["outcome"] == "miss"


@pytest.mark.parametrize(
    ("one", "other", "part"),
    [({"x": 1}, {"x": 1.0}, "input.x"), ({"x": 1}, {"x": True}, "input.x"), ({"x": 1}, {"x": 1, "y": None}, "input.y")],
    ids=["float", "bool", "more"],
)
def test_another_question_is_another_answer_and_the_difference_is_named(
    calls: Calls, one: dict[str, Any], other: dict[str, Any], part: str
) -> None:
    run(one)
    missed = run(other)["cache"]
    assert len(calls) == 2
    assert (missed["code"], missed["reason"]) == (part, f"the most similar question kept differs in {part}")


@pytest.mark.one_database
def test_parameters_tasks_and_code_are_parts_of_the_question(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    run(parameters={"p": 1})
    assert run(parameters={"p": 2})["cache"]["code"] == "parameters.p"
    assert run(parameters={"p": 2}, labels={"l": "m"})["cache"]["code"] == "task"
    monkeypatch.setattr(catalog._registered["counted"], "code_version", "2")
    assert run(parameters={"p": 2})["cache"]["code"] == "code"
    assert len(calls) == 4


@pytest.mark.one_database
def test_what_is_ignored_makes_no_difference(calls: Calls) -> None:
    cache = {"ignore": ["input.request_id", "parameters.level"]}
    run({"x": 1, "request_id": 7}, cache=cache, parameters={"level": 1})
    assert run({"x": 1, "request_id": 8}, cache=cache, parameters={"level": 2})["cache"]["outcome"] == "hit"


@pytest.mark.one_database
def test_a_key_of_ones_own_stands_for_the_input(calls: Calls) -> None:
    task: dict[str, Any] = {"cache": {"key": "{input.id}"}, "parameters": {"text": "{input.text}"}}
    run({"id": 1, "text": "long"}, **task)
    assert run({"id": 1, "text": "longer"}, **task)["cache"]["outcome"] == "hit"
    assert run({"id": "1", "text": "long"}, **task)["cache"]["code"] == "key"


def test_tags_may_hold_placeholders_and_invalidate_what_has_them(calls: Calls) -> None:
    cache = {"tags": ["customer:{input.customer}", "all"]}
    run({"customer": 1}, cache=cache)
    run({"customer": 2}, cache=cache)
    installed.get_installed().levels.delete_by_tags(["customer:1"])
    assert run({"customer": 1}, cache=cache)["cache"]["code"] == "invalidated"
    assert run({"customer": 2}, cache=cache)["cache"]["outcome"] == "hit"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("behaviour", "why"), [("degraded", "a fallback answered"), ("review", "a person decides about it")]
)
def test_results_that_are_not_as_they_should_be_never_enter(calls: Calls, behaviour: str, why: str) -> None:
    first = run({"behaviour": behaviour})
    run({"behaviour": behaviour})
    assert len(calls) == 2
    assert (first["cache"]["kept"], first["cache"]["not_kept"]) == (False, why)


@pytest.mark.one_database
def test_failures_never_enter(calls: Calls) -> None:
    failed = run({"behaviour": "fail"})
    run({"behaviour": "fail"})
    assert len(calls) == 2
    assert failed["status"] == "failed"
    assert failed["cache"]["kept"] is False


@pytest.mark.one_database
def test_a_temperature_above_zero_is_not_cached_unless_asked(calls: Calls) -> None:
    hot = run(parameters={"temperature": 0.7})["cache"]
    assert (hot["outcome"], hot["reason"].partition(":")[0]) == ("bypass", "temperature is 0.7")
    assert "with cache: {sampled: true} it is kept all the same" in hot["reason"]
    why = summarise(installed.get_installed(), 1)["reasons"]["bypass"]
    assert why == {"temperature is 0.7, without cache: {sampled: true}": 1}  # as the page and the command tell it
    run(parameters={"temperature": 0.7})
    assert len(calls) == 2
    for _ in range(2):
        run(parameters={"temperature": 0.7}, cache={"sampled": True})
        run(parameters={"temperature": 0})
    assert len(calls) == 4


@pytest.mark.one_database
def test_a_refreshed_result_is_made_anew_and_kept(calls: Calls) -> None:
    run()
    refreshed = run(cache={"refresh": "always"})
    assert (refreshed["output"]["n"], refreshed["cache"]["code"], refreshed["cache"]["kept"]) == (2, "refresh", True)
    assert run()["output"]["n"] == 2


@pytest.mark.one_database
def test_an_early_refresh_happens_before_the_end_and_not_long_before(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.cache.task_results.random.random", lambda: 1 - 1e-9)  # the earliest
    cache = {"refresh": "early", "ttl": 3600}
    run(cache=cache)
    assert run(cache=cache)["cache"]["outcome"] == "hit"
    monkeypatch.setattr("orchestration.cache.task_results.EARLINESS", 1e9)
    assert run(cache=cache)["cache"]["code"] == "refresh"


def test_time_and_money_saved_are_counted_and_unknown_prices_are_not_zero(calls: Calls) -> None:
    for usage in ({"requests": 1, "cost_microusd": 250}, {"requests": 1}):
        for _ in range(3):
            run({"usage": usage})
    installed.get_installed().flush()
    hits = CacheCount.objects.filter(outcome__in=("memory", "store"), pipeline="flow", task="a")
    found = hits.aggregate(Sum("number"), Sum("microusd_saved"), Sum("unpriced"))
    assert found == {"number__sum": 4, "microusd_saved__sum": 500, "unpriced__sum": 2}
    assert run({"usage": {"requests": 1}})["cache"]["microusd_saved"] is None


def test_an_expired_result_that_comes_out_the_same_is_counted_so(calls: Calls) -> None:
    run(cache={"refresh": "always"})
    calls.clear()  # it answers with how many calls there were
    run(cache={"refresh": "always"})
    run(cache={"refresh": "always"})
    installed.get_installed().flush()
    counted = dict(CacheCount.objects.filter(outcome="stored").values_list("reason", "number"))
    assert counted == {"new": 1, "unchanged": 1, "changed": 1}


@pytest.mark.one_database
def test_a_store_that_is_away_fails_no_task(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object, **__: object) -> None:
        raise StoreDown("away")

    store = installed.get_installed().levels.store
    for verb in ("fetch", "put", "acquire", "latest", "release"):
        monkeypatch.setattr(store, verb, lost)
    done = run()
    assert done["status"] == "completed"
    assert (done["cache"]["code"], done["cache"]["kept"]) == ("store_down", False)


@pytest.mark.one_database
def test_a_result_that_is_too_large_is_said_to_be(calls: Calls, configure: Callable[..., None]) -> None:
    configure(cache_max_entry_size=20)
    done = run()
    assert done["status"] == "completed"
    assert "CACHE_MAX_ENTRY_SIZE=20" in done["cache"]["not_kept"]


@pytest.mark.one_database
def test_a_task_that_is_not_cached_never_comes_near_the_cache(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "make", lambda config: pytest.fail("the cache was asked"))
    assert run(cache_enabled=False)["cache"] is None
    assert TaskRun.objects.get().cache is None


def test_names_that_no_column_holds_are_shown_escaped(calls: Calls) -> None:
    run({"a\x00": 1})
    assert run({"a\x00": 2})["cache"]["code"] == "input.a\\x00"
