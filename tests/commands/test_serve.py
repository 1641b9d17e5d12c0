"""`serve`: web server and worker together, a login, and a clean end."""

import os
import signal
import socket
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from orchestration.services.login import ensure_login
from tests.commands.calling import call
from tests.conftest import WorkEnvironment
from tests.processes import ManagedProcess, Processes, is_gone
from tests.services import wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(processes: Processes, env: Mapping[str, str]) -> tuple[ManagedProcess, str]:
    served = processes.manage("serve", "--port", str(free_port()), "--workers", "1", env=env)
    return served, served.wait_for(r"Ready: (\S+)$").group(1)


@pytest.mark.one_database
class TestServing:
    def test_it_answers_tells_a_login_and_ends_cleanly(
        self, processes: Processes, work_environment: WorkEnvironment
    ) -> None:
        env = work_environment(migrated=False)
        served, address = start(processes, env)
        with urllib.request.urlopen(address + "login/", timeout=10) as answer:
            assert answer.status == 200
        password = served.wait_for(r"Log in as admin with the password (\S+)$").group(1)
        kept = Path(env["DATA_DIR"]) / "admin_password"
        assert kept.read_text() == password
        assert kept.stat().st_mode & 0o777 == 0o600
        children = [child.pid for child in served.children]
        assert len(children) == 2
        wait_until(lambda: " ready." in (Path(env["DATA_DIR"]) / "serve-worker.log").read_text(), 30)
        served.send_signal(signal.SIGTERM)
        assert served.wait() == 0
        assert all(is_gone(pid) for pid in children)

    def test_a_dead_child_ends_all_and_its_log_is_shown(
        self, processes: Processes, work_environment: WorkEnvironment
    ) -> None:
        served, _ = start(processes, work_environment())
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
