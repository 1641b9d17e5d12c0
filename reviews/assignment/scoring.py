"""Whether somebody may have a review, and how well it suits them. Pure; everything is kept for the explanation.

Hard filters first (`obstacles`), then a score:

    skill fit        how far their levels lie above what is asked, 0 to 1
    free capacity    what of their capacity would still be free, 0 to 1
    fairness         how much less they received lately than their share of the team's capacity, −1 to 1
    continuity       they decided about the same group before, 0 or 1
    declines         what they declined lately, −0.2 each
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from reviews.skills import MAX_LEVEL, Requirements, Skill

LONG_AGO = datetime.min.replace(tzinfo=UTC)
WEIGHTS = {"skill fit": 1.0, "free capacity": 1.0, "fairness": 0.75, "continuity": 0.5, "declines": 1.0}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reviewer as routing sees them at a moment."""

    id: str
    name: str
    skills: tuple[Skill, ...]
    languages: frozenset[str] = frozenset()
    clearance: int = 0
    is_lead: bool = False
    is_active: bool = True
    availability: str = "available"
    away_until: datetime | None = None
    is_on_shift: bool = True
    next_shift_at: datetime | None = None
    capacity: int = 1
    load: int = 0
    received: int = 0
    """Weight of what was assigned to them in the fairness window."""
    declines: int = 0
    knows_group: bool = False
    excluded: tuple[str, ...] = ()
    """Why this one review is not for them: requester, author, conflict, declined."""
    last_assigned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why not, for people, and what would mend it. `is_lasting`: waiting alone does not help."""

    code: str
    text: str
    remedy: str
    is_lasting: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with the obstacles, or with the score and its parts."""

    candidate: Candidate
    obstacles: tuple[Obstacle, ...]
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def is_eligible(self) -> bool:
        return not self.obstacles

    @property
    def score(self) -> float:
        return round(sum(WEIGHTS[name] * value for name, value in self.parts.items()), 4)

    def as_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {"reviewer": self.candidate.id, "name": self.candidate.name}
        found |= {"load": self.candidate.load, "capacity": self.candidate.capacity}
        if self.obstacles:
            return found | {"obstacles": [asdict(one) for one in self.obstacles]}
        return found | {"score": self.score, "parts": {name: round(part, 4) for name, part in self.parts.items()}}


def obstacles(candidate: Candidate, needs: Requirements, weight: int, *, is_pull: bool = False) -> tuple[Obstacle, ...]:
    """Every hard filter that stands in the way. Somebody who asks themselves (`is_pull`) is evidently at work."""
    found = [*_personal(candidate), *_unfit(candidate, needs)]
    if not is_pull:
        found += _not_at_work(candidate)
    if candidate.load + weight > candidate.capacity:
        text = f"has {candidate.load} of {candidate.capacity} reviews"
        found.append(
            Obstacle("capacity", text, "raise max_concurrent_reviews, or wait", is_lasting=weight > candidate.capacity)
        )
    return tuple(found)


def _personal(candidate: Candidate) -> Iterable[Obstacle]:
    if not candidate.is_active:
        yield Obstacle("inactive", "is no longer active", "activate the reviewer")
    words = {
        "requester": "asked for this (four eyes)",
        "author": "made what is reviewed (four eyes)",
        "conflict": "has a conflict of interest",
        "declined": "declined this",
    }
    for reason in candidate.excluded:
        yield Obstacle(reason, words.get(reason, reason), "somebody else has to")


def _unfit(candidate: Candidate, needs: Requirements) -> Iterable[Obstacle]:
    levels = {skill.name: skill.level for skill in candidate.skills}
    for one in needs.wanted:
        has = levels.get(one.name)
        if has is None:
            yield Obstacle("specialization", f"does not know {one.name}", f'give the reviewer "{one}"')
        elif has < one.level:
            yield Obstacle("level", f"knows {one.name} at level {has}, not {one.level}", f'give the reviewer "{one}"')
    if needs.language and candidate.languages and needs.language not in candidate.languages:
        yield Obstacle("language", f"does not read {needs.language}", f'add "{needs.language}" to their languages')
    if candidate.clearance < needs.sensitivity:
        text = f"is cleared for sensitivity {candidate.clearance}, not {needs.sensitivity}"
        yield Obstacle("clearance", text, "raise their clearance")
    if needs.needs_lead and not candidate.is_lead:
        yield Obstacle("lead", "is not a lead", "mark somebody as lead")


def _not_at_work(candidate: Candidate) -> Iterable[Obstacle]:
    if candidate.availability != "available":
        until = f" until {candidate.away_until:%Y-%m-%d %H:%M} UTC" if candidate.away_until else ""
        yield Obstacle("availability", f"is {candidate.availability}{until}", "wait, or ask them", is_lasting=False)
    if not candidate.is_on_shift:
        back = f"; back {candidate.next_shift_at:%Y-%m-%d %H:%M} UTC" if candidate.next_shift_at else ""
        yield Obstacle("shift", f"is not at work now{back}", "wait for their working hours", is_lasting=False)


def judge(candidates: Sequence[Candidate], needs: Requirements, weight: int, seed: str) -> list[Judged]:
    """All candidates, the best first, those who may not have it last.

    Ties go to who waited longest for a review, then by a hash of `seed` and id: the same everywhere, and fair.
    """
    expected = _expected_share(candidates)
    judged = [
        Judged(one, found, {} if found else _score(one, needs, weight, expected[one.id]))
        for one in candidates
        for found in [obstacles(one, needs, weight)]
    ]

    def order(one: Judged) -> tuple[bool, float, datetime, str]:
        tie = hashlib.sha256(f"{seed}:{one.candidate.id}".encode()).hexdigest()
        return not one.is_eligible, -one.score, one.candidate.last_assigned_at or LONG_AGO, tie

    return sorted(judged, key=order)


def _score(candidate: Candidate, needs: Requirements, weight: int, expected: float) -> dict[str, float]:
    levels = {skill.name: skill.level for skill in candidate.skills}
    above = [(levels[one.name] - one.level) / (MAX_LEVEL - 1) for one in needs.wanted]
    deficit = (expected - candidate.received) / max(expected, candidate.received, 1)
    return {
        "skill fit": sum(above) / len(above) if above else 0.0,
        "free capacity": 1 - (candidate.load + weight) / candidate.capacity,
        "fairness": max(-1.0, min(1.0, deficit)),
        "continuity": float(candidate.knows_group),
        "declines": max(-1.0, -0.2 * candidate.declines),
    }


def _expected_share(candidates: Sequence[Candidate]) -> dict[str, float]:
    """What each would have received, had it gone by capacity."""
    active = [one for one in candidates if one.is_active]
    capacity = sum(one.capacity for one in active) or 1
    received = sum(one.received for one in active)
    return {one.id: received * one.capacity / capacity for one in candidates}
