"""Which execution, task run or request the code that logs belongs to, and where what a task logs is gathered.

Context variables, so that threads, coroutines and nested calls each see their own. What logs knows nothing of this;
`config.logging` writes the words into every line.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

_words: ContextVar[Mapping[str, str]] = ContextVar("log_words", default={})  # noqa: B039 - never changed in place
_gathered: "ContextVar[Gathered | None]" = ContextVar("gathered_lines", default=None)

MOST_LINES = 500
MOST_CHARACTERS = 64 * 1024
LONGEST_LINE = 4_000


@contextmanager
def bound(**words: object) -> Iterator[None]:
    """Every line logged inside carries these words: `execution_id=…, task_run_id=…`."""
    token = _words.set({**_words.get(), **{name: str(value) for name, value in words.items()}})
    try:
        yield
    finally:
        _words.reset(token)


def bound_words() -> Mapping[str, str]:
    return _words.get()


@dataclass
class Gathered:
    """Lines as (seconds since the start, level, logger, text); past the limits they are only counted."""

    started: float = field(default_factory=time.monotonic)
    lines: list[tuple[float, str, str, str]] = field(default_factory=list)
    left_out: int = 0
    _characters: int = 0

    def add(self, level: str, logger: str, text: str) -> None:
        if len(self.lines) >= MOST_LINES or self._characters + len(text) > MOST_CHARACTERS:
            self.left_out += 1
            return
        kept = text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…"
        self._characters += len(kept)
        kept = kept.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()  # fit for any column
        self.lines.append((round(time.monotonic() - self.started, 3), level, logger, kept))

    def stored(self) -> dict[str, Any]:
        """As `AttemptLog` keeps it."""
        return {"lines": [list(line) for line in self.lines], "left_out": self.left_out}


@contextmanager
def gathering() -> Iterator[Gathered]:
    """Gather what is logged inside, at whatever level its loggers let through."""
    gathered = Gathered()
    token = _gathered.set(gathered)
    try:
        yield gathered
    finally:
        _gathered.reset(token)


class GatheringHandler(logging.Handler):
    """On the root logger: puts lines where `gathering` waits for them, and costs others one look-up."""

    def emit(self, record: logging.LogRecord) -> None:
        gathered = _gathered.get()
        if gathered is None:
            return
        try:
            gathered.add(record.levelname, record.name, self.format(record))
        except Exception:  # noqa: BLE001 - a line that cannot be formatted must not fail the task
            self.handleError(record)
