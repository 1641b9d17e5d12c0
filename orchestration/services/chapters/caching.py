"""The chapter about the result cache: a long document is read once, and known the second time."""

from typing import Any
from uuid import UUID

from orchestration.cache.facade import ResultCache
from orchestration.engine.store import Origin
from orchestration.models import PipelineVersion, TaskRun
from orchestration.selectors.executions import task_status
from orchestration.services.chapters import Stage, Told
from orchestration.services.demonstration import (
    EXAMPLES,
    Document,
    read_document,
    register_example,
    submit_document,
)
from orchestration.states import TERMINAL_EXECUTION, Trigger

TITLE = "The second time is free"
PIPELINE_FILE = EXAMPLES / "cached_extraction.yaml"
DOCUMENT = "15-operations-log.txt"
TAG, TASK = "cached_extraction", "read_document"


def tell(stage: Stage) -> Told:
    version = register_example(PIPELINE_FILE)
    document = read_document(DOCUMENT)
    ResultCache().delete_by_tags([TAG])  # of an earlier demonstration
    (first_key, first), (second_key, second) = [_run(stage, version, document) for _ in range(2)]
    origin = (second["cache"] or {}).get("origin") or {}
    is_hit = (second["cache"] or {}).get("outcome") == "hit"
    found = "found in the cache" if is_hit else "not found in the cache"
    took = [run["duration_seconds"] or 0.0 for run in (first, second)]
    sentences = (
        f"{DOCUMENT} was read in {took[0]:.2f} s.",
        f"Asked again, the answer was {found}, in {took[1]:.2f} s; the record names the execution that made it.",
    )
    is_same = first["output"] == second["output"]
    details = {"execution_ids": [str(first_key), str(second_key)], "cache": second["cache"], "origin": origin}
    return Told(sentences, is_hit and is_same, details)


def _run(stage: Stage, version: PipelineVersion, document: Document) -> tuple[UUID, dict[str, Any]]:
    key = submit_document(version=version, document=document, origin=Origin(Trigger.COMMAND))
    stage.wait(key, TERMINAL_EXECUTION)
    return key, task_status(TaskRun.objects.get(execution=key, name=TASK))
