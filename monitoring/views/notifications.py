"""Channels, and every try to send a message through them."""

from http import HTTPStatus

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from common.errors import OrchestrationError
from monitoring.exceptions import ChannelNotFound, InvalidChannel
from monitoring.forms.channels import ChannelForm
from monitoring.models import Channel
from monitoring.selectors.alerts import recent_deliveries
from monitoring.services.channels import delete_channel, obstacle, save_channel
from monitoring.states import NoticeStatus
from monitoring.views import parts
from web.access import page
from web.confirm import Question, ask
from web.quantities import plural

ON_PAGE, MOST_CHANNELS = 25, 100
ASKS = require_http_methods(["GET", "HEAD", "POST"])


@page(parts.READ_NOTICES)
def notifications(request: HttpRequest) -> HttpResponse:
    """Newest tries first, page by page."""
    shown, pager = parts.page_of(request, recent_deliveries(), ON_PAGE, "tries, newest first")
    counts = {
        status: Count("notices", filter=Q(notices__status=status))
        for status in (NoticeStatus.WAITING, NoticeStatus.FAILED)
    }
    channels = list(Channel.objects.annotate(**{str(name): count for name, count in counts.items()})[:MOST_CHANNELS])
    context = {
        "tabs": parts.tabs(request, "alert-messages"),
        "channels": channels,
        "deliveries": shown,
        "pager": pager,
        "sentence": _sentence(channels),
        "can_change": request.user.has_perm(parts.CHANGE_CHANNELS),
    }
    return render(request, "monitoring/notifications.html", context)


def _sentence(channels: list[Channel]) -> str:
    failed = sum(channel.failed for channel in channels)  # type: ignore[attr-defined]  # annotated
    waiting = sum(channel.waiting for channel in channels)  # type: ignore[attr-defined]
    if not channels:
        return "No channel yet: rules write to the log once there is one."
    told = f"Messages go to {plural(len(channels), 'channel', 'channels')}"
    if failed:
        return f"{told}; {plural(failed, 'message was', 'messages were')} given up, the tries below say why."
    return f"{told}; {plural(waiting, 'waits', 'wait')} to be sent." if waiting else f"{told}; all are sent."


@ASKS
@page(parts.CHANGE_CHANNELS)
@parts.missing_is_404
def channel(request: HttpRequest, channel: str = "") -> HttpResponse:
    """A new channel, or another target for one that is there."""
    found = Channel.objects.filter(pk=channel).first()
    if channel and found is None:
        raise ChannelNotFound(f'there is no channel "{channel}"')
    fields = ("name", "kind", "target", "enabled")
    initial = {field: getattr(found, field) for field in fields} if found else {}
    form = ChannelForm(request.POST if request.method == "POST" else None, initial=initial)
    if found:
        form.fields["name"].disabled = True
    question = Question(
        title=f"Change the channel {channel}" if found else "Add a channel",
        text="Rules name the channels they tell. A webhook is signed; docs/monitoring.md says how to check that.",
        action="Save the channel",
        parents=parts.parents("Messages", "alert-messages"),
    )
    if form.is_bound and form.is_valid():
        try:
            saved = save_channel(**form.cleaned_data)
            messages.success(request, f"The channel {saved} is saved.")
            if trouble := obstacle(saved):
                messages.warning(request, f"Messages to {saved} may not arrive: {trouble}.")
            return redirect("alert-messages")
        except OrchestrationError as error:
            form.add_error("target", parts.sentence(str(error)))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return ask(request, question, form, status)


@ASKS
@page("monitoring.delete_channel")
@parts.missing_is_404
def remove_channel(request: HttpRequest, channel: str) -> HttpResponse:
    if not Channel.objects.filter(pk=channel).exists():
        raise ChannelNotFound(f'there is no channel "{channel}"')
    question = Question(
        title=f"Delete the channel {channel}?",
        text="Its messages and tries are deleted too. Rules that name it tell the others.",
        action="Delete the channel",
        parents=parts.parents("Messages", "alert-messages"),
        is_danger=True,
    )
    if request.method != "POST":
        return ask(request, question)
    try:
        delete_channel(name=channel)
        messages.success(request, f"The channel {channel} is deleted.")
    except InvalidChannel as error:
        messages.error(request, parts.sentence(str(error)))
    return redirect("alert-messages")
