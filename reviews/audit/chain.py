"""The arithmetic of the history: canonical JSON, digests, and the keyed chain (HMAC-SHA256, RFC 2104). Pure.

payload_digest = SHA-256(salt ‖ canonical(payload))
digest         = SHA-256(canonical(event without its payload))
mac            = HMAC(key, previous mac ‖ digest)             the first one's previous mac is 64 zeros
"""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from typing import Any

BEGINNING = "0" * 64


@dataclass(frozen=True, slots=True)
class Sealed:
    """What of an event the chain covers; `at` is ISO 8601 in UTC with microseconds."""

    stream: str
    sequence: int
    kind: str
    actor: str
    actor_label: str
    channel: str
    status: str
    at: str
    payload_digest: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(canonical(asdict(self))).hexdigest()


def canonical(value: Any) -> bytes:
    """The same bytes for the same JSON: keys sorted, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def digest_payload(payload: Any, salt: str) -> str:
    return hashlib.sha256(salt.encode() + canonical(payload)).hexdigest()


def seal(key: str, previous: str, digest: str) -> str:
    return hmac.new(key.encode(), f"{previous}{digest}".encode(), hashlib.sha256).hexdigest()


def is_seal(mac: str, key: str, previous: str, digest: str) -> bool:
    return hmac.compare_digest(mac, seal(key, previous, digest))


def key_id(key: str) -> str:
    """Tells which key sealed something, and nothing else about it."""
    return hashlib.sha256(b"reviews.audit key id:" + key.encode()).hexdigest()[:16]
