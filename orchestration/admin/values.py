"""Values kept apart because they are large: how large, when last relied on, and how they begin."""

import zlib
from typing import Any

from django.contrib import admin
from django.db.models import BinaryField, QuerySet
from django.db.models.functions import Substr
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orchestration.models import Blob
from orchestration.services.retention import prune_orphaned_blobs
from web.admin import display
from web.admin.base import RowsAdmin
from web.admin.display import LONGEST_VALUE, cell
from web.admin.verbs import TableVerb
from web.quantities import plural, size

HEAD_BYTES = 32_768  # of the compressed value, so that looking at a large one costs no more


def beginning(compressed: bytes) -> str:
    """The first characters of a value, from the beginning of what is stored."""
    text = zlib.decompressobj().decompress(compressed, LONGEST_VALUE)
    return text.decode(errors="ignore")


def _content(row: Any) -> SafeString:
    text = beginning(bytes(row.head))
    more = "…" if row.size > len(text.encode()) else ""
    return format_html('<pre class="code">{}{}</pre>', text, more)


def _prune(answers: dict[str, Any]) -> str:
    return f"Deleted {plural(prune_orphaned_blobs(), 'value', 'values')} that nothing referred to."


PRUNE_ORPHANS = TableVerb(
    name="prune-orphans",
    label="Prune orphans",
    permission="orchestration.delete_blob",
    preview=lambda answers: (
        "This deletes values that no execution and no task run refers to and that nobody wrote within the last hour. "
        "The ticker does the same every day."
    ),
    perform=_prune,
)


@admin.register(Blob)
class BlobAdmin(RowsAdmin[Blob]):
    """Large values, by their content."""

    table_verbs = (PRUNE_ORPHANS,)
    heavy = ("content",)
    list_filter = ("touched_at",)
    ordering = ("-touched_at",)
    sortable_by = ("touched_ago",)
    list_display = ("short_digest", "size_shown", "touched_ago")
    search_fields = ("digest__startswith",)
    search_help_text = "Digest, from its beginning"
    fieldsets = ((None, {"fields": ("digest", ("size_shown", "touched"), "content_shown")}),)

    short_digest = cell("digest", lambda row: display.code_text(row.digest[:16]))
    size_shown = cell("size", lambda row: size(row.size), ordering="size")
    touched_ago = display.age("last written", "touched_at", ordering="touched_at")
    touched = display.moment("last written", "touched_at")
    content_shown = cell("how it begins", _content)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Blob | None:
        rows: QuerySet[Blob] = self.get_queryset(request).defer("content")
        head = Substr("content", 1, HEAD_BYTES, output_field=BinaryField())
        return rows.annotate(head=head).filter(pk=object_id).first()
