"""Reading a stored value for a page: all of it when it is small, else its parts that are, or its beginning.

However large it is, little is read: of a blob no more than what is shown of it.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import BinaryField
from django.db.models.functions import Substr

from common import json_boundary
from orchestration.engine.blobs import load_value
from orchestration.models import Blob

MOST_BYTES = 200_000
BEGINNING_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class Large:
    """Stands in a value for a part too large to be read along; `size` is in bytes of JSON."""

    size: int


@dataclass(frozen=True, slots=True)
class StoredValue:
    """`size` is in bytes of JSON. `value` may hold `Large`s; `beginning` stands in for it when nothing of it fits."""

    size: int
    value: Any = None
    beginning: str = ""
    is_gone: bool = False
    """It was kept in a blob that is no longer there."""

    @property
    def is_partial(self) -> bool:
        return bool(self.beginning)


def read_stored(stored: Any, most: int = MOST_BYTES) -> StoredValue:
    """What a JSON column holds. Never raises because of what that is."""
    references = dict(_references(stored))
    text = json_boundary.dump(stored)
    size = len(text) + sum(references.values())
    try:
        if size <= most:
            return StoredValue(size, load_value(stored))
        if len(text) > most:
            return StoredValue(size, beginning=_as_text(text))
        if isinstance(stored, dict) and "$blob" in stored:
            return StoredValue(stored["size"], beginning=_beginning_of(stored["$blob"]))
        return StoredValue(size, _load_small_parts(stored, references, most - len(text)))
    except Blob.DoesNotExist:
        return StoredValue(size, is_gone=True)


def _references(stored: Any) -> Iterator[tuple[str, int]]:
    """(digest, size) of each blob referred to. A user's own key `$blob` is stored otherwise (`json_boundary`)."""
    if isinstance(stored, list):
        for item in stored:
            yield from _references(item)
    elif isinstance(stored, dict):
        if "$blob" in stored:
            yield stored["$blob"], stored["size"]
        else:
            for item in stored.values():
                yield from _references(item)


def _load_small_parts(stored: Any, sizes: dict[str, int], room: int) -> Any:
    """The smallest first, as long as there is room."""
    fitting = set()
    for digest, size in sorted(sizes.items(), key=lambda item: item[1]):
        room -= size
        if room >= 0:
            fitting.add(digest)

    def load(digest: str) -> Any:
        return load_value({"$blob": digest, "size": sizes[digest]}) if digest in fitting else Large(sizes[digest])

    return json_boundary.decode(stored, load)


def _beginning_of(digest: str) -> str:
    """Compressed text is not longer than the text, so as many bytes of it are enough."""
    part = Substr("content", 1, BEGINNING_BYTES + 100, output_field=BinaryField())
    content = Blob.objects.annotate(part=part).values_list("part", flat=True).get(digest=digest)
    return _as_text(zlib.decompressobj().decompress(bytes(content), BEGINNING_BYTES))


def _as_text(content: bytes) -> str:
    return content[:BEGINNING_BYTES].decode("utf-8", "ignore")
