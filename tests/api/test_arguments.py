"""What is given beside an input: refused in a sentence, with a code, before a database sees it; as in REST."""

from typing import Any

import pytest

import tests.sample_handlers  # noqa: F401  # registers the task types used here
from orchestration import Pipeline, PipelineOrchestrator
from orchestration.definition import DefinitionError
from orchestration.exceptions import InvalidArgument, PipelineNotFound
from tests.commands.calling import call
from tests.commands.conftest import ECHO

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("closed_database_thread")]
DEFINITION = {"name": "echo_it", "tasks": [{"name": "say", "type": "echo", "parameters": {"x": "{input.x}"}}]}


@pytest.fixture
def orchestrator() -> PipelineOrchestrator:
    found = PipelineOrchestrator()
    found.register_pipeline(DEFINITION)
    return found


BAD: list[tuple[dict[str, Any], str]] = [
    ({"title": "x" * 500}, "title: give at most 200 characters, not 500"),
    ({"title": "a\0"}, "title: has the character U+0000 (NUL), which cannot be stored; remove it"),
    ({"title": None}, "title: give text, not nothing (null)"),
    ({"idempotency_key": "k" * 500}, "idempotency_key: give 1 to 200 characters, not 500"),
    ({"idempotency_key": ""}, "idempotency_key: give 1 to 200 characters, not 0"),
    ({"labels": {"a": "\0"}}, 'labels: "a": has the character U+0000 (NUL), which cannot be stored; remove it'),
    ({"labels": {"a": 1}}, 'labels: "a": a label must be text'),
    ({"labels": ["a"]}, "labels: give a mapping of texts to texts, not a list"),
    ({"version": "abc"}, 'version: give a version\'s number, not the text "abc"'),
    ({"version": True}, "version: give a version's number, not the boolean true"),
    ({"pipeline_id": None}, "pipeline_id: give text, not nothing (null)"),
]


@pytest.mark.one_database
@pytest.mark.parametrize(("given", "said"), BAD, ids=[said for _, said in BAD])
def test_what_could_not_be_kept_or_meant_starts_nothing(
    orchestrator: PipelineOrchestrator, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        orchestrator.execute_pipeline_sync(**{"pipeline_id": "echo_it", "input_data": {"x": 1}, **given})
    assert (str(caught.value), caught.value.code) == (said, "invalid_argument")


@pytest.mark.one_database
@pytest.mark.parametrize("given", [{"title": "x" * 201}, {"idempotency_key": "k" * 201}, {"version": "newest"}])
def test_the_same_holds_for_running_again(orchestrator: PipelineOrchestrator, given: dict[str, Any]) -> None:
    key = orchestrator.execute_pipeline_sync("echo_it", {"x": 1})
    with pytest.raises(InvalidArgument):
        orchestrator.rerun(key, **given)


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_pipeline_that_no_database_could_name_is_not_there(orchestrator: PipelineOrchestrator, name: str) -> None:
    with pytest.raises(PipelineNotFound):
        orchestrator.execute_pipeline_sync(name, {})


def test_a_reason_is_kept_as_far_as_it_can_be(orchestrator: PipelineOrchestrator) -> None:
    key = orchestrator.execute_pipeline_sync("echo_it", {"x": 1})
    assert orchestrator.cancel(key, "a\0b" + "c" * 2000)
    assert "a\ufffdbccc" in orchestrator.get_execution_status(key)["error"]["message"]


@pytest.mark.one_database
@pytest.mark.parametrize("pipeline_id", ["x" * 201, "", "a b/c", "x\ny", "x\n", "my pipe/lines?", "1st", 5])
def test_an_id_that_no_address_could_hold_is_not_registered(
    orchestrator: PipelineOrchestrator, pipeline_id: Any
) -> None:
    with pytest.raises(InvalidArgument, match="pipeline_id: "):
        orchestrator.register_pipeline(DEFINITION, pipeline_id)


@pytest.mark.one_database
@pytest.mark.parametrize("pipeline_id", ["a b/c", "", "x" * 300])
def test_nor_on_the_command_line(tmp_path: Any, pipeline_id: str) -> None:
    (tmp_path / "p.yaml").write_text(ECHO)
    called = call("register_pipeline", str(tmp_path / "p.yaml"), "--id", pipeline_id, "--json")
    assert (called.code, called.document["error"]["code"]) == (2, "invalid_argument")


@pytest.mark.one_database
def test_a_definition_may_be_given_as_a_dict_or_a_config(orchestrator: PipelineOrchestrator) -> None:
    assert orchestrator.register_pipeline(DEFINITION) == "echo_it"
    assert orchestrator.register_pipeline(Pipeline(DEFINITION).config) == "echo_it"
    assert orchestrator.run(DEFINITION, {"x": 5})["tasks"]["say"]["output"] == {"x": 5}
    with pytest.raises(DefinitionError):
        orchestrator.register_pipeline({"name": "x"})


@pytest.mark.one_database
@pytest.mark.parametrize("add", ["add_completion_callback", "add_error_callback"])
def test_a_callback_must_be_callable(orchestrator: PipelineOrchestrator, add: str) -> None:
    with pytest.raises(InvalidArgument, match="callback: give a function"):
        getattr(orchestrator, add)("x")
