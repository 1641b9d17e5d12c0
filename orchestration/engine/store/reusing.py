"""Rerun: a new execution of which some task runs are completed from the start, with the results of an earlier one.

A reused task run has its output and the model that made it, and nothing else of the earlier one: no attempt, no start,
no usage, so that nothing is counted twice. The event `task.reused` names the execution that made the result.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery, TextField
from django.db.models.functions import Cast, Now

from common.resilience import retried
from orchestration.engine.outcomes import Hint
from orchestration.engine.store.ledger import Ledger, locked
from orchestration.engine.store.moves import end_if_nothing_is_open
from orchestration.engine.store.starting import NewExecution, create
from orchestration.engine.versions import pipeline_of
from orchestration.models import Blob, Execution, ExecutionEvent, TaskRun
from orchestration.selectors.blobs import digests_in
from orchestration.states import TaskRunStatus

S = TaskRunStatus
REUSED = "task.reused"


@retried
def create_rerun(new: NewExecution, source_id: UUID, reused: Sequence[str]) -> tuple[Execution, list[Hint]]:
    """Write an execution that has the results of the tasks `reused` of `source_id`, which has to have ended.

    All of them reused, it ends at once. Raises `Execution.DoesNotExist` when the source is gone, `Blob.DoesNotExist`
    when one of its large values is, and `IntegrityError` when the idempotency key was used before.
    """
    with transaction.atomic():
        # By a call that could not tell whether it was committed; the ticker wakes the workers.
        if written := Execution.objects.filter(pk=new.id).first():
            return written, []
        # Under its lock nobody prunes the source, and with it the values we come to refer to.
        source = Execution.objects.select_for_update(of=("self",)).only("id").get(pk=source_id)
        _touch(set(digests_in(new.stored_input)) | set(_large_outputs(source, reused)))
        execution, hints = create(new)
        if not reused:
            return execution, hints
        with locked(new.id) as ledger:
            _take_over(ledger, source, reused)
        return ledger.execution, ledger.hints


def _take_over(ledger: Ledger, source: Execution, reused: Sequence[str]) -> None:
    """Complete the reused task runs and queue what waited for them alone. Nobody has seen the rows yet."""
    _copy_results(ledger, source, reused)
    for name, origin in _origins(source, reused).items():
        ledger.say(REUSED, name, execution_id=origin)
    _count_out(ledger, reused)
    ready = _release(ledger, reused)
    ledger.queue_task_runs(ready)
    end_if_nothing_is_open(ledger)
    if not ledger.has_ended:
        ledger.hint([], others=ledger.free_slots)


def _copy_results(ledger: Ledger, source: Execution, reused: Sequence[str]) -> None:
    """In the database, row by row, found by their positions: there is no index by name."""
    earlier = dict(TaskRun.objects.filter(execution=source).order_by().values_list("name", "position"))
    here = pipeline_of(ledger.execution.version_id).graph.positions
    shifts = defaultdict(list)
    for name in reused:  # of the same version none is shifted, of another mostly few blocks are
        shifts[earlier[name] - here[name]].append(here[name])
    for shift, positions in shifts.items():
        made = TaskRun.objects.filter(execution=source, position=OuterRef("position") + shift, name=OuterRef("name"))
        made = made.filter(status=S.COMPLETED).order_by()
        TaskRun.objects.filter(execution=ledger.execution, position__in=positions).update(
            status=S.COMPLETED,
            output=Subquery(made.values("output")[:1]),
            model=Subquery(made.values("model")[:1]),
            remaining_dependencies=0,
            queued_at=None,
            queue_deadline_at=None,
            finished_at=ledger.now,
        )


def _count_out(ledger: Ledger, reused: Sequence[str]) -> None:
    """Task runs that never were open: the counters as if the execution had been written without them."""
    execution = ledger.execution
    execution.open_task_runs -= len(reused)
    execution.active_task_runs -= len(set(pipeline_of(execution.version_id).graph.roots).intersection(reused))
    counters = {"open_task_runs": execution.open_task_runs, "active_task_runs": execution.active_task_runs}
    Execution.objects.filter(pk=execution.pk).update(**counters)


def _release(ledger: Ledger, reused: Sequence[str]) -> list[TaskRun]:
    """Lower the counters of those that waited for reused tasks; returns the task runs that wait for nothing now."""
    graph, done = pipeline_of(ledger.execution.version_id).graph, set(reused)
    waiting = defaultdict(list)
    for name in {child for parent in done for child in graph.children(parent)} - done:
        waiting[sum(parent not in done for parent in graph.parents(name))].append(name)
    rows = TaskRun.objects.filter(execution=ledger.execution)
    for remaining, names in waiting.items():
        rows.filter(name__in=names).update(remaining_dependencies=remaining)
    return list(rows.filter(name__in=waiting[0]).order_by("id"))


def _origins(source: Execution, reused: Sequence[str]) -> dict[str, str]:
    """Task → the execution that made its result: the source, or the one whose result the source had reused itself."""
    events = ExecutionEvent.objects.filter(execution=source, kind=REUSED)
    earlier = dict(events.values_list("task_name", "details__execution_id"))
    return {name: earlier.get(name, str(source.pk)) for name in reused}


def _large_outputs(source: Execution, reused: Sequence[str]) -> Iterator[str]:
    """The digests in the outputs that are reused. Only rows whose JSON has the mark in it are read."""
    rows = TaskRun.objects.filter(execution=source, name__in=reused).annotate(_json=Cast("output", TextField()))
    for output in rows.filter(_json__contains='"$blob"').order_by().values_list("output", flat=True):
        yield from digests_in(output)


def _touch(digests: Iterable[str]) -> None:
    """Say of blobs that somebody relies on them again, so that pruning leaves them. Raises `Blob.DoesNotExist`."""
    wanted = set(digests)
    if not wanted:
        return
    blobs = Blob.objects.filter(digest__in=wanted)
    found = blobs.order_by("digest").select_for_update().values_list("digest", flat=True)
    if gone := wanted.difference(found):
        raise Blob.DoesNotExist(f"the blob {min(gone)[:12]} is gone")
    blobs.update(touched_at=Now())
