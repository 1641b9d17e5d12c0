"""Why somebody got a review, or why nobody: the words, and what would mend it. Pure; stored with the assignment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reviews.assignment.scoring import WEIGHTS, Judged

KEPT = 20
"""Candidates kept in a stored explanation, the best first."""
_SAID = {
    "skill fit": ("knows the subject well", ""),
    "free capacity": ("has room", "has little room"),
    "fairness": ("received less than their share lately", "received more than their share lately"),
    "continuity": ("knows this case already", ""),
    "declines": ("", "declined some lately"),
}

_IN_THE_WAY = {
    "specialization": "without a specialization it needs",
    "level": "below the level it needs",
    "language": "who do not read its language",
    "clearance": "not cleared for it",
    "lead": "no lead",
    "availability": "not available",
    "shift": "not at work",
    "capacity": "without room",
    "inactive": "no longer active",
    "requester": "who asked for it",
    "author": "who made it",
    "conflict": "with a conflict of interest",
    "declined": "who declined it",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """`sentence` answers the question; `candidates` has everybody's score or obstacles; `remedies` how to mend."""

    chosen: str | None
    sentence: str
    candidates: tuple[dict[str, Any], ...]
    remedies: tuple[str, ...] = ()
    can_wait: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "chosen": self.chosen,
            "sentence": self.sentence,
            "candidates": list(self.candidates),
            "remedies": list(self.remedies),
            "can_wait": self.can_wait,
        }


def explain_choice(chosen: Judged, judged: Sequence[Judged]) -> Explanation:
    """Why them."""
    eligible = sum(one.is_eligible for one in judged)
    others = f"best of {eligible} who could take it" if eligible > 1 else "the only one who could take it"
    reasons = [text for name, part in _by_weight(chosen) if (text := _say(name, part))]
    sentence = f"{chosen.candidate.name}: {others}" + (f"; {', '.join(reasons[:3])}" if reasons else "")
    return Explanation(chosen.candidate.id, sentence, _kept(judged))


def explain_nobody(judged: Sequence[Judged]) -> Explanation:
    """Why nobody, and what would mend it: the remedies that the fewest obstacles stand in the way of come first."""
    if not judged:
        return Explanation(None, "Nobody: there are no reviewers yet", (), ("register a reviewer",))
    nearest = sorted(judged, key=_distance)
    counted = Counter(_IN_THE_WAY[code] for one in judged for code in {obstacle.code for obstacle in one.obstacles})
    said = ", ".join(f"{number} {words}" for words, number in counted.most_common(4))
    sentence = f"Nobody of {len(judged)} can take it: {said}"
    remedies = [
        f"{one.candidate.name}: {'; '.join(obstacle.remedy for obstacle in one.obstacles)}"
        f" ({', '.join(obstacle.text for obstacle in one.obstacles)})"
        for one in nearest[:3]
    ]
    can_wait = any(all(not obstacle.is_lasting for obstacle in one.obstacles) for one in judged)
    return Explanation(None, sentence, _kept(nearest), tuple(remedies), can_wait)


def _distance(one: Judged) -> tuple[int, int]:
    """How far somebody is from being able to take it: what passes by itself counts less than what does not."""
    lasting = [obstacle for obstacle in one.obstacles if obstacle.is_lasting]
    return len(lasting), sum(obstacle.code != "level" for obstacle in one.obstacles)


def _by_weight(chosen: Judged) -> list[tuple[str, float]]:
    return sorted(chosen.parts.items(), key=lambda item: -abs(WEIGHTS[item[0]] * item[1]))


def _say(name: str, part: float) -> str:
    if abs(part) < 0.05:
        return ""
    good, bad = _SAID[name]
    return good if part > 0 else bad


def _kept(judged: Sequence[Judged]) -> tuple[dict[str, Any], ...]:
    return tuple(one.as_dict() for one in judged[:KEPT])
