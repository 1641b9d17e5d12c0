"""Writing the history. An event is written in the transaction of what it tells, under the lock of its stream's object.

The stream's object (the review, the reviewer …) is locked by whoever changes it, so sequences cannot collide; if they
did, the database would refuse.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from common import json_boundary
from reviews import clock
from reviews.actors import Actor
from reviews.audit.chain import BEGINNING, Sealed, canonical, digest_payload, key_id, seal
from reviews.models import AuditCheckpoint, ReviewEvent

# An event may be committed a little after the time it carries; heads seen twice do no harm.
OVERLAP = timedelta(minutes=10)


def record(
    *,
    stream: str,
    kind: str,
    actor: Actor,
    channel: str,
    at: datetime,
    sentence: str,
    status: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    details: dict[str, Any] | None = None,
) -> ReviewEvent:
    """Append an event to its stream. `sentence` tells people what happened; the rest tells programs."""
    payload = json_boundary.encode(
        {"sentence": sentence, "before": before or {}, "after": after or {}, "details": details or {}}
    )
    last = ReviewEvent.objects.filter(stream=stream).order_by("-sequence").values_list("sequence", "mac").first()
    sequence, previous = (last[0] + 1, last[1]) if last else (1, BEGINNING)
    salt, key = secrets.token_hex(16), settings.AUDIT_KEY
    event = ReviewEvent(
        stream=stream,
        sequence=sequence,
        kind=kind,
        actor=actor.key[:200],
        actor_label=actor.label[:200],
        channel=channel,
        status=status,
        at=at,
        salt=salt,
        payload=payload,
        payload_digest=digest_payload(payload, salt),
        key_id=key_id(key),
    )
    event.mac = seal(key, previous, sealed_part(event).digest)
    event.save(force_insert=True)
    return event


def sealed_part(event: ReviewEvent) -> Sealed:
    return Sealed(
        stream=event.stream,
        sequence=event.sequence,
        kind=event.kind,
        actor=event.actor,
        actor_label=event.actor_label,
        channel=event.channel,
        status=event.status,
        at=event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        payload_digest=event.payload_digest,
    )


def write_checkpoint() -> int:
    """Seal how far every stream has come; returns how many changed since the last checkpoint (then none is written)."""
    with transaction.atomic():
        last = AuditCheckpoint.objects.select_for_update().order_by("-number").first()
        fresh = ReviewEvent.objects.filter(at__gte=last.at - OVERLAP) if last else ReviewEvent.objects.all()
        heads: dict[str, list[Any]] = {}
        for stream, sequence, mac in fresh.order_by("stream", "sequence").values_list("stream", "sequence", "mac"):
            heads[stream] = [sequence, mac]
        events = ReviewEvent.objects.count()
        if last and events == last.events:
            return 0
        checkpoint = AuditCheckpoint(
            number=last.number + 1 if last else 1,
            at=clock.now(),
            events=events,
            heads=heads,
            key_id=key_id(settings.AUDIT_KEY),
        )
        checkpoint.mac = seal(settings.AUDIT_KEY, last.mac if last else BEGINNING, checkpoint_digest(checkpoint))
        checkpoint.save(force_insert=True)
        return len(heads)


def checkpoint_digest(checkpoint: AuditCheckpoint) -> str:
    at = checkpoint.at.astimezone(UTC).isoformat(timespec="microseconds")
    return digest_payload(
        [checkpoint.number, at, checkpoint.events, canonical(checkpoint.heads).decode()], "reviews.audit checkpoint"
    )
