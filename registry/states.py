"""The words for a version's kind and state, and the one table of allowed moves. Imports no Django."""

from enum import StrEnum


class VersionKind(StrEnum):
    """What a version is: files kept here, or a model that a provider hosts."""

    FILES = "files"
    HOSTED = "hosted"


class VersionState(StrEnum):
    PENDING = "pending"
    """Being uploaded: no files are promised yet."""
    READY = "ready"
    QUARANTINED = "quarantined"
    """Its files are not what was registered; nobody gets them."""
    DEPRECATED = "deprecated"
    """Works, and should not be chosen any more."""
    ARCHIVED = "archived"
    """Kept for the record; cannot be used until it is restored."""

    @property
    def is_usable(self) -> bool:
        return self in USABLE


USABLE = frozenset({VersionState.READY, VersionState.DEPRECATED})

MOVES: dict[VersionState, frozenset[VersionState]] = {
    VersionState.PENDING: frozenset({VersionState.READY}),
    VersionState.READY: frozenset({VersionState.DEPRECATED, VersionState.ARCHIVED, VersionState.QUARANTINED}),
    VersionState.DEPRECATED: frozenset({VersionState.READY, VersionState.ARCHIVED, VersionState.QUARANTINED}),
    VersionState.ARCHIVED: frozenset({VersionState.READY, VersionState.QUARANTINED}),
    # Back to what it was, once its files are right again.
    VersionState.QUARANTINED: frozenset({VersionState.READY, VersionState.DEPRECATED, VersionState.ARCHIVED}),
}


class Better(StrEnum):
    """Which values of a metric are the better ones."""

    HIGHER = "higher"
    LOWER = "lower"


class Trigger(StrEnum):
    """What had a version's files checked."""

    REGISTRATION = "registration"
    LOAD = "load"
    SCRUB = "scrub"
    REQUEST = "request"


DEFAULT = "default"
"""The name of the pointer that every model has, beside its aliases."""
