"""What is pruned, and above all what is not."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from orchestration.engine.blobs import load_value, store_value
from orchestration.models import Blob, Execution, ExecutionEvent, TaskAttempt, TaskRun, Worker
from orchestration.services.retention import prune_executions, prune_gone_workers, prune_orphaned_blobs
from tests.commands.calling import call
from tests.engine import flow

pytestmark = pytest.mark.django_db


def finished(days_ago: float) -> Execution:
    execution = flow.start()
    flow.complete(flow.take_task(execution, "a", flow.claimant()), flow.claimant())
    Execution.objects.filter(pk=execution.pk).update(finished_at=Now() - timedelta(days=days_ago))
    return execution


def large(letter: str = "x") -> str:
    return letter * 100_000


def make_old() -> None:
    Blob.objects.update(touched_at=Now() - timedelta(hours=2))


class TestExecutions:
    def test_finished_ones_past_the_retention_go_with_everything_of_theirs(self) -> None:
        finished(91)
        kept = finished(89)
        assert call("prune", "--json").document == {"executions": 1, "blobs": 0, "workers": 0, "dry_run": False}
        assert list(Execution.objects.all()) == [kept]
        assert {row.execution_id for row in TaskRun.objects.all()} == {kept.pk}
        assert {row.task_run.execution_id for row in TaskAttempt.objects.all()} == {kept.pk}
        assert {row.execution_id for row in ExecutionEvent.objects.all()} == {kept.pk}

    def test_live_ones_stay_however_old(self) -> None:
        execution = flow.start()
        Execution.objects.update(created_at=Now() - timedelta(days=999))
        call("prune", "--older-than", "0")
        assert Execution.objects.filter(pk=execution.pk).exists()

    def test_a_dry_run_deletes_nothing(self) -> None:
        finished(91)
        called = call("prune", "--dry-run")
        assert "1 execution would be deleted" in called.out
        assert Execution.objects.count() == 1

    def test_they_go_in_batches(self) -> None:
        for _ in range(5):
            finished(91)
        assert list(prune_executions(batch=2)) == [2, 2, 1]

    @pytest.mark.parametrize("words", [["--batch", "0"], ["--older-than", "-1"]])
    def test_nonsense_is_refused(self, words: list[str]) -> None:
        assert call("prune", *words).code == 2


class TestBlobs:
    @pytest.mark.parametrize(
        "wrap", [lambda blob: blob, lambda blob: {"a": [{"b": blob}, 1]}], ids=["at the top", "deep inside"]
    )
    @pytest.mark.parametrize("column", ["input", "output"])
    def test_one_that_an_execution_refers_to_stays_wherever_the_reference_stands(self, column: str, wrap: Any) -> None:
        execution = flow.start()
        stored = wrap(store_value(large()))
        Execution.objects.filter(pk=execution.pk).update(**{column: stored})
        make_old()
        assert prune_orphaned_blobs() == 0
        assert load_value(stored) == wrap(large())

    def test_one_that_a_task_run_refers_to_stays(self) -> None:
        execution = flow.start(flow.CHAIN)
        flow.complete(flow.take(flow.claimant()), flow.claimant(), store_value({"text": large()}))
        make_old()
        assert prune_orphaned_blobs() == 0
        assert load_value(flow.row(execution).output) == {"text": large()}

    def test_one_that_nobody_refers_to_goes_after_an_hour(self) -> None:
        store_value(large())
        assert prune_orphaned_blobs() == 0
        make_old()
        assert prune_orphaned_blobs() == 1
        assert not Blob.objects.exists()

    def test_what_only_looks_like_a_reference_keeps_nothing(self) -> None:
        digest = store_value(large())["$blob"]
        flow.start(input_data={"$blob": digest, "text": f'{{"$blob": "{digest}"}}'})
        make_old()
        assert prune_orphaned_blobs() == 1

    def test_one_that_is_written_again_is_young_again(self) -> None:
        store_value(large())
        make_old()
        store_value(large())
        assert prune_orphaned_blobs() == 0


class TestWorkers:
    def age(self, worker_id: str) -> None:
        flow.claimant(worker_id)
        Worker.objects.filter(pk=worker_id).update(heartbeat_at=Now() - timedelta(days=2))

    def test_those_silent_for_a_day_go(self) -> None:
        flow.claimant("young")
        self.age("old")
        assert prune_gone_workers() == 1
        assert Worker.objects.get().pk == "young"

    def test_one_that_still_holds_a_task_run_stays(self) -> None:
        self.age("old")
        flow.start()
        flow.take(flow.claimant("old"))
        assert prune_gone_workers() == 0

    def test_the_process_of_an_open_run_stays_so_that_the_run_can_be_ended(self) -> None:
        self.age("old")
        flow.start(options={"private_worker": "old"})
        assert prune_gone_workers() == 0
