"""The order of the queue: least slack first, with ageing. Pure.

Slack is what is left until a review is due, less the time it takes: S = due − estimate − now. Waiting earns time: with
a rate k each hour waited counts like k hours less slack, so what sorts is S − k·(now − created). That is

    (due − estimate + k·created) − (1 + k)·now

and `now` is the same for all, so the order never changes by itself and one column keeps it:

    rank_at = created + (due − estimate − created) / (1 + k)

`due` is the nearer of the due time and the priority's horizon after opening. As due − estimate ≥ created − estimate,
a review opened later than rank_at(X) + estimate can never overtake X: nobody starves.
"""

from datetime import datetime, timedelta

from reviews.states import Priority

AGEING = 1.0


def rank(*, created_at: datetime, due_at: datetime, priority: Priority, estimated_minutes: int) -> datetime:
    """Where a review stands in the queue: the earliest comes first."""
    due = min(due_at, created_at + priority.horizon)
    slack = max(due, created_at) - timedelta(minutes=estimated_minutes) - created_at
    return created_at + slack / (1 + AGEING)
