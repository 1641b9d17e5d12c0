"""Raw Celery, the yardstick: Redis as broker and for results, `acks_late`, everything else as it comes."""

import os
from typing import Any

from celery import Celery

from benchmarks import work

app = Celery("benchmarks", broker=os.environ["BENCHMARK_BROKER_URL"], backend=os.environ["BENCHMARK_RESULTS_URL"])
app.conf.update(task_acks_late=True, broker_connection_retry_on_startup=True)


@app.task
def step(parents: Any, cpu_seconds: float = 0.0) -> work.Output:
    """`parents`: what Celery's canvas hands on: one result after a task, a list of them after a group."""
    return work.step([parents] if isinstance(parents, dict) else parents, cpu_seconds)
