"""News: webhooks (the one thing here that is edited), the outbox with every try, and what reviewers see."""

from typing import Any

from django import forms
from django.contrib import admin

from reviews.admin.requests import review_link
from reviews.exceptions import InvalidReview
from reviews.models import Notice, NoticeDelivery, Notification, WebhookEndpoint
from reviews.notices.webhooks import check_address, is_secret
from web.admin import display
from web.admin.base import OurAdmin, RowsAdmin
from web.admin.display import cell
from web.admin.inlines import RowsInline


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none when it runs
    """The secret is written, never shown."""

    url = forms.URLField(max_length=500, assume_scheme="https")
    secret = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Signs what is sent; the receiver has the same. Left empty, the one that there is stays.",
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("name", "url", "secret", "events", "is_active")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        found["secret"] = found.get("secret") or self.instance.secret
        if not found["secret"]:
            self.add_error("secret", "A webhook needs a secret.")
        elif not is_secret(found["secret"]):
            self.add_error("secret", "What follows whsec_ has to be base64; any other text is taken as it is.")
        events = found.get("events")
        if events is not None and not (isinstance(events, list) and all(isinstance(one, str) for one in events)):
            self.add_error("events", 'Give a list of kinds, such as ["review.decided"]; [] is all of them.')
        return found

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            return check_address(url)
        except InvalidReview as error:
            raise forms.ValidationError(str(error)) from error


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(OurAdmin[WebhookEndpoint]):
    """Where news of reviews is posted. Whoever may change these can make the server call an address."""

    form = WebhookForm
    fields = ("name", "url", "secret", "events", "is_active")
    list_display = ("name", "url", "is_active", "created_at")
    list_filter = ("is_active",)


class DeliveryInline(RowsInline[NoticeDelivery, Notice]):
    model = NoticeDelivery
    verbose_name_plural = "tries"
    ordering = ("attempt",)
    fields = readonly_fields = ("attempt", "at", "seconds", "is_success", "response")


@admin.register(Notice)
class NoticeAdmin(RowsAdmin[Notice]):
    """Messages, sent or to be sent."""

    heavy = ("body",)
    inlines = (DeliveryInline,)
    ordering = ("-id",)
    sortable_by = ()
    list_display = ("address", "channel", "kind", "status", "attempts", "of_review", "written", "sent")
    list_filter = ("status", "channel", "kind")
    search_fields = ("address__exact",)
    fields = (
        "channel",
        "address",
        "kind",
        "status",
        "attempts",
        "of_review",
        "subject",
        "body",
        "written",
        "due",
        "sent",
    )

    of_review = cell("review", lambda row: review_link(row) if row.review_id else display.NONE)
    written = display.moment("written", "created_at")
    due = display.moment("next try", "due_at")
    sent = display.moment("sent", "sent_at")


@admin.register(NoticeDelivery)
class NoticeDeliveryAdmin(RowsAdmin[NoticeDelivery]):
    """Single tries to send."""

    ordering = ("-id",)
    sortable_by = ()
    list_display = ("of_notice", "attempt", "when", "seconds", "is_success", "response")
    list_filter = ("is_success",)
    fields = ("of_notice", "attempt", "when", "seconds", "is_success", "response")

    of_notice = cell("notice", lambda row: display.change_link(Notice, row.notice_id, str(row.notice_id)[-8:]))
    when = display.moment("when", "at")


@admin.register(Notification)
class NotificationAdmin(RowsAdmin[Notification]):
    """What reviewers see in the pages."""

    ordering = ("-id",)
    sortable_by = ()
    list_display = ("text", "reviewer_id", "kind", "of_review", "written", "read")
    list_filter = ("kind", "reviewer")
    fields = ("text", "reviewer_id", "kind", "of_review", "written", "read")

    of_review = cell("review", review_link)
    written = display.moment("written", "created_at")
    read = display.moment("read", "read_at")
