"""News of the orchestration app, sent after commit with `send_robust`; nothing depends on them alone."""

from django.dispatch import Signal

execution_changed = Signal()
"""An execution's status changed: `execution_id` (UUID), `status` (str)."""
