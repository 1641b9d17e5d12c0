"""The Django models of pipelines and executions: rows, constraints and facts about one row."""

from orchestration.models.executions import Execution, ExecutionEvent, TaskAttempt, TaskRun
from orchestration.models.pipelines import PipelineVersion, RegisteredPipeline
from orchestration.models.values import Blob
from orchestration.models.workers import TickerLease, Worker

__all__ = [
    "Blob",
    "Execution",
    "ExecutionEvent",
    "PipelineVersion",
    "RegisteredPipeline",
    "TaskAttempt",
    "TaskRun",
    "TickerLease",
    "Worker",
]
