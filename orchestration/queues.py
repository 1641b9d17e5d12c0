"""Queues: what they may be called, and in which one a task run waits. Pure.

A worker takes from the queues it listens to (`celery -A config worker --queues=io`) and from no other.
"""

import re
from collections.abc import Mapping

DEFAULT_QUEUE = "default"
OTHER_TYPES = "*"
MAX_LENGTH = 100
NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_.-]*$"
NAME_RULE = "use letters, digits, underscores, hyphens and dots, and begin with a letter"
# What Celery and its transports call keys and exchanges of their own, beside the queues: Redis' `unacked`, for one, is
# no list, and a queue of that name would stop every worker.
RESERVED = ("amq.", "celery", "reply.", "unacked")


def name_fault(name: str) -> str | None:
    """Why a queue cannot be called so, or None."""
    if not re.match(NAME_PATTERN, name) or name.endswith("\n"):
        return NAME_RULE
    if len(name) > MAX_LENGTH:
        return f"at most {MAX_LENGTH} characters"
    taken = next((prefix for prefix in RESERVED if name.startswith(prefix)), None)
    return taken and f'names that begin with "{taken}" belong to the broker; choose another'


def parse_task_queues(text: str) -> dict[str, str]:
    """`text_generation:io,*:default` as task type → queue. Raises `ValueError` that says what was expected."""
    found: dict[str, str] = {}
    for pair in filter(str.strip, text.split(",")):
        kind, _, queue = (part.strip() for part in pair.partition(":"))
        if not (kind and queue):
            raise ValueError("pairs type:queue separated by commas, for example text_generation:io,*:default")
        if fault := name_fault(queue):
            raise ValueError(f'another queue than "{queue}" for {kind}: {fault}')
        if found.setdefault(kind, queue) != queue:
            raise ValueError(f"one queue for {kind}, not both {found[kind]} and {queue}")
    return found


def choose_queue(own: str | None, task_type: str, by_type: Mapping[str, str]) -> str:
    """The task's own queue, else its type's in `by_type` (TASK_QUEUES), else that of the other types."""
    return own or by_type.get(task_type) or by_type.get(OTHER_TYPES, DEFAULT_QUEUE)
