"""The pages of an execution in which a person decides."""

import re

import pytest
from django.test import Client

from orchestration.models import Execution
from reviews.models import ReviewerProfile
from reviews.services.decisions import decide
from tests.engine import flow
from tests.engine.test_attempts import work
from tests.pages.execution_pages import TABS, headline, open_tab, words

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,  # words and forms; what lists find is asked of both databases
]


@pytest.fixture
def waiting() -> Execution:
    execution = flow.start({"a": [], "b": ["a"]}, tasks={"a": {"review": {"always": True}}})
    return work(execution)


def test_the_sentence_says_that_it_is_a_persons_turn_and_by_when(waiting: Execution, reader: Client) -> None:
    said = headline(reader, waiting)
    assert re.match(r'Waiting for a person \| To be decided: "a": nobody has taken it yet, due \d{4}-', said), said


@pytest.mark.parametrize("tab", [*TABS, "tasks/a/", "?task=a"])
def test_every_tab_can_be_read_while_it_waits(tab: str, waiting: Execution, reader: Client) -> None:
    assert " style=" not in open_tab(reader, waiting, tab)


def test_the_history_says_why_it_waited_and_who_decided(waiting: Execution, reader: Client) -> None:
    ana = ReviewerProfile.objects.create(id="ana", name="Ana Ruiz", email="ana@example.com")
    review = flow.row(waiting).review
    assert review is not None
    decide(review_id=review.pk, decision="approve", by=ana, comment="looks right")
    said = words(open_tab(reader, waiting, "events/"))
    assert "waits for a person: every result is looked at" in said
    assert "was approved by Ana Ruiz" in said
    assert "looks right" in said
