"""What an execution's page and REST lead to: models, reviews, the origin of what the cache knew."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orchestration.models import Execution, TaskRun
from orchestration.selectors.execution_links import MOST
from reviews.models import ReviewerProfile
from reviews.services.decisions import decide
from tests.api.rest.asking import ROOT
from tests.engine import flow
from tests.engine.test_attempts import work
from tests.pages.conftest import MakeExecution
from tests.pages.execution_pages import open_tab, words

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,  # words and forms; what lists find is asked of both databases
]
PIN = "registry/classifier:v2#0123456789ab"
READ_ALL = ("view_execution", "view_registeredmodel", "view_reviewrequest")


@pytest.fixture
def everywhere(make_client: Callable[..., Client]) -> Client:
    return make_client(*READ_ALL, name="everywhere")


def fan(number: int, **changes: Any) -> Execution:
    """Completed, with so many tasks beside each other."""
    return work(flow.start({f"t{index:02}": [] for index in range(number)}, **changes))


def shown(browser: Client, execution: Execution) -> Any:
    return browser.get(f"{ROOT}/executions/{execution.pk}").json()


def test_models_lead_to_their_versions(everywhere: Client, reader: Client) -> None:
    execution = fan(3)
    TaskRun.objects.filter(execution=execution, name__in=("t00", "t01")).update(model=PIN)
    TaskRun.objects.filter(execution=execution, name="t02").update(model="openai/gpt-4o")
    page = open_tab(everywhere, execution)
    assert 'href="/registry/models/classifier/versions/v2/"' in page
    assert "Models classifier:v2 2 tasks , openai/gpt-4o" in words(page).replace("\u00a0", " ").replace(
        "tasks,", "tasks ,"
    )
    assert "/registry/models/classifier" not in open_tab(reader, execution), "may not see the registry"
    assert shown(everywhere, execution)["models"] == [
        {"model": PIN, "tasks": 2},
        {"model": "openai/gpt-4o", "tasks": 1},
    ]


def test_reviews_are_linked_with_what_was_decided(everywhere: Client, reader: Client) -> None:
    execution = fan(2, tasks={name: {"review": {"always": True}} for name in ("t00", "t01")})
    review = flow.row(execution, "t00").review
    assert review is not None
    ana = ReviewerProfile.objects.create(id="ana", name="Ana Ruiz", email="ana@example.com")
    decide(review_id=review.pk, decision="reject", by=ana, comment="no")
    page = open_tab(everywhere, execution)
    assert f'href="/reviews/{review.pk}/"' in page
    assert "Reviews Rejected t00 Waiting for somebody t01" in words(page)
    assert f'href="/reviews/{review.pk}/"' not in open_tab(reader, execution), "may not see reviews"
    found = shown(everywhere, execution)["reviews"]
    assert [(one["task"], one["status"], one["verdict"]) for one in found] == [
        ("t00", "decided", "rejected"),
        ("t01", "pending", ""),
    ]
    assert found[0]["review"] == str(review.pk)


def test_what_the_cache_knew_leads_to_the_execution_that_made_it(everywhere: Client) -> None:
    maker, execution = fan(2), fan(3)
    gone = {"execution_id": "01920000-0000-7000-8000-00000000dead", "task": "t00"}
    origins = {"t00": {"execution_id": str(maker.pk), "task": "t01"}, "t01": gone, "t02": gone}
    for name, origin in origins.items():
        rows = TaskRun.objects.filter(execution=execution, name=name)
        rows.update(cache={"outcome": "hit", "reason": "asked before", "origin": origin})
    page = open_tab(everywhere, execution)
    assert f'href="/executions/{maker.pk}/tasks/t01/"' in page
    assert "From the cache 3 tasks" in words(page).replace("\u00a0", " ")
    assert "an execution that is gone" in words(page)
    assert shown(everywhere, execution)["cache_origins"] == [
        {"execution": "", "task": "t00", "tasks": 2},
        {"execution": str(maker.pk), "task": "t01", "tasks": 1},
    ]


def test_an_execution_without_any_of_them_says_nothing_of_them(
    everywhere: Client, make_execution: MakeExecution
) -> None:
    execution = make_execution("completed")
    said = words(open_tab(everywhere, execution))
    assert not any(word in said for word in ("Models", "Reviews", "From the cache"))
    found = shown(everywhere, execution)
    assert (found["models"], found["reviews"], found["cache_origins"]) == ([], [], [])


def test_of_many_only_the_first_are_listed(everywhere: Client) -> None:
    names = [f"t{index:02}" for index in range(MOST + 3)]
    execution = fan(len(names), tasks={name: {"review": {"always": True}} for name in names})
    for index, name in enumerate(names):
        TaskRun.objects.filter(execution=execution, name=name).update(model=f"local/{index}")
    assert "3 more" in words(open_tab(everywhere, execution))
    found = shown(everywhere, execution)
    assert (len(found["models"]), len(found["reviews"])) == (MOST, MOST)
