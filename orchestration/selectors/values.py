"""Stored values as programs want to see them: small ones as they are, large ones by their size."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from common import json_boundary
from orchestration.engine.blobs import load_value


@dataclass(frozen=True, slots=True)
class ShownValue:
    """`size` is in bytes of JSON. `value` is None unless `is_inline`."""

    size: int
    is_inline: bool
    value: Any


def show_value(stored: Any) -> ShownValue:
    """A JSON column for an overview: with its value only when nothing large has to be fetched for it."""
    blobs = list(_blob_sizes(stored))
    size = len(json_boundary.dump(stored)) + sum(blobs)
    is_inline = not blobs and size <= settings.ORCHESTRATION.inline_value_max_bytes
    return ShownValue(size, is_inline, load_value(stored) if is_inline else None)


def _blob_sizes(stored: Any) -> Iterator[int]:
    """The bytes behind each reference. A user's own key `$blob` is stored otherwise (`common.json_boundary`)."""
    if isinstance(stored, list):
        for item in stored:
            yield from _blob_sizes(item)
    elif isinstance(stored, dict):
        if "$blob" in stored:
            yield stored["size"]
        else:
            for item in stored.values():
                yield from _blob_sizes(item)
