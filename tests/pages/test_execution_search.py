"""Executions in the search of the shell."""

import pytest
from django.contrib.auth.models import AnonymousUser, User

from orchestration.selectors import search
from orchestration.selectors.search import search_executions
from tests.pages.conftest import MakeExecution


@pytest.fixture
def someone(db: None) -> User:
    return User.objects.create_superuser("someone")


def test_an_execution_is_found_by_its_title_whatever_the_case(make_execution: MakeExecution, someone: User) -> None:
    execution = make_execution(options={"title": "Halvorsen Logistics MSA"})
    make_execution(options={"title": "Another"})
    (hit,) = search_executions(someone, "logistics", 5)
    assert (hit.title, hit.url, hit.icon) == ("Halvorsen Logistics MSA", f"/executions/{execution.pk}/", "completed")
    assert hit.detail == f"flow, completed, {execution.pk.hex[-8:]}"


def test_an_execution_is_found_by_its_id_and_by_the_end_of_it(make_execution: MakeExecution, someone: User) -> None:
    execution, _ = make_execution(), make_execution()
    for text in (str(execution.pk), execution.pk.hex, execution.pk.hex[-8:]):
        assert [hit.url for hit in search_executions(someone, text, 5)] == [f"/executions/{execution.pk}/"]


def test_the_newest_come_first_and_no_more_than_wanted(make_execution: MakeExecution, someone: User) -> None:
    made = [make_execution(options={"title": f"Invoice {number}"}) for number in range(3)]
    assert [hit.title for hit in search_executions(someone, "invoice", 2)] == ["Invoice 2", "Invoice 1"]
    assert len(made) == 3


def test_a_whole_id_finds_what_is_too_old_for_other_words(
    make_execution: MakeExecution, someone: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOKED_AT", 1)
    old, _ = make_execution(options={"title": "Old"}), make_execution()
    assert search_executions(someone, "Old", 5) == []
    assert len(search_executions(someone, str(old.pk), 5)) == 1


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "----", "{}", "é"])
def test_odd_texts_find_nothing_and_break_nothing(text: str, make_execution: MakeExecution, someone: User) -> None:
    make_execution(options={"title": "Plain"})
    assert search_executions(someone, text, 5) == []


def test_people_who_may_not_see_executions_find_none(make_execution: MakeExecution) -> None:
    make_execution(options={"title": "Plain"})
    assert search_executions(User.objects.create_user("other"), "Plain", 5) == []
    assert search_executions(AnonymousUser(), "Plain", 5) == []
