"""`run()`: an execution carried by the calling process itself, through the same engine, with no worker and no broker.

Its tasks run one after another in the calling thread. Nobody else may claim them; if this process goes away, the
execution fails and says so.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from orchestration.engine import process, runner, store
from orchestration.engine.keeper import Keeper, hand_back_all, register_worker
from orchestration.engine.loops import BackgroundLoop
from orchestration.engine.patience import Patience
from orchestration.engine.ticker import Ticker, give_up_leadership
from orchestration.handlers.catalog import load_handler_modules, runnable_task_types
from orchestration.models import Execution
from orchestration.pacing import Bounds, pauses

# Between looks while nothing can be claimed: a retry may be due in a moment, a person may take a day.
IDLE = Bounds(0.02, 0.5)


@contextmanager
def private_worker() -> Iterator[process.Identity]:
    """This process as a worker of its own, for the length of the block: leases renewed, retries and deadlines moved."""
    load_handler_modules()
    identity = process.Identity(task_types=runnable_task_types(), is_private=True)
    register_worker(identity, pool="inline", concurrency=1)
    patience = Patience()
    keeper = Keeper(identity, child_pids=lambda: None, can_kill=False, patience=patience)
    loops = [
        BackgroundLoop("keeper", keeper.step),
        BackgroundLoop("ticker", Ticker(identity.worker_id, patience).step),
    ]
    for loop in loops:
        loop.start()
    try:
        yield identity
    finally:
        for loop in loops:
            loop.stop()
        give_up_leadership(identity.worker_id)
        hand_back_all(identity)


def carry(execution_id: UUID, identity: process.Identity) -> None:
    """Work on an execution of this process until it has ended."""
    claimant, rests = identity.claimant(), pauses(IDLE)
    rows = Execution.objects.only("status")  # not the values, which may be large
    while not rows.get(pk=execution_id).is_terminal:
        if runner.work_on(store.claim_oldest(claimant), claimant):
            rests = pauses(IDLE)
        else:
            time.sleep(next(rests))
