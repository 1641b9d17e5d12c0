"""Ties the engine to Celery's worker: identity before the fork, loops once it is ready, hand-back when it stops."""

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from celery import signals
from django.conf import settings
from django.db import connection

from common.resilience import refresh_connection, until_the_database_answers
from common.schema import NO_TABLES, has_tables
from orchestration.engine import process
from orchestration.engine.errands import Messenger
from orchestration.engine.feeder import Feeder
from orchestration.engine.keeper import Keeper, hand_back_all, register_worker
from orchestration.engine.loops import BackgroundLoop
from orchestration.engine.patience import Patience
from orchestration.engine.ticker import Ticker, give_up_leadership
from orchestration.handlers.catalog import load_handler_modules, runnable_task_types

logger = logging.getLogger(__name__)

_loops: list[BackgroundLoop] = []
EXIT_PATIENCE_SECONDS = 3.0


def connect_signals() -> None:
    """Called once, in the app's `ready()`; costs a process that is no worker nothing more."""
    signals.worker_init.connect(_on_init, dispatch_uid="orchestration.worker_init")
    signals.worker_ready.connect(_on_ready, dispatch_uid="orchestration.worker_ready")
    signals.worker_shutdown.connect(_on_shutdown, dispatch_uid="orchestration.worker_shutdown")
    signals.task_prerun.connect(_on_job, dispatch_uid="orchestration.task_prerun")


def _on_init(sender: Any, **kwargs: Any) -> None:
    """Before the pool forks: who we are, what we can run, and our row in the database."""
    if not until_the_database_answers(has_tables):
        sys.exit(NO_TABLES)
    try:
        load_handler_modules()
    except Exception as error:  # noqa: BLE001 - Celery would swallow it, and go on with a worker that does nothing
        sys.exit(f"The task handlers cannot be loaded: {type(error).__name__}: {error}")
    queues = tuple(sender.app.amqp.queues.consume_from) or (settings.CELERY_TASK_DEFAULT_QUEUE,)
    identity = process.Identity(task_types=runnable_task_types(), queues=queues)
    process.set_identity(identity)
    until_the_database_answers(
        register_worker, identity, pool=_pool_name(sender), concurrency=int(sender.concurrency or 1)
    )
    connection.close()  # no connection may cross the fork


def _pool_name(worker: Any) -> str:
    return str(worker.pool_cls.__module__).rpartition(".")[2]


def _on_ready(sender: Any, **kwargs: Any) -> None:
    identity, worker = process.identity(), sender.controller
    is_prefork = _pool_name(worker) == "prefork"
    patience = Patience()
    keeper = Keeper(
        identity,
        child_pids=lambda: _child_pids(worker) if is_prefork else None,
        can_kill=is_prefork,
        patience=patience,
    )
    _loops.append(BackgroundLoop("keeper", keeper.step))
    _loops.append(BackgroundLoop("ticker", Ticker(identity.worker_id, patience).step))
    _loops.append(BackgroundLoop("messenger", Messenger(identity).step))
    if not settings.ORCHESTRATION.has_broker:
        feeder = Feeder(identity, concurrency=int(worker.concurrency or 1), busy=_busy_places)
        _loops.append(BackgroundLoop("feeder", feeder.step))
    for loop in _loops:
        loop.start()
    _stop_in_time(worker, can_kill=is_prefork)


def _child_pids(worker: Any) -> set[int] | None:
    """None while the worker stops: its children end then, and what they leave is handed back, not taken for a crash."""
    if process.is_stopping():
        return None
    return {child.pid for child in worker.pool._pool._pool}


def _busy_places() -> int:
    from celery.worker import state  # loaded in a worker only

    return len(state.reserved_requests)


def _stop_in_time(worker: Any, *, can_kill: bool) -> None:
    """TERM and INT: take nothing more, give running attempts the grace period, hand back the rest. QUIT: at once.

    Celery's own warm shutdown waits for running tasks without end, its soft one always waits the whole period, and its
    cold one sends no signal that it ends.
    """

    def bounded(handler: Any, seconds: float) -> Callable[[int, Any], None]:
        def stop(number: int, frame: Any) -> None:
            process.announce_stop()
            timer = threading.Timer(seconds, _give_up, (worker, can_kill))
            timer.daemon = seconds > 0  # handing back at once is waited for
            timer.start()
            handler(number, frame)

        return stop

    grace = settings.ORCHESTRATION.shutdown_grace_seconds
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGINT, grace), (signal.SIGQUIT, 0.0)):
        signal.signal(number, bounded(signal.getsignal(number), seconds))


def _give_up(worker: Any, can_kill: bool) -> None:
    """No time is left: hand back first, so that nothing a killed child leaves behind counts as a crash."""
    given_up = hand_back_all(process.identity())
    give_up_leadership(process.identity().worker_id)
    logger.warning("no time is left; %d attempts handed back", len(given_up))
    if not can_kill:
        os._exit(0)  # threads cannot be stopped, and nothing they do counts any more
    # Only children that are busy: an idle one may hold the pool's queue lock, which would die with it.
    pool = worker.pool._pool  # None once Celery has taken it down
    children = {child.pid for child in list(pool._pool)} if pool else set()
    for pid in children & given_up:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _exit_soon()


def _exit_soon() -> None:
    """Everything is handed back: what still hangs in the pool's teardown holds up the exit no longer than this."""
    timer = threading.Timer(EXIT_PATIENCE_SECONDS, os._exit, (0,))
    timer.daemon = True
    timer.start()


def _on_shutdown(**kwargs: Any) -> None:
    """The pool is gone: give back what its children still held, so that others go on within a second."""
    for loop in _loops:
        loop.stop()
    _loops.clear()
    identity = process.identity()
    given_up = hand_back_all(identity)
    give_up_leadership(identity.worker_id)
    logger.info("worker stopped; %d attempts handed back", len(given_up))
    _exit_soon()


def _on_job(**kwargs: Any) -> None:
    """A connection that broke while the child was idle is replaced before the job, not found out in it."""
    refresh_connection()
