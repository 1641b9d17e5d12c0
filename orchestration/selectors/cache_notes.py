"""What the cache did for a task run, in words: found and made by whom, made anew and why, or not asked and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from orchestration.models import Execution, TaskRun
from web.quantities import duration, money

HIT, MISS, BYPASS = "hit", "miss", "bypass"
WORDS = {HIT: "From the cache", MISS: "Made anew", BYPASS: "Not asked"}
STATES = {HIT: "completed", MISS: "info", BYPASS: "skipped"}
"""Icon and colour of each."""
LEVELS = {"memory": "the worker’s memory", "store": "the shared store"}


@dataclass(frozen=True, slots=True)
class CacheNote:
    """`outcome` is hit, miss or bypass; `origin` the execution that made the result, if it is still there."""

    outcome: str
    reason: str
    level: str = ""
    made_at: datetime | None = None
    origin: str = ""
    origin_task: str = ""
    saved: str = ""
    waited_seconds: float | None = None
    not_kept: str = ""
    is_kept: bool = False

    @property
    def word(self) -> str:
        return WORDS.get(self.outcome, self.outcome)

    @property
    def state(self) -> str:
        return STATES.get(self.outcome, "info")


def notes_of(task_runs: Iterable[int]) -> dict[int, CacheNote]:
    """Task run → its note, for those that came to the cache. Two queries, one where none was a hit."""
    rows = TaskRun.objects.filter(pk__in=list(task_runs)).values_list("pk", "cache")
    stored = {key: said for key, said in rows if said}
    there = _existing(stored.values())
    return {key: _note(said, there) for key, said in stored.items()}


def note_of(task_run: TaskRun) -> CacheNote | None:
    """The note of one task run; a query for the execution that made the result of a hit."""
    if not task_run.cache:
        return None
    return _note(task_run.cache, _existing([task_run.cache]))


def _existing(said: Iterable[Mapping[str, Any]]) -> set[str]:
    """The executions that made the results of hits, without those that were pruned since."""
    named = {str((one.get("origin") or {}).get("execution_id", "")) for one in said if one.get("outcome") == HIT}
    named = {key for key in named if _is_id(key)}
    found = Execution.objects.filter(pk__in=named).values_list("pk", flat=True) if named else []
    return {str(key) for key in found}


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _note(said: Mapping[str, Any], there: set[str]) -> CacheNote:
    origin = said.get("origin") or {}
    made_by, task = str(origin.get("execution_id", "")), str(origin.get("task", ""))
    is_there = bool(task) and made_by in there
    return CacheNote(
        outcome=str(said.get("outcome", "")),
        reason=str(said.get("reason", "")),
        level=LEVELS.get(str(said.get("level", "")), ""),
        made_at=parse_datetime(str(said.get("made_at", ""))),
        origin=made_by if is_there else "",
        origin_task=task,
        saved=_saved(said) if said.get("outcome") == HIT else "",
        waited_seconds=said.get("waited_seconds"),
        not_kept=str(said.get("not_kept", "")),
        is_kept=bool(said.get("kept")),
    )


def _saved(said: Mapping[str, Any]) -> str:
    """`2.4 s and $0.02`; a price that is not known is said to be."""
    price = said.get("microusd_saved")
    seconds = duration(said.get("seconds_saved"))
    if price == 0:
        return seconds
    return f"{seconds} and {money(price)}" if price is not None else f"{seconds} and an unknown price"
