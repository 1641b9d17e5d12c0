"""`run_pipeline`: where the input comes from, who does the work, what is printed, how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.models import Execution
from tests.commands.calling import call
from tests.commands.conftest import Write

ROOT = Path(__file__).parents[2]
FAILING = "name: failing\ntasks: [{name: t, type: fail, parameters: {message: no paper}}]"
ECHO_INPUT = "name: mirror\ntasks: [{name: t, type: echo_input}]"


@pytest.mark.django_db(transaction=True)
class TestHere:
    def test_it_shows_every_task_and_the_output(self, write: Write) -> None:
        called = call("run_pipeline", write(), "--here", "--set", "name=Ada")
        assert called.code == 0
        assert "✔ completed" in called.out
        assert '"said": "Hello Ada!"' in called.out

    def test_json_is_the_status_of_the_execution(self, write: Write) -> None:
        called = call("run_pipeline", write(), "--here", "--input", '{"name": "Ada"}', "--json")
        assert called.document["status"] == "completed"
        assert called.document["output"] == {"said": "Hello Ada!"}
        assert called.document["tasks"]["greet"]["status"] == "completed"

    def test_a_registered_pipeline_is_run_by_its_id(self, write: Write) -> None:
        call("register_pipeline", write(), "--id", "hello")
        assert call("run_pipeline", "hello", "--here", "--set", "name=Ada").code == 0

    def test_a_title_is_kept(self, write: Write) -> None:
        call("run_pipeline", write(), "--here", "--set", "name=Ada", "--title", "for Ada")
        assert Execution.objects.get().title == "for Ada"

    def test_a_failed_execution_exits_with_1_and_says_why(self, write: Write) -> None:
        called = call("run_pipeline", write(FAILING), "--here")
        assert called.code == 1
        assert 'task "t": no paper' in called.out

    @pytest.mark.parametrize(
        ("words", "given"),
        [
            (["--input", '{"a": 1}'], {"a": 1}),
            (["--input-file", "JSON"], {"b": [1, 2]}),
            (["--text", "TEXT"], {"document": {"content": "Héllo\r\n\x00", "metadata": {"source": "note.txt"}}}),
            (["--set", "a.b=1", "--set", "a.c=x", "--set", 'd=["y"]'], {"a": {"b": 1, "c": "x"}, "d": ["y"]}),
            (["--input", '{"a": {"b": 1}}', "--set", "a.b=2"], {"a": {"b": 2}}),
        ],
    )
    def test_the_input_comes_from_where_it_is_said(self, write: Write, words: list[str], given: Any) -> None:
        files = {"JSON": write('{"b": [1, 2]}', "in.json"), "TEXT": write("Héllo\r\n\x00", "note.txt")}
        words = [files.get(word, word) for word in words]
        called = call("run_pipeline", write(ECHO_INPUT), "--here", "--json", *words)
        assert called.document["tasks"]["t"]["output"] == {"input": given}

    @pytest.mark.parametrize("metadata", ["", ', metadata: "any?"'])
    def test_a_text_fits_inputs_with_and_without_a_place_for_its_source(self, write: Write, metadata: str) -> None:
        inputs = f"inputs: {{document: {{content: string{metadata}}}}}"
        called = call(
            "run_pipeline", write(f"{ECHO_INPUT}\n{inputs}"), "--here", "--json", "--text", write("hello", "note.txt")
        )
        assert called.code == 0
        given = called.document["tasks"]["t"]["output"]["input"]["document"]
        assert given == {"content": "hello"} | ({"metadata": {"source": "note.txt"}} if metadata else {})

    def test_the_first_recipe_of_the_manual_runs_with_a_text(self, write: Write) -> None:
        page = (ROOT / "docs" / "pipelines.md").read_text()
        recipe = page.partition("```yaml\n")[2].partition("```")[0]
        called = call("run_pipeline", write(recipe), "--here", "--text", write("Invoice 1\nTotal: EUR 5.00", "a.txt"))
        assert called.code == 0


@pytest.mark.django_db
class TestByWorkers:
    def test_no_wait_prints_the_id_and_leaves_it_to_the_workers(self, write: Write) -> None:
        called = call("run_pipeline", write(), "--set", "name=Ada", "--no-wait")
        assert called.code == 0
        assert str(Execution.objects.get().pk) == called.out.strip()

    def test_waiting_without_a_worker_says_why_and_how_to_go_on(self, write: Write) -> None:
        called = call("run_pipeline", write(), "--set", "name=Ada", "--timeout", "1.4")
        key = str(Execution.objects.get().pk)
        assert called.code == 1
        assert "no worker is running; start one with: celery -A config worker" in called.out
        assert f"executions {key}" in called.err
        assert f"cancel {key}" in called.err
        assert not Execution.objects.get().is_terminal

    def test_a_timeout_in_json_is_the_status_so_far(self, write: Write) -> None:
        called = call("run_pipeline", write(), "--set", "name=Ada", "--timeout", "0", "--json")
        assert called.code == 1
        assert called.document["status"] == "pending"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], 'no pipeline is registered as "nothing"'),
        (["{file}", "--set", "nobody=1"], "does not fit the `inputs` schema"),
        (["{file}", "--input", "{"], "--input is not JSON"),
        (["{file}", "--input-file", "/no/such"], "No such file"),
        (["{file}", "--set", "name"], "write KEY=VALUE"),
        (["{file}", "--input", "[1]", "--set", "a=1"], "is not a mapping"),
        (["{file}", "--here", "--no-wait"], "--here always waits"),
    ],
)
def test_bad_usage_exits_with_2_and_starts_nothing(write: Write, words: list[str], said: str) -> None:
    called = call("run_pipeline", *(write() if word == "{file}" else word for word in words), "--json")
    assert called.code == 2
    assert said in json.dumps(called.document, ensure_ascii=False).replace('\\"', '"')
    assert not Execution.objects.exists()


@pytest.mark.django_db
def test_an_invalid_file_exits_with_1(write: Write) -> None:
    called = call("run_pipeline", write("name: x"))
    assert called.code == 1
    assert "pipeline.yaml:1" in called.err
