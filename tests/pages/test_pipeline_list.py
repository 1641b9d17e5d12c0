"""The list of pipelines: what a line says, the order, search, and how many queries a page takes."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import resolve, reverse
from hypothesis import given
from hypothesis import strategies as st

from orchestration.selectors.pipeline_list import Runs, count_pipelines
from orchestration.selectors.pipeline_search import search_pipelines
from orchestration.services import pipelines
from orchestration.services.pipelines import register_pipeline
from tests.engine import flow
from tests.pages.conftest import MakeExecution

LIST = "/pipelines/"


def register(name: str = "flow", **config: Any) -> None:
    register_pipeline(pipeline=flow.define(flow.CHAIN, name=name, **config), pipeline_id=name)


def names(response: Any) -> list[str]:
    """The pipelines of a page, in its order."""
    return re.findall(r'<a class="mono" href="[^"]+">([^<]+)</a>', response.content.decode())


def test_a_line_says_what_a_pipeline_is_and_how_its_last_runs_went(
    engineer: Client, make_execution: MakeExecution
) -> None:
    for state in ("completed", "completed", "failed"):
        make_execution(state, description="Sorts <letters>", version="1.4.0")
    page = engineer.get(LIST).content.decode()
    assert "1\xa0pipeline; 1 failed in the last run." in page
    for text in ("Sorts &lt;letters&gt;", "1.4.0", '"num">66 %</td>', "Failed", reverse("pipeline-run", args=["flow"])):
        assert text in page
    assert page.count("<rect") >= 3


@pytest.mark.one_database
@pytest.mark.parametrize("state", ["pending", "running", "waiting", "paused"])
def test_a_run_under_way_is_said_with_its_state(engineer: Client, make_execution: MakeExecution, state: str) -> None:
    execution = make_execution(state)
    page = engineer.get(LIST).content.decode()
    assert f'href="/executions/{execution.pk}/"><span class="state" data-state="{state}">' in page
    assert "none yet" in page


def test_of_several_runs_under_way_the_newest_is_shown(engineer: Client, make_execution: MakeExecution) -> None:
    make_execution("running")
    newest = make_execution("paused")
    make_execution("completed")
    (line,) = engineer.get(LIST).context["lines"]
    assert (line.row.runs.live, line.row.runs.newest_live) == (2, (newest.pk, "paused"))


def test_pipelines_that_fail_come_first_when_asked(engineer: Client, make_execution: MakeExecution) -> None:
    for name, state in (("a_fine", "completed"), ("b_broken", "failed"), ("c_slow", "timed_out"), ("d_new", None)):
        if state is None:
            register(name)
        else:
            make_execution(state, name=name)
    assert names(engineer.get(LIST)) == ["a_fine", "b_broken", "c_slow", "d_new"]
    assert names(engineer.get(LIST, {"order": "failing"})) == ["c_slow", "b_broken", "a_fine", "d_new"]
    assert names(engineer.get(LIST, {"order": "recent"})) == ["c_slow", "b_broken", "a_fine", "d_new"]
    assert (count_pipelines().total, count_pipelines().failing) == (4, 2)


def test_a_pipeline_that_was_mended_fails_no_more(engineer: Client, make_execution: MakeExecution) -> None:
    make_execution("failed")
    make_execution("completed")
    make_execution("running")
    assert count_pipelines().failing == 0
    assert "none failed in its last run" in engineer.get(LIST).content.decode()


@pytest.mark.parametrize("text", ["voice", "VOICE", "reads"])
def test_search_looks_at_names_and_descriptions(engineer: Client, db: None, text: str) -> None:
    register("invoices", description="Reads what suppliers send")
    register("contracts", description="Finds clauses")
    assert names(engineer.get(LIST, {"q": text})) == ["invoices"]


@pytest.mark.one_database
def test_a_search_that_finds_nothing_leads_back_to_all(engineer: Client, db: None) -> None:
    register()
    page = engineer.get(LIST, {"q": "<zebra>"}).content.decode()
    assert "Nothing matches" in page
    assert "&lt;zebra&gt;" in page


@pytest.mark.parametrize(
    "query", [{"q": "\x00"}, {"q": "%_\\'\"" * 100}, {"order": "x"}, {"page": "-1"}, {"page": "9" * 30}, {"page": "x"}]
)
def test_a_bad_address_is_answered_with_the_list(engineer: Client, db: None, query: dict[str, str]) -> None:
    register()
    assert engineer.get(LIST, query).status_code == 200


@pytest.mark.one_database
def test_an_empty_list_leads_to_the_editor(engineer: Client, reader: Client) -> None:
    page = engineer.get(LIST).content.decode()
    assert "No pipeline yet" in page
    assert reverse("pipeline-new") in page
    assert "register_pipeline FILE" in page
    assert reverse("pipeline-new") not in reader.get(LIST).content.decode()


def test_many_pipelines_are_shown_page_by_page_in_as_many_queries(
    engineer: Client, make_execution: MakeExecution, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(30):
        register(f"p{number:02}")
    for number in range(5):
        make_execution("completed", name=f"p{number:02}")
    with django_assert_max_num_queries(9):
        first = engineer.get(LIST)
    second = engineer.get(LIST, {"page": 2})
    assert names(first) == [f"p{number:02}" for number in range(25)]
    assert names(second) == [f"p{number:02}" for number in range(25, 30)]
    assert "?page=2" in first.content.decode()


@pytest.mark.one_database
def test_only_people_who_may_see_pipelines_do(stranger: Client, reader: Client) -> None:
    assert stranger.get(LIST).status_code == 403
    assert Client().get(LIST).status_code == 302
    assert reader.get(LIST).status_code == 200


def test_a_success_of_less_than_all_is_never_shown_as_a_hundred_percent() -> None:
    assert Runs().success_percent is None
    assert Runs().median_seconds is None


# Ids in addresses -----------------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=200))
def test_any_id_can_be_written_into_an_address(pipeline_id: str) -> None:
    path = reverse("pipeline-edit", kwargs={"pipeline_id": pipeline_id})
    match = resolve(_decoded(path))
    assert (match.url_name, match.kwargs["pipeline_id"]) == ("pipeline-edit", pipeline_id)
    assert path.count("/") == 4


def _decoded(path: str) -> str:
    """As a server hands it to Django."""
    return unquote(path)


@pytest.mark.parametrize("pipeline_id", ["new", ".", "..", "a/b", "~6E", "%2F", "a b?c#d", "Übung", "edit", "a\nb"])
def test_awkward_ids_have_pages_of_their_own(
    engineer: Client, db: None, monkeypatch: pytest.MonkeyPatch, pipeline_id: str
) -> None:
    monkeypatch.setattr(pipelines, "check_new_pipeline_id", lambda _: None)  # registered before ids were checked
    register_pipeline(pipeline=flow.define(flow.ONE), pipeline_id=pipeline_id)
    response = engineer.get(reverse("pipeline", kwargs={"pipeline_id": pipeline_id}))
    assert response.status_code == 200
    assert response.context["pipeline_id"] == pipeline_id
    assert resolve("/pipelines/new/").url_name == "pipeline-new"


@pytest.mark.parametrize(
    "address", ["/pipelines/~00/", "/pipelines/~FF/", f"/pipelines/{'x' * 201}/", "/pipelines/%FF/"]
)
def test_what_can_be_no_id_is_not_found(engineer: Client, db: None, address: str) -> None:
    assert engineer.get(address).status_code == 404


# Search of the shell --------------------------------------------------------------------------------------------------


def test_the_shells_search_finds_pipelines_best_first(make_user: Callable[..., Any]) -> None:
    register("b_flow", description="nothing")
    register("flow_a")
    register("other", description="like flow")
    found = search_pipelines(make_user("view_registeredpipeline"), "flow", 10)
    assert [hit.title for hit in found] == ["flow_a", "b_flow", "other"]
    assert found[0].url == "/pipelines/flow_a/"
    assert found[0].detail == "version 1, 3\xa0tasks"
    assert len(search_pipelines(make_user("view_registeredpipeline", name="two"), "flow", 2)) == 2
    assert search_pipelines(make_user(name="three"), "flow", 10) == []
