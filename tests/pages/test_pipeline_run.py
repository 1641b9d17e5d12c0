"""Starting an execution from its form: what is started, what is told instead, and that nothing typed is lost."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orchestration.models import Execution, Worker
from orchestration.services.executions import execute_pipeline
from orchestration.services.pipelines import register_pipeline
from tests.engine import flow
from tests.pages.conftest import MakeExecution

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

RUN = "/pipelines/flow/run/"
INPUTS = {"document": {"content": "string", "pages": "integer?"}, "urgent": "boolean"}
GIVEN = {"document": {"content": "Two\nlines", "pages": 3}, "urgent": True}
FILLED = {"input/document/content": "Two\r\nlines", "input/document/pages": "3", "input/urgent": "on"}


@pytest.fixture
def flow_pipeline(db: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE, inputs=INPUTS))


def send(client: Client, **fields: str) -> Any:
    """The form as a browser sends it."""
    return client.post(RUN, {"do": "run", "nonce": "0" * 32, **fields})


def the_execution() -> Execution:
    return Execution.objects.get()


# Starting -------------------------------------------------------------------------------------------------------------


def test_the_form_starts_an_execution_and_leads_to_it(operator: Client, flow_pipeline: None) -> None:
    response = send(operator, **FILLED, title="Lease pack", labels="customer=Northwind\r\nteam = legal")
    execution = the_execution()
    assert response.headers["Location"] == f"/executions/{execution.pk}/"
    assert execution.input == GIVEN
    assert (execution.title, execution.labels) == ("Lease pack", {"customer": "Northwind", "team": "legal"})
    assert (execution.trigger, execution.started_by, execution.rerun_of) == ("page", "operator", None)


def test_json_starts_one_too(operator: Client, flow_pipeline: None) -> None:
    send(operator, mode="json", json=json.dumps(GIVEN))
    assert the_execution().input == GIVEN


def test_a_pipeline_without_a_schema_takes_any_json(operator: Client, db: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE))
    page = operator.get(RUN).content.decode()
    assert "Anything is taken" in page
    assert "{}</textarea>" in page
    send(operator, json="[1, null]")
    assert the_execution().input == [1, None]


def test_the_same_form_sent_twice_starts_one_execution(operator: Client, flow_pipeline: None) -> None:
    first = send(operator, **FILLED)
    again = send(operator, **FILLED)
    assert first.headers["Location"] == again.headers["Location"]
    assert "was sent before" in operator.get("/pipelines/").content.decode()
    send(operator, **{**FILLED, "input/document/pages": "4"})
    assert Execution.objects.count() == 2


def test_an_earlier_version_can_be_run(operator: Client, flow_pipeline: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE, inputs={"other": "string"}))
    assert "input/other" in operator.get(RUN).content.decode()
    assert "input/urgent" in operator.get(RUN, {"version": 1}).content.decode()
    send(operator, **FILLED, version="1")
    assert the_execution().version.number == 1


def test_another_version_shows_its_fields_and_keeps_what_fits(operator: Client, flow_pipeline: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE, inputs={"document": {"content": "string"}, "new": "string"}))
    page = send(operator, **{**FILLED, "do": "version", "version": "2", "title": "kept"}).content.decode()
    assert "input/new" in page
    assert "Two\nlines</textarea>" in page
    assert 'value="kept"' in page
    assert not Execution.objects.exists()


# What is told instead -------------------------------------------------------------------------------------------------


def test_mistakes_are_told_beside_their_fields_and_nothing_is_lost(operator: Client, flow_pipeline: None) -> None:
    page = send(
        operator, **{**FILLED, "input/document/pages": "three", "labels": "broken", "title": "<T>"}
    ).content.decode()
    assert "2\xa0things keep it from starting." in page
    assert 'id="input/document/pages_error"' in page
    assert 'href="#input/document/pages"' in page
    for kept in ('value="three"', "Two\nlines</textarea>", "broken</textarea>", 'value="&lt;T&gt;"', "checked"):
        assert kept in page
    assert "Line 1: write a label as key=text." in page
    assert not Execution.objects.exists()


def test_what_is_missing_is_told(operator: Client, flow_pipeline: None) -> None:
    page = send(operator).content.decode()
    assert page.count("This must be given.") == 2  # beside the field and at the top
    assert 'aria-invalid="true"' in page


def test_broken_json_is_told_with_line_and_column(operator: Client, flow_pipeline: None) -> None:
    page = send(operator, mode="json", json='{\r\n  "document": oops\r\n}').content.decode()
    assert "Line 2, column 15: not valid JSON" in page
    assert "oops" in page


@pytest.mark.parametrize(("do", "mode"), [("json", "fields"), ("fields", "json")])
def test_fields_and_json_can_be_switched_without_scripts(
    operator: Client, flow_pipeline: None, do: str, mode: str
) -> None:
    page = send(operator, **{**FILLED, "do": do, "mode": mode, "json": json.dumps(GIVEN)})
    form = page.context["form"]
    assert form.mode == do
    assert json.loads(form.json_text) == GIVEN if do == "json" else form.texts["input/document/pages"] == "3"


def test_a_model_that_is_not_configured_is_told_before_running(operator: Client, db: None) -> None:
    task = {"type": "text_generation", "model": "gpt-4", "parameters": {"prompt": "x"}}
    register_pipeline(pipeline=flow.define(flow.ONE, tasks={"a": task}))
    page = operator.get(RUN).content.decode()
    assert "It cannot start here yet." in page
    assert "OPENAI_API_KEY" in page
    sent = send(operator, json="{}").content.decode()
    assert "1\xa0thing keeps it from starting." in sent
    assert "It cannot start here yet." not in sent
    assert "OPENAI_API_KEY" in sent
    assert not Execution.objects.exists()


def test_it_is_said_when_no_worker_runs(operator: Client, flow_pipeline: None) -> None:
    assert "No worker is running." in operator.get(RUN).content.decode()
    flow.claimant()
    assert Worker.objects.count() == 1
    assert "No worker is running." not in operator.get(RUN).content.decode()


def test_errors_of_an_input_of_any_form_are_told(operator: Client, db: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE, inputs={"type": "array", "items": {"type": "integer"}}))
    assert "/1: Must be of type integer" in send(operator, json='[1, "x"]').content.decode()
    send(operator, json="[1, 2]")
    assert the_execution().input == [1, 2]


@pytest.mark.parametrize(
    "fields",
    [
        {"json": "{", "mode": "json"},
        {"json": "\x00", "mode": "json"},
        {"json": "[" * 5000, "mode": "json"},
        {"json": '{"$blob": "x", "size": 1}', "mode": "json"},
        {"nonce": "x" * 5000},
        {"version": "x"},
        {"version": ""},
        {"do": "nothing known"},
        {"mode": "neither"},
        {"input/document/content": "\x00\x0b"},
        {"title": "x" * 300},
        {"title": "\x00"},
        {"from": "no id"},
        {"from": "00000000-0000-0000-0000-000000000000"},
    ],
)
def test_nothing_that_is_sent_breaks_the_form(operator: Client, flow_pipeline: None, fields: dict[str, str]) -> None:
    assert send(operator, **{**FILLED, **fields}).status_code in (200, 302)


def test_a_version_that_is_not_there_is_not_found(operator: Client, flow_pipeline: None) -> None:
    assert operator.get(RUN, {"version": 9}).status_code == 404
    assert send(operator, **FILLED, version="9").status_code == 404


# From an earlier run --------------------------------------------------------------------------------------------------


def test_an_earlier_run_fills_the_form_in(operator: Client, flow_pipeline: None) -> None:
    options = {"title": "Lease", "labels": {"customer": "Northwind"}}
    source = execute_pipeline(pipeline_id="flow", input_data=GIVEN, **options)  # type: ignore[arg-type]
    page = operator.get(RUN, {"from": str(source.pk)}).content.decode()
    for text in (
        "Filled in from",
        "Two\nlines</textarea>",
        'value="3"',
        'value="Lease"',
        "customer=Northwind</textarea>",
    ):
        assert text in page
    sent = send(operator, **FILLED, **{"from": str(source.pk)})
    assert Execution.objects.get(rerun_of=source).input == GIVEN
    assert sent.status_code == 302


def test_labels_of_the_definition_are_not_filled_in(operator: Client, db: None) -> None:
    register_pipeline(pipeline=flow.define(flow.ONE, labels={"team": "legal"}))
    source = execute_pipeline(pipeline_id="flow", input_data={}, labels={"customer": "Northwind"})
    page = operator.get(RUN, {"from": str(source.pk)}).content.decode()
    assert "customer=Northwind</textarea>" in page
    assert "team=legal" not in page


def test_an_input_that_fields_cannot_say_is_filled_in_as_json(operator: Client, flow_pipeline: None) -> None:
    given = {"document": {"content": "a\r\nb"}, "urgent": False}
    source = execute_pipeline(pipeline_id="flow", input_data=given)
    page = operator.get(RUN, {"from": str(source.pk)})
    assert page.context["form"].mode == "json"
    assert json.loads(page.context["form"].json_text) == given
    assert "Shown as JSON" in page.content.decode()


def test_an_input_too_large_for_a_form_is_said(operator: Client, flow_pipeline: None) -> None:
    given = {"document": {"content": "long " * 200_000}, "urgent": False}
    source = execute_pipeline(pipeline_id="flow", input_data=given)
    page = operator.get(RUN, {"from": str(source.pk)}).content.decode()
    assert "too large for a form" in page
    assert len(page) < 50_000


def test_an_execution_of_another_pipeline_fills_nothing_in(
    operator: Client, flow_pipeline: None, make_execution: MakeExecution
) -> None:
    other = make_execution("completed", name="other", options={"title": "secret of another"})
    page = operator.get(RUN, {"from": str(other.pk)}).content.decode()
    assert "not there any more" in page
    assert "secret of another" not in page


# Who, and how many queries --------------------------------------------------------------------------------------------


def test_only_people_who_may_start_executions_see_the_form(
    reader: Client, make_client: Callable[..., Client], flow_pipeline: None
) -> None:
    assert reader.get(RUN).status_code == 403
    assert send(reader, **FILLED).status_code == 403
    starter = make_client("add_execution", name="starter")
    source = execute_pipeline(pipeline_id="flow", input_data=GIVEN)
    assert starter.get(RUN).status_code == 200
    assert starter.get(RUN, {"from": str(source.pk)}).status_code == 403


def test_the_form_takes_few_queries(
    engineer: Client, flow_pipeline: None, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    source = execute_pipeline(pipeline_id="flow", input_data=GIVEN)
    engineer.get(RUN)
    with django_assert_max_num_queries(8):
        engineer.get(RUN, {"from": str(source.pk)})


def test_every_control_of_the_form_has_a_label(operator: Client, flow_pipeline: None) -> None:
    page = operator.get(RUN).content.decode()
    controls = re.findall(
        r'<(?:input(?! type="hidden")|textarea|select)[^>]* id="([^"]+)"', page[page.index("<main") :]
    )
    labels = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    assert len(controls) >= 6
    assert set(controls) <= labels
