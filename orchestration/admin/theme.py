"""What unfold asks of the product: the side bar, the style sheet, the icon, which theme, which environment.

`config/settings.py` names these functions in UNFOLD; colours are there too.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django_celery_results.models import GroupResult, TaskResult
from knox.models import AuthToken

from orchestration.models import (
    Blob,
    CacheChange,
    CacheCount,
    CacheEntry,
    CacheTag,
    Execution,
    ExecutionEvent,
    PipelineVersion,
    RegisteredPipeline,
    TaskAttempt,
    TaskRun,
    TickerLease,
    Worker,
)
from registry.models import (
    Alias,
    HostedPrice,
    ModelVersion,
    PointerMove,
    RegisteredModel,
    StoredFile,
    VerificationRecord,
    VersionFile,
)
from reviews.models import (
    Absence,
    AuditCheckpoint,
    Draft,
    EscalationPolicy,
    EscalationPolicyVersion,
    EscalationStep,
    InformationRequest,
    Notice,
    NoticeDelivery,
    Notification,
    ReviewAssignment,
    ReviewDecision,
    ReviewerProfile,
    ReviewerSpecialization,
    ReviewEvent,
    ReviewExclusion,
    ReviewRequest,
    WebhookEndpoint,
)
from web import preferences

# Title, icon (Material Symbols, which unfold brings), name of the address, permission.
PAGES = (
    ("Overview", "dashboard", "overview", "orchestration.view_execution"),
    ("Executions", "list_alt", "executions", "orchestration.view_execution"),
    ("Pipelines", "account_tree", "pipelines", "orchestration.view_registeredpipeline"),
    ("Registry", "deployed_code", "models", "registry.view_registeredmodel"),
    ("Result cache", "bolt", "cache", "orchestration.view_cacheentry"),
    ("Inbox", "inbox", "reviews", "reviews.view_reviewrequest"),
)
GROUPS: tuple[tuple[str, tuple[tuple[str, str, type[Model]], ...]], ...] = (
    (
        "Work",
        (
            ("Executions", "play_circle", Execution),
            ("Task runs", "task", TaskRun),
            ("Attempts", "replay", TaskAttempt),
            ("Events", "history", ExecutionEvent),
        ),
    ),
    (
        "Definitions",
        (("Pipelines", "account_tree", RegisteredPipeline), ("Versions", "difference", PipelineVersion)),
    ),
    (
        "Registry",
        (
            ("Models", "deployed_code", RegisteredModel),
            ("Model versions", "deployed_code_history", ModelVersion),
            ("Aliases", "label", Alias),
            ("Moves", "move_up", PointerMove),
            ("Prices", "payments", HostedPrice),
            ("Files", "draft", VersionFile),
            ("Contents", "inventory_2", StoredFile),
            ("Checks", "verified", VerificationRecord),
        ),
    ),
    (
        "Reviews",
        (
            ("Reviews", "inbox", ReviewRequest),
            ("Decisions", "gavel", ReviewDecision),
            ("Assignments", "assignment_ind", ReviewAssignment),
            ("Exclusions", "block", ReviewExclusion),
            ("Questions", "help", InformationRequest),
            ("Drafts", "edit_note", Draft),
            ("Reviewers", "group", ReviewerProfile),
            ("Specializations", "school", ReviewerSpecialization),
            ("Absences", "event_busy", Absence),
            ("Policies", "timer", EscalationPolicy),
            ("Policy versions", "history", EscalationPolicyVersion),
            ("Policy steps", "steps", EscalationStep),
            ("Webhooks", "webhook", WebhookEndpoint),
            ("Messages", "outgoing_mail", Notice),
            ("Message tries", "replay", NoticeDelivery),
            ("Notifications", "notifications", Notification),
            ("History", "verified_user", ReviewEvent),
            ("Checkpoints", "flag", AuditCheckpoint),
        ),
    ),
    (
        "Engine",
        (("Workers", "memory", Worker), ("Ticker", "timer", TickerLease), ("Large values", "database", Blob)),
    ),
    (
        "Result cache",
        (
            ("Entries", "cached", CacheEntry),
            ("Tags", "sell", CacheTag),
            ("Counts", "bar_chart", CacheCount),
            ("Optimiser", "tune", CacheChange),
        ),
    ),
    ("Access", (("Users", "person", User), ("Groups", "group", Group), ("Tokens", "key", AuthToken))),
    ("Celery", (("Task results", "fact_check", TaskResult), ("Group results", "stacks", GroupResult))),
)


Lists = tuple[tuple[str, str, type[Model]], ...]
_more_pages: list[tuple[str, str, str, str]] = []
_more_groups: list[tuple[str, Lists]] = []


def add_page(title: str, icon: str, name: str, permission: str) -> None:
    """A page of an upper app, for the first group of the side bar."""
    _more_pages.append((title, icon, name, permission))


def add_group(title: str, lists: Lists) -> None:
    """The lists of an upper app."""
    _more_groups.append((title, lists))


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar: the way back to the product's pages, then every list the user may see."""
    groups = [("Product", list(_pages(request)))]
    groups += [(title, list(_lists(request, lists))) for title, lists in (*GROUPS, *_more_groups)]
    return [{"title": title, "separator": title != "Product", "items": items} for title, items in groups if items]


def _pages(request: HttpRequest) -> Iterator[dict[str, Any]]:
    for title, icon, name, permission in (*PAGES, *_more_pages):
        if request.user.has_perm(permission):
            yield {"title": title, "icon": icon, "link": reverse(name), "active": False}


def _lists(request: HttpRequest, lists: tuple[tuple[str, str, type[Model]], ...]) -> Iterator[dict[str, Any]]:
    for title, icon, model in lists:
        opts = model._meta
        if admin.site.get_model_admin(model).has_view_or_change_permission(request):
            address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
            yield {"title": title, "icon": icon, "link": address}


def style(request: HttpRequest) -> str:
    return static("css/admin.css")


def icon(request: HttpRequest) -> str:
    return static("favicon.svg")


def chosen_theme(request: HttpRequest) -> str | None:
    """The theme chosen on the product's pages; None leaves the choice to the admin's own switch."""
    theme = preferences.read(request).theme
    return None if theme == "system" else theme


def environment(request: HttpRequest) -> tuple[str, str] | None:
    """The environment's name, as the product's pages show it."""
    return (settings.ENVIRONMENT_NAME, "info") if settings.ENVIRONMENT_NAME else None
