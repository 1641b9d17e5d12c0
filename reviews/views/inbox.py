"""The inbox: what a reviewer has, may take, and did, the least time to spare first; kept current while it is open."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from reviews import clock
from reviews.exceptions import InvalidReview
from reviews.forms.inbox import InboxFilterForm
from reviews.models import ReviewRequest
from reviews.selectors.inbox import Reach, counts, inbox, verdicts_of
from reviews.selectors.inbox import Tab as InboxTab
from reviews.selectors.requests import count_open_reasons, last_undoable
from reviews.states import ReviewStatus
from reviews.views import words
from reviews.views.who import VIEW, Who, who_looks
from web import live
from web.access import page
from web.paging import Pager
from web.parts import Tab
from web.quantities import plural, quantity

TEMPLATE = "reviews/inbox.html"
TABS = {
    InboxTab.MINE: "Mine",
    InboxTab.UNCLAIMED: "Unclaimed",
    InboxTab.ESCALATED: "Escalated",
    InboxTab.WAITING: "Waiting for information",
    InboxTab.SNOOZED: "Put off",
    InboxTab.DONE: "Done",
}
FOR_LEADS = {InboxTab.ALL: "All open", InboxTab.ENDED: "Ended"}
EMPTY = {
    InboxTab.MINE: ("Nothing is yours", "Start reviewing takes the most pressing review that you may have."),
    InboxTab.UNCLAIMED: ("Nothing is waiting", "A review appears here as soon as an execution needs a person."),
    InboxTab.ESCALATED: ("Nothing is escalated", "What is handed up, or was left too long, appears here."),
    InboxTab.WAITING: ("No question is open", "What a reviewer asked back appears here until it is answered."),
    InboxTab.SNOOZED: ("Nothing is put off", "A review that you put off comes back by itself."),
    InboxTab.DONE: ("Nothing is decided yet", "What you decide stays here, and can be undone while its time runs."),
    InboxTab.ALL: ("No review is open", "A review appears here as soon as an execution needs a person."),
    InboxTab.ENDED: ("No review has ended", "What was decided or closed appears here."),
}


@page(VIEW)
def show_inbox(request: HttpRequest) -> HttpResponse:
    """`tab` and the filters are in the address; without a tab it is what somebody has, or else what they may take."""
    who = who_looks(request)
    reach = Reach.of(who.reviewer)
    found = counts(who.reviewer, reach=reach)
    tab = _tab(request, who, found)
    version = _version(found, tab)

    def answer(template: str) -> HttpResponse:
        return render(request, template, _context(request, who, tab, found, reach) | {"version": version})

    if not getattr(request, "htmx", False):
        return answer(TEMPLATE)
    return live.respond(request, version, False, lambda: answer(f"{TEMPLATE}#live"))


def _tab(request: HttpRequest, who: Who, found: Mapping[str, int]) -> InboxTab:
    default = InboxTab.MINE if who.reviewer and (found["mine"] or not found["unclaimed"]) else InboxTab.UNCLAIMED
    given = request.GET.get("tab", default)
    if given not in TABS and not (given in FOR_LEADS and who.sees_all):
        raise Http404(f"the inbox has no tab {given[:40]!r}")
    return InboxTab(given)


def _version(found: Mapping[str, int], tab: InboxTab) -> str:
    """Changes with every number, and each minute, as the countdowns do."""
    return f"{tab}-{'.'.join(str(number) for number in found.values())}-{int(clock.now().timestamp()) // 60}"


def _context(request: HttpRequest, who: Who, tab: InboxTab, found: Mapping[str, int], reach: Reach) -> dict[str, Any]:
    reasons = [(code, words.reason_label(code)) for code in count_open_reasons()]
    form = InboxFilterForm(request.GET, reasons=reasons, has_people=who.sees_all)
    cursor = request.GET.get("cursor", "")
    try:
        shown = inbox(who.reviewer, tab, form.filters(), cursor=cursor, reach=reach)
    except InvalidReview as error:
        raise Http404(str(error)) from error
    now = clock.now()
    is_ended_tab = tab in (InboxTab.DONE, InboxTab.ENDED)
    verdicts = verdicts_of(shown.rows) if is_ended_tab else {}
    names = TABS | (FOR_LEADS if who.sees_all else {})
    return {
        "who": who,
        "tab": tab,
        "form": form,
        "is_filtered": bool(form.query),
        "counts": found,
        "sentence": _sentence(who, found),
        "tabs": [Tab(label, _address(tab=name), name == tab, _count(name, found)) for name, label in names.items()],
        "rows": [describe_row(row, now, who.actor.reviewer_id, verdicts.get(row.pk)) for row in shown.rows],
        "pager": _pager(tab, form.query, len(shown.rows), cursor, shown.next_cursor),
        "clear_url": _address(tab=tab) if form.query else "",
        "live_address": _address(tab=tab, **form.query, cursor=cursor),
        "empty": EMPTY[tab],
        "is_ended_tab": is_ended_tab,
        "last": last_undoable(who.actor.key, now),
        "has_other_work": bool(found["unclaimed"]) and tab != InboxTab.UNCLAIMED,
    }


def describe_row(review: ReviewRequest, now: Any, me: str | None, verdict: str | None) -> dict[str, Any]:
    """A row of the inbox: the review and its words; `verdict` is what was decided."""
    return {
        "review": review,
        "title": words.title_of(review),
        "due": words.countdown(review.due_at, now) if review.is_open else None,
        "chips": words.reason_chips(review.reasons),
        "status": ReviewStatus(review.status),
        "state": words.STATES[ReviewStatus(review.status)],
        "label": words.DONE[verdict] if verdict else words.state_words(review, me),
    }


def _sentence(who: Who, found: Mapping[str, int]) -> str:
    if who.reviewer is None:
        said = f"{quantity(found['all'])} open, {quantity(found['unclaimed'])} of them unclaimed."
        return said + " You have no reviewer profile: you look on, and may assign." if who.may_route else said
    if not found["mine"] and not found["unclaimed"]:
        return "Nothing waits for you. What needs a decision appears here by itself."
    yours = f"{plural(found['mine'], 'review is', 'reviews are')} yours"
    late = f", {quantity(found['overdue'])} overdue" if found["overdue"] else ""
    more = (
        f"; {plural(found['unclaimed'], 'more waits', 'more wait')} for somebody like you" if found["unclaimed"] else ""
    )
    return f"{yours}{late}{more}."


def _count(name: InboxTab, found: Mapping[str, int]) -> int | None:
    return found["done_today"] if name == InboxTab.DONE else found.get(name)


def _pager(tab: InboxTab, query: Mapping[str, str], number: int, cursor: str, following: str) -> Pager:
    order = "the newest first" if tab in (InboxTab.DONE, InboxTab.ENDED) else "least time to spare first"
    first = _address(tab=tab, **query) if cursor else ""
    after = _address(tab=tab, **query, cursor=following) if following else ""
    return Pager(f"{plural(number, 'review', 'reviews')}, {order}", first, after, "First page", "Next")


def _address(**query: str) -> str:
    said = urlencode({name: text for name, text in query.items() if text})
    return f"{reverse('reviews')}?{said}" if said else reverse("reviews")
