"""Sending the outbox: claim, send outside any transaction, record. Called by a job, never by the ticker.

A message may arrive twice when a process dies between sending and recording; its id is the same then. Redirects are
not followed, so an address only ever reaches the host an operator entered.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F

from common.errors import OrchestrationError
from common.tls import trusted
from common.wording import printable
from reviews import clock
from reviews.models import Notice, NoticeDelivery, WebhookEndpoint
from reviews.notices.webhooks import check_address, sign
from reviews.states import NoticeChannel, NoticeStatus

logger = logging.getLogger(__name__)

BATCH = 50
MAX_ATTEMPTS = 8
TIMEOUT_SECONDS = 10.0
CLAIM_SECONDS = 60.0
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 30.0, 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Sent:
    """How a try went."""

    is_success: bool
    response: str
    is_final: bool = False
    """Trying again would not help."""


def has_due_notices() -> bool:
    """Whether there is anything to send now."""
    return Notice.objects.filter(status=NoticeStatus.QUEUED, due_at__lte=clock.now()).exists()


def send_due_notices(limit: int = BATCH) -> int:
    """Send what is due, oldest first; returns how many arrived. Safe in two processes."""
    return sum(_send_one(notice) for notice in _claim(limit))


def retry_notice(*, notice_id: UUID) -> bool:
    """Queue a failed notice again; False when it is not a failed one."""
    rows = Notice.objects.filter(pk=notice_id, status=NoticeStatus.FAILED)
    return bool(rows.update(status=NoticeStatus.QUEUED, due_at=clock.now()))


def _claim(limit: int) -> list[Notice]:
    """Take what is due for this process, for as long as sending may take."""
    with transaction.atomic():
        now = clock.now()
        rows = Notice.objects.select_for_update(skip_locked=True).filter(status=NoticeStatus.QUEUED, due_at__lte=now)
        notices = list(rows.order_by("due_at")[:limit])
        until = now + timedelta(seconds=CLAIM_SECONDS + TIMEOUT_SECONDS * len(notices))
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(due_at=until, attempts=F("attempts") + 1)
    for notice in notices:
        notice.attempts += 1
    return notices


def _send_one(notice: Notice) -> bool:
    started = time.monotonic()
    sent = _sent(notice)
    seconds = time.monotonic() - started
    with transaction.atomic():
        now = clock.now()
        NoticeDelivery.objects.create(
            notice=notice,
            attempt=notice.attempts,
            at=now,
            seconds=round(seconds, 3),
            is_success=sent.is_success,
            response=printable(sent.response)[:300],
        )
        Notice.objects.filter(pk=notice.pk, status=NoticeStatus.QUEUED).update(**_after(notice, sent, now))
    if not sent.is_success:
        logger.warning("notice %s to %s was not delivered: %s", notice.pk, notice.address, sent.response)
    return sent.is_success


def _sent(notice: Notice) -> Sent:
    """What cannot be sent at all, as an address or a secret is wrong, holds up nobody else's messages."""
    try:
        return _SENDERS[NoticeChannel(notice.channel)](notice)
    except (OrchestrationError, ValueError) as error:
        return Sent(False, f"it cannot be sent: {error}", is_final=True)


def _after(notice: Notice, sent: Sent, now: datetime) -> dict[str, object]:
    if sent.is_success:
        return {"status": NoticeStatus.SENT, "sent_at": now}
    if sent.is_final or notice.attempts >= MAX_ATTEMPTS:
        return {"status": NoticeStatus.FAILED}
    delay = min(FIRST_DELAY_SECONDS * 4 ** (notice.attempts - 1), LONGEST_DELAY_SECONDS)
    return {"due_at": now + timedelta(seconds=delay)}


def _send_email(notice: Notice) -> Sent:
    message = EmailMessage(
        notice.subject, notice.body, to=[notice.address], headers={"Message-ID": f"<{notice.pk}@reviews>"}
    )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        return Sent(False, f"{type(error).__name__}: {error}")
    return Sent(True, "accepted by the mail server")


def _send_webhook(notice: Notice) -> Sent:
    endpoint = WebhookEndpoint.objects.filter(pk=notice.address, is_active=True).first()
    if endpoint is None:
        return Sent(False, "the webhook was removed or switched off", is_final=True)
    headers = sign(endpoint.secret, str(notice.pk), int(time.time()), notice.body)
    headers |= {"content-type": "application/json", "user-agent": "ai-pipeline-orchestration"}
    import httpx2  # a heavy one, which only who sends needs

    try:
        with httpx2.Client(
            verify=trusted(), timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False
        ) as client:
            reply = client.post(check_address(endpoint.url), content=notice.body.encode(), headers=headers)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        return Sent(False, f"{type(error).__name__}: {error}")
    return Sent(reply.is_success, f"HTTP {reply.status_code}", is_final=reply.status_code == httpx2.codes.GONE)


_SENDERS = {NoticeChannel.EMAIL: _send_email, NoticeChannel.WEBHOOK: _send_webhook}
