"""Which executions a list is about: the filters of the pages, as conditions of a query."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Count, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from orchestration.models import Execution, TaskRun
from orchestration.selectors.listing import having_label, list_executions
from orchestration.states import LIVE_EXECUTION, ExecutionStatus, TaskRunStatus

View = Literal["all", "attention", "mine"]

UNSUCCESSFUL = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)
ATTENTION_DAYS = 7
STUCK_SECONDS = 600.0
"""A task that has been queued for longer needs somebody to look."""

_PART_OF_ID = re.compile(r"(?=.*[0-9a-fA-F])[0-9a-fA-F-]{4,36}")


@dataclass(frozen=True, slots=True)
class ExecutionFilters:
    """What was asked for; empty values leave everything. `since` and `until` are about the start, or about the end."""

    view: View = "all"
    viewer: str = ""
    """The login name that "mine" means."""
    states: tuple[str, ...] = ()
    text: str = ""
    pipeline: str = ""
    started_by: str = ""
    trigger: str = ""
    label: tuple[str, str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    by_end: bool = False


def filter_executions(filters: ExecutionFilters, now: datetime) -> QuerySet[Execution]:
    """Executions as lists show them (`list_executions`), in no order yet."""
    found = list_executions().filter(_condition(filters))
    if filters.view == "attention":
        found = found.filter(needs_attention(now))
    if filters.text:
        found = found.filter(_contains(filters.text))
    if filters.label:
        found = having_label(found, *filters.label)
    return found


def count_states(filters: ExecutionFilters, now: datetime) -> Mapping[str, int]:
    """State → how many, as if no state had been chosen."""
    rows = filter_executions(replace(filters, states=()), now).order_by().values_list("status")
    # Apart, since each half has an index of its own.
    halves = (rows.filter(finished_at__isnull=is_live).annotate(number=Count("*")) for is_live in (True, False))
    return {status: number for half in halves for status, number in half}


def _condition(filters: ExecutionFilters) -> Q:
    time = "finished_at" if filters.by_end else "created_at"
    given = {
        "status__in": filters.states,
        "pipeline_id": filters.pipeline,
        "started_by": filters.viewer if filters.view == "mine" else filters.started_by,
        "trigger": filters.trigger,
        f"{time}__gte": filters.since,
        f"{time}__lt": filters.until,
    }
    condition = Q(**{lookup: value for lookup, value in given.items() if value})
    return condition & Q(started_by=filters.started_by) if filters.started_by else condition


def needs_attention(now: datetime) -> Q:
    """Failures of the last days that nobody ran again, what is paused, and what has a task queued for long."""
    return unanswered_failure(now - timedelta(days=ATTENTION_DAYS)) | Q(status=ExecutionStatus.PAUSED) | _stuck(now)


def unanswered_failure(since: datetime) -> Q:
    """Failed or timed out after `since`, and never run again."""
    again = Execution.objects.filter(rerun_of=OuterRef("pk"))
    return Q(~Exists(again), status__in=UNSUCCESSFUL, finished_at__gte=since)


def _stuck(now: datetime) -> Q:
    long_ago = now - timedelta(seconds=STUCK_SECONDS)
    queued = TaskRun.objects.filter(execution=OuterRef("pk"), status=TaskRunStatus.QUEUED, queued_at__lt=long_ago)
    live = Q(status__in=LIVE_EXECUTION, finished_at=None, created_at__lt=long_ago)
    return live & Q(Exists(queued))


def _contains(text: str) -> Q:
    """Title, id, error and labels, whatever the case."""
    error = Q(error__message__icontains=text) | Q(error__code__iexact=text)
    return Q(title__icontains=text) | error | _labels_contain(text) | _id_contains(text)


def _labels_contain(text: str) -> Q:
    if connection.vendor == "sqlite":
        # In its JSON as it is stored: taking every row's JSON apart would cost more than all the rest.
        sql, text = r"orchestration_execution.labels LIKE %s ESCAPE '\'", json.dumps(text)[1:-1]
    else:
        sql = "EXISTS (SELECT 1 FROM jsonb_each_text(orchestration_execution.labels) WHERE value ILIKE %s)"
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
    return Q(RawSQL(sql, (pattern,), output_field=BooleanField()))  # noqa: S611 - parameters


def _id_contains(text: str) -> Q:
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(id__icontains=text) if _PART_OF_ID.fullmatch(text) else Q()
