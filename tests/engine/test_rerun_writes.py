"""What a rerun writes: it refers to values that are there, is made once, and starts its timers."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

import pytest
from celery import Celery
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from orchestration.engine import store
from orchestration.engine.blobs import store_value
from orchestration.engine.store import reusing
from orchestration.exceptions import ExecutionNotFound, IdempotencyConflict
from orchestration.models import Blob, Execution
from orchestration.selectors.invariants import broken_invariants
from orchestration.services import retention
from orchestration.services.executions import execute_pipeline, rerun_execution
from orchestration.services.reruns import (
    RerunRefused,
    ValueGone,
    plan_rerun,
)
from tests.engine import flow
from tests.engine.conftest import messages
from tests.engine.reruns import ended, rerun, work_off
from tests.engine.test_concurrency import ROUNDS, side_by_side

pytestmark = pytest.mark.django_db
LARGE = {"text": "x" * 100_000}


# Large values ---------------------------------------------------------------------------------------------------------


def make_old() -> None:
    Blob.objects.update(touched_at=Now() - timedelta(days=1))


@pytest.mark.parametrize("from_task", [None, "failed"])
def test_the_values_it_refers_to_are_touched(from_task: str | None) -> None:
    first = ended(flow.CHAIN, failing="c", input_data=LARGE, output=store_value({"other": "y" * 100_000}))
    make_old()
    made = rerun(first, from_task)
    old = Blob.objects.filter(touched_at__lt=Now() - timedelta(hours=1)).count()
    assert old == (0 if from_task else 1)
    first.delete()
    assert retention.prune_orphaned_blobs() == old
    assert not broken_invariants()
    assert flow.row(made, "a").output == (store_value({"other": "y" * 100_000}) if from_task else None)


@pytest.mark.parametrize(("from_task", "kept"), [("failed", "input"), (None, "output")])
def test_a_value_that_is_gone_is_said(from_task: str | None, kept: str) -> None:
    large_output = store_value(LARGE)
    first = ended(flow.CHAIN, failing="c", input_data={} if kept == "input" else LARGE, output=large_output)
    Blob.objects.all().delete()
    with pytest.raises(ValueGone, match=f"a value of execution {first.pk} was kept in a blob that is gone"):
        rerun(first, from_task)
    assert Execution.objects.count() == 1


def test_the_source_cannot_be_pruned_between_the_look_and_the_write() -> None:
    first = ended(flow.CHAIN, failing="c")
    plan = plan_rerun(execution_id=first.pk, from_task="failed")
    with mock.patch("orchestration.services.executions.plan_rerun", return_value=plan):
        input_of = "orchestration.services.executions._input_of_rerun"
        with mock.patch(input_of, return_value={}):
            Execution.objects.filter(pk=first.pk).delete()
            with pytest.raises(ExecutionNotFound):
                rerun_execution(execution_id=first.pk, from_task="failed")
    assert not Execution.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rerun_and_the_pruning_of_its_source_at_once_leave_a_sound_rerun_or_none() -> None:
    for _ in range(ROUNDS):
        first = ended(flow.CHAIN, failing="c", output=store_value(LARGE))
        make_old()

        def again(first: Execution = first) -> None:
            with suppress(ExecutionNotFound, RerunRefused):
                rerun_execution(execution_id=first.pk, from_task="failed")

        def prune(first: Execution = first) -> None:
            retention.delete_executions(execution_ids=[first.pk])
            retention.prune_orphaned_blobs()

        side_by_side(again, prune)
        assert not broken_invariants()
        for made in Execution.objects.all():
            store.cancel(made.pk)


# Written once ---------------------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_rerun_and_another_one_is_a_conflict() -> None:
    first = ended(flow.CHAIN, failing="c")
    made = rerun(first, "failed", idempotency_key="k")
    assert rerun(first, "failed", idempotency_key="k").pk == made.pk
    for other in ({"from_task": "b"}, {"from_task": None}):
        with pytest.raises(IdempotencyConflict):
            rerun(first, idempotency_key="k", **other)
    with pytest.raises(IdempotencyConflict):
        execute_pipeline(pipeline_id="flow", input_data={}, idempotency_key="k")
    assert Execution.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_reruns_with_a_key_at_once_are_one() -> None:
    first = ended(flow.CHAIN, failing="c")
    call = partial(rerun_execution, execution_id=first.pk, from_task="failed", idempotency_key="k")
    made = side_by_side(call, call)
    assert len({execution.pk for execution in made}) == 1  # type: ignore[attr-defined]
    assert Execution.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_unclear_commit_leaves_one_rerun() -> None:
    first = ended(flow.CHAIN, failing="c")
    with unclear_commit():
        made = rerun(first, "failed")
    assert Execution.objects.count() == 2
    assert work_off(made) == ["c"]


@contextmanager
def unclear_commit() -> Iterator[None]:
    """The first write goes through, and its caller is told otherwise."""
    told = threading.Event()

    @contextmanager
    def atomic() -> Iterator[None]:
        with transaction.atomic():
            yield
        if not told.is_set():
            told.set()
            raise OperationalError("the connection was lost")

    with mock.patch.object(reusing, "transaction", mock.Mock(atomic=atomic)):
        yield
    assert told.is_set()


def test_workers_are_woken_for_what_is_queued_and_for_nothing_reused(
    broker: Celery, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    first = ended({"a": [], "b": ["a"], "c": ["a"], "x": []}, failing="bc")
    messages(broker)
    with django_capture_on_commit_callbacks(execute=True):
        made = rerun(first, "failed")
    rows = [flow.row(made, name) for name in "bc"]
    assert messages(broker) == [(row.pk, row.token) for row in rows]


def test_queue_timeouts_and_the_deadline_start_with_the_rerun() -> None:
    first = ended(flow.CHAIN, failing="b", timeout=600, each={"queue_timeout": 30})
    made = rerun(first, "failed")
    assert made.deadline_at is not None
    assert (made.deadline_at - made.created_at).total_seconds() == 600
    assert flow.row(made, "a").queue_deadline_at is None
    due = flow.row(made, "b").queue_deadline_at
    assert due is not None
    assert 29 < (due - made.created_at).total_seconds() < 90


def test_a_rerun_of_what_run_carried_is_for_the_workers() -> None:
    first = flow.start(flow.CHAIN, options={"private_worker": "private"})
    private = flow.claimant("private", is_private=True)
    flow.complete(flow.take(private), private)
    flow.fail(flow.take(private), private)
    assert rerun(first, "failed").private_worker == ""


def test_a_thousand_tasks_take_as_many_statements_as_ten() -> None:
    for width in (10, 1000):
        graph: dict[str, list[str]] = {f"t{number}": [] for number in range(width)}
        first = flow.start(graph | {"last": list(graph)})
        store.cancel(first.pk)
        first.task_runs.filter(name__in=list(graph)).update(status="completed", output={})
        with CaptureQueriesContext(connection) as context:
            made = rerun_execution(execution_id=first.pk, from_task="failed")
        assert flow.statuses(made)["last"] == "queued"
        # SQLite inserts many rows in as many statements as its limit of parameters asks for.
        assert sum(not query["sql"].startswith("INSERT") for query in context.captured_queries) <= 25
