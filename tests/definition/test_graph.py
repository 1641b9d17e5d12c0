"""The graph: order, levels, upstream sets and circles."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.definition import DefinitionError, Graph


@dataclass(frozen=True)
class Node:
    name: str
    dependencies: tuple[str, ...] = ()


def graph(**parents: str) -> Graph:
    """`graph(c="a b")`: c depends on a and b."""
    return Graph.from_tasks(Node(name, tuple(found.split())) for name, found in parents.items())


DIAMOND = graph(d="b c", b="a", c="a", a="", e="")


def test_the_order_keeps_the_definition_where_there_is_a_choice() -> None:
    assert DIAMOND.order == ("a", "b", "c", "d", "e")
    assert graph(z="", y="", x="").order == ("z", "y", "x")


def test_levels_are_what_may_run_side_by_side() -> None:
    assert DIAMOND.levels() == (("a", "e"), ("b", "c"), ("d",))


def test_it_knows_parents_children_roots_and_sinks() -> None:
    assert DIAMOND.parents("d") == ("b", "c")
    assert DIAMOND.children("a") == ("b", "c")
    assert DIAMOND.roots == ("a", "e")
    assert DIAMOND.sinks == ("d", "e")


def test_it_knows_ancestors_and_descendants() -> None:
    assert DIAMOND.ancestors("d") == {"a", "b", "c"}
    assert DIAMOND.descendants("a") == {"b", "c", "d"}
    assert DIAMOND.ancestors("e") == DIAMOND.descendants("e") == frozenset()
    assert DIAMOND.is_upstream("a", "d")
    assert not DIAMOND.is_upstream("d", "a")


def test_a_circle_is_refused_with_its_path() -> None:
    with pytest.raises(DefinitionError, match="a → b → c → a"):
        graph(a="b", b="c", c="a", d="a")


def test_an_unknown_dependency_is_refused() -> None:
    with pytest.raises(DefinitionError, match='unknown dependency "x"'):
        graph(a="x")


def test_of_several_circles_in_a_group_the_shortest_is_shown() -> None:
    found = Graph({"a": ["b", "c"], "b": ["c"], "c": ["a"], "d": ["d"]})
    assert found.cycles == (("a", "c"), ("d",))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    size = draw(st.integers(0, 12))
    rank = draw(st.permutations(range(size)))
    parents = {
        str(node): [str(other) for other in draw(st.sets(st.sampled_from(range(size)))) if rank[other] < rank[node]]
        for node in range(size)
    }
    return Graph(parents)


@given(graphs())
def test_the_order_is_complete_and_topological(found: Graph) -> None:
    place = {name: index for index, name in enumerate(found.order)}
    assert set(place) == set(found.names)
    assert all(place[parent] < place[name] for name in found.names for parent in found.parents(name))
    assert sorted(name for level in found.levels() for name in level) == sorted(found.names)
    assert found.cycles == ()


@given(graphs())
def test_ancestors_are_the_parents_and_theirs(found: Graph) -> None:
    for name in found.names:
        expected = set(found.parents(name)).union(*(found.ancestors(parent) for parent in found.parents(name)))
        assert found.ancestors(name) == expected
        assert all(name in found.descendants(ancestor) for ancestor in expected)


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef"))))
def test_every_circle_shown_is_one(parents: dict[str, set[str]]) -> None:
    found = Graph({name: sorted(parents.get(name, ())) for name in "abcdef"})
    for cycle in found.cycles:
        following = [*cycle[1:], cycle[0]]
        assert all(needed in found.parents(name) for name, needed in zip(cycle, following, strict=True))
    assert bool(found.cycles) == (len(found.order) < 6)


def test_long_chains_need_no_recursion() -> None:
    chain = Graph({str(n): [str(n - 1)] if n else [] for n in range(5_000)})
    assert len(chain.ancestors("4999")) == 4_999
    ring = Graph({str(n): [str((n - 1) % 5_000)] for n in range(5_000)})
    assert len(ring.cycles[0]) == 5_000
