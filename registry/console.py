"""What the registry's commands share: who calls, sizes and states for people, a bar of bytes, JSON arguments."""

import getpass
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.text import Text

from common.console.command import Refused
from common.console.text import styled
from registry.states import VersionState

STYLES = {
    VersionState.READY: "green",
    VersionState.PENDING: "yellow",
    VersionState.DEPRECATED: "yellow",
    VersionState.QUARANTINED: "red",
    VersionState.ARCHIVED: "dim",
}
UNITS = ("B", "kB", "MB", "GB", "TB")


def caller() -> str:
    """The login that runs the command, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return ""


def state_text(state: str) -> Text:
    return styled(state, STYLES[VersionState(state)])


def size_text(size: float) -> str:
    """`312 B`, `4.2 MB`, in powers of 1,000."""
    for unit in UNITS:
        if size < 1000 or unit == UNITS[-1]:
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


@contextmanager
def byte_bar(console: Console, title: str, *, is_shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar, given the bytes done and the bytes there are; nothing where nobody would see it."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not (is_shown and console.is_terminal), transient=True
    ) as progress:
        bar = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def read_object(given: str | None, option: str) -> dict[str, Any]:
    """A JSON object from the command line, or from a file when it is `@path`. Raises `Refused`."""
    if given is None:
        return {}
    try:
        text = Path(given[1:]).read_text() if given.startswith("@") else given
        value = json.loads(text)
    except (OSError, ValueError) as error:
        raise Refused(f"{option}: {error}; give a JSON object, or @FILE") from error
    if not isinstance(value, dict):
        raise Refused(f"{option}: a JSON object is needed, or @FILE, not {given[:80]}")
    return value


def read_pairs(given: list[str], option: str) -> dict[str, Any]:
    """`name=value` pairs; a value that is JSON is that, anything else is text. Raises `Refused`."""
    pairs = [text.partition("=") for text in given]
    if bad := next((name for name, equals, _ in pairs if not name or not equals), None):
        raise Refused(f"{option}: write NAME=VALUE, not {bad}")
    return {name: _value(text) for name, _, text in pairs}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
