"""What the cache did, on the pages of an execution: found and made by whom, made anew and why, not asked and why."""

import pytest
from django.test import Client

from orchestration.models import Execution, TaskRun
from tests.pages.cache.conftest import Ask
from tests.pages.conftest import MakeExecution
from tests.pages.execution_pages import open_tab, words

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases


def test_a_hit_names_the_execution_that_made_the_result(ask: Ask, reader: Client) -> None:
    first, second = ask(), ask()
    made_by = f'href="/executions/{first.pk}/tasks/a/"'
    for tab in ("?task=a", "tasks/a/", "tasks/", "graph/?task=a"):
        assert made_by in open_tab(reader, second, tab), tab
    text = words(open_tab(reader, second, "?task=a")).replace("\u00a0", " ")
    assert "Answered from the cache: the same question was asked before." in text
    assert "From the cache Why The same question was answered before" in text
    assert f"Result of {str(first.pk)[-8:]}" in text
    assert "and $0.02" in text


def test_the_timeline_marks_it(ask: Ask, reader: Client) -> None:
    first, second = ask(), ask()
    assert "from the cache" in open_tab(reader, second)
    assert "from the cache" not in open_tab(reader, first)


def test_a_miss_says_why_and_whether_the_result_is_kept(ask: Ask, reader: Client) -> None:
    ask("why")
    other = ask("how")
    text = words(open_tab(reader, other, "tasks/a/"))
    assert "Made anew Why The most similar question kept differs in input.question Kept yes" in text
    assert "made anew" in words(open_tab(reader, other, "tasks/"))


def test_a_task_that_did_not_ask_says_why(ask: Ask, reader: Client) -> None:
    hot = ask(parameters={"temperature": 0.7})
    text = words(open_tab(reader, hot, "tasks/a/"))
    assert "Not asked Why not Temperature is 0.7: chance has a part in the result" in text


def test_a_maker_that_is_gone_is_not_linked(ask: Ask, reader: Client) -> None:
    first, second = ask(), ask()
    Execution.objects.filter(pk=first.pk).delete()
    for tab in ("tasks/", "tasks/a/"):
        assert str(first.pk) not in open_tab(reader, second, tab)
    assert "an execution that is gone" in words(open_tab(reader, second, "tasks/a/"))


def test_tasks_that_do_not_cache_say_nothing_of_it(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("completed")
    for tab in ("", "?task=a", "tasks/", "tasks/a/"):
        assert "ache" not in words(open_tab(reader, execution, tab)), tab


@pytest.mark.parametrize(
    "odd", [{"outcome": "hit"}, {"outcome": "hit", "origin": {"execution_id": "x"}}, {"outcome": "new"}, {}]
)
def test_a_note_of_an_odd_shape_can_be_read(odd: dict[str, object], ask: Ask, reader: Client) -> None:
    execution = ask()
    TaskRun.objects.filter(execution=execution).update(cache=odd)
    for tab in ("", "tasks/", "tasks/a/"):
        open_tab(reader, execution, tab)


def test_the_way_to_the_cache_is_for_who_may_look(ask: Ask, reader: Client, engineer: Client) -> None:
    execution = ask()
    assert "/cache/?by=task&amp;pipeline=flow" in open_tab(engineer, execution, "tasks/a/")
    assert "/cache/" not in open_tab(reader, execution, "tasks/a/")
