"""Contents of the store, which version calls them what, and what checking them found."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from registry.admin.versions import version_link
from registry.models import StoredFile, VerificationRecord, VersionFile
from web.admin import display
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.quantities import duration, plural, size


def _condition(row: StoredFile) -> SafeString:
    if row.damaged_at:
        return display.state("critical", "Damaged")
    return display.state("ok", "Compared") if row.verified_at else display.state("pending", "Not compared yet")


@admin.register(StoredFile)
class StoredFileAdmin(RowsAdmin[StoredFile]):
    """Contents by their SHA-256, each kept once."""

    ordering = ("-stored_at",)
    sortable_by = ()
    list_display = ("short", "bytes_shown", "condition", "stored_ago", "verified_ago")
    list_filter = (("damaged_at", admin.EmptyFieldListFilter),)
    search_fields = ("digest",)
    search_help_text = "SHA-256, or how it begins"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("digest", "bytes_shown"),
                    ("condition", "versions_shown"),
                    ("stored", "touched"),
                    ("verified", "damaged"),
                )
            },
        ),
    )

    short = cell("SHA-256", lambda row: display.code_text(row.digest[:16]))
    bytes_shown = cell("size", lambda row: size(row.size))
    condition = cell("state", _condition)
    stored_ago = display.age("stored", "stored_at")
    verified_ago = display.age("compared", "verified_at")
    stored = display.moment("stored", "stored_at")
    touched = display.moment("last relied on", "touched_at")
    verified = display.moment("last read and compared", "verified_at")
    damaged = display.moment("found damaged", "damaged_at")
    versions_shown = cell(
        "files",
        lambda row: display.link(
            display.list_address(VersionFile, stored__digest__exact=row.pk), plural(row.users, "file", "files")
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoredFile]:
        rows: QuerySet[StoredFile] = super().get_queryset(request).annotate(users=Count("version_files"))
        return rows


@admin.register(VersionFile)
class VersionFileAdmin(RowsAdmin[VersionFile]):
    """Files of versions: a path, and a content."""

    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("path", "of_version", "bytes_shown", "content")
    search_fields = ("version__model__name", "path", "stored__digest")
    search_help_text = "Model, path or SHA-256"
    fieldsets = ((None, {"fields": (("path", "of_version"), ("bytes_shown", "content"))}),)

    of_version = cell("version", version_link)
    bytes_shown = cell("size", lambda row: size(row.stored.size))
    content = cell(
        "content", lambda row: display.change_link(StoredFile, row.stored_id, display.code_text(row.stored_id[:16]))
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[VersionFile]:
        return super().get_queryset(request).select_related("version__model", "stored")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "stored__digest__exact" or super().lookup_allowed(lookup, value, request)


@admin.register(VerificationRecord)
class VerificationRecordAdmin(RowsAdmin[VerificationRecord]):
    """What checks of versions' files found."""

    heavy = ("problems",)
    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("of_version", "found", "trigger", "amount", "took", "checked_ago", "actor")
    list_filter = ("trigger",)
    search_fields = ("version__model__name", "version__label")
    search_help_text = "Model or label"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("of_version", "found"),
                    ("trigger", "actor"),
                    ("amount", "took"),
                    "checked",
                    "problems_shown",
                )
            },
        ),
    )

    of_version = cell("version", version_link)
    found = cell(
        "found", lambda row: display.state("ok", "Intact") if row.is_intact else display.state("critical", "Damaged")
    )
    amount = cell("read", lambda row: f"{plural(row.files_checked, 'file', 'files')}, {size(row.bytes_checked)}")
    took = cell("took", lambda row: duration(row.seconds))
    checked_ago = display.age("when", "at")
    checked = display.moment("when", "at")
    problems_shown = display.value("problems", "problems")

    def get_queryset(self, request: HttpRequest) -> QuerySet[VerificationRecord]:
        return super().get_queryset(request).select_related("version__model")
