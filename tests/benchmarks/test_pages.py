"""`make bench-pages`: the made-up month of work is a possible one, pages are found, and what is slow is said."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.pages import links, report
from benchmarks.pages.addresses import Route, Subject, UnknownParameter, addresses, routes
from benchmarks.pages.dataset import Size, fill
from benchmarks.pages.figures import Figures, Measured
from benchmarks.pages.simulation import End, Graph, moment, simulate
from orchestration.models import Execution
from orchestration.selectors.invariants import broken_invariants

ENDS: tuple[End, ...] = (
    "completed",
    "failed",
    "timed_out",
    "cancelled",
    "running",
    "waiting",
    "paused",
    "pending",
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    names = [f"t{number}" for number in range(draw(st.integers(1, 12)))]
    parents = {
        name: sorted(draw(st.sets(st.sampled_from(names[:place]), max_size=3)) if place else set())
        for place, name in enumerate(names)
    }
    return Graph(parents, draw(st.integers(1, 4)))


@given(graphs(), st.sampled_from(ENDS), st.integers(0, 1000))
def test_a_simulated_run_happens_in_a_possible_order(graph: Graph, end: End, seed: int) -> None:
    tasks = {task.name: task for task in simulate(graph, end, Random(seed))}
    assert list(tasks) == list(graph.parents)
    for name, task in tasks.items():
        parents = [tasks[parent] for parent in graph.parents[name]]
        assert task.waits_for == sum(parent.status != "completed" for parent in parents)
        if task.queued is not None:
            assert all(parent.finished is not None and parent.finished <= task.queued for parent in parents)
        times = [time for attempt in task.attempts for time in (attempt.start, attempt.end)]
        assert times == sorted(times)
        assert not times or (task.queued is not None and task.queued <= times[0])
    if end in ("completed", "failed", "timed_out", "cancelled"):
        assert all(task.finished is not None for task in tasks.values())
        assert max(task.finished or 0 for task in tasks.values()) <= moment(list(tasks.values()))


@pytest.mark.django_db
def test_the_rows_keep_every_invariant_of_the_engine() -> None:
    found = fill(Size(executions=60, pipelines=5, large_tasks=20))
    assert broken_invariants() == []
    assert Execution.objects.count() == 60
    assert {"large", "completed", "failed", "cancelled", "timed_out", "running", "waiting", "pending"} <= set(found)
    assert Execution.objects.get(pk=found["large"]).version.task_count == 20


def test_every_page_and_every_rest_resource_can_be_asked() -> None:
    subject = Subject.of("one", execution_id="01a2", task="read", pipeline_id="a/b", number=3)
    found = {address.route.name: address.url for address in addresses([subject])}
    assert found["overview"] == "/"
    assert found["execution-detail"] == "/api/v1/executions/01a2"
    assert found["pipeline-detail"] == "/api/v1/pipelines/a%2Fb"
    assert not any("<" in url or url.startswith("/admin") for url in found.values())
    assert len(found) == len({route.name for route in routes()})


def test_a_parameter_nobody_has_told_about_is_an_error_with_its_name() -> None:
    with pytest.raises(UnknownParameter, match="<colour>"):
        Route("paint", "paint/<str:colour>/").fill({})


def test_what_a_page_leads_to_is_found_in_its_html() -> None:
    page = '<section data-live="/x/?a=1&amp;b=2" data-version="7"></section><a class="b" href="?older=9" rel="next">'
    assert list(links.next_page(page, "/executions/?state=failed")) == ["/executions/?older=9"]
    (part,) = links.live_parts(page, "/executions/").items()
    assert part == ("/x/?a=1&b=2", "7")
    assert links.poll(*part) == "/x/?a=1&b=2&version=7"


def test_what_a_list_leads_to_is_found_in_its_json() -> None:
    assert list(links.next_page('{"next": "http://h/api/v1/x?cursor=b", "results": []}', "/x")) == [
        "/api/v1/x?cursor=b"
    ]
    assert list(links.next_page('{"next": null}', "/x")) == []


class TestReport:
    FAST, SLOW = Figures(12.3, 20, 5, 4000, over_http=14), Figures(80, 90, 7, 4000, over_http=101)

    def results(self, **figures: Figures) -> report.Results:
        measured = Measured(
            "SQLite", {"executions": 10_000}, {(f"/{name}/", ""): each for name, each in figures.items()}
        )
        return report.Results("2026-11-22", {"CPU": "two cores"}, 20, [measured])

    def test_nothing_slow_is_said_so(self) -> None:
        fast = self.results(a=self.FAST)
        assert fast.too_slow == []
        assert "Of 1 medians none is above 100 ms." in report.render(fast)
        assert "| `/a/` |  | 5 | 4 | 12 | 20 | 14 |" in report.render(fast)

    def test_what_is_slow_in_the_process_or_over_http_is_named(self) -> None:
        slow = self.results(a=self.FAST, b=self.SLOW)
        assert [line.partition(":")[0] for line in slow.too_slow] == ["/b/ (plain) on SQLite"]
        assert "**101**" in report.render(slow)

    def test_only_the_generated_part_of_the_page_is_replaced(self, tmp_path: Path) -> None:
        page = tmp_path / report.PAGE
        page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
        report.write(self.results(a=self.FAST), tmp_path)
        text = page.read_text()
        assert text.startswith("before\n")
        assert text.endswith("\nafter\n")
        assert "old" not in text
        assert "two cores" in text
