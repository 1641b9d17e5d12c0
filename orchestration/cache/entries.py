"""An entry and its envelope: what stands in the store beside a value, so that it can be judged before it is read.

Envelope: `OCE2`, the length of the header (4 bytes, big endian), the header as JSON, the body. The checksum (XXH3-64
over the body as it is stored, the same on every platform) finds damage, not forgery: JSON from a store that others may
write to is trusted like the store.
"""

import hashlib
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson
from xxhash import xxh3_64_intdigest as checksum

from orchestration.cache import codecs
from orchestration.cache.exceptions import Undecodable

MAGIC: Final = b"OCE2"
_LENGTH = struct.Struct(">I")
_START = len(MAGIC) + _LENGTH.size
OVERHEAD_BYTES = 600
"""About what Python's objects around an entry take in memory."""


# Named tuples: made at every hit, and three times as quick to make as frozen dataclasses.
class Origin(NamedTuple):
    """Who made a value: shown with every hit, and counted."""

    execution_id: str = ""
    pipeline: str = ""
    task: str = ""
    model: str = ""
    """The model that answered."""


NOBODY = Origin()


class Entry(NamedTuple):
    """A kept value. Times in seconds since 1970 by the writer's clock."""

    form: str
    content: codecs.Packed
    """JSON or a signed pickle, not compressed."""
    created_at: float
    ttl: float | None
    """Seconds it is good for; None for ever."""
    tags: Mapping[str, int] = MappingProxyType({})
    """Tag → its version when the value was asked for."""
    seconds: float = 0.0
    """What it took to make."""
    cost_microusd: int | None = None
    """What it cost to make; None when not known, 0 when it was free."""
    origin: Origin = NOBODY

    @property
    def expires_at(self) -> float:
        return float("inf") if self.ttl is None else self.created_at + self.ttl

    @property
    def size(self) -> int:
        return len(self.content) + OVERHEAD_BYTES

    def value(self, signer: codecs.Signer | None = None) -> Any:
        """The value, new at each call. Raises `Undecodable`."""
        if self.form == codecs.PICKLED:
            return codecs.from_pickle(self.content, signer)
        return codecs.from_json(self.form, self.content)


def digest_of(content: codecs.Packed) -> str:
    """To tell whether a value made anew is the one that was there before."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def write(entry: Entry, codec: str, threshold: int) -> bytes:
    """The envelope of an entry."""
    compression, body = codecs.compress(codec, entry.content, threshold)
    header = {
        "f": entry.form,
        "z": compression,
        "n": len(entry.content),
        "h": checksum(body),
        "t": entry.created_at,
        "x": entry.ttl,
        "s": entry.seconds,
        "m": entry.cost_microusd,
        "o": [entry.origin.execution_id, entry.origin.pipeline, entry.origin.task, entry.origin.model],
        "g": dict(entry.tags),
    }
    encoded = orjson.dumps(header)
    return b"".join((MAGIC, _LENGTH.pack(len(encoded)), encoded, body))


def read(raw: bytes, largest: int) -> Entry:
    """The entry in an envelope; `largest` bytes at most are unpacked. Raises `Undecodable`."""
    if raw[: len(MAGIC)] != MAGIC or len(raw) < _START:
        raise Undecodable("no entry of this version")
    (length,) = _LENGTH.unpack_from(raw, len(MAGIC))
    body = memoryview(raw)[_START + length :]
    try:
        header = orjson.loads(raw[_START : _START + length])
        if header["h"] != checksum(body):
            raise Undecodable("an entry is damaged")
        if not 0 <= header["n"] <= largest:
            raise Undecodable("an entry is larger than CACHE_MAX_ENTRY_SIZE")
        if header["f"] not in codecs.FORMS:
            raise Undecodable(f"the form {header['f']!r:.20} is not known here")
        content = codecs.expand(header["z"], body, header["n"])
        # By place, as this is made at every hit: form, content, created_at, ttl, tags, seconds, cost_microusd, origin.
        return Entry(
            header["f"], content, header["t"], header["x"], header["g"], header["s"], header["m"], Origin(*header["o"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Undecodable(f"a header that is not ours: {error}") from error
