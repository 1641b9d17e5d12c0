"""What the timeline and the graph of an execution are drawn from."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestration.definition import Graph
from orchestration.engine import store
from orchestration.engine.versions import pipeline_of
from orchestration.models import Execution, TaskAttempt
from orchestration.selectors.execution_graph import graph_edges, graph_nodes
from orchestration.selectors.execution_page import (
    AttemptRow,
    TaskRow,
    find_page_execution,
    read_attempts,
    read_tasks,
    read_work,
    seconds_at_work,
)
from orchestration.selectors.timeline import Story, notable_tasks, paused_spans, timeline_rows
from orchestration.selectors.typical import typical_run, typical_tasks
from orchestration.services.executions import cancel_execution, pause_execution, resume_execution
from tests.engine import flow
from tests.pages.conftest import MakeExecution
from tests.pages.execution_pages import complete_task, fail_attempt, retry_now
from web.charts.timeline import Options, TimelineRow

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW = START + timedelta(seconds=100)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_task(status: str, *, name: str = "a", **times: Any) -> TaskRow:
    """A task run; times in seconds after the start."""
    moments = {key: at(value) for key, value in times.items() if key in TIMES and value is not None}
    others = {key: value for key, value in times.items() if key not in TIMES}
    empty: dict[str, Any] = dict.fromkeys(TaskRow._fields)
    known = {"pk": 1, "position": 0, "task_type": "echo", "model": "", "failures": 0, "crashes": 0, "max_attempts": 3}
    return TaskRow(**{**empty, **known, "name": name, "status": status, **moments, **others})


TIMES = ("queued_at", "started_at", "finished_at", "not_before")


def an_attempt(status: str, start: float, end: float, code: str | None = None) -> AttemptRow:
    return AttemptRow(1, int(start), status, code, at(start), at(end))


def a_row(task: TaskRow, attempts: Sequence[AttemptRow] = (), **story: Any) -> TimelineRow:
    needs = {"before": (), task.name: ("before",)} if story.pop("has_parent", False) else {task.name: ()}
    told = Story(
        tasks=[*story.pop("others", ()), task],
        attempts={task.pk: attempts},
        work={},
        graph=Graph(needs),
        created_at=START,
        now=NOW,
        **story,
    )
    return timeline_rows(told)[-1]


def drawn(row: TimelineRow) -> list[tuple[str, float, float | None]]:
    """Kind, from and to in seconds after the start."""
    return [
        (
            segment.kind.value,
            (segment.start - START).total_seconds(),
            (segment.end - START).total_seconds() if segment.end else None,
        )
        for segment in row.segments
    ]


def test_a_task_is_queued_and_then_runs() -> None:
    row = a_row(a_task("completed", queued_at=1, started_at=3, finished_at=9), [an_attempt("completed", 3, 9)])
    assert drawn(row) == [("queued", 1, 3), ("completed", 3, 9)]


def test_one_that_runs_now_has_no_end() -> None:
    assert drawn(a_row(a_task("running", queued_at=0, started_at=3))) == [("queued", 0, 3), ("running", 3, None)]


def test_between_failures_it_waits_for_the_next_attempt() -> None:
    """`queued_at` is only kept of the last time it was queued, so that the first wait follows from what it needs."""
    attempts = [
        an_attempt("failed", 3, 9, "rate_limited"),
        an_attempt("timed_out", 12, 20),
        an_attempt("completed", 27, 30),
    ]
    task = a_task("completed", queued_at=25, started_at=27, finished_at=30, failures=2)
    row = a_row(task, attempts, has_parent=True, others=[a_task("completed", name="before", pk=2, finished_at=2)])
    assert drawn(row) == [
        ("queued", 2, 3),
        ("failed", 3, 9),
        ("back_off", 9, 12),
        ("timed_out", 12, 20),
        ("back_off", 20, 25),
        ("queued", 25, 27),
        ("completed", 27, 30),
    ]
    assert row.segments[1].label == "rate_limited"
    assert row.note == "3 attempts"


def test_after_a_lost_worker_it_is_queued_again() -> None:
    attempts = [an_attempt("crashed", 1, 5), an_attempt("handed_back", 6, 7), an_attempt("completed", 9, 10)]
    row = a_row(a_task("completed", queued_at=0, started_at=9, finished_at=10), attempts)
    assert [kind for kind, _, _ in drawn(row)] == [
        *("queued", "crashed", "queued", "handed_back", "queued", "completed"),
    ]


def test_a_retry_in_the_future_reaches_to_when_it_is_due() -> None:
    task = a_task("retrying", queued_at=0, started_at=1, not_before=130, failures=1)
    assert drawn(a_row(task, [an_attempt("failed", 1, 4)])) == [
        ("queued", 0, 1),
        ("failed", 1, 4),
        ("back_off", 4, 130),
    ]


def test_one_that_was_cancelled_while_it_ran_shows_how_far_it_came() -> None:
    row = a_row(a_task("cancelled", queued_at=0, started_at=2, finished_at=7))
    assert drawn(row) == [("queued", 0, 2), ("cancelled", 2, 7)]


def test_its_late_report_is_drawn_as_discarded() -> None:
    row = a_row(a_task("cancelled", queued_at=0, started_at=2, finished_at=7), [an_attempt("discarded", 2, 11)])
    assert drawn(row) == [("queued", 0, 2), ("discarded", 2, 11)]


def test_one_that_nobody_took_in_time_was_only_queued() -> None:
    assert drawn(a_row(a_task("timed_out", queued_at=1, finished_at=9))) == [("queued", 1, 9)]


@pytest.mark.parametrize("status", ["pending", "skipped"])
def test_one_that_never_was_its_turn_has_no_bar(status: str) -> None:
    assert drawn(a_row(a_task(status, finished_at=3 if status == "skipped" else None))) == []


def test_a_reused_result_has_no_bar() -> None:
    row = a_row(a_task("completed", finished_at=0))
    assert (drawn(row), row.took) == ([], "reused")


PAUSES = {
    "before": ([(at(-5), at(-1))], [("queued", 0, 10)]),
    "inside": ([(at(2), at(5))], [("queued", 0, 2), ("paused", 2, 5), ("queued", 5, 10)]),
    "over the beginning": ([(at(-1), at(5))], [("paused", 0, 5), ("queued", 5, 10)]),
    "over the end": ([(at(5), at(50))], [("queued", 0, 5), ("paused", 5, 10)]),
    "twice": (
        [(at(1), at(2)), (at(4), at(5))],
        [("queued", 0, 1), ("paused", 1, 2), ("queued", 2, 4), ("paused", 4, 5), ("queued", 5, 10)],
    ),
    "still": ([(at(6), None)], [("queued", 0, 6), ("paused", 6, 10)]),
}


@pytest.mark.parametrize("name", PAUSES)
def test_a_pause_is_not_time_in_the_queue(name: str) -> None:
    paused, expected = PAUSES[name]
    task = a_task("completed", queued_at=0, started_at=10, finished_at=11)
    assert drawn(a_row(task, [an_attempt("completed", 10, 11)], paused=paused))[:-1] == expected


def test_while_it_is_paused_a_queued_task_is_paused() -> None:
    assert drawn(a_row(a_task("queued", queued_at=0), paused=[(at(6), None)])) == [
        ("queued", 0, 6),
        ("paused", 6, None),
    ]


def test_attempts_may_have_rows_of_their_own() -> None:
    attempts = [an_attempt("crashed", 1, 2, "worker_lost"), an_attempt("completed", 3, 4)]
    task = a_task("completed", queued_at=0, started_at=3, finished_at=4, crashes=1)
    story = Story([task], {1: attempts}, {}, Graph({"a": ()}), START, NOW, with_attempts=True)
    rows = timeline_rows(story)
    assert [(row.label, row.depth, row.status) for row in rows] == [
        ("a", 0, "completed"),
        ("attempt 1", 1, "failed"),
        ("attempt 2", 1, "completed"),
    ]


# On real rows ---------------------------------------------------------------------------------------------------------


def story_of(execution: Execution, **more: Any) -> Story:
    found = find_page_execution(execution.pk)
    return Story(
        tasks=read_tasks(execution.pk),
        attempts=read_attempts(execution.pk),
        work=read_work(execution.pk),
        graph=pipeline_of(execution.version_id).graph,
        created_at=execution.created_at,
        now=found.now,  # type: ignore[attr-defined]  # annotated
        paused=paused_spans(execution.pk),
        **more,
    )


def test_rows_are_read_back_as_they_were_written(make_execution: MakeExecution) -> None:
    execution = make_execution("queued", graph=flow.CHAIN, each={"retry": {"max_attempts": 3}})
    fail_attempt(execution, "a")
    retry_now(execution, "a")
    complete_task(execution, "a")
    rows = {row.key: row for row in timeline_rows(story_of(execution, with_path=True))}
    kinds = [segment.kind.value for segment in rows["a"].segments]
    assert kinds == ["queued", "failed", "back_off", "queued", "completed"]
    moments = [moment for segment in rows["a"].segments for moment in (segment.start, segment.end) if moment]
    assert moments == sorted(moments)
    assert rows["a"].took_seconds is not None
    assert rows["a"].is_critical
    assert [segment.kind.value for segment in rows["b"].segments] == ["queued"]
    assert rows["c"].segments == ()


def test_times_are_read_as_exactly_as_the_rows_have_them(make_execution: MakeExecution) -> None:
    execution = make_execution("completed")
    (task,) = read_tasks(execution.pk)
    row = flow.row(execution)
    assert (task.queued_at, task.started_at, task.finished_at) == (row.queued_at, row.started_at, row.finished_at)
    (attempt,) = read_attempts(execution.pk)[row.pk]
    assert attempt.started_at == row.started_at


def test_pauses_are_told_by_the_history(make_execution: MakeExecution) -> None:
    execution = make_execution("queued")
    pause_execution(execution_id=execution.pk)
    resume_execution(execution_id=execution.pk)
    pause_execution(execution_id=execution.pk)
    first, second = paused_spans(execution.pk)
    assert first[1] is not None
    assert first[0] <= first[1] <= second[0]
    assert second[1] is None


def test_of_many_tasks_the_unfinished_and_slow_are_looked_at_closely() -> None:
    tasks = [a_task("completed", name=f"t{n}", pk=n, position=n, started_at=0, finished_at=n) for n in range(200)] + [
        a_task("running", name="now", pk=500, started_at=1),
        a_task("pending", name="later", pk=501),
    ]
    names = notable_tasks(tasks, Options())
    assert names[0] == "now"
    assert "t199" in names
    assert "t1" not in names
    assert "later" not in names
    assert len(notable_tasks(tasks, Options(show_all=True, page=2))) == 2


SPANS: list[tuple[list[tuple[int, int]], int | None]] = [
    ([], None),
    ([(0, 10)], None),
    ([(0, 10), (20, 30)], None),
    ([(0, 10), (5, 8), (5, 20)], None),
    ([(0, 10), (10, 12), (11, 11)], None),
    ([(0, 50), (1, 2), (3, 60), (4, 5)], None),
    ([(0, 10), (5, 20)], 15),
    ([(0, 10)], 40),
    ([], 90),
    ([(50, 70), (60, 65)], 55),
]


@pytest.mark.parametrize(("spans", "running"), SPANS)
def test_time_at_work_counts_overlapping_attempts_once(
    spans: list[tuple[int, int]], running: int | None, make_execution: MakeExecution
) -> None:
    execution = make_execution("running" if running is not None else "queued")
    row = flow.row(execution)
    if running is not None:
        execution.task_runs.update(started_at=at(running))
    rows = [
        TaskAttempt(task_run=row, token=100 + n, status="failed", started_at=at(start), finished_at=at(end))
        for n, (start, end) in enumerate(spans)
    ]
    TaskAttempt.objects.bulk_create(rows)
    every = [*spans, *([(running, 100)] if running is not None else [])]
    expected = len({second for start, end in every for second in range(start, end)})
    assert seconds_at_work(execution.pk, NOW) == pytest.approx(expected, abs=0.01)


def test_medians_are_of_completed_runs_of_others(make_execution: MakeExecution) -> None:
    runs = [make_execution("completed", graph=flow.CHAIN) for _ in range(3)]
    make_execution("failed", graph=flow.CHAIN)
    typical = typical_run("flow", besides=runs[0].pk)
    assert set(typical.executions) == {runs[1].pk, runs[2].pk}
    assert typical.seconds is not None
    assert set(typical_tasks(typical.executions, ["a", "b"], tasks=3)) == {"a", "b"}
    assert typical_tasks((), ["a"], tasks=3) == {}


# The graph ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def branched(make_execution: MakeExecution) -> Execution:
    """`b` failed and took `d` along, `c` completed."""
    execution = make_execution("queued", graph=flow.DIAMOND)
    complete_task(execution, "a")
    fail_attempt(execution, "b", retryable=False)
    complete_task(execution, "c")
    return execution


def test_ways_to_what_was_skipped_were_not_taken(branched: Execution) -> None:
    needs = pipeline_of(branched.version_id).graph
    taken = {(edge.source, edge.target): edge.is_taken for edge in graph_edges(read_tasks(branched.pk), needs)}
    assert taken == {("a", "b"): True, ("a", "c"): True, ("b", "d"): False, ("c", "d"): False}


def test_nodes_say_what_became_of_them(branched: Execution) -> None:
    tasks, needs = read_tasks(branched.pk), pipeline_of(branched.version_id).graph
    nodes = {
        node.key: node
        for node in graph_nodes(tasks, needs, NOW, work=read_work(branched.pk), selected="b", with_path=True)
    }
    assert nodes["b"].detail.startswith("rate_limited · ")
    assert nodes["b"].is_selected
    assert nodes["d"].detail == "skipped"
    assert nodes["c"].cells[0] == "echo"
    assert nodes["c"].cells[2] == "1"
    assert nodes["d"].cells[2] == "0"
    assert nodes["c"].is_critical
    assert not nodes["b"].is_critical


def test_a_cancelled_execution_is_drawn_to_its_end(make_execution: MakeExecution) -> None:
    execution = make_execution("running", graph=flow.CHAIN)
    cancel_execution(execution_id=execution.pk)
    rows = timeline_rows(story_of(execution))
    assert [segment.kind.value for segment in rows[0].segments] == ["queued", "cancelled"]


def test_a_task_that_lost_its_worker_is_drawn_as_such(make_execution: MakeExecution) -> None:
    execution = make_execution("running")
    row = flow.row(execution)
    store.lose_worker(row.pk, row.token, message="gone")
    rows = timeline_rows(story_of(execution))
    assert [segment.kind.value for segment in rows[0].segments] == ["queued", "crashed", "queued"]
