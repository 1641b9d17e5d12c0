"""Opening a review, and closing one that nobody has to decide any more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from common.json_schema import schema_faults
from common.repeats import repeated
from common.wording import pointer_to
from reviews import clock, signals
from reviews.actors import SYSTEM, By, as_source
from reviews.assignment.ranking import rank
from reviews.audit.trail import record
from reviews.escalation.timeline import due_time, next_step_time
from reviews.exceptions import InvalidReview
from reviews.models import EscalationPolicyVersion, ReviewExclusion, ReviewRequest
from reviews.notices.outbox import tell_webhooks
from reviews.services.policies import policy_version
from reviews.skills import Requirements, parse_wanted
from reviews.states import AssignmentEnd, Priority, ReviewStatus, Risk
from reviews.store import announce, locked
from reviews.values import digest, loaded, stored, text


@dataclass(frozen=True, slots=True)
class Subject:
    """What a review is about, in the words of whoever opens it. It has one review; another round is another id."""

    kind: str = ""
    id: str = ""
    label: str = ""
    url: str = ""


def open_review(
    *,
    subject: Subject | None = None,
    task_name: str,
    task_type: str,
    input_data: Any,
    proposed_output: Any = None,
    output_schema: Mapping[str, Any] | None = None,
    instructions: str = "",
    priority: str = Priority.NORMAL,
    required_specializations: Iterable[str] = (),
    language: str = "",
    sensitivity: int = 0,
    risk: str = Risk.NORMAL,
    policy: str | None = None,
    due_in: timedelta | None = None,
    confidence: float | None = None,
    reasons: Sequence[Mapping[str, Any]] = (),
    source: Any = None,
    may_edit: bool = True,
    four_eyes: bool = False,
    authors: Iterable[str] = (),
    conflicts: Iterable[str] = (),
    group: str = "",
    weight: int = 1,
    estimated_minutes: int = 5,
    undo_seconds: int = 0,
    created_by: str = "",
    channel: str = "python",
) -> ReviewRequest:
    """Ask a person. Idempotent by subject (kind and id, `common.repeats`); joins the caller's transaction.

    `output_schema`: JSON Schema draft 2020-12 that an approved output must fit. `reasons`: `{code, message, value?,
    threshold?}` each. `four_eyes`: `created_by` and `authors` (reviewer ids or login names) may not decide; `conflicts`
    may not either way. `due_in` counts in the policy's working hours. `undo_seconds`: a decision takes effect that much
    later. Raises `InvalidReview` (with every problem), `PolicyNotFound`, `UnstorableValue`.
    """
    subject = subject or Subject()
    if subject.id and (known := ReviewRequest.objects.filter(subject_kind=subject.kind, subject_id=subject.id).first()):
        return repeated(known)
    version = policy_version(policy)
    now = clock.now()
    review = ReviewRequest(
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_label=text(subject.label, 200),
        subject_url=subject.url,
        task_name=text(task_name, 100),
        task_type=text(task_type, 100),
        input=stored(input_data, "the input"),
        proposed_output=stored(proposed_output, "the proposed output"),
        output_schema=None if output_schema is None else stored(output_schema, "the output schema"),
        source=stored(source, "the source"),
        instructions=text(instructions),
        may_edit=may_edit,
        priority=priority,
        risk=risk,
        required=[str(parse_wanted(text)) for text in required_specializations],
        language=language,
        sensitivity=sensitivity,
        confidence=confidence,
        reasons=stored([dict(reason) for reason in reasons], "the reasons"),
        reason_codes=_codes(reasons),
        group=text(group, 100),
        weight=weight,
        estimated_minutes=estimated_minutes,
        undo_seconds=undo_seconds,
        created_by=text(created_by, 150),
        created_at=now,
        clock_started_at=now,
        policy=version,
    )
    _check(review)
    _set_times(review, version, now, due_in)
    excluded = {(person, "conflict") for person in conflicts}
    if four_eyes:
        excluded |= {(person, "author") for person in authors} | ({(created_by, "requester")} if created_by else set())
    return _write(review, excluded, as_source(text(created_by, 150) or SYSTEM), channel)


def close_review(
    *, review_id: UUID | str, reason: str, actor: By | str, superseded: bool = False, channel: str = "python"
) -> bool:
    """End a review without a decision: its execution was cancelled, or (`superseded`) another one took its place.

    A text as `actor` names a part of the product. False when it had already ended. Raises `ReviewNotFound`.
    """
    who, reason = as_source(actor), text(reason, 300)
    to = ReviewStatus.SUPERSEDED if superseded else ReviewStatus.CANCELLED
    with locked(review_id, channel) as entry:
        if not entry.review.is_open:
            return False
        entry.end_assignment(AssignmentEnd.CLOSED)
        sentence = f"{who.label} closed the review: {reason}" if reason else f"{who.label} closed the review"
        entry.change("closed", who, sentence, to=to, close_reason=reason)
        tell_webhooks(entry.review, "review.closed", entry.now, reason=reason)
        announce(signals.review_closed, entry.review, status=str(to))
        return True


def _check(review: ReviewRequest) -> None:
    problems = [
        (f"/{name}", message)
        for name, is_right, message in (
            ("task_name", bool(review.task_name), "must not be empty"),
            ("task_type", bool(review.task_type), "must not be empty"),
            ("priority", review.priority in list(Priority), f"must be one of {', '.join(Priority)}"),
            ("risk", review.risk in list(Risk), f"must be one of {', '.join(Risk)}"),
            ("weight", review.weight >= 1, "must be 1 or more"),
            ("confidence", review.confidence is None or 0 <= review.confidence <= 1, "must be from 0 to 1"),
            ("subject", bool(review.subject_kind) or not review.subject_id, "an id needs a kind"),
            ("subject", _is_path(review.subject_url), "the url must be a path of this site, such as /executions/…/"),
        )
        if not is_right
    ]
    problems += [(f"/reasons/{n}", "needs a code") for n, reason in enumerate(review.reasons) if not reason.get("code")]
    if review.output_schema is not None:
        problems += [
            (f"/output_schema{pointer_to(path)}", message)
            for path, message in schema_faults(loaded(review.output_schema))
        ]
    if problems:
        listed = "; ".join(f"{pointer} {message}" for pointer, message in problems)
        raise InvalidReview(f"the review cannot be opened: {listed}", problems)


def _codes(reasons: Sequence[Mapping[str, Any]]) -> str:
    """`|low_confidence|validation|`; what does not fit is still in the reasons."""
    kept = "|"
    for code in dict.fromkeys(text(reason.get("code", ""), 50) for reason in reasons):
        kept += f"{code}|" if len(kept) + len(code) < 300 else ""
    return kept if reasons else ""


def _is_path(url: str) -> bool:
    return not url or (url.startswith("/") and not url.startswith(("//", "/\\")))


def _set_times(
    review: ReviewRequest, version: EscalationPolicyVersion, now: datetime, due_in: timedelta | None
) -> None:
    review.due_at = due_time(version, now, due_in)
    steps = list(version.steps.all())
    review.next_step_at = next_step_time(version, steps, 0, now, review.due_at)
    review.rank_at = rank(
        created_at=now,
        due_at=review.due_at,
        priority=Priority(review.priority),
        estimated_minutes=review.estimated_minutes,
    )
    wanted = tuple(parse_wanted(text) for text in review.required)
    review.requirements_key = Requirements(wanted, review.language, review.sensitivity).key
    shown = (review.input, review.proposed_output, review.output_schema, review.source, review.instructions)
    review.shown_digest = digest(*shown)


def _write(review: ReviewRequest, excluded: set[tuple[str, str]], who: Any, channel: str) -> ReviewRequest:
    try:
        with transaction.atomic():
            review.save(force_insert=True)
            ReviewExclusion.objects.bulk_create(
                ReviewExclusion(review=review, person=person, reason=why) for person, why in sorted(excluded)
            )
            record(
                stream=f"review:{review.pk}",
                kind="review.opened",
                actor=who,
                channel=channel,
                at=review.created_at,
                sentence=f"{who.label} asked for a review of {review.subject_label or review.task_name}",
                status=str(review.status),
                after={"priority": review.priority, "due_at": review.due_at, "risk": review.risk},
                details={
                    "shown_digest": review.shown_digest,
                    "policy": review.policy and review.policy.label,
                    "reasons": review.reasons,
                },
            )
            tell_webhooks(review, "review.opened", review.created_at)
            announce(signals.review_opened, review, priority=str(review.priority))
    except IntegrityError:
        known = ReviewRequest.objects.filter(subject_kind=review.subject_kind, subject_id=review.subject_id).first()
        if not review.subject_id or known is None:
            raise
        return repeated(known)  # somebody opened it at the same moment
    return review
