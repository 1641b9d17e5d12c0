"""What the tags write: it can be read again, nothing is left unescaped, and it says the same as the drawing."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import RequestFactory
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.charts.making import STATES, at, chain, edges, fan, graphs, many_rows, ran, rows, segment, tasks
from tests.plugin import clean_environment
from tests.processes import run_python
from web.charts import graph, timeline
from web.charts.graph import Change, Edge, Node, Shape
from web.charts.series import Bucket, Columns, Lines, Marker, Point, Series
from web.charts.strips import Part, StripBar
from web.charts.timeline import Kind, TimelineRow

NASTY = "</svg><script>alert(1)</script>\"'&"
few = hypothesis_settings(max_examples=50)


class Reader(HTMLParser):
    """Reads markup again: every element with its attributes, all text, and whether each element is closed."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def every(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """The attributes of each such element; `class_` may be one of several."""
        css = wanted.pop("class_", None)
        return [
            attrs
            for name, attrs in self.found
            if name == tag
            and (css is None or css in attrs.get("class", "").split())
            and all(attrs.get(key) == value for key, value in wanted.items())
        ]

    def links(self) -> list[str]:
        return [attrs["href"] for attrs in self.every("a")]


def draw(tag: str, query: str = "", **context: Any) -> Reader:
    """What `{% tag %}` writes, as a reader that has checked it."""
    request = RequestFactory().get(f"/page/{query}")
    markup = Template(f"{{% load charts %}}{{% {tag} %}}").render(Context({"request": request, **context}))
    reader = Reader(markup)
    assert not reader.open
    check(reader)
    return reader


def check(reader: Reader) -> None:
    """What holds for every drawing: nothing inline, ids once, no script, every icon there is."""
    names = {name for _, attrs in reader.found for name in attrs}
    assert not [name for name in names if name == "style" or name.startswith("on")]
    assert not reader.every("script")
    ids = Counter(attrs["id"] for _, attrs in reader.found if "id" in attrs)
    assert not [ident for ident, count in ids.items() if count > 1]
    uses = [attrs["href"] for attrs in reader.every("use")]
    assert all(use.rpartition("#")[2] in icon_ids() if "icons" in use else use.removeprefix("#") in ids for use in uses)
    assert all(name != "img" or attrs.get("aria-label") for name, attrs in reader.found)


@cache
def icon_ids() -> frozenset[str]:
    return frozenset(re.findall(r'id="([^"]+)"', (Path(settings.BASE_DIR) / "static" / "icons.svg").read_text()))


def timeline_of(found: list[TimelineRow], query: str = "", now: float = 5000, **more: Any) -> Reader:
    options = timeline.Options.read(RequestFactory().get(f"/{query}").GET)
    return draw("timeline chart", query, chart=timeline.layout(found, at(now), options=options, **more))


def test_the_names_of_a_task_and_of_its_model_are_shown_on_hover_in_full() -> None:
    row = TimelineRow("read_chunk_017", "read_chunk_017", tag="document_classifier:v2")
    reader = timeline_of([row])
    assert reader.every("span", class_="clip")[0]["title"] == "read_chunk_017"
    assert reader.every("span", class_="tag")[0]["title"] == "document_classifier:v2"


def test_a_task_too_deep_to_be_indented_tells_its_step() -> None:
    reader = graph_of(tasks(8), edges(chain(8)))
    assert "step 7" in reader.words
    assert "step 6" not in reader.words


def graph_of(nodes: list[Node], found: list[Edge], query: str = "", **more: Any) -> Reader:
    options = graph.Options.read(RequestFactory().get(f"/{query}").GET)
    return draw("graph chart", query, chart=graph.layout(nodes, found, options=options, **more))


@few
@given(rows)
def test_any_timeline_can_be_read_again(found: list[TimelineRow]) -> None:
    reader = draw("timeline chart", chart=timeline.layout(found, at(50), is_live=True))
    assert len(reader.every("svg", class_="track")) == len(found) + 1


@few
@given(graphs())
def test_any_graph_can_be_read_again(made: tuple[list[Node], list[Edge]]) -> None:
    reader = draw("graph chart", chart=graph.layout(*made))
    assert len(reader.every("rect", class_="box")) >= len(made[0])


def test_names_and_notes_are_escaped() -> None:
    row = TimelineRow(NASTY, NASTY, f"?task={NASTY}", "failed", tag=NASTY, note=NASTY, took=NASTY)
    assert NASTY in timeline_of([row]).words
    node = Node("a", NASTY, NASTY, "failed", f"?task={NASTY}", cells=(NASTY,))
    assert NASTY in graph_of([node], [], columns=(NASTY,), title=NASTY).words
    draw("strip bars label", bars=[StripBar("failed", NASTY, NASTY)], label=NASTY)
    series = (Series("a", NASTY, "ok"),)
    draw("columns chart", chart=Columns(NASTY, (Bucket(at(0), {"a": 1}),), series, 60, markers=(Marker(at(1), NASTY),)))


def test_a_row_is_a_link_with_its_state_in_words_and_a_sentence() -> None:
    row = TimelineRow("a", "extract", "?task=a", "failed", is_selected=True, segments=(segment(Kind.FAILED, 0, 2),))
    reader = timeline_of([row])
    assert reader.every("a", href="?task=a") == [{"href": "?task=a", "aria-current": "true"}]
    assert "Failed: extract" in reader.words
    assert reader.every("svg", role="img")[0]["aria-label"] == "Failed after 2.0\u00a0s"


def test_the_legend_names_what_occurs_and_nothing_else() -> None:
    words = timeline_of([ran("a", 0, 5), ran("b", 0, 5, Kind.TIMED_OUT), ran("c", 0, 5, Kind.FAILED)]).words
    assert "Failed or timed out" in words
    assert "Completed" in words
    assert "Queued" not in words
    assert "Critical path" not in words


def test_an_attempt_that_failed_differs_by_more_than_its_colour() -> None:
    reader = timeline_of([ran("a", 0, 5), ran("b", 0, 5, Kind.FAILED)])
    assert len(reader.every("line", class_="g-stop")) == 1


def test_links_keep_the_rest_of_the_address_and_leave_out_the_version() -> None:
    links = timeline_of(many_rows(100), "?task=a%26b&version=7").links()
    assert "?task=a%26b&rows=all" in links
    assert not any("version" in link for link in links)


def test_a_row_for_many_leads_to_the_page_that_lists_them() -> None:
    found = many_rows(1000)
    links = timeline_of(found).links()
    assert {"?rows=all&rows_page=1", "?rows=all&rows_page=5"} <= set(links)
    page = timeline_of(found, "?rows=all&rows_page=5")
    assert "Tasks 801 to 1\u202f000 of 1\u202f000" in page.words
    assert "?rows=all&rows_page=4" in page.links()
    assert "Show what matters" in page.words


def test_folded_waits_can_be_unfolded_by_a_link_and_folded_again() -> None:
    found = [ran("a", 0, 1), ran("b", 4000, 4001)]
    assert "?waits=all" in timeline_of(found).links()
    assert "?" in timeline_of(found, "?waits=all").links()


def test_two_timelines_on_a_page_do_not_share_their_ids() -> None:
    first, second = (
        {attrs["id"] for _, attrs in timeline_of([ran(name, 0, 1)]).found if "id" in attrs} for name in "ab"
    )
    assert first
    assert not first & second


@pytest.mark.parametrize("status", STATES)
def test_every_state_has_its_icon_in_the_graph_and_its_word_in_the_table(status: str) -> None:
    reader = graph_of([Node("a", "extract", status=status)], [])
    assert status.capitalize() in reader.words
    assert any(attrs["href"].endswith(f"#i-{status}") for attrs in reader.every("use", class_="state"))


def test_a_graph_without_states_has_none() -> None:
    reader = graph_of([Node("a", "extract"), Node("b", "score", shape=Shape.PERSON)], edges([]))
    assert "State" not in reader.words
    assert "Decided by a person" in reader.words


def test_columns_of_figures_stand_at_the_right_those_of_words_at_the_left() -> None:
    nodes = [Node("a", "x", cells=("extraction", "cached")), Node("b", "y", cells=("", "8.1 s"))]
    heads = graph_of(nodes, [], columns=("Type", "Took")).every("th", scope="col")
    assert [attrs.get("class", "") for attrs in heads] == ["lead", "", "", "num", "num"]


def test_the_graph_and_its_table_say_the_same() -> None:
    reader = graph_of(
        [Node("a", "extract", "gpt-4", "completed", "?task=a", cells=("8.1 s",)), Node("b", "score", status="pending")],
        [Edge("a", "b", "risk > 0.6")],
        columns=("Took",),
    )
    assert [attrs["href"] for attrs in reader.every("a")] == ["?task=a", "?task=a", "?focus=a", "?focus=b"]
    assert "extract if risk > 0.6" in reader.words
    assert "8.1 s" in reader.words
    assert reader.every("a")[0]["aria-label"] == "extract: completed, gpt-4"


def test_the_table_can_be_left_out() -> None:
    reader = draw("graph chart outline=False", chart=graph.layout(tasks(2), []))
    assert not reader.every("table")


def test_changes_are_words_and_not_only_colours() -> None:
    words = graph_of([Node("a", "extract", change=Change.ADDED), Node("b", "score", change=Change.REMOVED)], []).words
    assert "added" in words
    assert "Removed" in words


def test_a_stack_leads_to_its_tasks_and_back() -> None:
    nodes, found = tasks(200), edges(fan(200))
    assert "?unfold=t1" in graph_of(nodes, found).links()
    assert "Fold again" in graph_of(nodes, found, "?unfold=t1").words


def test_a_small_drawing_may_shrink_a_large_one_scrolls() -> None:
    small, large = (graph_of(tasks(count), edges(chain(count))).every("svg", class_="flow")[0] for count in (6, 60))
    assert "fit-" in small["class"]
    assert "fit-" not in large["class"]


def test_a_strip_says_how_many_runs_are_in_which_state() -> None:
    bars = [StripBar("completed", "Completed"), StripBar("failed", "Failed, 3 s", "/x/", 2.0), StripBar("running", "")]
    reader = draw("strip bars 'The last 3 runs'", bars=bars)
    label = reader.every("svg")[0]["aria-label"].replace("\u00a0", " ")
    assert label == "The last 3 runs: 1 done, 1 failed, 1 running"
    assert reader.every("svg")[0]["role"] == "group"
    assert reader.every("a") == [{"href": "/x/", "tabindex": "-1", "aria-label": "Failed, 3 s"}]


def test_a_failed_run_differs_by_more_than_its_colour() -> None:
    reader = draw("strip bars", bars=[StripBar("completed", "Completed"), StripBar("timed_out", "Timed out")])
    assert len(reader.every("rect", class_="cut")) == 1


def test_an_empty_strip_says_so() -> None:
    assert draw("strip bars", bars=[]).words == "No runs yet"


@given(
    st.lists(st.builds(Part, st.sampled_from(STATES), st.integers(0, 1000)), max_size=6), st.none() | st.integers(0, 50)
)
def test_the_shares_of_a_meter_never_exceed_it(parts: list[Part], total: int | None) -> None:
    reader = draw("meter parts total", parts=parts, total=total)
    widths = [float(attrs["width"].rstrip("%")) for attrs in reader.every("rect")]
    assert sum(widths) <= 100.1


def test_a_meter_says_what_is_done_of_what() -> None:
    reader = draw("meter parts 9", parts=[Part("completed", 5), Part("failed", 1)])
    assert reader.words == "5/9"
    assert reader.every("svg")[0]["aria-label"].replace("\u00a0", " ") == "5 of 9 tasks done (5 done, 1 failed)"


@given(*[st.none() | st.floats(0, 1e9)] * 3)
def test_a_duration_bar_stays_inside(seconds: float | None, longest: float | None, median: float | None) -> None:
    reader = draw("bar seconds longest median", seconds=seconds, longest=longest, median=median)
    assert all(float(attrs.get("width", "0").rstrip("%")) <= 100 for attrs in reader.every("rect"))


def test_a_duration_bar_names_the_median() -> None:
    assert draw("bar 121 None 100 'running'").every("svg")[0]["aria-label"].endswith("median 1\u00a0m\u00a040\u00a0s")


@given(st.lists(st.floats(-5, 1e9), max_size=30), st.sampled_from(["accent", "bad"]))
def test_any_spark_line_is_a_path(values: list[float], tone: str) -> None:
    reader = draw("spark values 'rising' tone", values=values, tone=tone)
    assert bool(reader.every("path", class_="l")) is bool(values)


ENDED = (Series("completed", "Completed", "ok"), Series("failed", "Failed", "bad"))


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=250), st.floats(-10, 400))
def test_columns_stand_inside_their_plot_and_in_their_table(counts: list[tuple[int, int]], now: float) -> None:
    buckets = tuple(Bucket(at(60 * i), {"completed": a, "failed": b}) for i, (a, b) in enumerate(counts))
    marker = Marker(at(90), "canary")
    reader = draw("columns chart", chart=Columns("Ended", buckets, ENDED, 60, now=at(60 * now), markers=(marker,)))
    for attrs in reader.every("rect", class_="m-ok") + reader.every("rect", class_="m-bad"):
        assert float(attrs["y"]) >= 7.9
        assert float(attrs["y"]) + float(attrs["height"]) <= 176.1
        assert float(attrs["x"].rstrip("%")) + float(attrs["width"].rstrip("%")) <= 100.1
    assert len(reader.every("g")) == len(reader.every("th", scope="row")) <= 200


@given(st.lists(st.fixed_dictionaries({"p50": st.none() | st.floats(0, 1e6)}), max_size=30))
def test_lines_stand_inside_their_plot(values: list[Mapping[str, float | None]]) -> None:
    points = tuple(Point(at(60 * index), each) for index, each in enumerate(values))
    reader = draw("lines chart", chart=Lines("Time at work", points, (Series("p50", "p50", "accent"),), limit=3.0))
    paths = [attrs["d"] for attrs in reader.every("path", class_="l-accent")]
    assert all(-0.1 <= float(number) <= 100.5 for path in paths for number in re.findall(r"-?[\d.]+", path))


@pytest.mark.parametrize(("unit", "high", "ticks"), [("count", 7.0, "0 5 10"), ("cores", 0.7, "0 0.25 0.5 0.75")])
def test_what_comes_in_whole_numbers_has_whole_ticks(unit: str, high: float, ticks: str) -> None:
    points = tuple(Point(at(60 * index), {"x": value}) for index, value in enumerate([0.0, high]))
    reader = draw("lines chart", chart=Lines("Open", points, (Series("x", "Open", "run"),), unit))
    assert reader.words.startswith(ticks.replace(" ", ""))


def test_the_legend_of_a_chart_is_for_the_head_of_its_card() -> None:
    assert draw("series_legend chart", chart=Columns("x", (), ENDED, 60)).words == "CompletedFailed"


def test_the_geometry_needs_no_django() -> None:
    modules = "timeline, graph, plot, strips, series, paths, states"
    asked = run_python(
        "-c", f"import sys; from web.charts import {modules}; print('django' in sys.modules)", env=clean_environment()
    )
    assert asked.stdout.strip() == "False", asked.stderr


def test_a_thousand_rows_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.charts.timeline.rows.PAGE_SIZE", 1000)
    chart = timeline.layout(many_rows(1000), at(1100), options=timeline.Options(show_all=True))
    assert len(chart.rows) == 1000
    template = Template("{% load charts %}{% timeline chart %}")
    assert template.render(Context({"chart": chart})).count('role="rowheader"') == 1000
