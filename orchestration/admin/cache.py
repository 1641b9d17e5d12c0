"""The result cache's rows: what is kept where there is no Redis, versions of tags, counts, the optimiser's log.

Looked at, never written here: entries and tags are let go through the cache, so that every process hears of it.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from orchestration.cache.installed import get_installed
from orchestration.cache.tiers.table_store import RESERVED, TableStore
from orchestration.models import CacheChange, CacheCount, CacheEntry, CacheTag
from web.admin import display
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.admin.verbs import NotDone, Verb
from web.quantities import duration, money, size

LONGEST_KEY = 24
DELETE = "orchestration.delete_cacheentry"
KINDS = {"r:": "a task’s result", "u:": "a value of one’s own", "d:": "of Django’s cache framework"}
"""How keys begin."""


def _delete_entry(request: HttpRequest, row: CacheEntry, answers: dict[str, Any]) -> None:
    levels = get_installed().levels
    if not isinstance(levels.store, TableStore):
        raise NotDone("the cache is in Redis now; this row is of an earlier configuration, and nobody reads it")
    levels.delete(row.key)


def _invalidate(request: HttpRequest, row: CacheTag, answers: dict[str, Any]) -> None:
    get_installed().levels.delete_by_tags([row.name])


FORGET = Verb(
    name="forget",
    label="Forget",
    did="forgotten",
    permission=DELETE,
    explanation="The result or value is made anew the next time somebody asks for it.",
    perform=_delete_entry,
    icon="delete",
    is_harmful=True,
)
INVALIDATE = Verb(
    name="invalidate",
    label="Invalidate",
    did="invalidated",
    permission=DELETE,
    explanation="Every result and value that has the tag is made anew the next time somebody asks for it.",
    perform=_invalidate,
    icon="delete",
    is_harmful=True,
)


def _subject(row: CacheEntry) -> SafeString:
    kind = next((word for beginning, word in KINDS.items() if row.key.startswith(beginning)), "")
    return display.two_lines(row.subject or kind, row.key[:LONGEST_KEY])


def _of(row: CacheCount) -> SafeString:
    return display.two_lines(row.task or "values of one’s own", row.pipeline)


def _difference(row: CacheChange) -> str:
    if row.before is None or row.after is None:
        return display.NONE
    show = duration if row.kind == "ttl" else lambda number: size(round(number))
    return f"{show(row.before)} → {show(row.after)}"


@admin.register(CacheEntry)
class CacheEntryAdmin(RowsAdmin[CacheEntry]):
    """Results and values in the table."""

    verbs = (FORGET,)
    heavy = ("content", "parts")
    ordering = ("-used_at",)
    sortable_by = ("size_shown", "made", "last_used")
    list_display = ("of", "size_shown", "made", "expires", "last_used", "uses")
    search_fields = ("key__startswith", "subject__startswith")
    search_help_text = "pipeline/task, or a key, from the beginning"
    fieldsets = (
        (None, {"fields": ("key", ("subject", "size_shown"), ("uses", "digest"))}),
        ("Times (UTC)", {"fields": (("made_at", "expires_at_shown"), "used")}),
        ("Parts of the key", {"fields": ("parts_shown",)}),
    )

    of = cell("of", _subject)
    size_shown = cell("size", lambda row: size(row.size), ordering="size")
    made = display.age("made", "created_at", ordering="created_at")
    expires = display.age("expires", "expires_at")
    last_used = display.age("last used", "used_at", ordering="used_at")
    made_at = display.moment("made", "created_at")
    expires_at_shown = display.moment("expires", "expires_at")
    used = display.moment("last used, noted now and then", "used_at")
    parts_shown = display.value("digest of each part", "parts")


@admin.register(CacheTag)
class CacheTagAdmin(RowsAdmin[CacheTag]):
    """Versions of tags in the table, without those that the cache keeps for itself."""

    verbs = (INVALIDATE,)
    ordering = ("-touched_at",)
    sortable_by = ("touched",)
    list_display = ("name", "version", "touched")
    search_fields = ("name__startswith",)
    search_help_text = "Tag, from its beginning"
    fieldsets = ((None, {"fields": (("name", "version"), "touched_at_shown")}),)

    touched = display.age("last changed or asked for", "touched_at", ordering="touched_at")
    touched_at_shown = display.moment("last changed or asked for", "touched_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CacheTag]:
        rows: QuerySet[CacheTag] = super().get_queryset(request)
        return rows.exclude(name__in=RESERVED)


@admin.register(CacheCount)
class CacheCountAdmin(RowsAdmin[CacheCount]):
    """What happened within an hour."""

    ordering = ("-hour", "-number")
    sortable_by = ()
    list_display = ("hour_shown", "of", "model", "outcome", "reason", "number", "saved")
    list_filter = ("outcome", "hour")
    search_fields = ("=pipeline", "=task")
    search_help_text = "A pipeline or a task, by its whole name"
    fieldsets = (
        (None, {"fields": (("hour_shown", "outcome"), ("pipeline", "task"), ("model", "reason"), "number")}),
        ("In all", {"fields": (("bytes_shown", "age"), ("time_saved", "money_saved"), "unpriced")}),
    )

    hour_shown = display.moment("hour", "hour")
    of = cell("task", _of)
    saved = cell("saved", lambda row: duration(row.seconds_saved) if row.seconds_saved else display.NONE)
    bytes_shown = cell("bytes", lambda row: size(row.bytes))
    age = cell("ages of hits", lambda row: duration(row.age_seconds))
    time_saved = cell("time saved", lambda row: duration(row.seconds_saved))
    money_saved = cell("money saved, where it is known", lambda row: money(row.microusd_saved))


@admin.register(CacheChange)
class CacheChangeAdmin(RowsAdmin[CacheChange]):
    """What the optimiser did and proposes."""

    ordering = ("-at", "-id")
    sortable_by = ()
    list_display = ("happened", "kind", "subject", "difference", "is_applied", "reason")
    list_filter = ("kind", "is_applied")
    search_fields = ("subject__startswith",)
    search_help_text = "pipeline/task, from the beginning"
    fieldsets = ((None, {"fields": (("happened_at", "kind"), ("subject", "difference"), "is_applied", "reason")}),)

    happened = display.age("at", "at")
    happened_at = display.moment("at", "at")
    difference = cell("from → to", _difference)
