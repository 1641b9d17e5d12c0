"""`manage.py serve`: everything at once on one machine: the web server and a worker with its ticker.

The first start, told by a database without executions, analyses the demonstration's documents, so that a new user
finds finished work.
"""

import socket
import time
from typing import Any, Never
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.db import DatabaseError, connection

from common.console.command import DONE, ConsoleCommand, Refused, whole_number
from common.console.text import count, hint, styled
from common.errors import OrchestrationError
from orchestration.console.children import Children
from orchestration.engine.store import Origin
from orchestration.selectors.progress import executions_progress
from orchestration.services.chapters.first_start import fill_when_empty, set_up_when_empty
from orchestration.services.login import Login, ensure_login
from orchestration.states import Trigger

WEB_THREADS = 8
READY_SECONDS = 60.0
POLL_SECONDS = 0.25
PROGRESS_SECONDS = 1.0
# An address to listen on that is none to connect to → one that is.
REACHABLE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - a look-up, nothing is bound here


class Command(ConsoleCommand):
    help = "Start the web server and a worker, and print the address and a login. Ctrl-C ends both."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")
        parser.add_argument(
            "--workers",
            type=whole_number(1),
            default=settings.CELERY_WORKER_CONCURRENCY,
            metavar="N",
            help="how many tasks the worker does at once (default: CELERY_WORKER_CONCURRENCY or 2)",
        )
        parser.add_argument(
            "--no-demo", action="store_true", help="leave a new database empty instead of running the demonstration"
        )

    def act(self, **options: Any) -> int:
        host, port = options["host"], options["port"]
        _check_port(host, port)
        call_command("migrate", verbosity=0)
        login = ensure_login()
        set_up_when_empty()
        documents = [] if options["no_demo"] else self._submit_documents(login.username)
        address = f"http://{_bracketed(REACHABLE.get(host, host))}:{port}/"
        with Children() as children:
            web, worker = settings.DATA_DIR / "serve-web.log", settings.DATA_DIR / "serve-worker.log"
            children.start("web server", *_web_server(host, port), log=web)
            children.start_worker(concurrency=options["workers"], log=worker)
            try:
                _wait_for_web(children, host, port)
                self._announce(host, address, login)
                self.say(hint(f"logs: {web}, {worker}"))
                self._watch(children, documents, address)
            except KeyboardInterrupt:  # Ctrl-C or SIGTERM: how it is meant to end
                self.say("stopping …")
        return DONE

    def _submit_documents(self, username: str) -> list[UUID]:
        """Whatever is wrong with the demonstration keeps nobody from his own pipelines."""
        try:
            return fill_when_empty(origin=Origin(Trigger.COMMAND), username=username)
        except OrchestrationError as error:
            self.say(hint(f"without the demonstration: {error}"))
            return []

    def _watch(self, children: Children, documents: list[UUID], address: str) -> Never:
        """Until a signal comes or a child dies; says once when the demonstration's documents are done."""
        if documents:
            many = count(len(documents), "example document")
            self.say(f"First start: {many} on the way through two pipelines, to have something to look at.")
            self.say("One more document waits for a person: you can decide about it under Reviews.")
        waiting, asked = bool(documents), time.monotonic()
        while True:
            children.check()
            if waiting and time.monotonic() - asked > PROGRESS_SECONDS:
                waiting, asked = not _have_ended(documents), time.monotonic()
                if not waiting:
                    self.say(f"The example documents are done: {address}executions/")
            time.sleep(POLL_SECONDS)

    def _announce(self, host: str, address: str, login: Login) -> None:
        if self.is_json:
            self.print_json({"address": address, "username": login.username, "password_file": str(login.password_file)})
            self.stdout.flush()
        self.say(styled(f"Ready: {address}", "bold green"))
        if login.password:
            self.say(f"Log in as {login.username} with the password {login.password}")
            self.say(hint(f"the password is kept in {login.password_file}"))
        else:
            self.say("Log in with an account of yours (manage.py createsuperuser makes one).")
        if host in REACHABLE and not set(settings.ALLOWED_HOSTS) - {"127.0.0.1", "localhost", "[::1]"}:
            self.say(
                hint("other machines are refused until ALLOWED_HOSTS names this one, such as ALLOWED_HOSTS=my.host")
            )


def _have_ended(executions: list[UUID]) -> bool:
    """A database that does not answer is no reason to end: the web server and the worker wait for it too."""
    try:
        return all(progress.is_terminal for progress in executions_progress(executions))
    except DatabaseError:
        connection.close()
        return False


def _web_server(host: str, port: int) -> tuple[str, ...]:
    bind = f"{_bracketed(host)}:{port}"
    threads = ("--worker-class", "gthread", "--threads", str(WEB_THREADS))
    return ("-m", "gunicorn", "config.wsgi", "--bind", bind, *threads, "--graceful-timeout", "3", "--no-control-socket")


def _bracketed(host: str) -> str:
    """An IPv6 address as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def _check_port(host: str, port: int) -> None:
    """Raise `Refused` when somebody listens there already: better said now than found in a log."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or error
        raise Refused(f"cannot listen on {host}:{port}: {said}; choose another with --port") from error


def _wait_for_web(children: Children, host: str, port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        children.check()
        try:
            socket.create_connection((REACHABLE.get(host, host), port), timeout=1).close()
        except OSError:
            time.sleep(POLL_SECONDS)
        else:
            return
    raise Refused(
        f"the web server does not answer after {READY_SECONDS:.0f} s; see {settings.DATA_DIR / 'serve-web.log'}"
    )
