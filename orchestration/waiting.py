"""Waiting for an execution to end, in the calling thread."""

import time
from uuid import UUID

from common.database_thread import in_database_thread
from orchestration.news import ears_for
from orchestration.pacing import LISTENING, LOOKING, pauses
from orchestration.selectors.executions import has_ended


def wait_for_end(execution_id: UUID | str, timeout: float | None = None) -> bool:
    """False when it has not ended after `timeout` seconds. Raises `ExecutionNotFound`."""
    deadline = None if timeout is None else time.monotonic() + timeout
    look = in_database_thread(has_ended)
    with ears_for(execution_id) as ears:
        paces = {True: pauses(LISTENING), False: pauses(LOOKING)}
        while not look(execution_id):
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            pause = next(paces[ears.can_hear])
            if ears.rest(pause if left is None else min(pause, left)):
                break
    return True
