"""Raw Celery: the canvas its users would write (chain, group, chord), results awaited through Redis's pub/sub."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from celery import chain, group
from celery.exceptions import TimeoutError as NotYet
from celery.result import AsyncResult, GroupResult

from benchmarks.celery_app import step
from benchmarks.clients.base import LIMIT_SECONDS, POLL_SECONDS, Client
from benchmarks.work import Output
from benchmarks.workloads import Workload

Result = AsyncResult[Any] | GroupResult
PATIENCE_SECONDS = 10.0


def create() -> "CeleryClient":
    return CeleryClient()


class CeleryClient(Client[Result]):
    def submit(self, workload: Workload) -> Result:
        result: Result = canvas(workload).apply_async()
        return result

    def wait(self, run: Result) -> None:
        """A group's result looks once before it listens and then rests for `interval`, by default half a second.

        Of hundreds of results awaited over pub/sub one is sometimes never told of: after a while it is looked up anew.
        """
        for _ in range(int(LIMIT_SECONDS / PATIENCE_SECONDS)):
            with suppress(NotYet):
                run.get(timeout=PATIENCE_SECONDS, interval=POLL_SECONDS)
                return
        raise TimeoutError(f"the result has not come after {LIMIT_SECONDS:g} s")

    def look_up(self, run: Result) -> Iterator[Output]:
        """A task's result is stored after its successor was sent, so an early one may come in last."""
        for result in _single_results(run):
            output: Output = result.get(timeout=LIMIT_SECONDS)
            yield output


def canvas(workload: Workload) -> Any:
    """A workload as a canvas: Celery makes a chord of a group with a task behind it."""
    options = {"cpu_seconds": workload.cpu_seconds} if workload.cpu_seconds else {}
    roots, *others = workload.stages
    stages = [_side_by_side(roots, step.si([], **options))]
    stages += [_side_by_side(width, step.s(**options)) for width in others]
    return chain(*stages) if others else stages[0]


def _side_by_side(width: int, signature: Any) -> Any:
    return signature if width == 1 else group(signature.clone() for _ in range(width))


def _single_results(run: Any) -> Iterator[AsyncResult[Any]]:
    while run is not None:
        results: list[AsyncResult[Any]] = (run.results or []) if isinstance(run, GroupResult) else [run]
        yield from results
        run = run.parent
