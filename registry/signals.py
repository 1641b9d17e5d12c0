"""News of the registry, sent after commit with `send_robust`; nothing depends on them alone."""

from django.dispatch import Signal

version_ready = Signal()
"""A version can be used: `version_id` (int)."""

pointer_moved = Signal()
"""The default or an alias points elsewhere: `move_id` (int)."""

version_state_changed = Signal()
"""A version's state changed: `version_id` (int), `state` (str)."""

version_damaged = Signal()
"""A version's files are not what was registered, and it was quarantined: `version_id` (int), `record_id` (int)."""
