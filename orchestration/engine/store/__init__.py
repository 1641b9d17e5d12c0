"""The only writer of execution and task-run status: narrow verbs, each one short transaction, safe to repeat.

Every verb locks the execution first (`ledger`) and is conditional on a token or a status, so that a late, doubled or
reordered call changes nothing. Verbs are retried on deadlocks and lost connections; after an unclear COMMIT a repeated
call finds its own effect and says so. The hottest two are one statement each on PostgreSQL (`statements`).
"""

from orchestration.engine.store.claiming import claim, claim_oldest, find_claimable
from orchestration.engine.store.ending import abandon, cancel, time_out_execution
from orchestration.engine.store.ownership import (
    forget_attempt,
    forget_hints,
    hand_back,
    lose_worker,
    release_retry,
    renew_hint,
    renew_leases,
    time_out_attempt,
    time_out_queued,
)
from orchestration.engine.store.pausing import PAUSED, pause, resume
from orchestration.engine.store.recording import record
from orchestration.engine.store.reusing import REUSED, create_rerun
from orchestration.engine.store.settling import settle
from orchestration.engine.store.starting import FROM_PYTHON, NewExecution, NotCurrent, Origin, create

__all__ = [
    "FROM_PYTHON",
    "PAUSED",
    "REUSED",
    "NewExecution",
    "NotCurrent",
    "Origin",
    "abandon",
    "cancel",
    "claim",
    "claim_oldest",
    "create",
    "create_rerun",
    "find_claimable",
    "forget_attempt",
    "forget_hints",
    "hand_back",
    "lose_worker",
    "pause",
    "record",
    "release_retry",
    "renew_hint",
    "renew_leases",
    "resume",
    "settle",
    "time_out_attempt",
    "time_out_execution",
    "time_out_queued",
]
