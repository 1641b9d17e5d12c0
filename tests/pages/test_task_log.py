"""What a task's handler logged stands on its page, and can be searched."""

import logging
from typing import Any

import pytest
from django.test import Client

from orchestration.handlers.base import TaskContext
from orchestration.handlers.catalog import register_task_handler
from orchestration.models import Execution
from orchestration.selectors.attempt_logs import LINES_SHOWN
from tests.engine import flow
from tests.engine.test_attempts import work
from tests.pages.execution_pages import open_tab, words

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database,  # words and forms; what lists find is asked of both databases
]


def logged(lines: int) -> Execution:
    def talk(config: Any, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
        for number in range(lines):
            logging.getLogger("orchestration.test").warning("line <%d> of the talk", number)
        return {}

    register_task_handler("talk", talk)
    return work(flow.start(each={"type": "talk"}))


@pytest.mark.parametrize("tab", ["tasks/a/", "?task=a"])
def test_the_lines_stand_beside_the_task_escaped(tab: str, reader: Client) -> None:
    page = open_tab(reader, logged(2), tab)
    assert "WARNING orchestration.test: line &lt;1&gt; of the talk" in page


def test_a_word_finds_its_lines(reader: Client) -> None:
    found = words(open_tab(reader, logged(12), "tasks/a/?log=LINE <11"))
    assert "line <11> of the talk" in found
    assert "line <3>" not in found


def test_a_word_that_stands_nowhere_is_said(reader: Client) -> None:
    assert "No line contains “zebra”" in words(open_tab(reader, logged(1), "tasks/a/?log=zebra"))


def test_many_lines_show_their_end(reader: Client) -> None:
    found = words(open_tab(reader, logged(LINES_SHOWN + 3), "tasks/a/"))
    assert "3 lines before these are not shown" in found
    assert "line <0>" not in found


def test_a_silent_task_has_no_log(reader: Client) -> None:
    assert 'id="log-h"' not in open_tab(reader, logged(0), "tasks/a/")


def test_a_registered_model_leads_to_its_version(engineer: Client) -> None:
    execution = logged(0)
    execution.task_runs.update(model="registry/scorer:v2#0123456789ab")
    assert '<a href="/registry/models/scorer/versions/v2/">' in open_tab(engineer, execution, "tasks/a/")
