"""News from the apps below. Only makes things quick: the ticker finds all of it by looking at the rows."""

from typing import Any
from uuid import UUID

from orchestration.services.reviews import settle_review


def bring_decision(*, review_id: UUID, **_: Any) -> None:
    """A review ended: the task run that waited for it goes on."""
    settle_review(review_id=review_id)
