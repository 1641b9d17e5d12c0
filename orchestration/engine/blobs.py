"""Values into rows and back: encodes them, and keeps large ones once, by their content.

A blob is written before the row that refers to it, in a transaction of its own; one that nothing came to refer to is
pruned later (`services.retention`).
"""

import hashlib
import json
import zlib
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from common import json_boundary
from common.errors import UnstorableValue
from orchestration.models import Blob


def store_value(value: object) -> Any:
    """What to write into a JSON column for `value`. Raises `UnstorableValue`."""
    encoded = json_boundary.encode(value)
    content = json_boundary.dump(encoded)
    if len(content) <= settings.ORCHESTRATION.inline_value_max_bytes:
        return encoded
    if len(content) > settings.ORCHESTRATION.value_max_bytes:
        limit = settings.ORCHESTRATION.value_max_bytes
        raise UnstorableValue(f"the value takes {len(content):,} bytes as JSON, more than VALUE_MAX_BYTES={limit:,}")
    return {"$blob": _put(content), "size": len(content)}


def load_value(stored: Any) -> Any:
    """The value behind a JSON column. Raises `Blob.DoesNotExist` when its blob is gone."""
    return json_boundary.decode(stored, _load_blob)


def _put(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    blob = Blob(digest=digest, size=len(content), content=zlib.compress(content, 1), touched_at=Now())
    Blob.objects.bulk_create([blob], update_conflicts=True, unique_fields=["digest"], update_fields=["touched_at"])
    return digest


def _load_blob(digest: str) -> Any:
    content = Blob.objects.values_list("content", flat=True).get(digest=digest)
    return load_value(json.loads(zlib.decompress(content)))
