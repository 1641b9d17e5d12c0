"""The graph: layers, places, lines, what is folded, and the same as an outline."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.charts.making import SIZES, chain, edges, fan, graphs, tangled, tasks, wide
from web.charts.graph import Change, Edge, Graph, Node, Options, Shape, layout
from web.charts.graph.fold import FOLDED_ABOVE, MOST_SHOWN
from web.charts.graph.links import Links
from web.charts.graph.model import PlacedNode

Pairs = Callable[[int], list[tuple[int, int]]]
Made = tuple[list[Node], list[Edge]]
SHAPES: tuple[Pairs, ...] = (wide, chain, fan, tangled)


def keys(chart: Graph) -> list[str]:
    """All tasks that are drawn, alone or in a stack."""
    return [key for placed in chart.nodes for key in placed.members or (placed.node.key,)]


def box(chart: Graph, key: str) -> PlacedNode:
    return next(placed for placed in chart.nodes if placed.node.key == key or key in placed.members)


def overlap(one: PlacedNode, other: PlacedNode) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def check_places(chart: Graph) -> None:
    for index, one in enumerate(chart.nodes):
        assert one.x >= 0
        assert one.y >= 0
        assert one.x + one.width <= chart.width
        assert one.y + one.height <= chart.height
        assert not any(overlap(one, other) for other in chart.nodes[index + 1 :])


def check_directions(chart: Graph, given_edges: list[Edge]) -> None:
    for edge in given_edges:
        source, target = box(chart, edge.source), box(chart, edge.target)
        assert source is target or source.x + source.width < target.x


@given(graphs())
def test_no_box_covers_another_or_leaves_the_drawing(made: Made) -> None:
    check_places(layout(*made))


@given(graphs())
def test_every_edge_goes_from_left_to_right(made: Made) -> None:
    chart = layout(*made)
    check_directions(chart, made[1])
    for line in chart.lines:
        for stroke in line.path.split("M")[1:]:
            places = [float(x) for x in re.findall(r"(?:^|[CH]|(?<=[\d.] ))(-?[\d.]+)(?: -?[\d.]+)?", stroke)]
            assert places == sorted(places), stroke


@given(graphs())
def test_a_line_starts_at_the_right_of_its_source_and_reaches_the_left_of_its_targets(made: Made) -> None:
    chart = layout(*made)
    for line in chart.lines:
        source = box(chart, line.edges[0].source)
        assert line.path.startswith(f"M{source.x + source.width:g} {source.y + source.height / 2:.1f}")
        for edge in line.edges:
            target = box(chart, edge.target)
            assert f"{target.x:g} {target.y + target.height / 2:.1f}" in line.path


@given(graphs())
def test_every_edge_is_drawn_once(made: Made) -> None:
    drawn = [(edge.source, edge.target) for line in layout(*made).lines for edge in line.edges]
    assert sorted(drawn) == sorted({(edge.source, edge.target) for edge in made[1]})


@given(graphs())
def test_labels_do_not_cover_each_other(made: Made) -> None:
    labels = layout(*made).labels
    for index, one in enumerate(labels):
        assert not any(other.x == one.x and abs(other.y - one.y) < 19.9 for other in labels[index + 1 :])


@given(graphs())
def test_the_outline_names_what_is_needed_before_who_needs_it(made: Made) -> None:
    chart = layout(*made)
    order = [row.node.key for row in chart.outline]
    assert sorted(order) == sorted(node.key for node in made[0])
    assert all(order.index(edge.source) < order.index(edge.target) for edge in made[1])


@given(graphs(), st.text(max_size=3))
def test_the_same_graph_gives_the_same_drawing(made: Made, focus: str) -> None:
    assert layout(*made, options=Options(focus)) == layout(*made, options=Options(focus))


@given(st.integers(1, 9), st.lists(st.tuples(st.integers(-1, 9), st.integers(-1, 9)), max_size=30))
def test_circles_doubles_and_unknown_ends_do_no_harm(count: int, pairs: list[tuple[int, int]]) -> None:
    chart = layout([*tasks(count), *tasks(1)], edges(pairs))
    check_places(chart)
    assert sorted(keys(chart)) == sorted(node.key for node in tasks(count))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", SIZES)
def test_any_number_of_tasks_is_readable(shape: Pairs, count: int) -> None:
    given_edges = edges(shape(count))
    chart = layout(tasks(count), given_edges)
    assert len(chart.nodes) <= FOLDED_ABOVE
    assert sorted(keys(chart)) == sorted(node.key for node in tasks(count))
    check_places(chart)
    check_directions(chart, [edge for edge in given_edges if edge.source != edge.target])


@pytest.mark.parametrize("shape", [fan, tangled])
def test_a_stack_can_be_unfolded_and_stays_a_graph(shape: Pairs) -> None:
    given_tasks, given_edges = tasks(1000), edges(shape(1000))
    folded = layout(given_tasks, given_edges)
    stacks = sorted((placed for placed in folded.nodes if placed.members), key=lambda stack: -len(stack.members))
    chosen = stacks[0].node.key
    chart = layout(given_tasks, given_edges, options=Options(unfold=frozenset({chosen, "unknown"})))
    assert not box(chart, chosen).members
    assert len(chart.nodes) > len(folded.nodes)
    assert sorted(keys(chart)) == sorted(node.key for node in given_tasks)
    check_places(chart)
    check_directions(chart, given_edges)


@settings(max_examples=40)
@given(st.integers(101, 160), st.randoms(use_true_random=False))
def test_folding_keeps_every_task_and_never_makes_a_circle(count: int, random: object) -> None:
    draw: Callable[[int], int] = random.randrange  # type: ignore[attr-defined]
    pairs = [(draw(index), index) for index in range(1, count) for _ in range(draw(4))]
    states = ("completed", "failed", "running")
    nodes = [Node(f"t{index}", f"task_{index}", status=states[draw(3)]) for index in range(count)]
    chart = layout(nodes, edges(pairs))
    assert sorted(keys(chart)) == sorted(node.key for node in nodes)
    check_directions(chart, edges(pairs))
    counts = [sum(number for _, number in placed.node.counts) for placed in chart.nodes if placed.members]
    assert counts == [len(placed.members) for placed in chart.nodes if placed.members]


def test_alike_tasks_become_a_stack_that_counts_their_states() -> None:
    nodes = tasks(130)
    nodes[5] = Node("t5", "task_5", status="skipped")
    (stack,) = (placed for placed in layout(nodes, edges(fan(130))).nodes if placed.members)
    assert stack.label == "task × 128"
    assert stack.node.detail == "127\u00a0done, 1\u00a0skipped"
    assert stack.node.shape is Shape.MAP


def test_failed_tasks_and_the_selected_one_do_not_vanish_in_a_stack() -> None:
    nodes = tasks(200)
    nodes[7] = Node("t7", "task_7", status="failed")
    nodes[9] = Node("t9", "task_9", status="completed", is_selected=True)
    chart = layout(nodes, edges(fan(200)))
    assert {"t7", "t9"} <= {placed.node.key for placed in chart.nodes if not placed.members}


def test_a_row_of_tasks_is_named_as_one() -> None:
    (stack,) = layout(tasks(150), edges(chain(150))).nodes
    assert stack.label == "150\u00a0tasks in a row"


def test_focus_shows_a_task_with_all_it_needs_and_all_that_needs_it() -> None:
    found = layout(tasks(6), edges([(0, 1), (1, 2), (0, 3), (4, 2), (2, 5)]), options=Options("t1"))
    assert keys(found) == ["t0", "t1", "t2", "t5"]
    assert found.summary.startswith("t1 with all it needs and all that needs it: 4 of 6")


def test_a_focus_that_is_no_task_is_forgotten() -> None:
    chart = layout(tasks(3), [], options=Options("gone"))
    assert len(chart.nodes) == 3
    assert chart.options.focus == ""


def test_chains_are_drawn_straight() -> None:
    """What the mock shows: three lanes between a fork and a join, each level, the fork level with the middle one."""
    pairs = [(0, 1), (0, 2), (0, 3), (2, 4), (3, 5), (1, 6), (4, 6), (5, 6)]
    chart = layout(tasks(7), edges(pairs))
    middle = {placed.node.key: placed.y for placed in chart.nodes}
    assert middle["t0"] == middle["t2"] == middle["t4"] == middle["t6"]
    assert middle["t3"] == middle["t5"]


def test_lanes_do_not_cross_where_they_need_not() -> None:
    chart = layout(tasks(6), edges([(0, 5), (1, 4), (2, 3)]))
    above = {placed.node.key: placed.y for placed in chart.nodes}
    assert (above["t0"] < above["t1"]) is (above["t5"] < above["t4"])
    assert (above["t1"] < above["t2"]) is (above["t4"] < above["t3"])


def test_the_critical_path_takes_no_short_cut() -> None:
    nodes = [Node(f"t{index}", "x", is_critical=True) for index in range(3)]
    chart = layout(nodes, edges([(0, 1), (1, 2), (0, 2)]))
    critical = {(edge.source, edge.target) for line in chart.lines if line.is_critical for edge in line.edges}
    assert critical == {("t0", "t1"), ("t1", "t2")}


def test_ways_not_taken_and_changed_ones_are_lines_of_their_own() -> None:
    given_edges = [Edge("t0", "t1"), Edge("t0", "t2", is_taken=False), Edge("t0", "t3", change=Change.REMOVED)]
    assert len(layout(tasks(4), given_edges).lines) == 3


def test_the_outline_says_conditions_and_shortens_long_lists() -> None:
    chart = layout(tasks(12), [Edge("t0", "t1", "risk > 0.6"), *edges([(index, 11) for index in range(1, 11)])])
    needs = {row.node.key: row.needs for row in chart.outline}
    assert needs["t1"] == "task_0 if risk > 0.6"
    assert needs["t11"].endswith("and 4 more")


def test_there_may_be_no_tasks() -> None:
    assert layout([], []).summary == "There are no tasks."


def test_options_are_read_from_the_address() -> None:
    assert Options.read({"focus": "a", "unfold": "b,,c"}) == Options("a", frozenset({"b", "c"}))
    assert Options.read({}) == Options()


@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=200))
def test_links_always_have_an_order(count: int, pairs: list[tuple[int, int]]) -> None:
    links = Links(count, [pair for pair in pairs if max(pair) < count])
    place = {index: position for position, index in enumerate(links.sorted())}
    assert len(place) == count
    assert all(place[source] < place[target] for source, target in links.pairs())
    assert sorted(links.outline()) == list(range(count))


def test_of_a_circle_only_the_edge_that_closes_it_is_left_out() -> None:
    assert list(Links(3, [(0, 1), (1, 2), (2, 0)]).pairs()) == [(0, 1), (1, 2)]


def test_however_much_is_unfolded_the_drawing_has_an_end() -> None:
    given_tasks, given_edges = tasks(1000), edges(tangled(1000))
    everything = frozenset(node.key for node in given_tasks)
    chart = layout(given_tasks, given_edges, options=Options(unfold=everything))
    assert len(layout(given_tasks, given_edges).nodes) < len(chart.nodes) <= MOST_SHOWN
    assert sorted(keys(chart)) == sorted(everything)
    check_directions(chart, given_edges)
