"""A reviewer that is a program: decides by rules, for demonstrations and for tests of pipelines with a human step.

It says so everywhere: its name on record ends in "(scripted)", and its channel is `script`.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from common.errors import Conflict, Invalid
from reviews.models import ReviewDecision, ReviewerProfile, ReviewRequest
from reviews.selectors.describing import describe
from reviews.services.claims import release_review
from reviews.services.decisions import UNSET, decide
from reviews.services.next_review import claim_next
from reviews.services.reviewers import register_reviewer
from reviews.store import find_review

logger = logging.getLogger(__name__)

CHANNEL = "script"


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say to a review."""

    decision: str = "approve"
    output: Any = UNSET
    comment: str = ""
    reason_code: str = ""


Rule = Callable[[dict[str, Any]], Reply | None]
"""From a review (as `selectors.describing.describe` has it) to a reply, or None to leave it to the next rule."""


def approve(review: dict[str, Any]) -> Reply:
    """The last rule, unless another is given: everything as proposed."""
    return Reply("approve", comment="approved by script")


class ScriptedReviewer:
    """Registers itself as a scripted reviewer and works off what it may take, by the first rule that replies."""

    def __init__(
        self,
        reviewer_id: str = "scripted",
        rules: Sequence[Rule] = (approve,),
        *,
        name: str = "Demonstration",
        specializations: Sequence[str] = (),
        capacity: int = 1,
        is_lead: bool = False,
    ) -> None:
        self.rules = tuple(rules)
        profile = ReviewerProfile(
            id=reviewer_id, name=name, max_concurrent_reviews=capacity, is_scripted=True, is_lead=is_lead
        )
        profile.specializations = specializations
        self.profile = register_reviewer(reviewer=profile, channel=CHANNEL)

    def work(self, limit: int = 100) -> list[ReviewDecision]:
        """Claim and decide, the most pressing first, until there is nothing more, or `limit` is reached."""
        made: list[ReviewDecision] = []
        for _ in range(limit):
            review = claim_next(by=self.profile, channel=CHANNEL)
            if review is None:
                break
            if (decision := self._decide(review)) is None:
                break  # what it cannot decide would come again
            made.append(decision)
        return made

    def _decide(self, review: ReviewRequest) -> ReviewDecision | None:
        seen = describe(find_review(review.pk))
        reply = next((reply for rule in self.rules if (reply := rule(seen)) is not None), None)
        try:
            if reply is None:
                release_review(review_id=review.pk, by=self.profile, reason="no rule has a reply", channel=CHANNEL)
                return None
            return decide(
                review_id=review.pk,
                decision=reply.decision,
                by=self.profile,
                token=review.token,
                output=reply.output,
                comment=reply.comment,
                reason_code=reply.reason_code,
                channel=CHANNEL,
            )
        except (Conflict, Invalid) as error:
            logger.warning("the scripted reviewer %s left review %s: %s", self.profile.pk, review.pk, error)
            return None
