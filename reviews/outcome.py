"""What came of a review, as whoever asked for it sees it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision that took effect. `decision` is approve, approve_with_edits, reject or expire.

    `output` is the corrected (or approved) output, None where there is none; `by` is the actor on record
    (`reviewer:ana`, `policy:contracts@3`) and `label` the same for people.
    """

    review_id: UUID
    subject_id: str
    decision: str
    output: Any
    by: str
    label: str
    comment: str
    reason_code: str
    decided_at: datetime
    effective_at: datetime

    @property
    def is_approved(self) -> bool:
        return self.decision in ("approve", "approve_with_edits")
