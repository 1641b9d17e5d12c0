"""Reading the history critically: does every event follow from the one before, and is nothing missing at an end?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from common.wording import printable, text_fault
from reviews.audit.chain import BEGINNING, digest_payload, is_seal, key_id
from reviews.audit.trail import checkpoint_digest, sealed_part
from reviews.exceptions import StreamNotFound
from reviews.models import AuditCheckpoint, ReviewEvent, ReviewRequest

MAX_BREAKS = 100


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing wrong in a stream (or a checkpoint)."""

    stream: str
    sequence: int
    message: str

    def __str__(self) -> str:
        return f"{self.stream} #{self.sequence}: {self.message}"


@dataclass(slots=True)
class Verification:
    """What was looked at, and what is wrong with it (at most 100)."""

    streams: int = 0
    events: int = 0
    erased: int = 0
    checkpoints: int = 0
    breaks: list[Break] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.breaks

    def note(self, stream: str, sequence: int, message: str) -> None:
        if len(self.breaks) < MAX_BREAKS:
            self.breaks.append(Break(stream, sequence, message))


def verify(stream: str = "", saved: Mapping[str, Any] | None = None) -> Verification:
    """Verify everything, or one stream. `saved`: a checkpoint exported earlier and kept elsewhere; it must still hold.

    Reads the events once, in order; memory does not grow with their number. Raises `StreamNotFound`: what is not there
    is not sound.
    """
    if stream and not _is_there(stream):
        name = printable(stream[:80])
        raise StreamNotFound(f'the history has no stream "{name}"; write it as review:ID or reviewer:ID')
    found = Verification()
    heads = _check_streams(stream, found)
    _check_rows(stream, heads, found)
    if not stream:
        _check_checkpoints(found)
        if saved is not None:
            _check_saved(saved, found)
    return found


def _is_there(stream: str) -> bool:
    """Whether there are events, or a review that should have some."""
    if text_fault(stream):
        return False
    return ReviewEvent.objects.filter(stream=stream).exists() or _reviews_of(stream).exists()


def _reviews_of(stream: str) -> QuerySet[ReviewRequest]:
    kind, _, key = stream.partition(":")
    try:
        return ReviewRequest.objects.filter(pk=UUID(key)) if kind == "review" else ReviewRequest.objects.none()
    except ValueError:
        return ReviewRequest.objects.none()


def _check_streams(stream: str, found: Verification) -> dict[str, str]:
    """Every chain; returns the status that the last event of each review left."""
    events = ReviewEvent.objects.filter(stream=stream) if stream else ReviewEvent.objects.all()
    statuses: dict[str, str] = {}
    current, sequence, mac, is_broken = "", 0, BEGINNING, False
    for event in events.order_by("stream", "sequence").iterator(chunk_size=2000):
        if event.stream != current:
            current, sequence, mac, is_broken = event.stream, 0, BEGINNING, False
            found.streams += 1
        found.events += 1
        found.erased += event.payload is None
        if not is_broken and (fault := _fault(event, sequence + 1, mac)):
            is_broken = True
            found.note(event.stream, event.sequence, fault)
        sequence, mac = event.sequence, event.mac
        if event.status:
            statuses[event.stream] = event.status
    return statuses


def _fault(event: ReviewEvent, expected: int, previous: str) -> str:
    if event.sequence != expected:
        return f"event {expected} is missing"
    if event.key_id != key_id(settings.AUDIT_KEY):
        return f"it was sealed with another key ({event.key_id}); verify with the AUDIT_KEY of that time"
    if event.payload is not None and digest_payload(event.payload, event.salt) != event.payload_digest:
        return "its content was changed"
    if not is_seal(event.mac, settings.AUDIT_KEY, previous, sealed_part(event).digest):
        return "it does not follow from the event before: it was changed, inserted or replaced"
    return ""


def _check_rows(stream: str, statuses: Mapping[str, str], found: Verification) -> None:
    """A review without a history, or whose row says something else than its history."""
    rows = _reviews_of(stream) if stream else ReviewRequest.objects.all()
    for key, status in rows.order_by().values_list("pk", "status").iterator(chunk_size=2000):
        name = f"review:{key}"
        if statuses.get(name) != status and (fault := _fault_of_row(key)):
            found.note(name, 0, fault)


def _fault_of_row(key: UUID) -> str:
    """Looked at again under its lock: people may have worked on it since its events were read."""
    with transaction.atomic():
        statuses = ReviewRequest.objects.select_for_update().filter(pk=key).values_list("status", flat=True)
        for status in list(statuses):
            events = ReviewEvent.objects.filter(stream=f"review:{key}").exclude(status="").order_by("-sequence")
            told = events.values_list("status", flat=True).first()
            if told is None:
                return "the review has no history"
            if told != status:
                return f"the review is {status}, its history says {told}"
    return ""


def _check_checkpoints(found: Verification) -> None:
    """Each is sealed, follows from the one before, and what it saw is still there."""
    mac = BEGINNING
    checkpoints = AuditCheckpoint.objects.order_by("number").iterator(chunk_size=50)
    for number, checkpoint in enumerate(checkpoints, start=1):
        found.checkpoints += 1
        name = "checkpoint"
        if checkpoint.number != number:
            found.note(name, number, "it is missing")
            return
        if not is_seal(checkpoint.mac, settings.AUDIT_KEY, mac, checkpoint_digest(checkpoint)):
            found.note(name, number, "it was changed, or sealed with another key")
            return
        mac = checkpoint.mac
        for stream, sequence, _ in _missing(checkpoint.heads):
            found.note(stream, sequence, f"checkpoint {number} saw this event; it is gone or another one")


def _missing(heads: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    names = list(heads)
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        events = ReviewEvent.objects.filter(stream__in=part).values_list("stream", "sequence", "mac")
        there = set(events)
        yield from (key for name in part if (key := (name, int(heads[name][0]), str(heads[name][1]))) not in there)


def _check_saved(saved: Mapping[str, Any], found: Verification) -> None:
    number = int(saved.get("number", 0))
    kept = AuditCheckpoint.objects.filter(number=number).first()
    if kept is None or kept.mac != saved.get("mac"):
        found.note("checkpoint", number, "the checkpoint kept elsewhere is not in the database (any more)")
