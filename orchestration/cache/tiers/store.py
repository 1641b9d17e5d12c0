"""What the second level is: the truth about entries, shared by all processes. `redis_store` and `table_store` are two.

Every method is one round trip where that can be, and raises `StoreDown` when the store does not answer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

TAG_SECONDS = 400 * 24 * 3600
"""A tag nobody uses is forgotten after this much, longer than any entry lives; its entries then count as invalid."""
LATEST = 8
"""Questions remembered for each task, to explain a miss."""


class Asked(NamedTuple):
    """A question that was answered and kept, as far as it helps to explain a later miss."""

    key: str
    parts: Mapping[str, str]
    digest: str
    """Of the value."""
    expires_at: float


class Fetched(NamedTuple):
    """`versions` has every tag that was asked for; one that the store does not know is missing."""

    raw: bytes | None
    versions: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Something to keep."""

    key: str
    raw: bytes
    ttl: float | None
    """Seconds; None for ever."""
    token: str | None = None
    """Keep it only while this token owns the key's flight, and end the flight."""
    subject: str = ""
    """`pipeline/task`, whose latest questions this one joins."""
    asked: Asked | None = None
    tags: Sequence[str] = ()


class Store(Protocol):
    name: str

    def fetch(self, key: str, tags: Collection[str] = (), *, create: bool = False) -> Fetched:
        """An entry's envelope and the versions of tags; with `create`, unknown tags come into being."""

    def versions(self, tags: Collection[str]) -> Mapping[str, int]:
        """Of the tags that are known."""

    def put(self, put: Put) -> bool:
        """False when the token was lost."""

    def swap(self, key: str, before: bytes | None, after: bytes, ttl: float | None) -> bool:
        """Replace exactly `before` (None: nothing there) by `after`; False when something else was there."""

    def delete(self, key: str) -> bool:
        """Forget an entry, and have whoever is making a new one not keep it. False when there was none."""

    def bump(self, tags: Collection[str]) -> None:
        """One increment for each tag: every entry with it is invalid from now on."""

    def clear(self) -> None:
        """Forget every entry."""

    def acquire(self, key: str, token: str, seconds: float) -> bool:
        """Own the making of a key's value, for so long; False while somebody else does."""

    def renew(self, key: str, token: str, seconds: float) -> bool:
        """Own it longer; False when it is no longer ours."""

    def release(self, key: str, token: str) -> None:
        """End our flight, if it is still ours."""

    def is_flying(self, key: str) -> bool:
        """Whether somebody is making this key's value."""

    def latest(self, subject: str) -> list[Asked]:
        """The latest questions kept for `pipeline/task`, newest first."""

    def measure(self) -> dict[str, Any]:
        """`entries`, `bytes` where that is cheap to know, whether they are exact, and what kind of store it is."""
