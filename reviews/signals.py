"""News of the reviews app, sent after commit with `send_robust`; nothing depends on them alone.

All carry `review_id` (UUID), `subject_kind` and `subject_id` (text, empty when the review is about nothing of ours).
"""

from django.dispatch import Signal

review_opened = Signal()
"""A review waits for a person. `priority` (text)."""

review_decided = Signal()
"""A decision took effect: at once, or at the end of its undo window. `decision` (text: approve, reject …).

Who missed it finds the same by `selectors.outcomes.decided_for`."""

review_closed = Signal()
"""A review ended without a decision. `status` (text: cancelled, superseded)."""
