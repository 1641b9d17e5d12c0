"""Opening a review, and closing one that nobody has to decide any more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from common.repeats import repeated
from common.short_schema import SchemaError, expand_schema
from common.wording import pointer_to
from reviews import clock, signals
from reviews.actors import SYSTEM, By, as_source
from reviews.assignment.ranking import rank
from reviews.audit.trail import record
from reviews.checks import (
    LARGEST_SMALL,
    Problem,
    due_fault,
    listed,
    refuse,
    share_fault,
    text_fault,
    whole_fault,
)
from reviews.escalation.timeline import due_time, next_step_time
from reviews.models import EscalationPolicyVersion, ReviewExclusion, ReviewRequest
from reviews.notices.outbox import tell_webhooks
from reviews.services.excluding import check_known, named
from reviews.services.policies import policy_version
from reviews.skills import Requirements, parse_wanted
from reviews.states import AssignmentEnd, Priority, ReviewStatus, Risk
from reviews.store import announce, locked
from reviews.values import digest, stored, text

# What an option may be, as REST and the columns have it.
WHOLE = {
    "sensitivity": (0, LARGEST_SMALL),
    "weight": (1, LARGEST_SMALL),
    "estimated_minutes": (1, 10_000),
    "undo_seconds": (0, 3600),
}
LONGEST_LANGUAGE, LONGEST_REQUIREMENTS = 20, 500
CANNOT = "the review cannot be opened"


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

    `output_schema`: JSON Schema draft 2020-12, or the short form of pipelines, that an approved output must fit.
    `reasons`: `{code, message, value?, threshold?}` each. `four_eyes`: `created_by` and `authors` may not decide;
    `conflicts` may not either way: reviewer ids or login names (`services.excluding`). `due_in` counts in the policy's
    working hours. `undo_seconds`: a decision takes effect that much later. Raises `InvalidReview` (with every problem),
    `PolicyNotFound`, `UnstorableValue`.
    """
    subject = subject or Subject()
    _check_subject(subject)
    if subject.id and (known := ReviewRequest.objects.filter(subject_kind=subject.kind, subject_id=subject.id).first()):
        return repeated(known)
    wanted = listed(required_specializations, "required_specializations")
    excluded = {(person, "conflict") for person in check_known(named(conflicts, "conflicts"), "conflicts")}
    made_by = {(person, "author") for person in named(authors, "authors")}
    asked_by = {(person, "requester") for person in named(filter(None, [created_by]), "created_by")}
    excluded |= made_by | asked_by if four_eyes else set()
    (told, reason_faults), (schema, schema_faults) = _read_reasons(reasons), _expand(output_schema)
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
        output_schema=stored(schema, "the output schema"),
        source=stored(source, "the source"),
        instructions=text(instructions),
        may_edit=may_edit,
        priority=priority,
        risk=risk,
        required=[str(parse_wanted(one)) for one in wanted],
        language=language,
        sensitivity=sensitivity,
        confidence=confidence,
        reasons=stored(told, "the reasons"),
        reason_codes=_codes(told),
        group=text(group, 100),
        weight=weight,
        estimated_minutes=estimated_minutes,
        undo_seconds=undo_seconds,
        created_by=text(created_by, 150),
        created_at=now,
        clock_started_at=now,
        policy=version,
    )
    _check(review, due_in, [*reason_faults, *schema_faults])
    _set_times(review, version, now, due_in)
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


def _check(review: ReviewRequest, due_in: timedelta | None, also: Sequence[Problem]) -> None:
    faults = [
        ("task_name", "" if review.task_name else "must not be empty"),
        ("task_type", "" if review.task_type else "must not be empty"),
        ("priority", "" if review.priority in list(Priority) else f"must be one of {', '.join(Priority)}"),
        ("risk", "" if review.risk in list(Risk) else f"must be one of {', '.join(Risk)}"),
        *((name, whole_fault(getattr(review, name), *span)) for name, span in WHOLE.items()),
        ("confidence", "" if review.confidence is None else share_fault(review.confidence)),
        ("due_in", "" if due_in is None else due_fault(due_in)),
        ("language", text_fault(review.language, LONGEST_LANGUAGE)),
    ]
    refuse(CANNOT, [*((f"/{name}", message) for name, message in faults), *also])
    review.requirements_key = Requirements(review.wanted, review.language, review.sensitivity).key
    if len(review.requirements_key) > LONGEST_REQUIREMENTS:
        refuse(CANNOT, [("/required_specializations", "are too many or too long: ask for fewer")])


def _check_subject(subject: Subject) -> None:
    """Before it is looked up."""
    fields = (("kind", 50), ("id", 100), ("url", 500))
    refuse(CANNOT, ((f"/subject/{name}", text_fault(getattr(subject, name), longest)) for name, longest in fields))
    if subject.id and not subject.kind:
        refuse(CANNOT, [("/subject", "an id needs a kind")])
    if not _is_path(subject.url):
        refuse(CANNOT, [("/subject", "the url must be a path of this site, such as /executions/…/")])


def _read_reasons(given: Iterable[Any]) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Those that are mappings, and what is wrong."""
    reasons = listed(given, "reasons")
    problems = [
        (f"/reasons/{n}", "must be a mapping with a code, such as low_confidence")
        for n, reason in enumerate(reasons)
        if not (isinstance(reason, Mapping) and isinstance(reason.get("code"), str) and reason["code"])
    ]
    return [dict(reason) for reason in reasons if isinstance(reason, Mapping)], problems


def _expand(schema: Mapping[str, Any] | None) -> tuple[Any, list[Problem]]:
    """As JSON Schema, and what is wrong. An empty mapping lets everything through: it is no form without fields."""
    if schema is None or schema == {}:
        return schema, []
    try:
        return expand_schema(schema), []
    except SchemaError as error:
        return None, [(f"/output_schema{pointer_to(path)}", message) for path, message in error.problems]


def _codes(reasons: Sequence[Mapping[str, Any]]) -> str:
    """`|low_confidence|validation|`; what does not fit is still in the reasons."""
    kept = "|"
    for code in dict.fromkeys(text(reason.get("code", ""), 50) for reason in reasons):
        kept += f"{code}|" if len(kept) + len(code) < 300 else ""
    return kept if reasons else ""


def _is_path(url: str) -> bool:
    """Of this site: browsers leave control characters out, so `/<tab>/host` would be another."""
    return not url or (url.startswith("/") and not url.startswith(("//", "/\\")) and url.isprintable())


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
