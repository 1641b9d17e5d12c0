"""`serve`: web server and worker together, a login, finished work on the first start, and a clean end."""

import os
import signal
import socket
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from orchestration.engine.store import Origin
from orchestration.models import Execution
from orchestration.services import demonstration
from orchestration.services.demonstration import read_documents
from orchestration.services.login import ensure_login
from orchestration.states import Trigger
from tests.commands.calling import call
from tests.commands.looking import execution_statuses
from tests.conftest import WorkEnvironment
from tests.processes import ManagedProcess, Processes, is_gone
from tests.services import wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(processes: Processes, env: Mapping[str, str], *words: str) -> tuple[ManagedProcess, str]:
    served = processes.manage("serve", "--port", str(free_port()), "--workers", "1", *words, env=env)
    return served, served.wait_for(r"Ready: (\S+)$").group(1)


@dataclass(frozen=True)
class FirstStart:
    """What somebody saw who started it on a fresh machine, waited for the documents and pressed Ctrl-C."""

    env: dict[str, str]
    served: ManagedProcess
    address: str
    page: tuple[int, str]
    """The status and the address that asking for `address` led to."""
    worker_log: str
    children: list[int]
    code: int


@pytest.fixture(scope="module")
def first_start(shared_environment: WorkEnvironment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstStart]:
    processes = Processes(tmp_path_factory.mktemp("first-start"))
    try:
        yield start_first(processes, shared_environment(migrated=False))
    finally:
        processes.close()


def start_first(processes: Processes, env: dict[str, str]) -> FirstStart:
    served, address = start(processes, env)
    children = [child.pid for child in served.children]
    log = Path(env["DATA_DIR"]) / "serve-worker.log"
    wait_until(lambda: " ready." in log.read_text())
    served.wait_for(rf"^The example documents are done: {address}executions/$", seconds=90)
    with urllib.request.urlopen(address, timeout=30) as answer:
        page = answer.status, answer.url
    served.send_signal(signal.SIGINT)
    return FirstStart(env, served, address, page, log.read_text(), children, served.wait())


@pytest.mark.one_database
@pytest.mark.timeout(240)  # the first test waits for everything that is done once
class TestFirstStart:
    def test_a_new_user_finds_finished_work(self, first_start: FirstStart) -> None:
        done = len(read_documents()) + 1  # and one sorted by a registered model
        first_start.served.wait_for(rf"^First start: {done} example documents")
        statuses = Counter(execution_statuses(first_start.env).values())
        assert statuses == {"completed": done, "waiting": 1}

    def test_it_answers_tells_a_login_and_ends_cleanly(self, first_start: FirstStart) -> None:
        assert first_start.page == (200, first_start.address + "login/?next=/")
        password = first_start.served.wait_for(r"Log in as admin with the password (\S+)$").group(1)
        kept = Path(first_start.env["DATA_DIR"]) / "admin_password"
        assert kept.read_text() == password
        assert kept.stat().st_mode & 0o777 == 0o600
        assert len(first_start.children) == 2
        assert " ready." in first_start.worker_log
        assert first_start.code == 0
        assert all(is_gone(pid) for pid in first_start.children)

    def test_a_later_start_adds_nothing_and_a_dead_child_ends_all_and_its_log_is_shown(
        self, first_start: FirstStart, processes: Processes
    ) -> None:
        found = execution_statuses(first_start.env)
        served, _ = start(processes, first_start.env)
        web, worker = (child.pid for child in served.children)
        os.kill(web, signal.SIGKILL)
        assert served.wait() == 1
        assert is_gone(worker)
        served.wait_for("The web server ended with exit code -9. The end of its log")
        served.wait_for("Listening at")
        assert "First start" not in served.read_log()
        assert execution_statuses(first_start.env) == found

    def test_the_demonstration_can_be_left_out(self, processes: Processes, work_environment: WorkEnvironment) -> None:
        env = work_environment()
        served, _ = start(processes, env, "--no-demo")
        assert served.stop() == 0
        assert execution_statuses(env) == {}


@pytest.mark.django_db
class TestDemonstration:
    def test_executions_say_what_they_are_about_and_where_they_come_from(self) -> None:
        keys = demonstration.submit_unless_used(origin=Origin(Trigger.COMMAND))
        rows = Execution.objects.in_bulk(keys).values()
        names = [document.name for document in read_documents()]
        assert sorted((row.title, row.labels["demo"]) for row in rows) == [(name, name) for name in names]
        assert {row.trigger for row in rows} == {"command"}

    def test_a_database_somebody_has_used_is_left_alone(self) -> None:
        assert demonstration.submit_unless_used(origin=Origin(Trigger.COMMAND))
        assert demonstration.submit_unless_used(origin=Origin(Trigger.COMMAND)) == []

    def test_examples_that_are_gone_are_an_error_of_their_own_which_serve_only_mentions(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(demonstration, "PIPELINE_FILE", tmp_path / "pipeline.yaml")
        with pytest.raises(demonstration.ExamplesMissing, match="restore them"):
            demonstration.submit_unless_used(origin=Origin(Trigger.COMMAND))


def test_a_port_in_use_is_said_before_anything_is_started() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        called = call("serve", "--port", str(taken.getsockname()[1]))
    assert called.code == 2
    assert "choose another with --port" in called.err


@pytest.mark.django_db
class TestLogin:
    @pytest.fixture(autouse=True)
    def folder(self, settings: object, tmp_path: Path) -> None:
        settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]  # pytest-django's fixture takes any setting

    def test_the_first_one_is_created_once(self) -> None:
        first, second = ensure_login(), ensure_login()
        assert first == second
        assert first.password is not None
        assert User.objects.get(username="admin").check_password(first.password)

    def test_a_password_somebody_changed_is_neither_shown_nor_reset(self) -> None:
        ensure_login()
        admin = User.objects.get(username="admin")
        admin.set_password("their own")
        admin.save(update_fields=["password"])
        assert ensure_login().password is None
        admin.refresh_from_db()
        assert admin.check_password("their own")

    def test_none_is_created_beside_another_administrator(self) -> None:
        User.objects.create_superuser("operator", password="their own")
        assert ensure_login().password is None
        assert User.objects.count() == 1
