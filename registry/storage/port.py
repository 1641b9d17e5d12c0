"""What a place for contents has to offer: five verbs. `folder` is one on disk, `remote` is elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    """A content that is there."""

    digest: str
    size: int
    modified_at: datetime


class ContentStore(Protocol):
    """Contents by their SHA-256 (in hex). What is there is complete; nothing is ever changed in place."""

    def has(self, digest: str, size: int) -> bool:
        """Whether the content is there, in its full size."""
        ...

    def put(self, source: Path, digest: str) -> None:
        """Take over a complete file; after return it survives a power cut. Replaces what is there."""
        ...

    def open(self, digest: str) -> BinaryIO:
        """Raises `FileNotFoundError`."""
        ...

    def delete(self, digest: str) -> None:
        """Nothing happens when it is not there."""
        ...

    def entries(self) -> Iterator[Stored]:
        """All contents, in no order."""
        ...
