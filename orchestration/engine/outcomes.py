"""What passes between the parts of the engine: claims, outcomes of attempts, hints. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who claims: a worker process (its row's id), the operating-system id of the child or thread, what it can run."""

    worker_id: str
    pid: int
    task_types: frozenset[str]
    queues: tuple[str, ...] = ("default",)
    name: str = ""
    """Host and process, for people."""
    is_private: bool = False
    """Inside `run()`: claims nothing but the executions of its own process."""

    @property
    def private_worker(self) -> str:
        return self.worker_id if self.is_private else ""


@dataclass(frozen=True, slots=True)
class Hint:
    """A wake-up: the only thing a broker message carries."""

    task_run_id: int
    token: int
    queue: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one attempt, until the lease runs out; `token` fences every write made under it."""

    task_run_id: int
    token: int
    execution_id: UUID
    version_id: int
    name: str
    model: str
    failures: int
    """Attempts that failed before this one."""
    attempt: int
    """1 for the first try; counts failures and crashes."""
    started_at: datetime
    timeout_seconds: float
    queue: str
    stored_input: list[Any] = field(default_factory=list)
    """The execution's input as stored, where the claim brought it along (one item), else empty."""


@dataclass(frozen=True, slots=True)
class Completed:
    output: Any
    """As stored: `blobs.store_value` has been applied."""
    usage: dict[str, Any] | None = None
    model: str = ""
    cache: dict[str, Any] | None = None
    """What the result cache did for it (`cache.task_results`); None for tasks that are not cached."""
    logs: dict[str, Any] | None = None
    """What the handler logged, `{lines, left_out}` as `AttemptLog` keeps it; None when it logged nothing."""


@dataclass(frozen=True, slots=True)
class Failed:
    error: dict[str, Any]
    """`code`, `message`, and what else helps (`traceback`, `problems`)."""
    retryable: bool
    delay_seconds: float = 0.0
    """Until the next try, if there is one."""
    timed_out: bool = False
    usage: dict[str, Any] | None = None
    model: str = ""
    cache: dict[str, Any] | None = None
    logs: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """Completed, but a person decides about the output before it counts."""

    output: Any
    """The proposed output, as stored."""
    request: Mapping[str, Any]
    """What is asked: keyword arguments of `reviews.services.requests.open_review` but those that name the task run."""
    usage: dict[str, Any] | None = None
    model: str = ""
    review_id: UUID | None = None
    """Set by the store once the review is open."""
    cache: dict[str, Any] | None = None
    logs: dict[str, Any] | None = None


Outcome = Completed | Failed | Proposed


@dataclass(frozen=True, slots=True)
class Step:
    """What recording an outcome led to."""

    accepted: bool
    """False when the token was lost: the outcome is kept as a discarded attempt."""
    next_claim: Claim | None = None
    hints: list[Hint] = field(default_factory=list)
