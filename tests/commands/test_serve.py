"""`serve`: web server and worker together, a login, finished work on the first start, and a clean end."""

import json
import os
import signal
import socket
import urllib.request
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from orchestration.engine.store import Origin
from orchestration.models import Execution
from orchestration.services import demonstration
from orchestration.services.demonstration import read_documents
from orchestration.services.login import ensure_login
from orchestration.states import Trigger
from tests.commands.calling import call
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


def executions(processes: Processes, env: Mapping[str, str]) -> list[dict[str, Any]]:
    listed = processes.run("manage.py", "executions", "--json", "--limit", "100", env=env)
    found: list[dict[str, Any]] = json.loads(listed.stdout)["executions"]
    return found


@pytest.mark.one_database
class TestFirstStart:
    def test_a_new_user_finds_finished_work_and_a_later_start_adds_none(
        self, processes: Processes, work_environment: WorkEnvironment
    ) -> None:
        env = work_environment(migrated=False)
        served, address = start(processes, env)
        done = len(read_documents()) + 1  # and one sorted by a registered model
        served.wait_for(rf"^First start: {done} example documents")
        served.wait_for(rf"^The example documents are done: {address}executions/$", seconds=60)
        assert served.stop() == 0
        found = executions(processes, env)
        assert Counter(execution["status"] for execution in found) == {"completed": done, "waiting": 1}
        again, _ = start(processes, env)
        assert again.stop() == 0
        assert "First start" not in again.read_log()
        assert len(executions(processes, env)) == len(found)

    def test_it_can_be_left_out(self, processes: Processes, work_environment: WorkEnvironment) -> None:
        env = work_environment()
        served, _ = start(processes, env, "--no-demo")
        assert served.stop() == 0
        assert executions(processes, env) == []


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


@pytest.mark.one_database
class TestServing:
    def test_it_answers_tells_a_login_and_ends_cleanly(
        self, processes: Processes, work_environment: WorkEnvironment
    ) -> None:
        env = work_environment(migrated=False)
        served, address = start(processes, env, "--no-demo")
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200
            assert answer.url == address + "login/?next=/"
        password = served.wait_for(r"Log in as admin with the password (\S+)$").group(1)
        kept = Path(env["DATA_DIR"]) / "admin_password"
        assert kept.read_text() == password
        assert kept.stat().st_mode & 0o777 == 0o600
        children = [child.pid for child in served.children]
        assert len(children) == 2
        wait_until(lambda: " ready." in (Path(env["DATA_DIR"]) / "serve-worker.log").read_text(), 30)
        served.send_signal(signal.SIGINT)
        assert served.wait() == 0
        assert all(is_gone(pid) for pid in children)

    def test_a_dead_child_ends_all_and_its_log_is_shown(
        self, processes: Processes, work_environment: WorkEnvironment
    ) -> None:
        served, _ = start(processes, work_environment(), "--no-demo")
        web, worker = (child.pid for child in served.children)
        os.kill(web, signal.SIGKILL)
        assert served.wait() == 1
        assert is_gone(worker)
        served.wait_for("The web server ended with exit code -9. The end of its log")
        served.wait_for("Listening at")


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
