"""News of the monitoring app, sent after commit with `send_robust`; nothing depends on them alone."""

from django.dispatch import Signal

alert_changed = Signal()
"""An alert moved: `alert_id` (int), `status` (str)."""
