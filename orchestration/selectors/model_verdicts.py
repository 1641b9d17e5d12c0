"""What reviewers said of the results of a version of a model: approved, corrected or rejected.

Of the last task runs that had it (`model_runs.last_runs`), by people and scripts: what a policy decides because nobody
did says nothing of the model.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orchestration.selectors.model_runs import LastRun
from reviews import clock
from reviews.models import ReviewDecision
from reviews.states import Verdict

WORDS = {Verdict.APPROVE: "approved", Verdict.APPROVE_WITH_EDITS: "corrected", Verdict.REJECT: "rejected"}
BY_POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that took effect; `word` is approved, corrected or rejected."""

    review_id: UUID
    about: str
    """What the review is about, for people."""
    word: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ModelVerdicts:
    """All decisions about these task runs, newest first."""

    decided: Sequence[Decided]

    @property
    def counts(self) -> Counter[str]:
        return Counter(one.word for one in self.decided)

    def share(self, word: str) -> float | None:
        return self.counts[word] / len(self.decided) if self.decided else None


def verdicts_on_model(runs: Sequence[LastRun]) -> ModelVerdicts:
    """At most as many as there are runs, since each has one review at most."""
    reviews = [run.review_id for run in runs if run.review_id]
    if not reviews:
        return ModelVerdicts(())
    made = ReviewDecision.objects.filter(review__in=reviews, verdict__in=WORDS, undone_at=None)
    made = made.filter(effective_at__lte=clock.now())
    rows = made.exclude(channel=BY_POLICY).order_by("-effective_at", "-pk")
    columns = ("review_id", "review__subject_label", "verdict", "effective_at")
    return ModelVerdicts(
        [
            Decided(review_id, about, WORDS[Verdict(verdict)], at)
            for review_id, about, verdict, at in rows.values_list(*columns)
        ]
    )
