"""The history as JSON lines: a manifest, the events, the newest checkpoint. Enough to verify it elsewhere."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from reviews import clock
from reviews.audit.chain import key_id
from reviews.audit.trail import sealed_part
from reviews.models import AuditCheckpoint, ReviewEvent

FORMAT = "reviews.audit/1"


def export_events(
    *, stream: str = "", since: datetime | None = None, until: datetime | None = None, actor: str = ""
) -> Iterator[dict[str, Any]]:
    """One document per line: `{"manifest": …}`, `{"event": …}` in order, `{"checkpoint": …}` (or null)."""
    conditions = {"stream": stream, "at__gte": since, "at__lt": until, "actor": actor}
    events = ReviewEvent.objects.filter(**{name: value for name, value in conditions.items() if value})
    asked = {"stream": stream, "since": _iso(since), "until": _iso(until), "actor": actor}
    manifest = {"format": FORMAT, "at": _iso(clock.now()), "key_id": key_id(settings.AUDIT_KEY), "filter": asked}
    yield {"manifest": manifest | {"events": events.count()}}
    for event in events.order_by("stream", "sequence").iterator(chunk_size=2000):
        yield {"event": event_document(event)}
    yield {"checkpoint": checkpoint_document(AuditCheckpoint.objects.order_by("-number").first())}


def event_document(event: ReviewEvent) -> dict[str, Any]:
    """An event with all that its seal covers, its content, salt and mac."""
    sealed = sealed_part(event)
    return {name: getattr(sealed, name) for name in sealed.__slots__} | {
        "payload": event.payload,
        "salt": event.salt,
        "key_id": event.key_id,
        "mac": event.mac,
    }


def checkpoint_document(checkpoint: AuditCheckpoint | None) -> dict[str, Any] | None:
    """What to keep elsewhere, for `verify_audit --against`."""
    if checkpoint is None:
        return None
    return {
        "number": checkpoint.number,
        "at": _iso(checkpoint.at),
        "events": checkpoint.events,
        "key_id": checkpoint.key_id,
        "mac": checkpoint.mac,
    }


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else None
