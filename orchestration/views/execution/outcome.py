"""What stands below the timeline: the result once there is one, before that the latest events."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from orchestration.models import Execution
from orchestration.selectors.history_words import read_events
from orchestration.selectors.stored_values import read_stored
from orchestration.states import ExecutionStatus
from orchestration.views.execution.frame import Frame
from orchestration.views.execution.values import value_context

EVENTS_SHOWN = 5
RESULT_BYTES = 20_000


def outcome_context(frame: Frame) -> Mapping[str, Any]:
    """A result too large to stand here is left to its own tab; beside a task's output the result would confuse."""
    key = frame.execution.pk
    if frame.execution.status != ExecutionStatus.COMPLETED:
        return {"latest": read_events(key, limit=EVENTS_SHOWN).lines}
    if frame.request.GET.get("task"):
        return {}
    stored = Execution.objects.values_list("output", flat=True).get(pk=key)
    shown = read_stored(stored, RESULT_BYTES)
    if shown.size > RESULT_BYTES:
        return {"result_size": shown.size}
    return {"result": value_context(frame.request, "result", shown, reverse("execution-file", args=[key, "output"]))}
