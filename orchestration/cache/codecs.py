"""Values to bytes and back: `json gzip zstd pickle` (`CACHE_CODEC`).

A codec is a form (JSON or a pickle) and a compression. JSON goes through `common.json_boundary`, so that what comes
back is what went in; 1, 1.0 and true stay three values. A pickle is code for whoever can write to the store: it is off
unless CACHE_ALLOW_PICKLE says otherwise, and then its signature is checked before anything is loaded, and only types on
a list are.
"""

import gzip
import hashlib
import hmac
import io
import json
import pickle
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import zstandard

from common import json_boundary
from common.errors import UnstorableValue
from orchestration.cache.exceptions import Undecodable
from orchestration.cache.keys import NotCacheable

Packed = bytes | memoryview
ZSTD_LEVEL = 3
GZIP_LEVEL = 6
SIGNATURE_BYTES = 32
KEY_ID_BYTES = 4
# What a pickle may name besides Python's own containers, texts and numbers, which need no name.
PICKLED_TYPES = frozenset(
    {("builtins", name) for name in ("set", "frozenset", "complex", "bytearray", "range", "slice")}
    | {("datetime", name) for name in ("date", "datetime", "time", "timedelta", "timezone")}
    | {("collections", "OrderedDict"), ("collections", "deque"), ("decimal", "Decimal"), ("uuid", "UUID")}
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs pickles. Several keys may be good for checking; the first one signs."""

    keys: tuple[bytes, ...]

    def sign(self, content: bytes) -> bytes:
        key = self.keys[0]
        return self._key_id(key) + hmac.digest(key, content, "sha256") + content

    def check(self, signed: bytes) -> bytes:
        """The content, if one of the keys signed it. Raises `Undecodable`."""
        key_id, rest = signed[:KEY_ID_BYTES], signed[KEY_ID_BYTES:]
        signature, content = rest[:SIGNATURE_BYTES], rest[SIGNATURE_BYTES:]
        for key in self.keys:
            if self._key_id(key) == key_id and hmac.compare_digest(hmac.digest(key, content, "sha256"), signature):
                return content
        raise Undecodable("the signature of a pickle is not ours")

    @staticmethod
    def _key_id(key: bytes) -> bytes:
        return hashlib.sha256(b"id:" + key).digest()[:KEY_ID_BYTES]


class _ListedTypes(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in PICKLED_TYPES:
            raise Undecodable(f"a pickle names {module}.{name}, which is not on the list of types")
        return super().find_class(module, name)


# Forms: how a value becomes text or bytes -----------------------------------------------------------------------------

PLAIN, MARKED, WIDE = "plain", "marked", "wide"
"""JSON as it is; JSON with the boundary's marks; JSON with integers that only Python's own reader keeps."""
PICKLED = "pickle"
FORMS = frozenset({PLAIN, MARKED, WIDE, PICKLED})


def to_json(value: object) -> tuple[str, bytes]:
    """(form, JSON) of a value. Raises `NotCacheable`."""
    try:
        encoded = json_boundary.encode(value)
    except UnstorableValue as error:
        raise NotCacheable(f"the value cannot be kept: {error}") from error
    try:
        text = orjson.dumps(encoded)
    except TypeError:  # an integer of more than 64 bits
        return WIDE, json.dumps(encoded, separators=(",", ":"), ensure_ascii=False).encode()
    return (MARKED if b'"$' in text else PLAIN), text


def _no_blobs(digest: str) -> Any:
    raise Undecodable(f"the entry refers to the blob {digest[:12]}, and entries are whole")


def from_json(form: str, text: Packed) -> Any:
    """A new value at each call, so that nobody changes what another gets."""
    if form == PLAIN:
        return orjson.loads(text)
    try:
        return json_boundary.decode(json.loads(bytes(text)) if form == WIDE else orjson.loads(text), _no_blobs)
    except (ValueError, TypeError, RecursionError) as error:
        raise Undecodable(f"broken JSON: {error}") from error


def to_pickle(value: object, signer: Signer) -> bytes:
    """A signed pickle that `from_pickle` can read. Raises `NotCacheable`."""
    try:
        content = pickle.dumps(value, protocol=5)
        _load(content)
    except Undecodable as error:
        raise NotCacheable(f"the value cannot be kept: {error}") from error
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise NotCacheable(f"the value cannot be pickled: {error}") from error
    return signer.sign(content)


def from_pickle(signed: Packed, signer: Signer | None) -> Any:
    """Raises `Undecodable`: not allowed here, not signed by us, or a type that is not listed."""
    if signer is None:
        raise Undecodable("the entry is a pickle, and CACHE_ALLOW_PICKLE is off")
    return _load(signer.check(bytes(signed)))


def _load(content: bytes) -> Any:
    try:
        return _ListedTypes(io.BytesIO(content)).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise Undecodable(f"a broken pickle: {error}") from error


# Compressions ---------------------------------------------------------------------------------------------------------

NONE = "none"


def _gunzip(content: Packed, size: int) -> bytes:
    """No more than `size` bytes, whatever the content claims."""
    decompressor = zlib.decompressobj(wbits=31)
    return decompressor.decompress(content, size + 1)


class _Zstd(threading.local):
    """One of each for a thread: they may not be shared, and making one takes longer than most of what it unpacks."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()


def _unzstd(content: Packed, size: int) -> bytes:
    frame = zstandard.frame_content_size(content)
    if frame > size:
        raise Undecodable("an entry is larger than it says")
    return _zstd.decompressor.decompress(content, max_output_size=size + 1)


@dataclass(frozen=True, slots=True)
class Compression:
    compress: Callable[[Packed], bytes]
    expand: Callable[[Packed, int], Packed]
    """Called with the size that must come out."""


COMPRESSIONS: Mapping[str, Compression] = {
    NONE: Compression(bytes, lambda content, size: content),
    "gzip": Compression(lambda content: gzip.compress(content, GZIP_LEVEL, mtime=0), _gunzip),
    "zstd": Compression(lambda content: _zstd.compressor.compress(content), _unzstd),
}
CODECS: Mapping[str, str] = {"json": NONE, "gzip": "gzip", "zstd": "zstd", "pickle": NONE}
"""CACHE_CODEC → compression."""


def compress(codec: str, content: Packed, threshold: int) -> tuple[str, Packed]:
    """(compression, bytes): as it is below `threshold` bytes, or where compressing would not make it smaller."""
    name = CODECS[codec]
    if name == NONE or len(content) < threshold:
        return NONE, content
    smaller = COMPRESSIONS[name].compress(content)
    return (name, smaller) if len(smaller) < len(content) else (NONE, content)


def expand(compression: str, content: Packed, size: int) -> Packed:
    """Raises `Undecodable`."""
    found = COMPRESSIONS.get(compression)
    if found is None:
        raise Undecodable(f'the compression "{compression[:20]}" is not known here')
    try:
        expanded = found.expand(content, size)
    except (zlib.error, zstandard.ZstdError) as error:
        raise Undecodable(f"broken {compression}: {error}") from error
    if len(expanded) != size:
        raise Undecodable("an entry has not the size it says")
    return expanded
