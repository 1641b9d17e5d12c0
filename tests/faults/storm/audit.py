"""The program that judges a storm: `python -m tests.faults.storm.audit` answers JSON lines, as `tests.faults.client`.

It reads rows only, but for the two things done by hand: expiring the ticker's lease and registering new versions.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

import tests.faults.storm.workload as workload  # noqa: E402  # after the set-up
from common import json_boundary  # noqa: E402
from common.clock import database_now  # noqa: E402
from common.resilience import until_the_database_answers  # noqa: E402
from orchestration import Pipeline, PipelineOrchestrator  # noqa: E402
from orchestration.engine.blobs import load_value  # noqa: E402
from orchestration.models import Execution, TaskAttempt, TaskRun, TickerLease, Worker  # noqa: E402
from orchestration.selectors.invariants import broken_invariants  # noqa: E402
from reviews.audit.verification import verify  # noqa: E402
from reviews.models import ReviewDecision, ReviewRequest  # noqa: E402
from reviews.states import DECIDED, FINAL  # noqa: E402
from tests.engine.soundness import assert_sound  # noqa: E402
from tests.faults.asked import answer_lines  # noqa: E402
from tests.sample_handlers import AWKWARD  # noqa: E402

MOST_PROBLEMS = 30


def violations() -> list[list[Any]]:
    """Every broken invariant: what it is about, and what it says."""
    return [[f"{one.invariant} {one.execution_id} {one.task_run_id}", one.message] for one in broken_invariants()]


def counts() -> dict[str, int]:
    live = Execution.objects.filter(finished_at=None).count()
    ended = Execution.objects.exclude(finished_at=None).count()
    return {"live": live, "ended": ended, "open_reviews": ReviewRequest.objects.filter(closed_at=None).count()}


def leader() -> int | None:
    """The process id of the worker whose ticker leads."""
    lease = TickerLease.objects.filter(expires_at__gt=database_now()).first()
    worker = Worker.objects.filter(pk=lease.holder).first() if lease else None
    return worker.pid if worker else None


def held(pid: int, child: int | None = None) -> list[list[int]]:
    """(task run, token) of the attempts in flight in a worker, or in one of its children."""
    rows = TaskRun.objects.filter(status="running", worker__pid=pid, worker__stopped_at=None)
    if child is not None:
        rows = rows.filter(worker_pid=child)
    return [list(row) for row in rows.values_list("pk", "token")]


def busy_child(pid: int) -> int | None:
    rows = TaskRun.objects.filter(status="running", worker__pid=pid, worker__stopped_at=None)
    return rows.values_list("worker_pid", flat=True).first()


def restarted(rows: list[list[int]], since: float) -> list[list[float | None]]:
    """For each interrupted (task run, token): seconds until it was taken back, and until its next attempt began."""
    at = datetime.fromtimestamp(since, UTC)
    found = (_restarted(pk, token, at) for pk, token in rows)
    return [times for times in found if times]


def _restarted(pk: int, token: int, since: datetime) -> list[float | None]:
    attempts = list(TaskAttempt.objects.filter(task_run=pk, token__gte=token).order_by("token"))
    if not attempts or attempts[0].token != token or attempts[0].status not in ("crashed", "handed_back"):
        return []  # it was not interrupted after all
    again = (attempts[1].started_at - since).total_seconds() if len(attempts) > 1 else None
    return [(attempts[0].finished_at - since).total_seconds(), again]


def first_completion(since: float) -> float | None:
    """Seconds until the first result recorded after a moment."""
    at = datetime.fromtimestamp(since, UTC)
    rows = TaskAttempt.objects.filter(status="completed", finished_at__gt=at).order_by("finished_at")
    found = rows.values_list("finished_at", flat=True).first()
    return (found - at).total_seconds() if found else None


def expire_leader() -> None:
    TickerLease.objects.update(expires_at=database_now() - timedelta(seconds=1))


def register(revision: int) -> None:
    """A new version of every pipeline, while executions of the old ones are live."""
    orchestrator = PipelineOrchestrator()
    for name in workload.PIPELINES:
        orchestrator.register_pipeline(Pipeline(workload.definition(name, revision)))


def verdict(journal: str, decisions: str) -> dict[str, Any]:
    """Everything that is known at the end. `problems` is empty when the storm was survived.

    The files of the programs that submit and that review.
    """
    lines = [line.split() for line in Path(journal).read_text().splitlines()]
    acknowledged = {line[1]: line[2] for line in lines if line[0] == "ok"}
    tried = {line[1] for line in lines if line[0] == "try"}
    found = dict(Execution.objects.values_list("idempotency_key", "pk"))
    lost = [key for key, pk in acknowledged.items() if str(found.get(key)) != pk]
    strange = [key for key in found if key not in tried]
    problems = [f"submitted and lost: {key}" for key in lost] + [f"never submitted: {key}" for key in strange]
    cancels: dict[str, set[str]] = {}
    for line in lines:
        if line[0] in ("cancel", "cancelled"):
            cancels.setdefault(line[1], set()).add(line[-1])
    for execution in Execution.objects.select_related("version").order_by("pk").iterator(chunk_size=200):
        answers = cancels.get(str(execution.pk), set())
        problems += (f"{execution.idempotency_key}: {said}" for said in _judge(execution, answers))
    problems += _judge_reviews([line.split() for line in Path(decisions).read_text().splitlines()])
    return {
        "submitted": len(acknowledged),
        "ended": Execution.objects.exclude(finished_at=None).count(),
        "not_ended": Execution.objects.filter(finished_at=None).count(),
        "lost": len(lost),
        "doubled": count_doubled(),
        "executions": dict(Counter(Execution.objects.values_list("status", flat=True))),
        "task_runs": dict(Counter(TaskRun.objects.values_list("status", flat=True))),
        "attempts": dict(Counter(TaskAttempt.objects.values_list("status", flat=True))),
        "reviews": dict(Counter(ReviewRequest.objects.order_by().values_list("status", flat=True))),
        "versions": max(Execution.objects.values_list("version__number", flat=True), default=0),
        "wrong": len(problems),
        "problems": problems[:MOST_PROBLEMS],
    }


def _judge_reviews(acknowledged: list[list[str]]) -> Iterator[str]:
    """Each review ended; decided ones by one decision, the others by none; no decision is lost; the chain holds."""
    outcomes: dict[str, list[str]] = {}
    made = ReviewDecision.objects.filter(verdict__in=FINAL, undone_at=None).order_by()
    for review_id, verdict in made.values_list("review_id", "verdict"):
        outcomes.setdefault(str(review_id), []).append(verdict)
    for review in ReviewRequest.objects.order_by("pk").only("status", "closed_at"):
        number = len(outcomes.get(str(review.pk), ()))
        if review.closed_at is None or number != (review.status in DECIDED):
            yield f"the review {review.pk} is {review.status} and has {number} decisions"
    for key, said in acknowledged:
        if outcomes.get(key) != [said]:
            yield f"the review {key} was decided, {said}, and that is lost: {outcomes.get(key)}"
    yield from (f"the history of reviews: {one}" for one in verify().breaks)


def count_doubled() -> int:
    """Task runs with more than one recorded result."""
    rows = Counter(TaskAttempt.objects.filter(status="completed").values_list("task_run_id", flat=True))
    return sum(number > 1 for number in rows.values())


def _judge(execution: Execution, cancels: set[str]) -> Iterator[str]:
    """`cancels` is empty when nobody asked to cancel it; else it holds what the answers were, if there were any."""
    tasks = execution.version.definition["tasks"]
    name = execution.pipeline_id
    wanted = "failed" if name == "storm_doomed" else "completed"
    if execution.status != wanted and not (execution.status == "cancelled" and cancels):
        yield f"it is {execution.status}, not {wanted}: {execution.error}"
    if execution.status != "cancelled" and "True" in cancels:
        yield f"it was cancelled and is {execution.status}"
    try:
        assert_sound(execution)
    except AssertionError as error:
        yield f"its rows do not agree: {error}"
    rows = {row.name: row for row in execution.task_runs.all().prefetch_related("attempts")}
    expected = workload.expected_values(tasks, str(execution.idempotency_key))
    outputs = {name: load_value(row.output) for name, row in rows.items() if row.status == "completed"}
    for task in tasks:
        yield from _judge_task(task, rows[task["name"]], outputs, expected[task["name"]])


def _judge_task(task: dict[str, Any], row: TaskRun, outputs: dict[str, Any], value: str) -> Iterator[str]:
    given = task["parameters"]
    recorded = sum(attempt.status == "completed" for attempt in row.attempts.all())
    was_looked_at = row.status == "cancelled" and row.review_id is not None  # a result, and nobody's decision yet
    if recorded != (row.status == "completed" or was_looked_at):
        yield f"{row.name} is {row.status} and has {recorded} recorded results"
    if row.failures > given.get("fails", 0) + bool(given.get("doomed")):
        yield f"{row.name} has {row.failures} failures: {[a.error for a in row.attempts.all() if a.error]}"
    if row.status != "completed":
        return
    output = outputs[row.name]
    if "review" in task:
        yield from _judge_decision(row, output)
    if output["value"] != value:
        yield f"{row.name} returned {output['value']}, not {value}"
    if output["seen"] != [outputs[parent]["word"] for parent in task.get("dependencies", [])]:
        yield f"{row.name} saw other results than the recorded ones"
    if "awkward" in given and _plain(output["awkward"]) != _plain(AWKWARD[given["awkward"]]()):
        yield f"{row.name} lost its {given['awkward']}"


def _judge_decision(row: TaskRun, output: dict[str, Any]) -> Iterator[str]:
    """It went on after its review, with what was decided there."""
    verdict, corrected = workload.reply_to(output)
    if row.review is None or output.get("_review", {}).get("decision") != verdict:
        yield f"{row.name} went on without its review, or with another decision: {output.get('_review')}, not {verdict}"
    if output.get("noted") != (corrected or {}).get("noted"):
        yield f"{row.name} went on with {output.get('noted')}, not what was corrected"


def _plain(value: object) -> bytes:
    """Comparable: NaN does not equal itself."""
    return json_boundary.dump(json_boundary.encode(value))


if __name__ == "__main__":
    answer_lines(
        violations,
        counts,
        leader,
        held,
        busy_child,
        restarted,
        first_completion,
        expire_leader,
        register,
        verdict,
        call=until_the_database_answers,
    )
