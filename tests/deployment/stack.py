"""What the Dockerfile builds and compose.yaml starts, with local processes instead of containers.

Every command and variable is read from those files; only addresses, folders and the way to the programs are this
machine's. Packages are not installed anew: the tests' own interpreter has them.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import redis

from tests.deployment.reading import command_of, environment_of, read_compose, read_dockerfile
from tests.plugin import clean_environment
from tests.processes import ROOT, ManagedProcess, Processes
from tests.services import HOST, PostgresServer, find_free_port, find_redis, wait_until

HOSTNAME = "orchestration.example.org"
# What an operator writes into .env, for an installation behind an HTTPS proxy.
VARIABLES = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ-secret",
    "AUDIT_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ-audit",
    "POSTGRES_PASSWORD": "postgres-password",
    "REDIS_PASSWORD": "redis-password",
    "ALLOWED_HOSTS": HOSTNAME,
    "HTTPS_ONLY": "true",
    "BEHIND_PROXY": "true",
    "CELERY_WORKER_CONCURRENCY": "2",
    "TASK_HANDLER_MODULES": "tests.sample_handlers",
    "WEB_CONCURRENCY": "1",
}


class Stack:
    """The services of compose.yaml by name, started in its order."""

    def __init__(self, processes: Processes, postgres: PostgresServer, folder: Path) -> None:
        self._processes = processes
        self._postgres_url = postgres.create_database()
        self._folder = folder
        self._redis_port = find_free_port()
        self.port = find_free_port()
        self.services: dict[str, Any] = read_compose()["services"]
        self.running: dict[str, ManagedProcess] = {}

    def build(self) -> None:
        """The Dockerfile's steps that run this project's code."""
        for line in read_dockerfile()[0]:
            if line.name == "RUN" and "manage.py" in line.words:
                words = line.words.split()
                env = {name: self._localise(value) for name, value in line.settings.items()}
                self._run([word for word in words if "=" not in word or word.startswith("--")], env)

    def up(self) -> None:
        """`docker compose up`: each service once those it depends on are ready or have ended well."""
        self._start_redis()
        waiting = {name: service for name, service in self.services.items() if "build" in service}
        done = {"redis", "postgres"}
        while waiting:
            name = next(name for name, service in waiting.items() if set(service["depends_on"]) <= done)
            self._start(name, waiting.pop(name))
            done.add(name)

    def environment(self, name: str) -> dict[str, str]:
        """What the processes of a service find in their environment."""
        own = {key: self._localise(value) for key, value in environment_of(self.services[name], VARIABLES).items()}
        own |= {"DATABASE_URL": self._postgres_url, "REDIS_HOST": HOST, "REDIS_PORT": str(self._redis_port)}
        own |= {"PORT": str(self.port), "GUNICORN_CMD_ARGS": f"--bind={HOST}:{self.port}", "PYTHONPATH": str(ROOT)}
        return clean_environment() | {key: value for key, value in own.items() if key != "PATH"}

    def check_health(self, name: str) -> tuple[int, str]:
        """The service's own health check: exit code and what it said."""
        words = self.services[name]["healthcheck"]["test"][1:]
        done = self._processes.run(*_python(words), env=self.environment(name))
        return done.returncode, done.stdout + done.stderr

    def manage(self, *words: str, **variables: str) -> str:
        """`docker compose run orchestrator python manage.py …`; what it printed."""
        return self._run(["python", "manage.py", *words], self.environment("orchestrator") | variables)

    def threads_and_children(self, name: str) -> set[int]:
        """The identifiers that a worker's attempts can have."""
        process = psutil.Process(self.running[name].pid)
        return {child.pid for child in process.children()} | {thread.id for thread in process.threads()}

    def _start(self, name: str, service: Mapping[str, Any]) -> None:
        words, env = command_of(service, VARIABLES), self.environment(name)
        if service["restart"] == "no":
            self._run(words, env)
            return
        ready = r" ready\.$" if words[0] == "celery" else r"Booting worker"
        self.running[name] = self._processes.python(*_python(words), env=env, ready=ready, name=name)

    def _start_redis(self) -> None:
        words = [str(find_redis()), *command_of(self.services["redis"], VARIABLES)[1:]]
        place = ("--bind", HOST, "--port", str(self._redis_port), "--dir", str(self._folder))
        self.running["redis"] = self._processes.start(*words, *place, env=clean_environment(), name="redis")
        client = redis.Redis(HOST, self._redis_port, password=VARIABLES["REDIS_PASSWORD"])

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

        assert wait_until(answers), self.running["redis"].read_log()
        client.close()

    def _run(self, words: list[str], env: Mapping[str, str]) -> str:
        done = self._processes.run(*_python(words), env=clean_environment() | dict(env))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _localise(self, value: str) -> str:
        """A path of the container in this test's folder."""
        return str(self._folder / value[1:]) if value.startswith("/") else value


def _python(words: list[str]) -> list[str]:
    """What to give to this interpreter for a command of the image: `python x.py`, or a program of the environment."""
    return words[1:] if words[0] in ("python", sys.executable) else ["-m", *words]
