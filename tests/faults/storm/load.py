"""The program that submits: `python -m tests.faults.storm.load JOURNAL`, controlled by the environment (`STORM_…`).

It keeps a number of executions live, cancels some of them, and has the people of `people` review beside that. Its
journal is a file of lines: `try KEY` before a submission, `ok KEY ID` once it was acknowledged, `cancel ID` before and
`cancelled ID True|False` after a cancel. It may be killed at any time; started again it repeats the submission that was
not acknowledged, with the same key. Beside a file `calm` it only reviews.
"""

import os
import random
import sys
import time
from pathlib import Path
from typing import TextIO

import django

django.setup()

from common.resilience import until_the_database_answers  # noqa: E402
from orchestration import Pipeline, PipelineOrchestrator  # noqa: E402  # after the set-up
from orchestration.models import Execution  # noqa: E402
from tests.faults import sabotage  # noqa: E402
from tests.faults.storm import people  # noqa: E402
from tests.faults.storm.outcome import CALM  # noqa: E402
from tests.faults.storm.workload import CANCELLED, PIPELINES, definition  # noqa: E402

LOOK_SECONDS = 0.5


def submit(orchestrator: PipelineOrchestrator, journal: TextIO, key: str) -> tuple[str, str]:
    """Submit the execution of this key (`NAME-NUMBER`); repeating it is harmless. The pipeline and the id."""
    name = key.rpartition("-")[0]
    journal.write(f"try {key}\n")
    execution_id = until_the_database_answers(
        orchestrator.execute_pipeline_sync, name, {"salt": key}, idempotency_key=key
    )
    journal.write(f"ok {key} {execution_id}\n")
    return name, execution_id


def cancel(orchestrator: PipelineOrchestrator, journal: TextIO, execution_id: str) -> None:
    journal.write(f"cancel {execution_id}\n")
    answer = until_the_database_answers(orchestrator.cancel, execution_id)
    journal.write(f"cancelled {execution_id} {answer}\n")


def unacknowledged(lines: list[str]) -> tuple[str | None, int]:
    """The key whose submission was never acknowledged, if any, and how many keys were used."""
    tried = [line.split()[1] for line in lines if line.startswith("try ")]
    acknowledged = {line.split()[1] for line in lines if line.startswith("ok ")}
    return (tried[-1] if tried and tried[-1] not in acknowledged else None), len(set(tried))


def count_live() -> int:
    return Execution.objects.filter(finished_at=None).count()


def main(path: Path) -> None:
    path.touch()
    pending, used = unacknowledged(path.read_text().splitlines())
    rng = random.Random(f"{os.environ['STORM_SEED']}-{used}")
    most, pause = int(os.environ["STORM_LIVE"]), 1 / float(os.environ["STORM_RATE"])
    names, weights = list(PIPELINES), [weight for _, weight in PIPELINES.values()]
    orchestrator = until_the_database_answers(PipelineOrchestrator)
    sabotage.spoil_messages()
    if used == 0:
        for name in names:
            until_the_database_answers(orchestrator.register_pipeline, Pipeline(definition(name, 1)))
    with path.open("a", buffering=1) as journal:
        if pending:
            submit(orchestrator, journal, pending)
        people.begin(path.with_name("decisions"))
        while True:
            if path.with_name(CALM).exists() or until_the_database_answers(count_live) >= most:
                time.sleep(LOOK_SECONDS)
                continue
            used += 1
            # Even the shortest storm has a review in it.
            chosen = "storm_reviewed" if used == 1 else rng.choices(names, weights)[0]
            name, execution_id = submit(orchestrator, journal, f"{chosen}-{used}")
            time.sleep(rng.uniform(0, 2 * pause))
            if name in CANCELLED and rng.random() < CANCELLED[name]:
                cancel(orchestrator, journal, execution_id)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
