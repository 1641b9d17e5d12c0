"""Queues: where a task run waits, who may take it, and that each queue's workers are woken for what is theirs."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from celery import Celery

from common.health import examine
from orchestration import PipelineOrchestrator
from orchestration.engine import capacity, recovery, runner, store
from orchestration.engine.capacity import Listener
from orchestration.engine.outcomes import Claimant
from orchestration.models import Execution, TaskRun, Worker
from orchestration.selectors.executions import execution_status
from orchestration.services.executions import rerun_execution
from tests.engine import flow
from tests.engine.conftest import Capture, messages
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db
Configure = Callable[..., None]
Listen = Callable[..., None]

IO = {"queue": "io"}


@pytest.fixture
def listen(broker: Celery, monkeypatch: pytest.MonkeyPatch) -> Listen:
    """`listen(w1=("default", 2), w2=("io", 1))`: workers that are alive, their queue and how many places they have."""

    def change(**workers: tuple[str, int]) -> None:
        there = [Listener(name, tuple(queues.split()), places) for name, (queues, places) in workers.items()]
        monkeypatch.setattr(capacity, "listeners", lambda: there)

    return change


def worker(queue: str, name: str = "", pid: int = 1) -> Claimant:
    return flow.claimant(name or f"worker-of-{queue}", pid, queues=(queue,))


def queues_of(execution: Execution) -> dict[str, str]:
    return dict(execution.task_runs.values_list("name", "queue"))


def hinted(execution: Execution, hints: Sequence[Any]) -> set[str]:
    names = dict(execution.task_runs.values_list("pk", "name"))
    return {names[hint.task_run_id] for hint in hints}


class TestChoice:
    def test_it_is_the_tasks_own_else_its_types_else_that_of_the_other_types(self, configure: Configure) -> None:
        configure(task_queues={"echo": "io", "*": "general"})
        tasks = {"a": {"queue": "gpu"}, "b": {}, "c": {"type": "sleep", "parameters": {"seconds": 0}}}
        assert queues_of(flow.start({"a": [], "b": [], "c": []}, tasks=tasks)) == {
            "a": "gpu",
            "b": "io",
            "c": "general",
        }

    def test_with_nothing_said_it_is_the_default_one(self) -> None:
        assert queues_of(flow.start()) == {"a": "default"}

    def test_the_default_one_can_be_asked_for(self, configure: Configure) -> None:
        configure(task_queues={"echo": "io"})
        assert queues_of(flow.start(each={"queue": "default"})) == {"a": "default"}

    def test_it_is_kept_until_the_execution_is_run_again(self, configure: Configure) -> None:
        first = flow.start()
        configure(task_queues={"echo": "io"})
        who = worker("default")
        flow.fail(flow.take(who), who, retryable=True)
        store.release_retry(flow.row(first).pk)
        assert queues_of(first) == {"a": "default"}
        flow.fail(flow.take(who), who)
        assert queues_of(rerun_execution(execution_id=first.pk)) == {"a": "io"}

    @pytest.mark.django_db(transaction=True)
    def test_what_run_carries_itself_needs_nobody_who_listens(self, configure: Configure) -> None:
        configure(task_queues={"*": "io"})
        orchestrator = PipelineOrchestrator()
        orchestrator.run(flow.define(flow.DIAMOND, tasks={"b": {"queue": "gpu"}}), {})
        execution = Execution.objects.get()
        assert (execution.status, set(queues_of(execution).values())) == ("completed", {"default"})


class TestClaims:
    def test_a_worker_is_never_handed_a_task_of_another_queue(self) -> None:
        execution = flow.start({"a": [], "b": []}, tasks={"a": IO})
        for queue, other in (("default", "a"), ("io", "b")):
            assert store.claim(flow.hint_of(execution, other), worker(queue)) is None
        taken = {queue: flow.take(worker(queue)).name for queue in ("default", "io")}
        assert taken == {"default": "b", "io": "a"}
        assert_sound(execution)

    @pytest.mark.parametrize("take_next", [True, False])
    def test_the_next_one_of_the_same_execution_is_of_its_own_queue(self, listen: Listen, take_next: bool) -> None:
        listen(w1=("default", 9), w2=("io", 9))
        execution = flow.start({"a": [], "b": ["a"], "c": ["a"]}, tasks={"b": IO})
        who = worker("default")
        step = flow.complete(flow.take(who), who, take_next=take_next)
        assert (step.next_claim.name if step.next_claim else None) == ("c" if take_next else None)
        assert hinted(execution, step.hints) == ({"b"} if take_next else {"b", "c"})
        assert {hint.queue for hint in step.hints if hint.task_run_id == flow.row(execution, "b").pk} == {"io"}
        assert_sound(execution)

    def test_after_a_failure_too(self, listen: Listen) -> None:
        listen(w1=("default", 9), w2=("io", 9))
        execution = flow.start({"a": [], "b": []}, tasks={"b": IO}, max_parallel=1)
        who = worker("default")
        step = flow.fail(flow.take(who), who, take_next=True)
        assert step.next_claim is None
        assert hinted(execution, step.hints) == {"b"}


class TestWaking:
    def test_a_start_wakes_each_queue_for_its_own(
        self, broker: Celery, django_capture_on_commit_callbacks: Capture
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            execution = flow.start({"a": [], "b": [], "c": []}, tasks={"b": IO}, max_parallel=2)
        assert messages(broker) == [(flow.row(execution, name).pk, 0) for name in "ac"]
        assert messages(broker, "io") == [(flow.row(execution, "b").pk, 0)]

    def test_what_one_queue_has_ready_takes_no_hint_from_another(
        self, listen: Listen, broker: Celery, django_capture_on_commit_callbacks: Capture
    ) -> None:
        listen(w1=("default", 2), w2=("io", 1))
        names = [f"t{number}" for number in range(9)]
        with django_capture_on_commit_callbacks(execute=True):
            execution = flow.start({name: [] for name in names}, tasks=dict.fromkeys(names[:8], IO))
        assert messages(broker, "io") == [(flow.row(execution, "t0").pk, 0)]
        assert messages(broker) == [(flow.row(execution, "t8").pk, 0)]

    def test_busy_workers_of_one_queue_do_not_count_for_another(self, listen: Listen) -> None:
        listen(busy=("io", 1), idle=("default", 1))
        flow.start(each=IO, name="other")
        flow.take(worker("io", "busy"))
        execution = flow.start({"a": [], "b": ["a"], "c": ["a"]}, tasks={"b": IO})
        who = worker("default", "third")
        step = flow.complete(flow.take(who), who, take_next=False)
        assert hinted(execution, step.hints) == {"c"}

    def test_with_one_slot_left_each_queue_may_have_it(self, listen: Listen) -> None:
        listen(w1=("default", 9), w2=("io", 9))
        graph: flow.Graph = {"a": [], "b": ["a"], "c": ["a"], "d": ["a"], "e": ["a"]}
        execution = flow.start(graph, tasks={"b": IO, "c": IO}, max_parallel=1)
        who = worker("default")
        assert hinted(execution, flow.complete(flow.take(who), who).hints) == {"b", "d"}

    def test_a_slot_that_becomes_free_is_passed_on_to_a_queue_that_waited_for_one(self, listen: Listen) -> None:
        listen(w1=("default", 9), w2=("io", 9))
        execution = flow.start({"a": [], "b": ["a"], "c": []}, tasks={"c": IO}, max_parallel=1)
        who = worker("default")
        claim = flow.take_task(execution, "a", who)
        step = flow.complete(claim, who, take_next=False)
        assert hinted(execution, step.hints) == {"b", "c"}, "c had no slot so far"
        assert len(step.hints) == 2
        step = flow.complete(flow.take_task(execution, "b", who), who, take_next=True)
        assert (step.next_claim, hinted(execution, step.hints)) == (None, {"c"})

    def test_the_ticker_wakes_each_queue_again(self, listen: Listen, broker: Celery) -> None:
        flood = flow.start({f"t{number}": [] for number in range(9)}, each=IO, max_parallel=9, name="flood")
        small = flow.start(name="small")
        TaskRun.objects.update(queued_at="2020-01-01T00:00:00Z")
        flow.make_due(small, "queued_at", "a")  # younger than all of the flood
        messages(broker), messages(broker, "io")
        listen(w1=("default", 2), w2=("io", 3))
        assert recovery.republish_hints() == 4
        assert messages(broker) == [(flow.row(small).pk, 0)]
        assert messages(broker, "io") == [(flow.row(flood, f"t{number}").pk, 0) for number in range(3)]

    def test_nothing_is_sent_where_nobody_listens_until_somebody_does(
        self, listen: Listen, broker: Celery, django_capture_on_commit_callbacks: Capture
    ) -> None:
        listen(w1=("default", 9))
        with django_capture_on_commit_callbacks(execute=True):
            execution = flow.start(each=IO)
        flow.make_due(execution, "queued_at", "a")
        assert (recovery.republish_hints(), messages(broker, "io")) == (0, [])
        listen(w1=("default", 9), w2=("default io", 1))
        assert recovery.republish_hints() == 1
        assert messages(broker, "io") == [(flow.row(execution).pk, 0)]

    def test_with_no_worker_known_each_queue_is_woken_all_the_same(
        self, listen: Listen, broker: Celery, django_capture_on_commit_callbacks: Capture
    ) -> None:
        listen()
        with django_capture_on_commit_callbacks(execute=True):
            flow.start({"a": [], "b": []}, tasks={"b": IO})
        assert (len(messages(broker)), len(messages(broker, "io"))) == (1, 1)

    def test_a_resumed_execution_wakes_each_queue(self, listen: Listen) -> None:
        listen(w1=("default", 9), w2=("io", 9))
        execution = flow.start(flow.FAN, tasks=dict.fromkeys("ab", IO), max_parallel=1)
        store.pause(execution.pk)
        assert hinted(execution, store.resume(execution.pk)[1]) == {"a", "c"}

    def test_a_rerun_wakes_each_queue(
        self, listen: Listen, broker: Celery, django_capture_on_commit_callbacks: Capture
    ) -> None:
        first = flow.start({"a": [], "b": ["a"], "c": ["a"]}, tasks={"b": IO})
        who = flow.claimant(queues=("default", "io"))
        flow.complete(flow.take(who), who)
        for _ in "bc":
            flow.fail(flow.take(who), who)
        messages(broker), messages(broker, "io")
        listen(w1=("default", 9), w2=("io", 9))
        with django_capture_on_commit_callbacks(execute=True):
            made = rerun_execution(execution_id=first.pk, from_task="failed")
        found = [flow.row(made, name) for name in "cb"]
        assert messages(broker) + messages(broker, "io") == [(row.pk, row.token) for row in found]

    def test_a_job_that_has_lasted_long_hands_on_what_it_found_in_that_ones_queue(
        self, broker: Celery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = flow.start(name="first"), flow.start(each=IO, name="second")
        messages(broker), messages(broker, "io")
        monkeypatch.setattr(runner, "MAX_SECONDS_IN_A_JOB", -1.0)
        runner.work(flow.hint_of(first, "a"), flow.claimant(queues=("default", "io")))
        assert (messages(broker), messages(broker, "io")) == ([], [(flow.row(second).pk, 0)])

    def test_what_run_carries_itself_wakes_nobody(self, listen: Listen) -> None:
        listen(w1=("default", 9))
        flow.start({"a": [], "b": ["a"], "c": ["a"]}, options={"private_worker": "own"})
        own = flow.claimant("own", is_private=True)
        assert flow.complete(flow.take(own), own, take_next=True).hints == []


class TestCapacity:
    def test_a_worker_of_two_queues_counts_for_both_and_what_runs_counts_for_its_worker(self, listen: Listen) -> None:
        listen(both=("default io", 3), one=("io", 2))
        assert capacity.idle_of({"both": 2, "gone": 5}).places == {"default": 1, "io": 3}
        assert capacity.idle_of({"both": 9}).places == {"default": 0, "io": 2}

    def test_workers_are_read_with_their_queues(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(capacity, "_listeners", (0.0, ()))
        flow.claimant("w1")
        (found,) = capacity.listeners()
        assert (found.worker_id, found.places) == ("w1", 2)


@pytest.mark.one_database
class TestTold:
    """A queue that nobody listens to is seen."""

    GPU = 'no worker listens to the queue "gpu"; start one with: celery -A config worker --queues=gpu'

    @staticmethod
    def works(name: str, queue: str, *task_types: str) -> None:
        flow.claimant(name)
        Worker.objects.filter(pk=name).update(queues=[queue], task_types=list(task_types))

    def test_the_execution_says_so(self) -> None:
        execution = flow.start(each={"queue": "gpu"})
        self.works("w1", "default", "echo")
        assert execution_status(execution.pk)["reason"] == self.GPU

    def test_what_can_go_on_and_what_cannot_are_both_said(self) -> None:
        execution = flow.start({"a": [], "b": [], "c": []}, tasks={"b": {"queue": "gpu"}})
        self.works("w1", "default", "echo")
        assert execution_status(execution.pk)["reason"] == f"2 tasks queued for the next free worker; {self.GPU}"

    def test_a_handler_that_only_workers_of_another_queue_have_is_missing(self) -> None:
        execution = flow.start(each=IO)
        self.works("w1", "default", "echo")
        self.works("w2", "io", "custom")
        assert str(execution_status(execution.pk)["reason"]).startswith('no worker of the queue "io" has a handler')

    def test_doctor_says_so_too(self) -> None:
        flow.start(each={"queue": "gpu"})
        self.works("w1", "default", "echo")
        (check,) = [check for check in examine() if check.name == "queue"]
        assert (check.status, check.hint) == ("problem", self.GPU)

    def test_doctor_warns_of_where_tasks_are_sent_before_any_waits_there(self, configure: Configure) -> None:
        configure(task_queues={"echo": "gpu", "text_generaton": "default", "*": "default"})
        self.works("w1", "default", "echo")
        found = {check.said: (check.status, check.hint) for check in examine() if check.name == "task queues"}
        unknown = "no such task type is known here; did you mean text_generation?"
        assert found == {
            "TASK_QUEUES sends echo to gpu": ("warning", self.GPU),
            "TASK_QUEUES sends text_generaton to default": ("warning", unknown),
        }
