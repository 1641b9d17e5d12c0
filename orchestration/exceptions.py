"""Errors of the orchestration app. Each has a stable `code`; task errors also say whether another try may help."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.errors import Conflict, Failed, Invalid, NotFound, OrchestrationError


class PipelineNotFound(NotFound):
    code = "pipeline_not_found"


class ExecutionNotFound(NotFound):
    code = "execution_not_found"


class InvalidInput(Invalid):
    """The input does not fit the pipeline's `inputs` schema; `problems` holds (JSON pointer, message) pairs."""

    code = "invalid_input"

    def __init__(self, message: str, problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class InvalidArgument(Invalid):
    """Something else that was given is of the wrong type or length, or cannot be stored: a title, a key, an id."""

    code = "invalid_argument"

    def __init__(self, message: str, name: str, fault: str) -> None:
        super().__init__(message, name, fault)  # what it is made of again when a worker process hands it on
        self.problems = ((f"/{name}", fault),)

    def __str__(self) -> str:
        return str(self.args[0])


class IdempotencyConflict(Conflict):
    """The same idempotency key was used before with another input."""

    code = "idempotency_conflict"


class UnknownModel(Invalid):
    """A `model:` name nothing resolves; the message names the setting that would."""

    code = "unknown_model"


class BrokerMismatch(Invalid):
    """A Celery app given to the façade that names another broker than the configured one."""

    code = "broker_mismatch"


class ExecutionFailed(Failed):
    """Raised by `wait(..., raise_on_failure=True)` when an execution did not complete."""

    code = "execution_failed"


class IllegalMove(OrchestrationError):
    """A status change the state machine does not know: always a defect of the engine."""

    code = "illegal_move"


class TaskError(Exception):
    """Raise in a handler to fail the attempt with a code of your own; `retryable` decides about another try."""

    code = "task_failed"
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.retryable = type(self).retryable if retryable is None else retryable
        self.retry_after = retry_after
        """Seconds the other side asked to be left alone, or None."""
        self.details = details
        """More for programs, kept with the error: anything that can be stored."""
        self.rejected_output: Mapping[str, Any] | None = None
        """The output that did not pass, which a person may be asked about (`review: {validation_failed: true}`)."""


class RetryableTaskError(TaskError):
    """Something that may go away: rate limits, a 5xx, a connection that broke."""

    code = "temporary_failure"
    retryable = True


class AttemptTimedOut(RetryableTaskError):
    """Raised inside a handler when its `timeout` is over; it may catch this to clean up or to return what it has."""

    code = "attempt_timed_out"


class InvalidParameters(TaskError):
    """Parameters that do not fit the task type once their placeholders are filled in."""

    code = "invalid_parameters"


class InvalidOutput(TaskError):
    """A handler's result that does not fit its schema or cannot be stored."""

    code = "invalid_output"
