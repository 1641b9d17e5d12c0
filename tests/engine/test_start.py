"""Starting an execution: one transaction, roots queued, hints after the commit, a broker that may be away."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery
from django.db import transaction
from kombu.exceptions import OperationalError

from orchestration.engine import capacity, dispatch, recovery, store
from orchestration.exceptions import InvalidInput, PipelineNotFound
from orchestration.models import Execution, RegisteredPipeline, TaskRun
from orchestration.services.executions import execute_pipeline
from orchestration.services.pipelines import register_pipeline
from orchestration.signals import execution_changed
from tests.engine import flow
from tests.engine.conftest import Capture, messages
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def test_roots_are_queued_and_the_others_wait_for_their_dependencies() -> None:
    execution = flow.start(flow.DIAMOND)
    assert flow.statuses(execution) == {"a": "queued", "b": "pending", "c": "pending", "d": "pending"}
    assert [flow.row(execution, name).remaining_dependencies for name in "abcd"] == [0, 1, 1, 2]
    assert (execution.status, execution.open_task_runs, execution.active_task_runs) == ("pending", 4, 1)
    assert flow.event_kinds(execution) == ["execution.created"]
    assert_sound(execution)


def test_limits_come_from_the_definition_and_else_from_the_settings(configure: Callable[..., None]) -> None:
    configure(max_parallel_tasks=7, default_task_timeout=11.0)
    plain = flow.start()
    assert (plain.max_parallel, flow.row(plain).timeout_seconds, plain.deadline_at) == (7, 11.0, None)
    retry = {"max_attempts": 4}
    given = flow.start(max_parallel=2, timeout=60, each={"timeout": 5, "max_crashes": 6, "retry": retry})
    found = flow.row(given)
    assert (given.max_parallel, found.timeout_seconds, found.max_attempts, found.max_crashes) == (2, 5.0, 4, 6)
    assert given.deadline_at is not None
    assert (given.deadline_at - given.created_at).total_seconds() == pytest.approx(60, abs=30)


def test_hints_are_published_after_the_commit_and_for_no_more_roots_than_there_are_slots(
    broker: Celery, django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        execution = flow.start(flow.FAN, max_parallel=3)
        assert messages(broker) == []
    assert messages(broker) == [(flow.row(execution, name).pk, 0) for name in "abc"]


def test_while_every_worker_is_busy_nobody_is_woken(
    broker: Celery, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Capture
) -> None:
    who = flow.claimant()
    monkeypatch.setattr(capacity, "listeners", lambda: [capacity.Listener(who.worker_id, ("default",), 1)])
    flow.start()
    flow.take(who)
    with django_capture_on_commit_callbacks(execute=True):
        second = flow.start(name="second")
    assert messages(broker) == []
    flow.make_due(second, "queued_at", "a")
    assert recovery.republish_hints() == 0
    assert store.claim_oldest(flow.claimant(pid=2)), "whoever finishes finds it"


def test_without_a_broker_nothing_is_published(django_capture_on_commit_callbacks: Capture) -> None:
    class Unusable(Celery):
        def send_task(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("published although the database is the queue")

    with django_capture_on_commit_callbacks(execute=True):
        flow.start(options={"celery_app": Unusable("tests", broker="memory://", set_as_current=False)})


def test_with_the_broker_down_work_is_accepted_and_the_ticker_publishes_it_later(
    broker: Celery, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Capture
) -> None:
    down = Celery("tests", broker=NOBODY_LISTENS, set_as_current=False)
    down.conf.task_publish_retry_policy = {"max_retries": 0}
    down.conf.broker_transport_options = {"retry_on_timeout": False, "socket_connect_timeout": 1}
    with django_capture_on_commit_callbacks(execute=True):
        execution = flow.start(options={"celery_app": down})
    assert (flow.row(execution).status, flow.row(execution).hinted_at) == ("queued", None)
    flow.make_due(execution, "queued_at", "a")
    assert recovery.republish_hints() == 1
    assert messages(broker) == [], "the broker is left alone for a few seconds after a failure"
    monkeypatch.setattr(dispatch, "_broker_rests_until", 0.0)
    assert recovery.republish_hints() == 1
    assert messages(broker) == [(flow.row(execution).pk, 0)]


def test_after_a_job_that_could_not_be_sent_the_broker_is_left_alone_too(
    broker: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    class Down(Celery):
        def send_task(self, name: str, **kwargs: Any) -> Any:  # type: ignore[override]  # only what is used here
            tried.append(name)
            raise OperationalError("down")

    monkeypatch.setattr(dispatch, "celery_app", lambda: Down("tests", broker="memory://", set_as_current=False))
    assert [dispatch.send_job(name, queue="default") for name in ("one", "two")] == [False, False]
    assert tried == ["one"]


def test_hints_are_published_again_with_growing_patience(broker: Celery) -> None:
    execution = flow.start()
    assert recovery.republish_hints() == 0, "queued for less than a second"
    flow.make_due(execution, "queued_at", "a")
    assert recovery.republish_hints() == 1
    assert recovery.republish_hints() == 0
    flow.make_due(execution, "hinted_at", "a")  # a minute ago: more than the first patience
    assert recovery.republish_hints() == 1
    flow.make_due(execution, "hinted_at", "a")
    TaskRun.objects.filter(execution=execution).update(hints=5)  # the fifth patience is two minutes
    assert recovery.republish_hints() == 0
    assert len(messages(broker)) == 2
    assert flow.row(execution).token == 0


def test_no_hint_is_repeated_while_the_execution_has_no_free_slot(broker: Celery) -> None:
    execution = flow.start(flow.FAN, max_parallel=1)
    flow.take(flow.claimant())
    for name in "bcdefgh":
        flow.make_due(execution, "queued_at", name)
    assert recovery.republish_hints() == 0


def test_a_start_that_is_rolled_back_leaves_nothing_and_says_nothing(broker: Celery) -> None:
    version = register_pipeline(pipeline=flow.define(flow.ONE))

    class Undone(Exception):
        pass

    def start_and_break() -> None:
        with transaction.atomic():
            execute_pipeline(pipeline_id=version.pipeline_id, input_data={})
            raise Undone

    with pytest.raises(Undone):
        start_and_break()
    assert not Execution.objects.exists()
    assert messages(broker) == []


def test_signals_tell_each_change_of_status_after_the_commit(django_capture_on_commit_callbacks: Capture) -> None:
    heard: list[str] = []

    def hear(status: str, **_: Any) -> None:
        heard.append(status)

    execution_changed.connect(hear)
    who = flow.claimant()
    with django_capture_on_commit_callbacks(execute=True):
        flow.start()
        flow.complete(flow.take(who), who)
        assert heard == []
    assert heard == ["running", "completed"]


def test_the_input_is_checked_before_anything_is_written() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    with pytest.raises(InvalidInput, match=r'the input does not fit the `inputs` schema of "flow": /n'):
        flow.start(inputs=schema, input_data={"n": "many"})
    with pytest.raises(InvalidInput, match=r"the input cannot be stored: \$\.file: .*bytes"):
        flow.start(input_data={"file": b"%PDF"})
    assert not Execution.objects.exists()


@pytest.mark.parametrize("value", [None, 0, False, "", "text", [1, 2], {}])
def test_any_json_value_may_be_the_input(value: Any) -> None:
    version = register_pipeline(pipeline=flow.define(flow.ONE, each={"type": "echo_input"}))
    execution = execute_pipeline(pipeline_id=version.pipeline_id, input_data=value)
    assert flow.reload(execution).input == value


def test_an_unknown_pipeline_is_named_with_the_nearest_there_is() -> None:
    register_pipeline(pipeline=flow.define(flow.ONE))
    with pytest.raises(PipelineNotFound, match='no pipeline is registered as "flaw"; did you mean "flow"'):
        execute_pipeline(pipeline_id="flaw", input_data={})


def test_an_execution_runs_the_version_that_is_current_whoever_registered_it() -> None:
    flow.start(inputs={"type": "object", "required": ["a"]}, input_data={"a": 1})
    # As another process would: past everything this one remembers.
    register_pipeline(pipeline=flow.define(flow.CHAIN))
    again = execute_pipeline(pipeline_id="flow", input_data={})
    assert list(flow.statuses(again)) == ["a", "b", "c"]


def test_an_input_is_held_against_the_version_that_is_current() -> None:
    flow.start()
    register_pipeline(pipeline=flow.define(flow.ONE, inputs={"type": "object", "required": ["a"]}))
    with pytest.raises(InvalidInput, match="required"):
        execute_pipeline(pipeline_id="flow", input_data={})


def test_a_pipeline_that_was_removed_and_registered_anew_is_found() -> None:
    execution = flow.start()
    store.cancel(execution.pk)
    execution.delete()
    RegisteredPipeline.objects.update(current_version=None)
    RegisteredPipeline.objects.all().delete()
    assert flow.start().status == "pending"
