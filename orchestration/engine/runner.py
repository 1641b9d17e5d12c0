"""A worker's work: claim, run, record, continue."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from common.log_context import bound, gathering
from common.resilience import until_the_database_answers
from orchestration import tracing
from orchestration.engine import attempt, dispatch, store
from orchestration.engine.outcomes import Claim, Claimant, Completed, Hint, Outcome, Step
from orchestration.engine.process import is_stopping
from orchestration.engine.scope import StoredValues

logger = logging.getLogger(__name__)

# A worker stops continuing inside one execution after this much, so that no execution starves the others.
MAX_TASKS_IN_A_ROW = 100
MAX_SECONDS_IN_A_ROW = 30.0
# A job ends after this much even when there is more to do, so that Celery gets to look after its process.
MAX_SECONDS_IN_A_JOB = 300.0


def work(hint: Hint, claimant: Claimant) -> int:
    """Do the hinted task run, what follows from it, and then whatever has waited longest, until nothing is left.

    So hints are only needed to wake idle workers, and a stale one does no harm. Returns how many attempts were made.
    """
    if is_stopping():
        return 0
    started, done = time.monotonic(), 0
    claim = store.claim(hint, claimant) or store.claim_oldest(claimant)
    while claim is not None:
        done += work_on(claim, claimant)
        if is_stopping():
            break
        if time.monotonic() - started > MAX_SECONDS_IN_A_JOB:
            dispatch.publish(store.find_claimable(claimant, limit=1))
            break
        claim = store.claim_oldest(claimant)
    return done


def work_on(claim: Claim | None, claimant: Claimant) -> int:
    """Run a claim, and the next ones of the same execution, until there are none or it is somebody else's turn."""
    if claim is None:
        return 0
    started, done = time.monotonic(), 0
    values = StoredValues(claim.execution_id, claim.stored_input)
    while claim is not None:
        with given_up_on_defect(claim), tracing.attempt(claim, claimant) as report:
            outcome = run_attempt(claim, values)
            done += 1
            seconds = time.monotonic() - started
            take_next = done < MAX_TASKS_IN_A_ROW and seconds < MAX_SECONDS_IN_A_ROW and not is_stopping()
            step = record(claim, outcome, claimant, take_next=take_next)
            report(outcome, step.accepted)
        if isinstance(outcome, Completed) and step.accepted:
            values.keep(claim.name, outcome.output)
        dispatch.publish(step.hints)
        claim = step.next_claim
    return done


@contextmanager
def given_up_on_defect(claim: Claim) -> Iterator[None]:
    """A defect of ours must not keep the claim until its deadline: it counts as a crash, so it ends, and is seen."""
    try:
        yield
    except Exception as error:
        message = f"the engine failed: {type(error).__name__}: {error}"
        dispatch.publish(store.lose_worker(claim.task_run_id, claim.token, message=message))
        raise


def run_attempt(claim: Claim, values: StoredValues) -> Outcome:
    """Perform one claim; everything that goes wrong in the task is an outcome. What it logs goes with that."""
    with (
        bound(execution_id=claim.execution_id, task_run_id=claim.task_run_id, task=claim.name),
        gathering() as gathered,
    ):
        outcome = _run_attempt(claim, values)
    return replace(outcome, logs=gathered.stored()) if gathered.lines else outcome


def _run_attempt(claim: Claim, values: StoredValues) -> Outcome:
    try:
        prepared = until_the_database_answers(attempt.prepare, claim, values)
    except Exception as error:  # noqa: BLE001 - the definition and the values do not fit, or a value is gone
        return attempt.failure(claim, error)
    return attempt.outcome_of(claim, prepared)


def record(claim: Claim, outcome: Outcome, claimant: Claimant, *, take_next: bool) -> Step:
    """Record an outcome, however long the database is away."""
    step = until_the_database_answers(store.record, claim, outcome, claimant, take_next=take_next)
    if not step.accepted:
        logger.info("%s attempt %d: the result came too late and was discarded", claim.name, claim.attempt)
    return step
