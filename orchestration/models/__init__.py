"""The Django models of pipelines and executions: rows, constraints and facts about one row."""

from orchestration.models.cache import CacheChange, CacheCount, CacheEntry, CacheFlight, CacheTag
from orchestration.models.executions import AttemptLog, Execution, ExecutionEvent, TaskAttempt, TaskRun
from orchestration.models.pipelines import PipelineVersion, RegisteredPipeline
from orchestration.models.values import Blob
from orchestration.models.workers import TickerLease, Worker

__all__ = [
    "AttemptLog",
    "Blob",
    "CacheChange",
    "CacheCount",
    "CacheEntry",
    "CacheFlight",
    "CacheTag",
    "Execution",
    "ExecutionEvent",
    "PipelineVersion",
    "RegisteredPipeline",
    "TaskAttempt",
    "TaskRun",
    "TickerLease",
    "Worker",
]
