"""The identifiers of traces and spans, derived from those of the rows. Pure.

So every process knows the span of an execution, or of an earlier attempt, without anything being stored or asked: a
child finds its parent, and a retry what it repeats. An execution's row keeps one W3C `traceparent`
(https://www.w3.org/TR/trace-context/#traceparent-header): that of whoever started it; or, when nobody's, its own.
"""

import hashlib
from dataclasses import dataclass
from typing import Self
from uuid import UUID

_SPAN_BITS = (1 << 64) - 1
SAMPLED = 1


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Which trace, which span in it, and whether it is recorded."""

    trace_id: int
    span_id: int
    is_sampled: bool

    @classmethod
    def parse(cls, traceparent: str) -> Self:
        """Of `00-<32 hex>-<16 hex>-<2 hex>`, as `str()` wrote it."""
        _, trace_id, span_id, flags = traceparent.split("-")
        return cls(int(trace_id, 16), int(span_id, 16), bool(int(flags, 16) & SAMPLED))

    def __str__(self) -> str:
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{int(self.is_sampled):02x}"


def own_context(execution_id: UUID, *, is_sampled: bool) -> TraceContext:
    """Of an execution that nobody's trace led to: its trace has the execution's own identifier."""
    return TraceContext(execution_id.int, execution_span_id(execution_id), is_sampled)


def execution_span_id(execution_id: UUID) -> int:
    """The second half of the UUID: random but for its first two bits, which are never both zero (RFC 9562)."""
    return execution_id.int & _SPAN_BITS


def attempt_span_id(execution_id: UUID, task_run_id: int, token: int) -> int:
    """`token` is that of the claim the attempt ran under."""
    name = f"{execution_id}/{task_run_id}/{token}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest()) or 1
