"""Processes that tests start are seen, judged and ended, whatever happens to the test."""

import json
import signal
from pathlib import Path

import pytest

from tests.conftest import WorkEnvironment
from tests.forkserver import LARGEST, as_shipped, can_fork
from tests.plugin import clean_environment
from tests.processes import ROOT, Processes, ProcessFailed, is_gone, run_python
from tests.services import wait_until

pytestmark = pytest.mark.one_database
# Starts a child in a session of its own, says so, and waits.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("child is", child.pid, flush=True)
time.sleep(600)
"""
# A test process that is killed while something it started still runs.
KILLED = """
import os, subprocess, sys
from pathlib import Path
from tests.reaper import get_reaper
sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
get_reaper().guard_group(sleeper.pid)
get_reaper().guard_folder(Path(sys.argv[1]))
print(sleeper.pid, flush=True)
os.kill(os.getpid(), 9)
"""
# What a program can see of how it was started.
SHOWN = """
import atexit, json, os, signal, sys
product = [name for name in sys.modules if name.split(".")[0] in {"config", "orchestration", "web"}]
print(json.dumps({
    "argv": sys.argv, "folder": os.getcwd(), "path": sys.path[0], "name": __name__, "said": sys.stdin.read(),
    "mine": os.environ.get("MINE"), "home": os.environ.get("HOME"), "product": product,
    "leads": os.getsid(0) == os.getpid(), "hears": signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL,
    "open": sorted(int(number) for number in os.listdir("/proc/self/fd"))[:-1],
}))
atexit.register(print, "the end")
sys.exit(3)
"""


def test_closing_ends_descendants_that_left_the_group(processes: Processes) -> None:
    parent = processes.python("-c", PARENT, env=clean_environment())
    child = int(parent.wait_for(r"child is (\d+)")[1])
    processes.close()
    assert is_gone(parent.pid)
    assert is_gone(child)


def test_waiting_for_a_line_fails_at_once_with_the_log_when_the_process_ends(processes: Processes) -> None:
    with pytest.raises(ProcessFailed, match=r"ended with 3(.|\n)*out of cheese"):
        processes.python("-c", "print('out of cheese'); raise SystemExit(3)", env=clean_environment(), ready="never")


def test_stopping_returns_the_exit_code(processes: Processes) -> None:
    script = "import time; print('up', flush=True); time.sleep(600)"
    sleeper = processes.python("-c", script, env=clean_environment(), ready="up")
    assert sleeper.stop() == -signal.SIGTERM


def test_a_command_that_takes_too_long_is_ended() -> None:
    with pytest.raises(ProcessFailed, match=r"still ran after 0\.2 s"):
        run_python("-c", "import time; time.sleep(600)", env=clean_environment(), seconds=0.2)


def test_what_a_killed_test_process_started_ends_too(tmp_path: Path) -> None:
    folder = tmp_path / "left behind"
    folder.mkdir()
    killed = run_python("-c", KILLED, str(folder), env=clean_environment())
    assert killed.returncode == -signal.SIGKILL
    assert wait_until(lambda: is_gone(int(killed.stdout)) and not folder.exists())


def test_a_work_environment_has_a_migrated_database_of_its_own(work_environment: WorkEnvironment) -> None:
    first, second = work_environment(), work_environment(GREETING="hello")
    assert second["GREETING"] == "hello"
    assert first["DATA_DIR"] != second["DATA_DIR"]
    for env in (first, second):
        checked = run_python("manage.py", "migrate", "--check", env=env)
        assert checked.returncode == 0, checked.stderr


def test_environments_with_a_broker_do_not_share_redis_databases(work_environment: WorkEnvironment) -> None:
    environments = [work_environment(broker=True) for _ in range(2)]
    caches = {env["REDIS_DB"] for env in environments}
    brokers = {env["CELERY_BROKER_URL"].rpartition("/")[2] for env in environments}
    assert len(caches | brokers) == 4


def test_the_developers_environment_does_not_reach_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_HOST", "DATABASE_URL", "CELERY_BROKER_URL", "OPENAI_API_KEY", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.setenv(name, "the developer's")
    assert "the developer's" not in clean_environment().values()


def test_a_program_that_was_forked_sees_what_one_that_was_started_sees(tmp_path: Path) -> None:
    file = tmp_path / "shown.py"
    file.write_text(SHOWN)
    env = {name: value for name, value in clean_environment().items() if name != "HOME"} | {"MINE": "yes"}
    assert can_fork([str(file)], as_shipped(env))
    assert not can_fork([str(file)], as_shipped(env | {"PYTHONHASHSEED": "1"}))
    forked = run_python(file, "a b", env=env, stdin="hello")
    started = run_python(file, "a b", env=env | {"PYTHONHASHSEED": "1"}, stdin="hello")
    assert (forked.returncode, forked.stdout, forked.stderr) == (3, started.stdout, "")
    shown, end = forked.stdout.splitlines()
    assert end == "the end"
    assert json.loads(shown) == {
        "argv": [str(file), "a b"],
        "folder": str(ROOT),
        "path": str(tmp_path),
        "name": "__main__",
        "said": "hello",
        "mine": "yes",
        "home": None,
        "product": [],
        "leads": True,
        "hears": True,
        "open": [0, 1, 2],
    }


def test_programs_go_without_what_only_the_tests_install() -> None:
    done = run_python("-c", "import cffi", env=clean_environment())
    assert "cffi is not in requirements.txt" in done.stderr


def test_a_program_that_a_fork_did_not_become_is_no_process(tmp_path: Path) -> None:
    """Its exit code must not be taken for the number of a process, which would then be ended."""
    env = clean_environment() | {"HUGE": "x" * LARGEST}
    with pytest.raises(ChildProcessError, match="was not started"):
        run_python(tmp_path / "any.py", env=env)
