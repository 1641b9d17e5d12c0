"""`demo`: real workers, real documents; and what it says when something is not as it should be."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.console.demonstration import judge
from orchestration.services.demonstration import Document, read_documents
from tests.commands.looking import running_workers
from tests.conftest import WorkEnvironment
from tests.processes import Processes, is_gone
from tests.services import wait_until

SECONDS = 110


def run_demo(processes: Processes, env: Mapping[str, str], *words: str) -> tuple[int, dict[str, Any]]:
    done = processes.run("manage.py", "demo", "--json", *words, env=env, seconds=SECONDS)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


STORY = ["A registered model at work", "The second time is free", "A person decides", "An alert", "How it is"]


def log_of(env: Mapping[str, str]) -> Path:
    return Path(env["DATA_DIR"]) / "demo-worker.log"


@dataclass(frozen=True)
class Demonstration:
    """The first one on a fresh machine, which left its worker."""

    env: dict[str, str]
    code: int
    document: dict[str, Any]
    worker: int


@pytest.fixture(scope="module")
def first(shared_environment: WorkEnvironment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    env = shared_environment(migrated=False)
    code, document = run_demo(Processes(tmp_path_factory.mktemp("demo")), env, "--keep")
    (worker,) = running_workers(env)
    yield Demonstration(env, code, document, worker)
    end(worker)


def end(worker: int) -> None:
    """Tell it to stop, if it has not yet, and see that it does."""
    with suppress(ProcessLookupError):
        os.kill(worker, signal.SIGTERM)
    assert wait_until(lambda: is_gone(worker))


@pytest.mark.timeout(240)  # the first test that uses the demonstration waits for it
def test_every_document_ends_as_expected_on_a_fresh_machine(first: Demonstration) -> None:
    documents, chapters = first.document["documents"], first.document["chapters"]
    assert [found["surprises"] for found in documents if found["surprises"]] == []
    assert (first.code, first.document["ok"], len(documents)) == (0, True, len(read_documents()))
    assert [chapter["title"] for chapter in chapters if not chapter["ok"]] == []
    assert [chapter["title"] for chapter in chapters] == STORY
    empty = next(found for found in documents if found["document"] == "13-empty.txt")
    assert empty["missing"] == ["no title", "no category fits", "too little text"]


@pytest.mark.timeout(240)
def test_a_kept_worker_does_the_next_demonstration_which_people_see_as_a_table(
    first: Demonstration, processes: Processes
) -> None:
    log = log_of(first.env).read_text()
    assert not is_gone(first.worker)
    done = processes.run("manage.py", "demo", env=first.env, seconds=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "│ legal 9" in done.stdout
    assert "all as expected" in done.stdout.splitlines()[-1]
    assert "Started a Celery worker" not in done.stdout
    end(first.worker)
    said = log_of(first.env).read_text()
    assert log in said
    assert "worker stopped" in said.removeprefix(log)


def test_a_worker_that_dies_at_its_start_is_shown_with_its_log(
    processes: Processes, work_environment: WorkEnvironment
) -> None:
    code, document = run_demo(processes, work_environment(TASK_HANDLER_MODULES="tests.commands.fatal"))
    assert code == 1
    assert document["error"]["code"] == "process_died"
    assert "this module ends its worker" in document["error"]["message"]


def test_a_stop_ends_the_worker_too(processes: Processes, work_environment: WorkEnvironment) -> None:
    demo = processes.manage("demo", env=work_environment(), ready="Started a Celery worker")
    wait_until(lambda: bool(demo.children))
    worker = demo.children[0].pid
    demo.send_signal(signal.SIGTERM)
    assert demo.wait() == 128 + signal.SIGTERM
    assert is_gone(worker)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
def test_even_kill_9_leaves_no_worker_behind(processes: Processes, work_environment: WorkEnvironment) -> None:
    demo = processes.manage("demo", env=work_environment(), ready="Started a Celery worker")
    wait_until(lambda: bool(demo.children))
    worker = demo.children[0].pid
    demo.kill()
    wait_until(lambda: is_gone(worker))
    assert is_gone(worker)


class TestJudging:
    STATUS: Mapping[str, Any] = {
        "execution_id": "1",
        "status": "completed",
        "error": None,
        "duration_seconds": 1.0,
        "output": {"category": "legal", "valid": True, "total": {"amount": 1234.5, "currency": None}},
    }

    @pytest.mark.parametrize(
        ("expected", "surprises"),
        [
            ({}, ()),
            ({"category": "legal", "valid": True}, ()),
            ({"category": [None, "legal"]}, ()),
            ({"category": "technical"}, ("category is legal, expected technical",)),
            ({"category": None, "valid": False}, ("category is legal, expected none", "valid is true, expected false")),
            ({"status": "failed"}, ("status is completed, expected failed",)),
        ],
    )
    def test_what_differs_from_the_expected_is_named(self, expected: Any, surprises: tuple[str, ...]) -> None:
        assert judge(Document("a", "", expected), self.STATUS).surprises == surprises

    def test_a_failed_execution_is_a_surprise_and_keeps_its_reason(self) -> None:
        failed = {**self.STATUS, "status": "failed", "output": None, "error": {"message": "no paper"}}
        result = judge(Document("a", "", {}), failed)
        assert result.missing == ("no paper",)
        assert result.surprises == ("status is failed, expected completed",)

    def test_facts_are_short_and_in_words(self) -> None:
        assert judge(Document("a", "", {}), self.STATUS).facts == ("1,234.50",)


def test_every_document_has_an_expectation_and_every_expectation_a_document() -> None:
    documents = read_documents()
    assert len(documents) >= 12
    assert all(document.expected for document in documents)
