"""Reviewers: registering, changing, absences, and what becomes of the reviews of somebody who goes away."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from reviews import clock
from reviews.actors import SYSTEM, Actor, By, as_actor, find_reviewer
from reviews.assignment.explanation import Explanation
from reviews.assignment.routing import check_eligible, give, lock_for
from reviews.audit.trail import record
from reviews.checks import LARGEST_SMALL, Problem, listed, refuse, text_fault, whole_fault
from reviews.exceptions import AtCapacity, FourEyes, InvalidReview, NotEligible
from reviews.models import Absence, ReviewerProfile, ReviewerSpecialization, ReviewRequest
from reviews.services.claims import is_lease_alive
from reviews.skills import Skill, parse_skill
from reviews.states import AssignedBy, AssignmentEnd, ReviewStatus
from reviews.store import Entry, lock
from reviews.values import text

REGISTERED = ("name", "email", "max_concurrent_reviews")
"""What registering again updates, besides specializations; everything else is left as people set it."""
CHANGEABLE = (
    *REGISTERED,
    *("languages", "clearance", "availability", "away_until", "time_zone", "working_hours"),
    *("is_lead", "is_scripted", "is_active", "user"),
)
ID_PATTERN = r"[\w@+][\w.@+-]{0,63}"
ID_WORDS = "letters, digits and . @ + - _, at most 64 of them, not beginning with . or -"
NOT_IDS = frozenset({"new", "assign"})
"""Whose pages would have the addresses of others."""
LONGEST_LANGUAGE, MOST_LANGUAGES, MOST_REVIEWS = 20, 50, 10_000


def register_reviewer(*, reviewer: ReviewerProfile, by: By = SYSTEM, channel: str = "python") -> ReviewerProfile:
    """Make an unsaved profile a reviewer. Idempotent: for a known id, name, email, specializations and capacity are
    updated and nothing else.

    Raises `InvalidReview` naming every problem.
    """
    skills = reviewer.skill_list
    _refuse(reviewer, [("/id", id_fault(reviewer.pk))])
    with transaction.atomic():
        known = ReviewerProfile.objects.select_for_update().filter(pk=reviewer.pk).first()
        if known is not None:
            given = {name: getattr(reviewer, name) for name in REGISTERED}
            return _update(known, given, skills, as_actor(by), channel)
        _check(reviewer)
        try:
            with transaction.atomic():
                fresh = _copy(reviewer)
                fresh.save(force_insert=True)
        except IntegrityError:  # registered at the same moment by somebody else
            return register_reviewer(reviewer=reviewer, by=by, channel=channel)
        _write_skills(fresh, skills)
        _tell(fresh, "reviewer.registered", as_actor(by), channel, {}, _told(fresh, skills))
    return find_reviewer(reviewer.pk)


def update_reviewer(
    *, reviewer_id: str, by: By, specializations: Iterable[str] | None = None, channel: str = "python", **changes: Any
) -> ReviewerProfile:
    """Change a profile: any of `CHANGEABLE`, and `specializations`. Who becomes inactive gives up all reviews, who
    becomes away those not begun.

    Raises `InvalidReview`, `ReviewerNotFound`.
    """
    if unknown := sorted(set(changes) - set(CHANGEABLE)):
        raise InvalidReview(f"a reviewer has no {', '.join(unknown)}; it has {', '.join(CHANGEABLE)}, specializations")
    if "availability" in changes and changes["availability"] != "away":
        changes.setdefault("away_until", None)
    find_reviewer(reviewer_id)
    with transaction.atomic():
        known = ReviewerProfile.objects.select_for_update().get(pk=reviewer_id)
        skills = (
            None
            if specializations is None
            else tuple(parse_skill(one) for one in listed(specializations, "specializations"))
        )
        found = _update(known, changes, skills, as_actor(by), channel)
    if not found.is_active or found.availability == "away":
        hand_over(reviewer=found, by=as_actor(by), channel=channel)
    return found


def add_absence(
    *,
    reviewer_id: str,
    starts_at: datetime,
    ends_at: datetime,
    by: By,
    substitute: str | None = None,
    reason: str = "",
    channel: str = "python",
) -> Absence:
    """Enter an absence. When it begins, what is not begun moves to the substitute if they may have it, else the queue.

    Raises `InvalidReview`, `ReviewerNotFound`.
    """
    reviewer, other = find_reviewer(reviewer_id), find_reviewer(substitute) if substitute else None
    if ends_at <= starts_at:
        raise InvalidReview("an absence ends after it starts", [("/ends_at", "must be after starts_at")])
    if other is not None and other.pk == reviewer.pk:
        raise InvalidReview("a substitute is somebody else", [("/substitute", "must be another reviewer")])
    actor = as_actor(by)
    with transaction.atomic():
        ReviewerProfile.objects.select_for_update().get(pk=reviewer.pk)
        absence = Absence.objects.create(
            reviewer=reviewer, starts_at=starts_at, ends_at=ends_at, substitute=other, reason=text(reason, 200)
        )
        span = f"{starts_at:%Y-%m-%d %H:%M} to {ends_at:%Y-%m-%d %H:%M}"
        after = {"starts_at": starts_at, "ends_at": ends_at, "substitute": substitute, "reason": reason}
        _tell(reviewer, "reviewer.absence", actor, channel, {}, after, f"{actor.label} entered an absence: {span}")
    return absence


def remove_absence(*, absence_id: int, by: By, channel: str = "python") -> bool:
    """Take an absence back; what was moved stays moved. False when it was not there."""
    absence = Absence.objects.select_related("reviewer").filter(pk=absence_id).first()
    if absence is None:
        return False
    actor = as_actor(by)
    with transaction.atomic():
        ReviewerProfile.objects.select_for_update().get(pk=absence.reviewer_id)
        absence.delete()
        sentence = f"{actor.label} took an absence back"
        _tell(
            absence.reviewer, "reviewer.absence_removed", actor, channel, {"starts_at": absence.starts_at}, {}, sentence
        )
    return True


def hand_over_absent(now: datetime, limit: int = 50) -> int:
    """Move the reviews of those whose absence begins; returns how many moved. Safe in two processes."""
    begun = Absence.objects.filter(starts_at__lte=now, handed_over_at=None).select_related("reviewer", "substitute")
    moved = 0
    for absence in begun.order_by("starts_at")[:limit]:
        if absence.ends_at > now:
            moved += hand_over(reviewer=absence.reviewer, to=absence.substitute, by=SYSTEM)
        Absence.objects.filter(pk=absence.pk).update(handed_over_at=now)
    return moved


def hand_over(*, reviewer: ReviewerProfile, by: By, to: ReviewerProfile | None = None, channel: str = "system") -> int:
    """Move what a reviewer has: all when they are inactive, else what they are not working on. Returns how many."""
    actor = as_actor(by)
    rows = ReviewRequest.objects.filter(assignee=reviewer, closed_at=None).order_by("rank_at", "id")
    return sum(_move(review_id, reviewer, to, actor, channel) for review_id in rows.values_list("pk", flat=True))


def _move(review_id: Any, reviewer: ReviewerProfile, to: ReviewerProfile | None, actor: Actor, channel: str) -> bool:
    with transaction.atomic():
        entry = lock(review_id, channel)
        if entry is None or not entry.review.is_open or entry.review.assignee_id != reviewer.pk:
            return False
        if is_lease_alive(entry.review, entry.now) and reviewer.is_active:
            return False
        why = f"{reviewer} is away" if reviewer.is_active else f"{reviewer} is no longer a reviewer"
        entry.end_assignment(AssignmentEnd.AWAY, why)
        if entry.review.status == ReviewStatus.WAITING_INFO:
            entry.change("handed_over", actor, f"{why}: whoever takes it next gets the answer", assignee=None)
            return True
        entry.change("handed_over", actor, f"{why}: back in the queue", to=ReviewStatus.PENDING)
        if to is not None:
            _try_substitute(entry, to, reviewer, actor)
        return True


def _try_substitute(entry: Entry, to: ReviewerProfile, absent: ReviewerProfile, actor: Actor) -> None:
    try:
        with transaction.atomic():
            check_eligible(entry, to, is_pull=False)
            lock_for(to, entry.review.weight)
    except (FourEyes, AtCapacity, NotEligible) as error:
        entry.tell("substitute_refused", actor, f"not to the substitute: {error}")
        return
    sentence = f"to {to}, the substitute of {absent}"
    why = Explanation(to.pk, f"{to.name} is the substitute of {absent.name}", ())
    give(entry, to, AssignedBy.ROUTING, actor, sentence, explanation=why, note=f"for {absent.pk}")


def _update(
    known: ReviewerProfile,
    given: Mapping[str, Any],
    skills: tuple[Skill, ...] | None,
    actor: Actor,
    channel: str,
) -> ReviewerProfile:
    """Write what differs, and tell it; nothing at all when nothing does."""
    before = _told(known, known.skill_list)
    for name, value in given.items():
        setattr(known, name, value)
    _check(known)
    after = _told(known, known.skill_list if skills is None else skills)
    changed = [name for name in after if before[name] != after[name]]
    if changed:
        known.save(update_fields=list(given))
        if "specializations" in changed and skills is not None:
            _write_skills(known, skills)
        old, new = {name: before[name] for name in changed}, {name: after[name] for name in changed}
        _tell(known, "reviewer.changed", actor, channel, old, new)
    return find_reviewer(known.pk)


def _copy(reviewer: ReviewerProfile) -> ReviewerProfile:
    """A fresh object of the same columns: the caller's stays unsaved, as it was given."""
    names = [field.attname for field in ReviewerProfile._meta.concrete_fields if field.name != "created_at"]
    return ReviewerProfile(**{name: getattr(reviewer, name) for name in names})


def id_fault(key: object) -> str:
    """Why a text cannot be a reviewer's id, which is a part of addresses; or nothing."""
    if not isinstance(key, str) or not re.fullmatch(ID_PATTERN, key):
        return f"must be {ID_WORDS}"
    return f'must not be "{key}", which is taken by a page' if key in NOT_IDS else ""


def _check(reviewer: ReviewerProfile) -> None:
    _ = reviewer.hours  # raises InvalidReview for hours or a zone that make no sense
    languages = listed(reviewer.languages, "languages")
    faults = [(f"/languages/{n}", text_fault(one, LONGEST_LANGUAGE, least=1)) for n, one in enumerate(languages)]
    if len(languages) > MOST_LANGUAGES:
        faults.append(("/languages", f"must be at most {MOST_LANGUAGES}"))
    _refuse(
        reviewer,
        [
            ("/name", text_fault(reviewer.name, 150, least=1)),
            ("/max_concurrent_reviews", whole_fault(reviewer.max_concurrent_reviews, 1, MOST_REVIEWS)),
            ("/clearance", whole_fault(reviewer.clearance, 0, LARGEST_SMALL)),
            *faults,
        ],
    )
    try:
        reviewer.clean_fields(exclude=["user"])
    except ValidationError as error:
        _refuse(reviewer, [(f"/{name}", " ".join(messages)) for name, messages in error.message_dict.items()])
    _check_login(reviewer)


def _check_login(reviewer: ReviewerProfile) -> None:
    """A login signs in as one reviewer."""
    if reviewer.user is None:
        return
    other = ReviewerProfile.objects.filter(user=reviewer.user).exclude(pk=reviewer.pk).first()
    if other is not None:
        message = f'the login "{reviewer.user.get_username()}" is {other}\'s ({other.pk}); take it from them first'
        _refuse(reviewer, [("/user", message)])


def _refuse(reviewer: ReviewerProfile, faults: Iterable[Problem]) -> None:
    refuse(f'the reviewer "{text(reviewer.pk, 80)}" cannot be saved', faults)


def _write_skills(reviewer: ReviewerProfile, skills: tuple[Skill, ...]) -> None:
    reviewer.skills.all().delete()
    unique = {skill.name: skill for skill in skills}.values()
    ReviewerSpecialization.objects.bulk_create(
        ReviewerSpecialization(reviewer=reviewer, name=skill.name, level=skill.level) for skill in unique
    )


def _told(reviewer: ReviewerProfile, skills: tuple[Skill, ...]) -> dict[str, Any]:
    told = {name: getattr(reviewer, name) for name in CHANGEABLE if name != "user"}
    told["user"] = reviewer.user.get_username() if reviewer.user else None
    return told | {"specializations": [f"{skill.name}:{skill.level}" for skill in skills]}


def _sentence(actor: Actor, reviewer: ReviewerProfile, kind: str, after: Mapping[str, Any]) -> str:
    if kind.endswith("registered"):
        return f"{actor.label} registered {reviewer}"
    if list(after) == ["user"]:
        return f"{reviewer} got a login" if after["user"] else f"{reviewer} has no login any more"
    names = ["login" if name == "user" else name.replace("_", " ") for name in after]
    return f"{actor.label} changed {', '.join(names)} of {reviewer}"


def _tell(
    reviewer: ReviewerProfile,
    kind: str,
    actor: Actor,
    channel: str,
    before: dict[str, Any],
    after: dict[str, Any],
    sentence: str = "",
) -> None:
    record(
        stream=f"reviewer:{reviewer.pk}",
        kind=kind,
        actor=actor,
        channel=channel,
        at=clock.now(),
        sentence=sentence or _sentence(actor, reviewer, kind, after),
        before=before,
        after=after,
    )
