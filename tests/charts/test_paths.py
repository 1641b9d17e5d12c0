"""The critical path."""

from tests.charts.making import at
from web.charts.paths import critical_path

NEEDS = {"b": ["a"], "c": ["a"], "d": ["b", "c"]}


def test_it_leads_back_through_what_ended_last() -> None:
    ended = {"a": at(1), "b": at(9), "c": at(3), "d": at(12)}
    assert critical_path(ended, NEEDS) == ("a", "b", "d")


def test_tasks_that_have_not_ended_are_on_no_path() -> None:
    assert critical_path({"a": at(1), "c": at(3)}, NEEDS) == ("a", "c")
    assert critical_path({}, NEEDS) == ()


def test_ties_go_to_the_first_name() -> None:
    assert critical_path({"a": at(1), "b": at(2), "c": at(2), "d": at(3)}, NEEDS) == ("a", "b", "d")


def test_a_circle_ends() -> None:
    assert critical_path({"a": at(1), "b": at(2)}, {"a": ["b"], "b": ["a"]}) == ("a", "b")
