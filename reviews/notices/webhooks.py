"""Signing what goes to webhooks, as https://www.standardwebhooks.com describes it, and checking it on the other side.

Headers `webhook-id` (the same for every try of a message: remember it, and a replay is seen), `webhook-timestamp`
(seconds; refuse what is older than some minutes) and `webhook-signature` (`v1,` and base64 of HMAC-SHA256 over
`id.timestamp.body`).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from reviews.exceptions import InvalidReview

TOLERANCE_SECONDS = 300


def sign(secret: str, message_id: str, timestamp: int, body: str) -> dict[str, str]:
    """The headers of a signed message."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{_signature(secret, message_id, timestamp, body)}",
    }


def is_signed(secret: str, headers: Mapping[str, str], body: str, now: float) -> bool:
    """For receivers: whether a message comes from who has the secret, and is fresh."""
    try:
        timestamp = int(headers["webhook-timestamp"])
        given = headers["webhook-signature"].removeprefix("v1,")
        wanted = _signature(secret, headers["webhook-id"], timestamp, body)
    except (KeyError, ValueError):
        return False
    return abs(now - timestamp) <= TOLERANCE_SECONDS and hmac.compare_digest(given, wanted)


def check_address(url: str) -> str:
    """An address an operator may enter: http or https, a host, no user or password. Raises `InvalidReview`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or not url.isprintable():
        raise InvalidReview(f"{url[:100]!r} is no address for a webhook; write https://host/path, without a password")
    return url


def is_secret(secret: str) -> bool:
    """Whether messages can be signed with it."""
    try:
        return bool(_key(secret))
    except ValueError:
        return False


def _signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def new_secret() -> str:
    """A secret for a new endpoint, in the form of the standard."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _key(secret: str) -> bytes:
    """`whsec_` and base64, as the standard writes secrets; any other text as it is."""
    if secret.startswith("whsec_"):
        return base64.b64decode(secret.removeprefix("whsec_"))
    return secret.encode()
