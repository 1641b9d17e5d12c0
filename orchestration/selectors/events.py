"""Reading an execution's history."""

from typing import Any
from uuid import UUID

from orchestration.models import ExecutionEvent


def events_after(execution_id: str | UUID, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
    """An execution's events with an id above `after`, in order, as JSON-serialisable dicts."""
    events = ExecutionEvent.objects.filter(execution_id=execution_id, id__gt=after).order_by("id")[:limit]
    return [
        {
            "id": event.pk,
            "kind": event.kind,
            "task": event.task_name or None,
            "at": event.at.isoformat(),
            "details": event.details,
        }
        for event in events
    ]
