"""Writing news into the outbox and the reviewers' bells, in the transaction of what it tells about. Sends nothing."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from reviews.models import Notice, Notification, ReviewerProfile, ReviewRequest, WebhookEndpoint
from reviews.models.fields import new_id
from reviews.states import NoticeChannel


def tell_reviewers(
    review: ReviewRequest, reviewers: Iterable[ReviewerProfile], kind: str, text: str, at: datetime
) -> None:
    """A notification in the pages for each, and an e-mail where there is an address and EMAIL_URL is set."""
    told = {one.pk: one for one in reviewers if one.is_active}
    Notification.objects.bulk_create(
        Notification(reviewer=one, review=review, kind=kind, text=text[:300], created_at=at) for one in told.values()
    )
    tell_addresses(review, [one.email for one in told.values() if one.email and not one.is_scripted], kind, text, at)


def tell_addresses(review: ReviewRequest, addresses: Iterable[str], kind: str, text: str, at: datetime) -> None:
    """An e-mail to each address; nothing while EMAIL_URL is not set."""
    if not settings.ORCHESTRATION.email_url:
        return
    body = f"{text}\n\n{_about(review)}\n\nOpen it: {link(review)}\n\nNothing is decided by opening the link.\n"
    _queue(NoticeChannel.EMAIL, sorted(set(addresses)), kind, review, at, body, subject=f"Review: {_title(review)}")


def tell_webhooks(review: ReviewRequest, kind: str, at: datetime, **news: Any) -> None:
    """A signed message for each active webhook that wants this kind; no values, who may see them follows the link."""
    names = [
        endpoint.name
        for endpoint in WebhookEndpoint.objects.filter(is_active=True)
        if not endpoint.events or kind in endpoint.events
    ]
    if names:
        _queue(NoticeChannel.WEBHOOK, names, kind, review, at, json.dumps(_document(review, kind, at) | news))


def leads() -> list[ReviewerProfile]:
    return list(ReviewerProfile.objects.filter(is_lead=True, is_active=True))


def link(review: ReviewRequest) -> str:
    """The review's page; only its path while SITE_URL is not set."""
    return f"{settings.ORCHESTRATION.site_url}/reviews/{review.pk}/"


def _queue(
    channel: NoticeChannel,
    addresses: list[str],
    kind: str,
    review: ReviewRequest,
    at: datetime,
    body: str,
    subject: str = "",
) -> None:
    Notice.objects.bulk_create(
        Notice(
            id=new_id(),
            channel=channel,
            address=address,
            kind=kind,
            review=review,
            subject=" ".join(subject.split())[:200],
            body=body,
            due_at=at,
            created_at=at,
        )
        for address in addresses
    )


def _title(review: ReviewRequest) -> str:
    return review.subject_label or review.task_name


def _about(review: ReviewRequest) -> str:
    due = review.due_at.astimezone(UTC)
    return f"{_title(review)} ({review.task_name}), priority {review.priority}, due {due:%Y-%m-%d %H:%M} UTC"


def _document(review: ReviewRequest, kind: str, at: datetime) -> dict[str, Any]:
    return {
        "type": kind,
        "timestamp": at.astimezone(UTC).isoformat(),
        "review_id": str(review.pk),
        "status": str(review.status),
        "subject": {"kind": review.subject_kind, "id": review.subject_id, "label": review.subject_label},
        "task_name": review.task_name,
        "priority": str(review.priority),
        "assignee": review.assignee_id,
        "due_at": review.due_at.astimezone(UTC).isoformat(),
        "url": link(review),
    }
