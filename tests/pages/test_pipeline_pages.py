"""A pipeline's page, its versions, what differs between them: what is shown, who may act, how many queries it takes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.test import Client

from orchestration.models import PipelineVersion, RegisteredPipeline
from orchestration.services import pipelines
from orchestration.services.pipelines import register_pipeline
from tests.engine import flow
from tests.pages.conftest import MakeExecution

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

PAGE = "/pipelines/flow/"
VERSIONS = f"{PAGE}versions/"
COMPARE = f"{PAGE}compare/"
FULL_INPUTS = {
    "type": "object",
    "properties": {
        "document": {"type": "object", "properties": {"content": {"type": "string", "description": "The whole text"}}},
        "copies": {"type": "integer", "minimum": 1, "maximum": 9},
        "kind": {"enum": ["invoice", "offer"]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["document"],
}


def register(graph: flow.Graph = flow.DIAMOND, **config: Any) -> PipelineVersion:
    return register_pipeline(pipeline=flow.define(graph, **config), pipeline_id="flow")


def three_versions() -> None:
    register(description="first", global_parameters={"output_mapping": {"x": "d_output.x"}})
    register(description="second", each={"timeout": 5}, global_parameters={"output_mapping": {"x": "d_output.x"}})
    register({"a": [], "b": ["a"], "new": ["b"]}, description="third", inputs={"text": "string"})


# One pipeline ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_graph_input_output_and_settings(engineer: Client, db: None) -> None:
    register(
        description="Sorts <mail>",
        inputs=FULL_INPUTS,
        timeout=90,
        max_parallel=2,
        labels={"team": "legal"},
        global_parameters={"output_mapping": {"total": "d_output.sum"}},
    )
    page = engineer.get(PAGE).content.decode()
    for text in (
        *("It has not run yet.", "Sorts &lt;mail&gt;", "4\xa0tasks in 3\xa0steps", "The whole text", "whole number"),
        *("1 to 9", "one of invoice, offer", "list of texts", "may be left out", "d_output.sum", "1\xa0m\xa030\xa0s"),
        *("legal", "2\xa0tasks", "/pipelines/flow/run/", "/pipelines/flow/edit/", "?focus=a"),
    ):
        assert text in page, text


def test_without_a_mapping_the_page_says_whose_results_are_returned(engineer: Client, db: None) -> None:
    register({"a": [], "b": []})
    page = engineer.get(PAGE).content.decode()
    assert "each of the 2 tasks that nobody waits for" in page
    assert "nothing is checked" in page
    register(flow.CHAIN)
    assert "the last task" in engineer.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        (["completed"], "The last run completed."),
        (["completed", "completed"], "The last 2 runs all completed."),
        (["completed", "failed"], "The last run failed."),
        (["failed", "timed_out"], "The last 2 runs did not complete."),
        (["failed", "completed"], "1 of the last 2 runs completed."),
        (["running"], "No run has ended yet; 1\xa0execution is under way."),
        (["completed", "running", "queued"], "The last run completed; 2\xa0executions are under way."),
    ],
)
def test_the_page_opens_with_how_it_goes(
    engineer: Client, make_execution: MakeExecution, states: list[str], sentence: str
) -> None:
    for state in states:
        make_execution(state)
    page = engineer.get(PAGE).content.decode()
    assert sentence in page
    assert page.count("Untitled") == len(states)


def test_what_tasks_usually_take_is_told_from_completed_runs(engineer: Client, make_execution: MakeExecution) -> None:
    make_execution("completed", graph=flow.CHAIN)
    make_execution("failed", graph=flow.CHAIN)
    page = engineer.get(PAGE).content.decode()
    assert "Usually takes" in page
    assert "median of 1" in page


def test_readers_are_offered_nothing_to_change(reader: Client, db: None) -> None:
    three_versions()
    for address in (PAGE, VERSIONS, f"{VERSIONS}1/"):
        page = reader.get(address).content.decode()
        assert "/edit/" not in page
        assert "/run/" not in page
        assert "Make current" not in page


def test_a_pipeline_that_is_not_there_is_said_with_the_nearest(engineer: Client, db: None) -> None:
    register()
    response = engineer.get("/pipelines/flwo/")
    assert response.status_code == 404
    assert "did you mean" in response.content.decode()


@pytest.mark.parametrize(
    "address",
    [f"{VERSIONS}7/", f"{VERSIONS}{2**40}/", f"{VERSIONS}0/", f"{COMPARE}?a=7", f"{VERSIONS}1/definition.xml"],
)
def test_a_version_that_is_not_there_is_not_found(engineer: Client, db: None, address: str) -> None:
    register()
    assert engineer.get(address).status_code == 404


def test_an_id_without_a_version_is_not_found(engineer: Client, db: None) -> None:
    RegisteredPipeline.objects.create(id="flow")
    assert engineer.get(PAGE).status_code == 404


# Versions -------------------------------------------------------------------------------------------------------------


def test_versions_are_listed_with_their_runs(engineer: Client, make_execution: MakeExecution) -> None:
    make_execution("completed", description="first", version="1.0")
    make_execution("running", description="first", version="1.0")
    make_execution("completed", description="second", version="2.0")
    page = engineer.get(VERSIONS).content.decode()
    assert "2\xa0versions; new executions run version 2; 1\xa0execution of other versions still under way." in page
    assert "1 under way" in page
    assert page.index("Version 2") < page.index("Version 1")


def test_an_earlier_version_can_be_made_current_again(engineer: Client, db: None) -> None:
    three_versions()
    response = engineer.post(f"{VERSIONS}1/current/", follow=True)
    assert "run version 1 now" in response.content.decode()
    current = RegisteredPipeline.objects.get(pk="flow").current_version
    assert current is not None
    assert current.number == 1
    assert PipelineVersion.objects.count() == 3
    assert "but version 1" in engineer.get(f"{VERSIONS}3/").content.decode()


def test_only_people_who_may_register_make_a_version_current(operator: Client, engineer: Client, db: None) -> None:
    three_versions()
    assert operator.post(f"{VERSIONS}1/current/").status_code == 403
    assert engineer.get(f"{VERSIONS}1/current/").status_code == 405
    assert engineer.post(f"{VERSIONS}9/current/").status_code == 404


def test_a_version_shows_its_definition_as_yaml_and_as_json(engineer: Client, db: None) -> None:
    register(each={"description": "<b>"})
    page = engineer.get(f"{VERSIONS}1/").content.decode()
    assert "description: &lt;b&gt;" in page
    assert "&quot;name&quot;: &quot;flow&quot;" in engineer.get(f"{VERSIONS}1/", {"as": "json"}).content.decode()


def test_a_version_can_be_downloaded(engineer: Client, db: None) -> None:
    definition = register().definition
    as_yaml, as_json = (engineer.get(f"{VERSIONS}1/definition.{ending}") for ending in ("yaml", "json"))
    assert yaml.safe_load(as_yaml.content) == definition
    assert json.loads(as_json.content) == definition
    assert as_yaml["Content-Disposition"] == 'attachment; filename="flow.v1.yaml"'
    assert as_json["Content-Type"] == "application/json; charset=utf-8"


def test_a_file_has_a_name_that_every_system_takes(engineer: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "check_new_pipeline_id", lambda _: None)  # registered before ids were checked
    register_pipeline(pipeline=flow.define(flow.ONE), pipeline_id='a\n"b"/c')
    response = engineer.get("/pipelines/a~0A%22b%22~2Fc/versions/1/definition.json")
    assert response["Content-Disposition"] == 'attachment; filename="a_b_c.v1.json"'


# What differs ---------------------------------------------------------------------------------------------------------


def test_two_versions_are_compared_in_words_as_a_graph_and_line_by_line(engineer: Client, db: None) -> None:
    three_versions()
    page = engineer.get(COMPARE, {"a": 1, "b": 3}).content.decode()
    for text in (
        *("1\xa0task is added and 2 are removed", "settings change: description, global_parameters, inputs"),
        *(
            "The input is checked now; it could be anything.",
            "The output no longer has &quot;x&quot;",
            "is-added",
            "is-removed",
        ),
        *(
            "{&quot;output_mapping&quot;: {&quot;x&quot;: &quot;d_output.x&quot;}}",
            "<ins>third</ins>",
            "Show equal lines",
        ),
    ):
        assert text in page, text


def test_by_default_the_current_version_is_compared_with_the_one_before(engineer: Client, db: None) -> None:
    three_versions()
    response = engineer.get(COMPARE)
    assert [response.context[side].version.number for side in ("before", "after")] == [2, 3]


def test_a_change_that_callers_do_not_notice_is_called_safe(engineer: Client, db: None) -> None:
    three_versions()
    page = engineer.get(COMPARE, {"a": 1, "b": 2}).content.decode()
    assert "4\xa0tasks change; a setting changes: description" in page
    assert "safe for callers" in page
    assert "Callers will notice" not in page


def test_a_version_does_not_differ_from_itself(engineer: Client, db: None) -> None:
    register()
    page = engineer.get(COMPARE).content.decode()
    assert "This is version 1 twice" in page


def test_equal_lines_are_folded_until_they_are_asked_for(engineer: Client, db: None) -> None:
    graph: flow.Graph = {f"t{n}": [] for n in range(30)}
    register(graph)
    register(graph, tasks={"t20": {"timeout": 9}})
    folded = engineer.get(COMPARE).content.decode()
    whole = engineer.get(COMPARE, {"a": 1, "b": 2, "whole": 1}).content.decode()
    assert "equal lines</td>" in folded
    assert "equal lines</td>" not in whole
    assert whole.count('class="ln"') > folded.count('class="ln"')


def test_only_the_order_of_tasks_may_differ(engineer: Client, db: None) -> None:
    register({"a": [], "b": []})
    register({"b": [], "a": []})
    page = engineer.get(COMPARE).content.decode()
    assert "Tasks are listed in another order." in page
    assert "Only the order in which tasks are listed." in page


@pytest.mark.parametrize("query", [{"a": "x"}, {"a": "-1", "b": "²"}, {"a": ""}, {"b": "9" * 20}])
def test_bad_numbers_are_left_out_of_the_comparison(engineer: Client, db: None, query: dict[str, str]) -> None:
    three_versions()
    assert engineer.get(COMPARE, query).status_code == 200


# Queries --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "most"),
    [(PAGE, 10), (VERSIONS, 8), (f"{VERSIONS}1/", 7), (COMPARE, 8), (f"{VERSIONS}1/definition.yaml", 4)],
)
def test_pages_take_few_queries_however_much_there_is(
    engineer: Client,
    make_execution: MakeExecution,
    django_assert_max_num_queries: Callable[..., Any],
    address: str,
    most: int,
) -> None:
    for number in range(4):
        make_execution("completed", graph=flow.CHAIN, description=f"version {number}")
        make_execution("running", graph=flow.CHAIN, description=f"version {number}")
    with django_assert_max_num_queries(most):
        assert engineer.get(address).status_code == 200
