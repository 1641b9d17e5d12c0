"""Django's settings in real processes: the profiles, generated secrets, and a refused start."""

import json
import stat
from pathlib import Path

import pytest

from tests.conftest import WorkEnvironment
from tests.processes import Processes

pytestmark = pytest.mark.one_database  # each names its database itself
SHOW = """
import json
from django.conf import settings
print(json.dumps({
    "database": settings.DATABASES["default"]["ENGINE"].rpartition(".")[2],
    "broker": settings.CELERY_BROKER_URL,
    "cache": settings.CACHES["default"]["BACKEND"].rpartition(".")[2],
    "debug": settings.DEBUG,
    "secret": settings.SECRET_KEY,
    "pool": "pool" in settings.DATABASES["default"].get("OPTIONS", {}),
}))
"""


def show(processes: Processes, env: dict[str, str]) -> dict[str, object]:
    done = processes.run("-c", SHOW, env=env | {"DJANGO_SETTINGS_MODULE": "config.settings"})
    assert done.returncode == 0, done.stderr
    shown: dict[str, object] = json.loads(done.stdout)
    return shown


def test_with_nothing_set_the_profile_is_embedded(work_environment: WorkEnvironment, processes: Processes) -> None:
    shown = show(processes, work_environment(database="sqlite", migrated=False))
    assert (shown["database"], shown["broker"], shown["cache"]) == ("sqlite3", "embedded://localhost", "LocMemCache")
    assert shown["debug"] is False


def test_a_worker_that_is_not_told_its_queues_listens_to_all_that_are_configured(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    env = work_environment(database="sqlite", migrated=False) | {"TASK_QUEUES": "text_generation:io,*:rest"}
    words = "from config.celery import app; print(*sorted(app.amqp.queues.consume_from))"
    done = processes.run("-c", words, env=env)
    assert done.stdout.split() == ["default", "io", "rest"], done.stderr


def test_each_line_of_the_profile_switches_alone(work_environment: WorkEnvironment, processes: Processes) -> None:
    env = work_environment(database="sqlite", migrated=False)
    postgres = show(processes, env | {"DATABASE_URL": "postgres://u:p@h:1/d"})
    assert (postgres["database"], postgres["broker"], postgres["cache"]) == (
        "postgresql",
        "embedded://localhost",
        "LocMemCache",
    )
    redis = show(processes, env | {"REDIS_HOST": "r"})
    assert (redis["database"], redis["broker"], redis["cache"]) == ("sqlite3", "redis://r:6379/1", "RedisCache")
    broker = show(processes, env | {"CELERY_BROKER_URL": "amqp://mq"})
    assert (broker["broker"], broker["cache"]) == ("amqp://mq", "LocMemCache")


def test_only_a_web_process_pools_its_connections(work_environment: WorkEnvironment, processes: Processes) -> None:
    env = work_environment(database="sqlite", migrated=False) | {"DATABASE_URL": "postgres://u:p@h:1/d"}
    assert show(processes, env)["pool"] is False
    assert show(processes, env | {"DATABASE_POOL": "true"})["pool"] is True


def test_a_secret_key_is_generated_once_and_only_its_owner_may_read_it(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    env = work_environment(database="sqlite", migrated=False)
    first, second = show(processes, env)["secret"], show(processes, env)["secret"]
    assert first == second
    assert len(str(first)) > 50
    assert stat.S_IMODE((Path(env["DATA_DIR"]) / "secret_key").stat().st_mode) == 0o600


def test_a_bad_value_stops_the_start_by_name(work_environment: WorkEnvironment, processes: Processes) -> None:
    env = work_environment(migrated=False, MAX_PARALLEL_TASKS="many", CACHE_STRATEGY="best")
    done = processes.run("manage.py", "check", env=env)
    assert done.returncode == 2
    assert "MAX_PARALLEL_TASKS='many'" in done.stderr
    assert "CACHE_STRATEGY='best'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("DEBUG", "perhaps"), ("DATABASE_URL", "mysql://h/d"), ("LOG_LEVEL", "loud"), ("HSTS_SECONDS", "-1")],
)
def test_django_s_own_variables_are_as_strict(
    work_environment: WorkEnvironment, processes: Processes, name: str, value: str
) -> None:
    done = processes.run("manage.py", "check", env=work_environment(migrated=False) | {name: value})
    assert done.returncode == 2
    assert done.stderr.startswith("Bad environment variables:\n  " + name)
    assert "Traceback" not in done.stderr


def test_a_worker_refuses_bad_values_too(work_environment: WorkEnvironment, processes: Processes) -> None:
    env = work_environment(migrated=False, MAX_PARALLEL_TASKS="many")
    done = processes.run("-m", "celery", "-A", "config", "worker", env=env)
    assert done.returncode != 0
    assert "MAX_PARALLEL_TASKS='many'" in done.stderr
    assert "Traceback" not in done.stderr


def test_on_sqlite_alone_no_driver_of_another_service_is_loaded(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    """They would be a fifth of what each command takes to start."""
    env = work_environment(database="sqlite", migrated=False) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    words = "import django, sys; django.setup(); print(*{'psycopg', 'redis', 'httpx2', 'boto3'} & set(sys.modules))"
    done = processes.run("-c", words, env=env)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_a_data_folder_that_cannot_be_made_is_a_sentence(
    work_environment: WorkEnvironment, processes: Processes
) -> None:
    env = work_environment(database="sqlite", migrated=False) | {"DATA_DIR": "/proc/nope"}
    done = processes.run("manage.py", "executions", env=env)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "DATA_DIR=/proc/nope" in done.stderr
