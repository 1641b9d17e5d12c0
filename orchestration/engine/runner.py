"""A worker's work: claim, run, record, continue."""

import logging
import time

from orchestration.engine import attempt, dispatch, store
from orchestration.engine.outcomes import Claim, Claimant, Hint, Outcome, Step
from orchestration.engine.process import is_stopping
from orchestration.engine.resilience import DATABASE_TROUBLE, until_the_database_answers

logger = logging.getLogger(__name__)

# A job stops continuing inside one execution after this much, so that no execution starves the others.
MAX_TASKS_IN_A_ROW = 100
MAX_SECONDS_IN_A_ROW = 30.0


def work(hint: Hint, claimant: Claimant) -> int:
    """Do the hinted task run and what follows from it. Returns how many attempts were made.

    A hint that has gone stale is spent on the task run that has waited longest instead.
    """
    if is_stopping():
        return 0
    return work_on(store.claim(hint, claimant) or store.claim_oldest(claimant), claimant)


def work_on(claim: Claim | None, claimant: Claimant) -> int:
    """Run a claim, and the next ones of the same execution, until there are none or it is somebody else's turn."""
    started, done = time.monotonic(), 0
    while claim is not None:
        outcome = run_attempt(claim)
        done += 1
        take_next = (
            done < MAX_TASKS_IN_A_ROW and time.monotonic() - started < MAX_SECONDS_IN_A_ROW and not is_stopping()
        )
        step = record(claim, outcome, claimant, take_next=take_next)
        dispatch.publish(step.hints)
        claim = step.next_claim
    return done


def run_attempt(claim: Claim) -> Outcome:
    """Perform one claim; everything that goes wrong in the task is an outcome."""
    try:
        prepared = until_the_database_answers(attempt.prepare, claim)
    except Exception as error:  # the definition and the values do not fit: said in the outcome
        if isinstance(error, DATABASE_TROUBLE):
            raise
        return attempt.failure(claim, error)
    return attempt.outcome_of(claim, prepared)


def record(claim: Claim, outcome: Outcome, claimant: Claimant, *, take_next: bool) -> Step:
    """Record an outcome, however long the database is away. A result the database refuses becomes a stored error."""
    step = until_the_database_answers(store.record, claim, outcome, claimant, take_next=take_next)
    if not step.accepted:
        logger.info("%s attempt %d: the result came too late and was discarded", claim.name, claim.attempt)
    return step
