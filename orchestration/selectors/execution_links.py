"""What an execution leads to: the models it asked, the reviews of its results, the executions whose results it found in
the cache. (Alerts are monitoring's.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, OuterRef, Q, Subquery

from orchestration.models import TaskRun
from orchestration.selectors.cache_notes import HIT, notes_of
from orchestration.selectors.model_verdicts import WORDS
from reviews import clock
from reviews.models import ReviewDecision
from reviews.states import FINAL, ReviewStatus, Verdict

MOST = 6
MOST_HITS = 50


@dataclass(frozen=True, slots=True)
class ModelUsed:
    """A model as it was resolved at the start, and how many tasks have it."""

    model: str
    tasks: int

    @property
    def name(self) -> str:
        """`classifier:v2` of a registered version, else as it is."""
        return self.model.removeprefix("registry/").partition("#")[0]


@dataclass(frozen=True, slots=True)
class ReviewOf:
    """`verdict` is approved, corrected or rejected once that took effect; before, and otherwise, empty."""

    task: str
    review_id: UUID
    status: str
    verdict: str

    @property
    def word(self) -> str:
        return self.verdict or ReviewStatus(self.status).label

    @property
    def state(self) -> str:
        """Icon and colour."""
        return _STATES.get(self.word, "waiting" if ReviewStatus(self.status).is_open else "cancelled")


@dataclass(frozen=True, slots=True)
class CacheOrigin:
    """An execution that made results which were found in the cache; `execution_id` is empty when it is gone."""

    execution_id: str
    task: str
    """The first task there."""
    tasks: int


@dataclass(frozen=True, slots=True)
class ExecutionLinks:
    """At most `MOST` of each, with how many there are; of cache hits the first `MOST_HITS` are looked at."""

    models: Sequence[ModelUsed] = ()
    reviews: Sequence[ReviewOf] = ()
    review_count: int = 0
    cached: Sequence[CacheOrigin] = ()
    hit_count: int = 0

    @property
    def more_reviews(self) -> int:
        return self.review_count - len(self.reviews)


def read_links(execution_id: UUID) -> ExecutionLinks:
    """One query, and what there is to ask more: one for models, one for reviews, three for cache hits."""
    rows = TaskRun.objects.filter(execution_id=execution_id).order_by()
    there = rows.aggregate(
        models=Count("pk", filter=~Q(model="")), reviews=Count("review"), hits=Count("pk", filter=Q(cache__outcome=HIT))
    )
    return ExecutionLinks(
        models=_models(execution_id) if there["models"] else (),
        reviews=_reviews(execution_id) if there["reviews"] else (),
        review_count=there["reviews"],
        cached=_origins(execution_id) if there["hits"] else (),
        hit_count=there["hits"],
    )


def _models(execution_id: UUID) -> list[ModelUsed]:
    rows = TaskRun.objects.filter(execution_id=execution_id).exclude(model="").order_by().values_list("model")
    found = rows.annotate(tasks=Count("pk")).order_by("-tasks", "model")[:MOST]
    return [ModelUsed(model, tasks) for model, tasks in found]


def _reviews(execution_id: UUID) -> list[ReviewOf]:
    made = ReviewDecision.objects.filter(review=OuterRef("review"), verdict__in=FINAL, undone_at=None)
    verdict = Subquery(made.filter(effective_at__lte=clock.now()).values("verdict")[:1])
    rows = TaskRun.objects.filter(execution_id=execution_id, review__isnull=False).order_by("position")
    found = rows.values_list("name", "review_id", "review__status", verdict)[:MOST]
    return [
        ReviewOf(task, key, status, WORDS.get(Verdict(said), "") if said else "") for task, key, status, said in found
    ]


def _origins(execution_id: UUID) -> list[CacheOrigin]:
    rows = TaskRun.objects.filter(execution_id=execution_id, cache__outcome=HIT).order_by("position")
    notes = notes_of(rows.values_list("pk", flat=True)[:MOST_HITS])
    found: dict[str, list[str]] = {}
    for _, note in sorted(notes.items()):
        found.setdefault(note.origin, []).append(note.origin_task)
    most_first = sorted(found.items(), key=lambda item: -len(item[1]))
    return [CacheOrigin(key, tasks[0], len(tasks)) for key, tasks in most_first[:MOST]]


_STATES = {"approved": "completed", "corrected": "warning", "rejected": "failed", "expired": "timed_out"}
