"""`validate_pipeline`: every mistake with its place; exit codes; the JSON document."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from reviews.services.policies import save_policy
from tests.commands.calling import call
from tests.commands.conftest import Write

MISTAKEN = """name: mistaken
tasks:
  - name: a
    type: extracton
  - name: b
    type: echo
    dependencies: [aa]
"""


def test_a_valid_file_is_named_with_its_tasks(write: Write) -> None:
    called = call("validate_pipeline", write())
    assert called.code == 0
    assert 'pipeline "greeting" 1.0.0, 2 tasks' in called.out


def test_every_mistake_is_shown_with_its_place_and_a_caret_below_it(write: Write) -> None:
    called = call("validate_pipeline", write(MISTAKEN))
    assert called.code == 1
    assert 'pipeline.yaml:4:11 error task "a": unknown task type "extracton" (did you mean "extraction"?)' in called.out
    assert "     4 |     type: extracton\n       |           ^\n" in called.out
    assert 'unknown dependency "aa" (did you mean "a"?)' in called.out


def test_one_bad_file_among_good_ones_decides_the_exit_code(write: Write) -> None:
    called = call("validate_pipeline", write(), write(MISTAKEN, "bad.yaml"), "--json")
    assert called.code == 1
    assert [file["valid"] for file in called.document["files"]] == [True, False]
    assert called.document["valid"] is False


def test_a_file_that_cannot_be_read_hides_nothing_of_the_others(write: Write, tmp_path: Path) -> None:
    called = call("validate_pipeline", write(MISTAKEN), str(tmp_path), str(tmp_path / "missing.yaml"))
    assert called.code == 2
    assert 'unknown task type "extracton"' in called.out
    assert f"{tmp_path} error Is a directory [unreadable_file]" in called.out
    assert "missing.yaml error No such file or directory [unreadable_file]" in called.out


def test_json_has_line_column_pointer_and_code_of_each_problem(write: Write) -> None:
    (file,) = call("validate_pipeline", write(MISTAKEN), "--json").document["files"]
    first = file["errors"][0]
    assert (first["line"], first["column"], first["pointer"]) == (4, 11, "/tasks/0/type")
    assert (first["code"], first["task"], first["suggestion"]) == ("unknown_task_type", "a", "extraction")


def test_a_model_that_is_not_configured_is_a_warning(write: Write) -> None:
    text = "name: x\ntasks: [{name: t, type: text_generation, model: openai/gpt-4, parameters: {prompt: hi}}]"
    called = call("validate_pipeline", write(text))
    assert called.code == 0
    assert "OPENAI_API_KEY" in called.out


@pytest.mark.django_db
@pytest.mark.parametrize(
    "task",
    ["type: echo, review: {sample: 1.0, policy: nope}", "type: human_review, parameters: {value: 1, policy: nope}"],
)
def test_an_escalation_policy_that_is_not_there_is_a_warning(write: Write, task: str) -> None:
    called = call("validate_pipeline", write(f"name: x\ntasks: [{{name: t, {task}}}]"), "--json")
    (warning,) = called.document["files"][0]["warnings"]
    assert (called.code, warning["code"], warning["task"]) == (0, "unknown_policy", "t")


@pytest.mark.django_db
@pytest.mark.parametrize("policy", ["default", "known"])
def test_a_policy_that_is_there_or_made_when_needed_is_none(write: Write, policy: str) -> None:
    save_policy(policy_id="known", steps=[{"after": "2d", "action": "raise_priority"}])
    text = f"name: x\ntasks: [{{name: t, type: echo, review: {{always: true, policy: {policy}}}}}]"
    (file,) = call("validate_pipeline", write(text), "--json").document["files"]
    assert file["warnings"] == []


def test_standard_input_is_read_as_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"name: x\ntasks: []\n")))
    called = call("validate_pipeline", "-", "--json")
    assert called.code == 1
    assert called.document["files"][0]["file"] == "-"


def test_a_file_that_cannot_be_read_is_bad_usage(tmp_path: Path) -> None:
    called = call("validate_pipeline", str(tmp_path / "none.yaml"), "--json")
    assert called.code == 2
    (error,) = called.document["files"][0]["errors"]
    assert (error["code"], error["message"]) == ("unreadable_file", "No such file or directory")


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"", b"[" * 5000, b"name: \x1b[31mred\ntasks: []\n"])
def test_no_text_makes_it_crash_or_reaches_the_terminal_as_a_command(write: Write, text: bytes) -> None:
    called = call("validate_pipeline", write(text))
    assert called.code == 1
    assert "\x1b" not in called.out
