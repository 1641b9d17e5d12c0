"""News for the reviewer who is signed in, newest first."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from reviews.selectors.people import notifications
from reviews.services.notifications import mark_read
from reviews.views.who import VIEW, who_looks
from web.access import page
from web.paging import Pager
from web.quantities import plural

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@page(VIEW)
def show_notifications(request: HttpRequest) -> HttpResponse:
    """POST marks all as read, or the one whose `id` is sent."""
    reviewer = who_looks(request).reviewer
    if reviewer is None:
        return render(request, "reviews/notifications.html", {"reviewer": None})
    if request.method == "POST":
        key = _number(request.POST.get("id", ""))
        number = mark_read(reviewer=reviewer, notification_id=key)
        messages.success(request, f"{plural(number, 'notification', 'notifications')} marked as read.")
        return redirect("review-notifications")
    before = _number(request.GET.get("before", ""))
    found = notifications(reviewer, before=before, most=PAGE_SIZE)
    shown = found[:PAGE_SIZE]
    unread = sum(one.read_at is None for one in shown)
    here = reverse("review-notifications")
    older = f"{here}?before={shown[-1].pk}" if len(found) > PAGE_SIZE else ""
    pager = Pager(plural(len(shown), "notification", "notifications"), here if before else "", older, "Newest", "Older")
    context = {"reviewer": reviewer, "rows": shown, "unread": unread, "pager": pager}
    return render(request, "reviews/notifications.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
