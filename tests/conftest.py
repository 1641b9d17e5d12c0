"""Fixtures every test may use: real services, real processes, and environments to start them with.

Owns the life of what they start. A service that cannot run here skips the test with a reason that `tests/plugin.py`
lists at the end. Each xdist worker has servers of its own, so a test may stop, crash or pause them; none is started
before it is needed.
"""

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from common import database_thread
from tests.migrated import migrated_folder, migrated_template
from tests.plugin import NOT_RUN, clean_environment, get_run
from tests.processes import Processes
from tests.resetting import Reset
from tests.services import PostgresServer, RedisServer, Server, ServiceMissing

AnyServer = TypeVar("AnyServer", bound=Server)

REDIS_DATABASES = count(step=2)  # each environment gets one for the cache and one for the broker


class WorkEnvironment(Protocol):
    """Makes an environment for real processes: a data folder, a migrated database and Redis databases of its own."""

    def __call__(
        self, *, database: str | None = None, broker: bool = False, migrated: bool = True, **extra: str
    ) -> dict[str, str]:
        """`database`: `sqlite` or `postgresql`, by default what `--db` says. `broker`: with Redis, else none."""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, pytestconfig: pytest.Config
) -> None:
    """Django's test database is a copy of a migrated one, so that only one process of the run migrates.

    SQLite's is a file: in memory, threads and locks behave unlike anything in production.
    """
    database, run = settings.DATABASES["default"], get_run(pytestconfig)
    test = database.setdefault("TEST", {})
    if database["ENGINE"].endswith("sqlite3"):
        test["NAME"] = str(settings.DATA_DIR / "test.sqlite3")
        shutil.copy(migrated_folder(run) / "orchestration.sqlite3", test["NAME"])
    else:
        test["TEMPLATE"] = migrated_template(run, os.environ["DATABASE_URL"])


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The copy of SQLite's file is there already; PostgreSQL makes its own."""
    return bool(settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """After a test that commits, `tests.resetting` does what Django's flush does."""
    with django_db_blocker.unblock():
        reset = Reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: reset())
        yield


@pytest.fixture(scope="module")
def shared_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[DjangoDbBlocker]:
    """For rows that all tests of a module begin with: its own fixture writes them, `with shared_rows.unblock()`.

    It is a transaction around the module; that of each test is a savepoint in it. None of the module's tests may be
    one that commits (`transaction=True`).
    """
    around = transaction.atomic()
    with django_db_blocker.unblock():
        around.__enter__()
    yield django_db_blocker
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture(scope="session", autouse=True)
def static_files_when_asked_for() -> None:
    """Each client of a test makes its own middleware, which would look through all static files first."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """A million rounds for each user a test makes would be most of what such a test does."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def counts_when_asked_for() -> Iterator[None]:
    """The cache's thread would write what one test counted into the rows of another, seconds later and for good."""
    from orchestration.cache import installed  # once Django is set up

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(installed, "FLUSH_SECONDS", float("inf"))
        yield


@pytest.fixture(scope="session")
def redis_process(pytestconfig: pytest.Config) -> Iterator[RedisServer]:
    yield from _serve(RedisServer, get_run(pytestconfig).folder / "redis")


@pytest.fixture(scope="session")
def postgres_process(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    yield from _serve(PostgresServer, get_run(pytestconfig).folder / "postgres-processes")


def _serve(server: type[AnyServer], folder: Path) -> Iterator[AnyServer]:
    try:
        started = server(folder)
    except ServiceMissing as error:
        pytest.skip(NOT_RUN + str(error))
    yield started
    started.stop()


@pytest.fixture
def redis_server(redis_process: RedisServer) -> Iterator[RedisServer]:
    """A running, empty Redis, which the test may stop, kill and pause."""
    redis_process.start()
    redis_process.flush()
    yield redis_process
    redis_process.resume()


@pytest.fixture
def postgres_server(postgres_process: PostgresServer) -> Iterator[PostgresServer]:
    """A running PostgreSQL without Django's test databases, which the test may stop, kill and pause."""
    postgres_process.start()
    yield postgres_process
    postgres_process.resume()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Starts real processes; at the end of the test none of them is left."""
    started = Processes(tmp_path)
    yield started
    started.close()


@pytest.fixture(scope="session")
def migrated_sqlite(pytestconfig: pytest.Config) -> Path:
    """A data folder with a migrated SQLite database, to copy."""
    return migrated_folder(get_run(pytestconfig))


@pytest.fixture(scope="session")
def migrated_postgres(postgres_process: PostgresServer, pytestconfig: pytest.Config) -> str:
    """The name of a migrated PostgreSQL database, to copy."""
    postgres_process.start()
    return migrated_template(get_run(pytestconfig), postgres_process.url())


@pytest.fixture
def work_environment(request: pytest.FixtureRequest, tmp_path: Path) -> WorkEnvironment:
    """See `WorkEnvironment`."""
    return _environments(request, tmp_path)


@pytest.fixture(scope="module")
def shared_environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> WorkEnvironment:
    """The same for processes that serve the tests of a whole module, none of which stops a server."""
    return _environments(request, tmp_path_factory.mktemp("shared"))


def _environments(request: pytest.FixtureRequest, parent: Path) -> WorkEnvironment:
    numbers = count()

    def make(
        *, database: str | None = None, broker: bool = False, migrated: bool = True, **extra: str
    ) -> dict[str, str]:
        folder = parent / f"data-{next(numbers)}"
        env = clean_environment() | {"DATA_DIR": str(folder)}
        if (database or get_run(request.config).database) == "postgresql":
            env["DATABASE_URL"] = _create_postgres_database(request, migrated=migrated)
        elif migrated:
            shutil.copytree(request.getfixturevalue("migrated_sqlite"), folder)
        return env | (_choose_redis_databases(request) if broker else {}) | extra

    return make


def _server(request: pytest.FixtureRequest, name: str) -> Any:
    """The server, running; for a single test as that test may treat it."""
    if request.scope == "function":
        return request.getfixturevalue(f"{name}_server")
    process = request.getfixturevalue(f"{name}_process")
    process.start()
    return process


def _create_postgres_database(request: pytest.FixtureRequest, *, migrated: bool) -> str:
    server: PostgresServer = _server(request, "postgres")
    template = request.getfixturevalue("migrated_postgres") if migrated else "template1"
    return server.create_database(template)


def _choose_redis_databases(request: pytest.FixtureRequest) -> dict[str, str]:
    """Redis for the broker and the cache; two environments of one test do not meet there."""
    server: RedisServer = _server(request, "redis")
    first = next(REDIS_DATABASES) % server.databases
    address = {"REDIS_HOST": server.host, "REDIS_PORT": str(server.port), "REDIS_DB": str(first)}
    return address | {"CELERY_BROKER_URL": server.url(first + 1)}


@pytest.fixture(autouse=True)
def forget_versions() -> Iterator[None]:
    """A rolled-back test gives its version ids to the next one; in production an id never comes back."""
    _forget_versions()
    yield
    _forget_versions()


def _forget_versions() -> None:
    from orchestration.engine import versions  # once Django is set up

    versions.pipeline_of.cache_clear()
    versions._current.clear()


@pytest.fixture
def fresh_cache(db: None) -> Iterator[None]:
    """Nothing of another test's in the result cache, and no thread of it that outlives this one."""
    from orchestration.cache import installed

    installed.forget(write=False)
    yield
    installed.forget(write=False)


@pytest.fixture
def closed_database_thread(transactional_db: None) -> Iterator[None]:
    """The dedicated thread keeps its connection as long as the program lives; a test database wants it closed."""
    yield
    database_thread._thread.submit(lambda: connection.close()).result()
