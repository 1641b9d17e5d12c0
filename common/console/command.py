"""The frame of our commands: `--json`, errors as one message, exit codes for CI, a clean end on Ctrl-C and SIGTERM.

Exit codes: 0 all is well, 1 what was asked about failed, 2 bad usage or not found, 130 and 143 stopped by a signal.
"""

import json
import signal
import sys
import threading
from abc import abstractmethod
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from rich.console import Console

from common import json_boundary
from common.console.text import plain
from common.errors import Failed, Invalid, OrchestrationError
from common.schema import NO_TABLES, has_tables

DONE, FAILED, MISUSED = 0, 1, 2
LARGEST_NUMBER = 2**31 - 1
# Table columns of a log or a pipe; a terminal's own width counts where there is one.
WIDTH_ELSEWHERE = 140


class Refused(Invalid):
    """Something about the call itself is wrong."""

    code = "bad_usage"


class Stopped(KeyboardInterrupt):
    """A signal asked the command to end. What catches Ctrl-C to clean up catches this too."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


class ConsoleCommand(BaseCommand):
    """A command that prints for people through `console`, or one JSON document when `is_json`."""

    # Django's checks cost a good part of a second; `manage.py check` and `doctor` run them.
    requires_system_checks = ()
    console: Console
    errors: Console
    is_json: bool

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of text for people")
        return parser

    @abstractmethod
    def act(self, **options: Any) -> int:
        """Do what the command is for; returns its exit code."""

    def handle(self, *args: Any, **options: Any) -> None:
        self.is_json = options["json"]
        self.console = _console(options.get("stdout") or sys.stdout, options)
        self.errors = _console(options.get("stderr") or sys.stderr, options)
        try:
            with _stop_on_signals():
                code = self.act(**options)
        except KeyboardInterrupt as stop:
            code = stop.exit_code if isinstance(stop, Stopped) else 128 + signal.SIGINT
            self.errors.print("stopped")
        except OrchestrationError as error:
            code = self.report(error.code, str(error), FAILED if isinstance(error, Failed) else MISUSED)
        except DatabaseError as error:
            code = self.report("database_error", _explain_database(error), MISUSED)
        except OSError as error:
            if error.filename is None:  # a socket, a pipe: nothing that was named on the command line
                raise
            code = self.report("file_error", f"{error.filename}: {error.strerror}", MISUSED)
        if code:
            sys.exit(code)

    def report(self, code: str, message: str, exit_code: int = MISUSED) -> int:
        """Say what went wrong: in red on stderr, or as `{"error": …}` on stdout. Returns `exit_code`."""
        if self.is_json:
            self.print_json({"error": {"code": code, "message": message}})
        else:
            self.errors.print(message, style="red", soft_wrap=True)
        return exit_code

    def say(self, *what: object, style: str = "") -> None:
        """Text for people, long lines left whole; with `--json` nothing."""
        if not self.is_json:
            self.console.print(*what, style=style, soft_wrap=True)

    def print_json(self, document: object) -> None:
        self.stdout.write(to_json(document))


def whole_number(least: int, most: int = LARGEST_NUMBER) -> Callable[[str], int]:
    """For `add_argument(type=…)`: a whole number in these bounds."""

    def read(text: str) -> int:
        if not (text.removeprefix("-").isdecimal() and len(text) < 20 and least <= int(text) <= most):
            raise ArgumentTypeError(f"give a whole number from {least} to {most}, not {plain(text, 40)}")
        return int(text)

    return read


def wait_seconds(text: str) -> float:
    """For `add_argument(type=…)`: how long to wait, 0 or more."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LARGEST_NUMBER:
        raise ArgumentTypeError(f"give a number of seconds, 0 or more, not {plain(text, 40)}")
    return seconds


def to_json(document: object) -> str:
    """JSON in ASCII, so that lone surrogates survive. NaN, which JSON lacks, as `common.json_boundary` has it."""
    try:
        return json.dumps(document, indent=2, allow_nan=False)
    except ValueError:
        return json.dumps(json_boundary.encode(document), indent=2)


def _console(stream: Any, options: dict[str, Any]) -> Console:
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")  # a terminal of another encoding shows "?" instead of ending the command
    console = Console(
        file=stream,
        no_color=options.get("no_color") or None,
        force_terminal=options.get("force_color") or None,
        markup=False,
        emoji=False,
        highlight=False,
    )
    if not console.is_terminal:
        console.width = max(console.width, WIDTH_ELSEWHERE)
    return console


@contextmanager
def _stop_on_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exception like Ctrl-C's, so that `finally` blocks run."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _explain_database(error: DatabaseError) -> str:
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    try:
        if not has_tables():
            return NO_TABLES
    except DatabaseError:
        pass  # it does not answer at all: what it said first tells more
    return f"The database refused: {said}\nSee manage.py doctor; manage.py migrate brings it up to date"


__all__ = [
    "DONE",
    "FAILED",
    "MISUSED",
    "CommandError",
    "ConsoleCommand",
    "Refused",
    "Stopped",
    "to_json",
    "wait_seconds",
    "whole_number",
]
