"""Reviews as after a busy week: open ones in every state, decided ones, and people who have them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from reviews.models import Absence, ReviewAssignment, ReviewDecision, ReviewerProfile, ReviewRequest
from reviews.models.fields import new_id
from reviews.services.requests import open_review
from reviews.services.reviewers import register_reviewer
from reviews.states import AssignedBy, Priority, ReviewStatus, Verdict

REVIEW_ID = UUID("01920000-0000-7000-8000-000000000001")
REVIEWER, POLICY, ABSENCE = "ana", "default", 1
PEOPLE = ("ana", "bea", "cem", "dora")
KINDS: tuple[tuple[str, ...], ...] = ((), ("law",), ("law:4", "tax"), ("tax?",))
# Of a hundred reviews so many are still open, and of those so many are somebody's.
OPEN, HELD = 60, 25
SCHEMA = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "maxLength": 40},
        "total": {"type": "number"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"item": {"type": "string"}}}},
    },
    "required": ["number", "total"],
}
TEXT = "Invoice 2026-17 of the 3rd of November\n\nTotal 12.50\n" * 20


def fill_reviews(number: int, now: datetime, random: Random) -> None:
    """`number` reviews, of which REVIEW_ID waits for somebody, and PEOPLE."""
    for name in PEOPLE:
        profile = ReviewerProfile(id=name, name=name.capitalize(), email=f"{name}@example.com")
        profile.max_concurrent_reviews = number + 5
        profile.specializations = ["law:5", "tax"] if name in PEOPLE[:2] else ["law"]
        register_reviewer(reviewer=profile)
    Absence.objects.create(
        id=ABSENCE, reviewer_id=REVIEWER, starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=4)
    )
    models = [_open(kind) for kind in KINDS]
    ReviewRequest.objects.filter(pk=models[0].pk).update(id=REVIEW_ID)
    ReviewRequest.objects.filter(pk__in=[model.pk for model in models[1:]]).delete()
    rows = [_row(models, place, now, random) for place in range(number)]
    ReviewRequest.objects.bulk_create(rows, batch_size=500)
    held = [row for row in rows if row.assignee_id and row.closed_at is None]
    ReviewAssignment.objects.bulk_create([_assignment(row) for row in held], batch_size=500)
    ReviewDecision.objects.bulk_create([*_decisions(rows)], batch_size=500)


def _open(kind: tuple[str, ...]) -> ReviewRequest:
    return open_review(
        task_name="read_invoice",
        task_type="extraction",
        input_data={"document": TEXT},
        proposed_output={"number": "2026-17", "total": 12.5, "lines": [{"item": "pallets"}]},
        output_schema=SCHEMA,
        instructions="Compare the total with the document.",
        reasons=[{"code": "low_confidence", "message": "0.62 is below 0.8", "value": 0.62, "threshold": 0.8}],
        required_specializations=kind,
        source={"text": TEXT, "is_cut": False, "places": {"number": [[8, 15]]}, "confidence": {"number": 0.62}},
        confidence=0.62,
    )


def _row(models: list[ReviewRequest], place: int, now: datetime, random: Random) -> ReviewRequest:
    """A copy of a model in a state of its own."""
    model, turn = models[place % len(models)], place % 100
    values = {field.attname: getattr(model, field.attname) for field in ReviewRequest._meta.concrete_fields}
    row = ReviewRequest(**values)
    row.id, row.subject_label = new_id(), f"Invoice 2026-{place:05}"
    row.priority = random.choice([*Priority])
    row.created_at = row.clock_started_at = now - timedelta(minutes=random.randrange(1, 10_000))
    row.due_at = row.rank_at = now + timedelta(minutes=random.randrange(-300, 5_000))
    row.next_step_at = None
    if turn < HELD:
        row.status, row.assignee_id = ReviewStatus.ASSIGNED, PEOPLE[turn % len(PEOPLE)]
    elif turn >= OPEN:
        row.status, row.assignee_id = ReviewStatus.DECIDED, PEOPLE[turn % len(PEOPLE)]
        row.decided_at = row.effective_at = row.announced_at = row.closed_at = now - timedelta(minutes=turn)
    return row


def _assignment(row: ReviewRequest) -> ReviewAssignment:
    return ReviewAssignment(
        review=row,
        reviewer_id=str(row.assignee_id),
        weight=row.weight,
        by=AssignedBy.ROUTING,
        assigned_by="routing",
        assigned_at=row.created_at,
    )


def _decisions(rows: list[ReviewRequest]) -> Iterator[ReviewDecision]:
    for row in rows:
        if row.decided_at is not None and row.effective_at is not None:
            yield ReviewDecision(
                review=row,
                verdict=Verdict.APPROVE,
                output=row.proposed_output,
                reviewer_id=row.assignee_id,
                actor=f"reviewer:{row.assignee_id}",
                label=str(row.assignee_id).capitalize(),
                channel="page",
                shown_digest=row.shown_digest,
                decided_at=row.decided_at,
                effective_at=row.effective_at,
            )
