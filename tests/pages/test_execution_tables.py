"""The tabs that list: tasks and events, page by page."""

import re
from pathlib import Path

import pytest
from django.test import Client

from orchestration.models import Execution, ExecutionEvent
from orchestration.selectors import history_words
from orchestration.selectors.execution_page import page_of_tasks, read_work
from orchestration.selectors.history_words import line_of, read_events
from orchestration.services.executions import rerun_execution
from orchestration.views.execution import tables
from tests.engine import flow
from tests.pages.conftest import MakeExecution
from tests.pages.execution_pages import complete_task, fail_attempt, open_tab, retry_now, words

MANY: flow.Graph = {f"task_{number:02}": [] for number in range(12)}


def listed(page: str) -> list[str]:
    return re.findall(r'class="lead"><a class="mono" href="[^"]+">(\w+)</a>', page)


def test_tasks_stand_in_the_order_of_execution(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("completed", graph={"z": [], "y": ["z"], "x": ["y"]})
    assert listed(open_tab(reader, execution, "tasks/")) == ["z", "y", "x"]


def test_tasks_of_a_state_or_with_a_text_alone(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("queued", graph=MANY)
    complete_task(execution, "task_03")
    assert listed(open_tab(reader, execution, "tasks/?state=completed")) == ["task_03"]
    assert listed(open_tab(reader, execution, "tasks/?q=SK_1")) == ["task_10", "task_11"]
    assert "No task is like that" in open_tab(reader, execution, "tasks/?q=%00nothing&state=failed")


def test_what_an_address_cannot_mean_counts_as_not_given(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("completed", graph=MANY)
    for query in ("state=blue", "from=-1", "from=x", f"from={'9' * 30}", "q=%00", "from=٣"):
        assert len(listed(open_tab(reader, execution, f"tasks/?{query}"))) == 12, query
    for query in ("before=x", "after=", f"before={'9' * 19}", "before=-5"):
        assert "Completed" in open_tab(reader, execution, f"events/?{query}"), query
    open_tab(reader, execution, f"?rows=all&rows_page={'9' * 30}&task=%00&waits=x&path=y&attempts=z")
    open_tab(reader, execution, "graph/?focus=%00&unfold=,,x&task=nobody")


def test_many_tasks_come_in_pages(
    make_execution: MakeExecution, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "ROWS", 5)
    execution = make_execution("completed", graph=MANY)
    first = open_tab(reader, execution, "tasks/")
    assert listed(first) == [f"task_{number:02}" for number in range(5)]
    assert "Tasks 1 to 5 of 12" in words(first)
    second = open_tab(reader, execution, "tasks/?from=5")
    assert listed(second) == [f"task_{number:02}" for number in range(5, 10)]
    assert 'href="?from=10"' in second
    assert len(listed(open_tab(reader, execution, "tasks/?from=10"))) == 2


def test_a_line_counts_all_attempts_and_the_time_of_all(make_execution: MakeExecution) -> None:
    execution = make_execution("queued", each={"retry": {"max_attempts": 3}})
    fail_attempt(execution, "a")
    retry_now(execution, "a")
    complete_task(execution, "a")
    (row,) = page_of_tasks(execution.pk, limit=5)
    assert (row.status, row.failures, row.seconds is not None) == ("completed", 1, True)
    assert read_work(execution.pk)[row.pk].attempts == 2


@pytest.mark.one_database
def test_an_error_stands_beside_the_state_and_a_model_without_its_digest(
    make_execution: MakeExecution, reader: Client
) -> None:
    execution = make_execution("failed", graph=flow.CHAIN)
    execution.task_runs.filter(name="a").update(model="registry/scorer:v2#c55a023c0c5a")
    page = open_tab(reader, execution, "tasks/")
    heads = re.findall(r'role="columnheader"[^>]*>([^<]+)<', page)
    assert heads[:5] == ["Task", "State", "Error", "Type", "Model"]
    assert 'title="registry/scorer:v2#c55a023c0c5a">scorer:v2<' in page
    assert ">Error<" not in open_tab(reader, make_execution("completed"), "tasks/")


@pytest.mark.one_database
def test_a_reused_result_is_said_to_be_one(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("queued", graph=flow.CHAIN)
    complete_task(execution, "a", {"x": 1})
    fail_attempt(execution, "b", retryable=False)
    again = rerun_execution(execution_id=execution.pk, from_task="failed")
    assert "reused" in words(open_tab(reader, again, "tasks/"))
    assert "reused" in words(open_tab(reader, again))
    assert "reused" in words(open_tab(reader, again, "graph/"))
    text = words(open_tab(reader, again, "tasks/a/"))
    assert "the result of an earlier execution is reused" in text
    assert f"Result of {str(execution.pk)[-8:]}" in text


# Events ---------------------------------------------------------------------------------------------------------------


@pytest.mark.one_database
def test_events_are_sentences_newest_first(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("queued", each={"retry": {"max_attempts": 2}})
    fail_attempt(execution, "a", delay_seconds=2.5)
    retry_now(execution, "a")
    fail_attempt(execution, "a")
    text = words(open_tab(reader, execution, "events/"))
    in_order = [
        "Failed: it ended with rate_limited",
        "a failed for good: it ended with rate_limited",
        "a was started again, attempt 2 on host:101",
        "a failed for the first time and is tried again in 2.5 s: it ended with rate_limited",
        "a was started on host:101",
        "The first task was started",
        "Submitted, to run version 1",
    ]
    places = [text.find(line) for line in in_order]
    assert -1 not in places
    assert places == sorted(places)


def test_events_of_one_task_alone(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("completed", graph=flow.CHAIN)
    text = words(open_tab(reader, execution, "events/?task=b"))
    assert "b completed" in text
    assert "a completed" not in text


def test_paging_through_events_shows_each_once(make_execution: MakeExecution) -> None:
    execution = make_execution("completed", graph=MANY)
    every = list(ExecutionEvent.objects.filter(execution=execution).order_by("-pk").values_list("pk", flat=True))
    seen, page = [], read_events(execution.pk, limit=7)
    assert page.newer is None
    seen += [line.id for line in page.lines]
    while page.older:
        page = read_events(execution.pk, before=page.older, limit=7)
        seen += [line.id for line in page.lines]
    assert seen == every
    back = read_events(execution.pk, after=every[10], limit=7)
    assert [line.id for line in back.lines] == every[3:10]
    assert (back.newer, back.older) == (every[3], every[9])


@pytest.mark.one_database
def test_every_event_the_engine_writes_has_a_sentence(make_execution: MakeExecution) -> None:
    engine = Path(history_words.__file__).parents[1] / "engine" / "store"
    source = "\n".join(path.read_text() for path in (*engine.glob("*.py"), *engine.glob("sql/*.sql")))
    kinds = set(re.findall(r"[\"'](?:execution|task)\.[a-z_]+[\"']", source))
    written = {kind.strip("\"'") for kind in kinds}
    written |= {f"execution.{end}" for end in ("completed", "failed", "timed_out", "cancelled")}
    written |= {"task.failed", "task.timed_out"}
    assert {"task.retrying", "execution.paused", "task.reused"} <= written
    for kind in written:
        line = line_of(ExecutionEvent(execution=make_execution("queued"), kind=kind, pk=1))
        assert line.words != kind, kind


@pytest.mark.parametrize(
    "details", [{}, [], {"error": "text"}, {"delay_seconds": "x", "failures": None}, {"execution_id": 3, "by": 1}]
)
def test_an_event_with_odd_details_can_be_read(details: object) -> None:
    for kind in (*history_words._KINDS, "plugin.said"):
        assert line_of(ExecutionEvent(execution=Execution(), kind=kind, details=details, pk=1)).words
