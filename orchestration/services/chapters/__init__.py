"""What the demonstration tells after its documents: a chapter for each capability, told by the app that has it.

An app registers its chapter in `ready()`; `manage.py demo` tells them in order and shows what came of each.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID


class Stage(Protocol):
    """What a chapter may ask of whoever tells the story."""

    def wait(self, execution_id: UUID, statuses: Collection[str]) -> str:
        """Wait, with a worker running, until the execution has one of these statuses; returns the one it has.

        Another one than asked for when time is up.
        """


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a chapter, in sentences and for programs."""

    sentences: tuple[str, ...]
    is_as_expected: bool
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chapter:
    order: int
    title: str
    tell: Callable[[Stage], Told]


_chapters: dict[str, Chapter] = {}


def register_chapter(order: int, title: str, tell: Callable[[Stage], Told]) -> None:
    """Add a chapter, or replace the one of this title."""
    _chapters[title] = Chapter(order, title, tell)


def chapters() -> list[Chapter]:
    """In the order of the story."""
    return sorted(_chapters.values(), key=lambda chapter: chapter.order)
