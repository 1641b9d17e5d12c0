"""A database as after a month of work: thousands of executions in every state, written in bulk.

The rows obey the engine's invariants (a test asks them all), so that every page shows what it would show of real ones.
Who carried what and when is made up by `simulation`, what it was about by `values`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.utils import timezone

from benchmarks.pages.cache import fill_cache
from benchmarks.pages.models import fill_models
from benchmarks.pages.monitoring import fill_monitoring
from benchmarks.pages.pipelines import LARGE_TASKS, all_pipelines
from benchmarks.pages.reviews import fill_reviews
from benchmarks.pages.rows import Writer
from benchmarks.pages.simulation import End, Graph
from orchestration.definition import Pipeline
from orchestration.models import PipelineVersion, Worker
from orchestration.services.pipelines import register_pipeline

SPAN = timedelta(days=30)
MODELS_PER_PIPELINE = 10
ALIVE_FOR = timedelta(days=1)  # so that workers still count as alive when the last page is measured
# Of a thousand executions so many are still at work, the newest ones, or have ended otherwise than well.
LIVE: tuple[tuple[End, int], ...] = (("running", 4), ("waiting", 3), ("pending", 8), ("paused", 1))
ENDED: tuple[tuple[End, int], ...] = (("failed", 60), ("cancelled", 25), ("timed_out", 10), ("completed", 905))


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to be; an execution has ten tasks on average."""

    executions: int = 10_000
    pipelines: int = 20
    large_tasks: int = LARGE_TASKS
    span: timedelta = SPAN
    """From the newest execution to the oldest."""


@dataclass(frozen=True, slots=True)
class Version:
    """A registered version and its graph."""

    row: PipelineVersion
    pipeline: Pipeline
    graph: Graph


def fill(size: Size, seed: int = 1) -> dict[str, UUID]:
    """Write the rows into an empty, migrated database; the id of an execution in each state, and `large`'s.

    `large` is the execution of a thousand tasks, some of which were tried two or three times.
    """
    random, now = Random(seed), timezone.now()
    Worker.objects.bulk_create(_workers(now))
    versions = [
        [_version(pipeline) for pipeline in versions] for versions in all_pipelines(size.pipelines, size.large_tasks)
    ]
    found: dict[str, UUID] = {}
    writer = Writer(random)
    for number, (kind, end, version) in enumerate(_plan(size, versions, random)):
        created = now - size.span * ((number + 1) / size.executions)
        key = writer.write(version.row, version.pipeline, version.graph, end, created, is_large=kind == "large")
        found.setdefault(kind, key)
    writer.close()
    fill_models(size.pipelines * MODELS_PER_PIPELINE, now, random)
    fill_reviews(size.executions, now, random)
    fill_cache(_asked(versions, random), size.executions, now, random)
    fill_monitoring(now, size.executions, random)
    return found


def _version(pipeline: Pipeline) -> Version:
    parents = {name: pipeline.graph.parents(name) for name in pipeline.graph.order}
    return Version(register_pipeline(pipeline=pipeline), pipeline, Graph(parents, pipeline.config.max_parallel or 5))


def _asked(versions: Sequence[Sequence[Version]], random: Random) -> list[tuple[str, str, str]]:
    """Two tasks of each pipeline whose results are kept: pipeline, task, model."""
    chosen = [(group[-1], random.sample(sorted(group[-1].graph.parents), 2)) for group in versions]
    return [
        (version.row.pipeline_id, name, version.pipeline.config.task(name).model or "")
        for version, names in chosen
        for name in names
    ]


def _plan(size: Size, versions: Sequence[Sequence[Version]], random: Random) -> Iterator[tuple[str, End, Version]]:
    """What each execution runs and how it stands, newest first; the large one is the newest that has ended."""
    live: list[End] = [end for end, share in LIVE for _ in range(max(1, share * size.executions // 1000))]
    random.shuffle(live)
    kinds, weights = zip(*ENDED, strict=True)
    (large,), everyday = versions[0], versions[1:]
    for number in range(size.executions):
        if number == len(live):
            yield "large", "completed", large
            continue
        # Each way to end occurs, however few there are.
        sure = number - len(live) - 1
        end = live[number] if sure < 0 else kinds[sure] if sure < len(kinds) else random.choices(kinds, weights)[0]
        yield end, end, random.choice(random.choice(everyday))


def _workers(now: datetime) -> list[Worker]:
    heard = {"started_at": now - SPAN, "heartbeat_at": now + ALIVE_FOR, "queues": ["default"]}
    types = ["classification", "custom", "extraction", "text_generation", "validation"]
    return [
        Worker(
            id=f"worker-{number}",
            hostname=f"host-{number}",
            pid=1000,
            pool="prefork",
            concurrency=40,
            task_types=types,
            **heard,
        )
        for number in range(4)
    ]
