"""`manage.py serve`: everything at once on one machine: the web server and a worker with its ticker."""

import socket
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser

from orchestration.console.children import Children
from orchestration.console.command import DONE, ConsoleCommand, Refused
from orchestration.console.text import hint, styled
from orchestration.services.login import Login, ensure_login

WEB_THREADS = 8
READY_SECONDS = 60.0
POLL_SECONDS = 0.25
# An address to listen on that is none to connect to → one that is.
REACHABLE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - a look-up, nothing is bound here


class Command(ConsoleCommand):
    help = "Start the web server and a worker, and print the address and a login. Ctrl-C ends both."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")
        parser.add_argument(
            "--workers",
            type=int,
            default=settings.CELERY_WORKER_CONCURRENCY,
            metavar="N",
            help="how many tasks the worker does at once (default: CELERY_WORKER_CONCURRENCY or 2)",
        )

    def act(self, **options: Any) -> int:
        host, port = options["host"], options["port"]
        _check_port(host, port)
        call_command("migrate", verbosity=0)
        login = ensure_login()
        with Children() as children:
            web, worker = settings.DATA_DIR / "serve-web.log", settings.DATA_DIR / "serve-worker.log"
            children.start("web server", *_web_server(host, port), log=web)
            children.start_worker(concurrency=options["workers"], log=worker)
            try:
                _wait_for_web(children, host, port)
                self._announce(host, port, login)
                self.say(hint(f"logs: {web}, {worker}"))
                while True:
                    children.check()
                    time.sleep(POLL_SECONDS)
            except KeyboardInterrupt:  # Ctrl-C or SIGTERM: how it is meant to end
                self.say("stopping …")
        return DONE

    def _announce(self, host: str, port: int, login: Login) -> None:
        reachable = REACHABLE.get(host, host)
        address = f"http://{_bracketed(reachable)}:{port}/admin/"
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
