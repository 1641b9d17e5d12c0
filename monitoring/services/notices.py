"""The outbox: messages are written with what they tell about, and sent afterwards by a job.

Claimed by moving `due_at` on, so that two processes never send the same at once. A process that dies between sending
and recording sends again, under the same id.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from common.clock import database_now
from common.wording import printable
from monitoring.channels.catalog import CHANNEL_TYPES
from monitoring.exceptions import UndeliverableNotice
from monitoring.models import Alert, AlertRule, Channel, Delivery, Notice
from monitoring.states import NoticeKind, NoticeStatus

logger = logging.getLogger(__name__)

DELIVER = "monitoring.deliver_notices"
"""The Celery job that sends what waits."""

BATCH = 20
CLAIM_SECONDS = 120
MOST_TRIES = 8
DELAYS_SECONDS = (10, 30, 120, 600, 1800, 3600, 6 * 3600)
SUBJECT_LENGTH = 200


def write_notices(*, rule: AlertRule, alert: Alert, kind: NoticeKind, now: datetime) -> int:
    """Put a message for each channel of the rule into the outbox, once per incident; returns how many channels."""
    names = Channel.objects.filter(pk__in=rule.channels, enabled=True).values_list("pk", flat=True)
    if kind == NoticeKind.RESOLVED:  # only where its beginning was told
        names = names.filter(notices__alert=alert, notices__kind=NoticeKind.FIRING)
    content = content_of(rule, alert, kind)
    rows = [
        Notice(alert=alert, channel_id=name, kind=kind, content=content, due_at=now, created_at=now) for name in names
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def content_of(rule: AlertRule, alert: Alert, kind: NoticeKind) -> dict[str, Any]:
    """What a message tells: for programs by key, for people as `subject` and `text`."""
    head = "RESOLVED" if kind == NoticeKind.RESOLVED else alert.severity.upper()
    subject = f"[{head}] {rule.name}: {alert.message}"
    told = {
        "kind": str(kind),
        "alert_id": alert.pk,
        "rule_id": rule.pk,
        "rule": rule.name,
        "severity": alert.severity,
        "message": alert.message,
        "labels": alert.labels,
        "metric": rule.metric_name,
        "operator": rule.operator,
        "threshold": rule.threshold,
        "value": alert.value,
        "started_at": _iso(alert.started_at),
        "fired_at": _iso(alert.fired_at),
        "resolved_at": _iso(alert.resolved_at),
        "runbook": rule.runbook,
        "site": settings.ORCHESTRATION.site_url,
    }
    return told | {"subject": " ".join(subject.split())[:SUBJECT_LENGTH], "text": _text(told)}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _text(told: dict[str, Any]) -> str:
    lines = [
        told["message"],
        "",
        f"Rule:      {told['rule']} ({told['metric']} {told['operator']} {told['threshold']:g})",
        *(f"{label.capitalize() + ':':<10} {value}" for label, value in told["labels"].items()),
        f"Since:     {told['started_at']}",
        *([f"Over at:   {told['resolved_at']}"] if told["resolved_at"] else []),
        *(["", f"What to do: {told['runbook']}"] if told["runbook"] else []),
        *(["", told["site"]] if told["site"] else []),
    ]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Tried:
    """How a try went."""

    succeeded: bool
    said: str
    seconds: float


def has_due_notices() -> bool:
    return _due(database_now()).exists()


def deliver_due(*, limit: int = BATCH) -> int:
    """Send what is due, oldest first; returns how many arrived. Safe in several processes at once."""
    return sum(_deliver(notice) for notice in _claim(limit))


def retry_notice(*, notice_id: int) -> bool:
    """Let a message that was given up be tried again; False when it was not given up."""
    failed = Notice.objects.filter(pk=notice_id, status=NoticeStatus.FAILED)
    return bool(failed.update(status=NoticeStatus.WAITING, tries=0, due_at=database_now()))


def _due(now: datetime) -> "QuerySet[Notice]":
    return Notice.objects.filter(status=NoticeStatus.WAITING, due_at__lte=now)


def _claim(limit: int) -> Iterable[Notice]:
    """One after the other: each claim counts from its own beginning, however long those before it took."""
    for notice in _due(database_now()).order_by("due_at", "pk").select_related("channel")[:limit]:
        mine = Notice.objects.filter(pk=notice.pk, status=NoticeStatus.WAITING, due_at=notice.due_at)
        until = database_now() + timedelta(seconds=CLAIM_SECONDS)
        if mine.update(due_at=until, tries=F("tries") + 1):
            notice.tries += 1
            notice.due_at = until
            yield notice


def _deliver(notice: Notice) -> bool:
    tried = _try(notice)
    with transaction.atomic():
        now = database_now()
        Delivery.objects.create(
            notice=notice, at=now, succeeded=tried.succeeded, said=tried.said[:500], seconds=tried.seconds
        )
        mine = Notice.objects.filter(pk=notice.pk, status=NoticeStatus.WAITING, due_at=notice.due_at)
        mine.update(**_after(notice, tried, now))
    if not tried.succeeded:
        logger.warning("message %d to channel %s did not arrive: %s", notice.pk, notice.channel_id, tried.said)
    return tried.succeeded


def _try(notice: Notice) -> Tried:
    started = time.monotonic()
    try:
        send = CHANNEL_TYPES[notice.channel.kind].send
        succeeded, said = True, send(notice.channel.target, notice.content, f"alert-notice-{notice.pk}")
    except UndeliverableNotice as error:
        succeeded, said = False, str(error)
    except Exception as error:  # whatever it is, it must be counted, and must not keep the others from being sent
        logger.exception("message %d to channel %s cannot be sent", notice.pk, notice.channel_id)
        succeeded, said = False, f"{type(error).__name__}: {error}"
    return Tried(succeeded, printable(said), round(time.monotonic() - started, 3))


def _after(notice: Notice, tried: Tried, now: datetime) -> dict[str, Any]:
    if tried.succeeded:
        return {"status": NoticeStatus.SENT, "sent_at": now}
    if notice.tries >= MOST_TRIES:
        return {"status": NoticeStatus.FAILED}
    delay = DELAYS_SECONDS[min(notice.tries, len(DELAYS_SECONDS)) - 1]
    return {"due_at": now + timedelta(seconds=delay)}
