"""Channels, the outbox, and every try to send."""

from django.contrib import admin
from django.utils.safestring import SafeString

from monitoring.admin.verbs import DELETE_CHANNEL, SWITCH_CHANNEL
from monitoring.models import Alert, Channel, Delivery, Notice
from web.admin import display
from web.admin.base import RowsAdmin
from web.admin.display import cell
from web.admin.inlines import RowsInline

STATES = {"waiting": "queued", "sent": "completed", "failed": "failed"}


def _status(row: Notice) -> SafeString:
    return display.state(STATES[row.status], row.get_status_display().capitalize())


def _came_of_it(row: Delivery) -> SafeString:
    return display.state("completed", "Sent") if row.succeeded else display.state("failed", "Failed")


@admin.register(Channel)
class ChannelAdmin(RowsAdmin[Channel]):
    """Where messages go; the product's page makes and changes them."""

    verbs = (SWITCH_CHANNEL, DELETE_CHANNEL)
    ordering = ("name",)
    sortable_by = ()
    list_display = ("name", "kind", "target", "enabled", "made")
    search_fields = ("name", "target")
    fieldsets = ((None, {"fields": (("name", "kind"), "target", ("enabled", "made"))}),)

    made = display.age("made", "created_at")


class DeliveryInline(RowsInline[Delivery, Notice]):
    """Its tries."""

    model = Delivery
    ordering = ("pk",)
    fields = readonly_fields = ("came_of_it", "said", "took", "happened")

    came_of_it = cell("came of it", _came_of_it)
    took = cell("took", lambda row: display.seconds(row.seconds))
    happened = display.moment("at", "at")


@admin.register(Notice)
class NoticeAdmin(RowsAdmin[Notice]):
    """Messages to channels."""

    heavy = ("content",)
    inlines = (DeliveryInline,)
    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("alert_shown", "status_shown", "kind", "channel_id", "tries", "written")
    list_filter = ("status", "kind")
    list_select_related = ("alert__rule",)
    search_fields = ("=channel__name", "alert__rule__name")
    fieldsets = (
        (None, {"fields": (("alert_shown", "status_shown"), ("kind", "channel"), "tries", "content_shown")}),
        ("Times (UTC)", {"fields": (("written_at", "sent"), "due")}),
    )

    alert_shown = cell("alert", lambda row: display.change_link(Alert, row.alert_id, row.alert.rule.name))
    status_shown = cell("status", _status)
    content_shown = display.value("content", "content")
    written = display.age("written", "created_at")
    written_at = display.moment("written", "created_at")
    sent = display.moment("sent", "sent_at")
    due = display.moment("next try", "due_at")


@admin.register(Delivery)
class DeliveryAdmin(RowsAdmin[Delivery]):
    """Tries to send."""

    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("notice_shown", "came_of_it", "said", "took", "happened")
    list_filter = ("succeeded",)
    list_select_related = ("notice",)
    search_fields = ("said",)
    fieldsets = ((None, {"fields": (("notice_shown", "came_of_it"), ("took", "exactly"), "said")}),)

    notice_shown = cell("message", lambda row: display.change_link(Notice, row.notice_id, row.notice))
    came_of_it = cell("came of it", _came_of_it)
    took = cell("took", lambda row: display.seconds(row.seconds))
    happened = display.age("when", "at")
    exactly = display.moment("at", "at")
