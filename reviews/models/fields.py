"""Bits that several tables share."""

import uuid
from enum import StrEnum

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A time-ordered identifier (UUIDv7, RFC 9562): ordering by it is ordering by age."""
    return uuid7()


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, getattr(word, "label", word.value.replace("_", " "))) for word in words]
