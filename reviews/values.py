"""Values in and out of the JSON columns, over `common.json_boundary`."""

import hashlib
from typing import Any

from django.conf import settings

from common import json_boundary
from common.wording import printable
from reviews.exceptions import InvalidReview


def stored(value: Any, what: str) -> Any:
    """The form a column keeps. Raises `UnstorableValue`, and `InvalidReview` when it is larger than VALUE_MAX_BYTES."""
    encoded = json_boundary.encode(value)
    size, limit = len(json_boundary.dump(encoded)), settings.ORCHESTRATION.value_max_bytes
    if size > limit:
        raise InvalidReview(f"{what} has {size:,} bytes; VALUE_MAX_BYTES allows {limit:,}. Give a reference instead.")
    return encoded


def loaded(column: Any) -> Any:
    """What `stored` was given."""
    return json_boundary.decode(column, _no_blob)


def digest(*columns: Any) -> str:
    """SHA-256 of stored values, in this order."""
    return hashlib.sha256(json_boundary.dump(list(columns))).hexdigest()


def text(value: object, limit: int | None = None) -> str:
    """Text that any database can keep: without NUL and lone surrogates, cut to `limit` characters."""
    kept = printable(str(value))
    return kept if limit is None or len(kept) <= limit else kept[: limit - 1] + "…"


def _no_blob(name: str) -> Any:
    raise InvalidReview(f"a review holds the blob {name[:80]}, which only executions can load; give it the value")
