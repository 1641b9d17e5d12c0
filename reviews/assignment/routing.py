"""The one transaction that gives a review to somebody, and that keeps everybody within their capacity.

The review is locked first, then the one reviewer. A reviewer who turns out to be full is let go of by rolling back to
a savepoint, which gives up the lock too: nobody ever holds two reviewers, so nobody can wait in a circle.
"""

from collections.abc import Sequence

from django.db import transaction

from reviews.actors import ROUTING, Actor
from reviews.assignment.explanation import Explanation, explain_choice, explain_nobody
from reviews.assignment.scoring import Candidate, Judged, Obstacle, judge, obstacles
from reviews.assignment.team import Team, open_loads
from reviews.exceptions import AtCapacity, FourEyes, NotEligible, ReviewerNotFound
from reviews.models import ReviewAssignment, ReviewerProfile
from reviews.notices.outbox import tell_reviewers
from reviews.states import AssignedBy, ReviewStatus
from reviews.store import Entry


class _Full(Exception):
    """The reviewer has no room any more; rolls back to the savepoint."""


def route(entry: Entry, team: Team) -> ReviewAssignment | Explanation:
    """Give the pending review to whom it suits best; or, when nobody can have it, why."""
    review = entry.review
    judged = judge(team.of(review), review.requirements, review.weight, str(review.pk))
    for choice in judged:
        if not choice.is_eligible:
            break
        explanation = explain_choice(choice, judged)
        try:
            with transaction.atomic():
                reviewer = lock_with_room(choice.candidate.id, review.weight)
                if reviewer is None:
                    raise _Full
                given = _give(entry, reviewer, explanation)
        except _Full:
            team.note_full(choice.candidate.id)
            continue
        team.note_assignment(reviewer.pk, review.weight, entry.now)
        return given
    return explain_nobody(judge(team.of(review), review.requirements, review.weight, str(review.pk)))


def lock_with_room(reviewer_id: str, weight: int) -> ReviewerProfile | None:
    """Lock a reviewer who has room for `weight` more; None when not, or when they have just gone."""
    reviewer = ReviewerProfile.objects.select_for_update().filter(pk=reviewer_id, is_active=True).first()
    if reviewer is None or open_loads([reviewer_id]).get(reviewer_id, 0) + weight > reviewer.max_concurrent_reviews:
        return None
    return reviewer


def lock_for(reviewer: ReviewerProfile, weight: int) -> None:
    """The same for somebody who was chosen. Raises `AtCapacity`."""
    if lock_with_room(reviewer.pk, weight) is None:
        raise AtCapacity(
            f"{reviewer} has no room: at most {reviewer.max_concurrent_reviews} reviews at once "
            "(max_concurrent_reviews). Finish or release one first, or let somebody with the right raise it."
        )


def check_eligible(
    entry: Entry, reviewer: ReviewerProfile, *, is_pull: bool, ignoring: Sequence[str] = ()
) -> tuple[Judged, list[Judged]]:
    """Whether this reviewer may have the review now; the judgement, for the explanation.

    `ignoring`: codes of obstacles that do not count. Raises `FourEyes`, `AtCapacity`, `NotEligible`.
    """
    review = entry.review
    candidates = Team.read(entry.now, [reviewer.pk]).of(review)
    if not candidates:
        raise ReviewerNotFound(f'there is no reviewer "{reviewer.pk}"')
    one: Candidate = candidates[0]
    found = [o for o in obstacles(one, review.requirements, review.weight, is_pull=is_pull) if o.code not in ignoring]
    if found:
        raise _refusal(reviewer, found)
    judged = judge(candidates, review.requirements, review.weight, str(review.pk))
    return judged[0], judged


def _refusal(reviewer: ReviewerProfile, found: list[Obstacle]) -> Exception:
    codes = {obstacle.code for obstacle in found}
    said = "; ".join(f"{obstacle.text} → {obstacle.remedy}" for obstacle in found)
    if codes & {"requester", "author"}:
        return FourEyes(f"{reviewer} may not have this review: {said}")
    if codes == {"capacity"}:
        return AtCapacity(f"{reviewer} may not have this review yet: {said}")
    return NotEligible(f"{reviewer} may not have this review: {said}")


def _give(entry: Entry, reviewer: ReviewerProfile, explanation: Explanation) -> ReviewAssignment:
    sentence = f"routing gave it to {explanation.sentence}"
    return give(entry, reviewer, AssignedBy.ROUTING, ROUTING, sentence, explanation=explanation)


def give(
    entry: Entry,
    reviewer: ReviewerProfile,
    by: AssignedBy,
    actor: Actor,
    sentence: str,
    *,
    explanation: Explanation | None = None,
    note: str = "",
) -> ReviewAssignment:
    """Write the assignment: row, status, history, and word to the reviewer. The caller has locked and checked both."""
    stored = explanation.as_dict() if explanation else None
    given = entry.begin_assignment(reviewer, by, actor, explanation=stored, note=note)
    details = {"reviewer": reviewer.pk, "explanation": stored, "note": note}
    entry.change("assigned", actor, sentence, to=ReviewStatus.ASSIGNED, assignee=reviewer, details=details)
    if actor.reviewer_id != reviewer.pk:
        about = entry.review.subject_label or entry.review.task_name
        tell_reviewers(entry.review, [reviewer], "review.assigned", f"{about} is yours to review", entry.now)
    return given
