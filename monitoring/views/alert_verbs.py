"""What people do about alerts and silences: each asks first, then calls the service that REST and the commands call."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from common.clock import database_now
from common.errors import OrchestrationError
from monitoring.exceptions import InvalidSilence, SilenceNotFound
from monitoring.forms.alerts import MaintenanceForm, NoteForm, SilenceForm
from monitoring.models import Alert, Silence
from monitoring.services import alerts as verbs
from monitoring.services.resolving import resolve_alert
from monitoring.services.rules import find_rule
from monitoring.views import parts
from web.access import page
from web.confirm import Question, ask
from web.quantities import clock

ASKS = require_http_methods(["GET", "HEAD", "POST"])


@ASKS
@page(parts.CHANGE_ALERTS)
@parts.missing_is_404
def acknowledge(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Take an alert: the others see who looks after it."""
    alert, form = verbs.find_alert(alert_id), NoteForm(_sent(request))
    question = Question(
        title="Take this alert?",
        text=f"{alert.message or alert.rule.name}. Others see that you have taken it; a message tells of its end.",
        action="Take it",
        parents=(*parts.parents("Alerts", "alerts"), (str(alert.pk), _address(alert))),
    )
    if not (form.is_bound and form.is_valid()):
        return ask(request, question, form, _status(form))
    by, note = request.user.get_username(), form.cleaned_data["note"]
    return _do(
        request, alert, lambda: verbs.acknowledge_alert(alert_id=alert_id, by=by, note=note), "You have taken it."
    )


@ASKS
@page(parts.CHANGE_ALERTS)
@parts.missing_is_404
def resolve(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Say that an incident is over."""
    alert, form = verbs.find_alert(alert_id), NoteForm(_sent(request))
    question = Question(
        title="Resolve this alert?",
        text=f"{alert.message or alert.rule.name}. Everybody who was notified hears that it is over.",
        action="Resolve",
        parents=(*parts.parents("Alerts", "alerts"), (str(alert.pk), _address(alert))),
        details=("If the condition still holds at the next evaluation, a new alert begins.",),
    )
    if not (form.is_bound and form.is_valid()):
        return ask(request, question, form, _status(form))
    by, note = request.user.get_username(), form.cleaned_data["note"]
    return _do(request, alert, lambda: resolve_alert(alert_id=alert_id, by=by, reason=note), "The alert is resolved.")


@ASKS
@page(parts.ADD_SILENCE)
@parts.missing_is_404
def silence_alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Tell nobody of this alert's group for a while."""
    alert, form = verbs.find_alert(alert_id), SilenceForm(_sent(request))
    question = Question(
        title="Silence this alert?",
        text=f"{alert.message or alert.rule.name}. It is still evaluated; nobody is notified until the silence ends.",
        action="Silence it",
        parents=(*parts.parents("Alerts", "alerts"), (str(alert.pk), _address(alert))),
    )
    if not (form.is_bound and form.is_valid()):
        return ask(request, question, form, _status(form))
    return _silence(request, form, question, alert=alert)


@ASKS
@page(parts.ADD_SILENCE)
@parts.missing_is_404
def silence(request: HttpRequest) -> HttpResponse:
    """Tell nobody of a rule, a pipeline or both for a while; `?rule=` and `?pipeline=` propose one."""
    initial = {name: request.GET.get(name, "") for name in ("rule", "pipeline")}
    form = MaintenanceForm(_sent(request), initial=initial)
    question = Question(
        title="Silence for maintenance",
        text="Rules are still evaluated; nobody is notified until the silence ends.",
        action="Silence",
        parents=parts.parents("Alerts", "alerts"),
    )
    if not (form.is_bound and form.is_valid()):
        return ask(request, question, form, _status(form))
    rule = find_rule(int(form.cleaned_data["rule"])) if form.cleaned_data["rule"] else None
    return _silence(request, form, question, rule=rule, pipeline_id=form.cleaned_data["pipeline"])


@ASKS
@page(parts.CHANGE_SILENCE)
@parts.missing_is_404
def end_silence(request: HttpRequest, silence_id: int) -> HttpResponse:
    """Let messages go out again."""
    found = Silence.objects.filter(pk=silence_id).first()
    if found is None:
        raise SilenceNotFound(f"there is no silence {silence_id}")
    question = Question(
        title="End this silence?",
        text=f"“{found.reason}”. Whatever still fires is announced at the next evaluation.",
        action="End the silence",
        parents=parts.parents("Alerts", "alerts"),
    )
    if request.method != "POST":
        return ask(request, question)
    try:
        verbs.end_silence(silence_id=silence_id)
        messages.success(request, "The silence has ended.")
    except SilenceNotFound:
        messages.info(request, "That silence had already ended.")
    return redirect("alerts")


def _silence(request: HttpRequest, form: SilenceForm, question: Question, **about: object) -> HttpResponse:
    asked, now = form.cleaned_data, database_now()
    ends_at = now + timedelta(seconds=asked["length"])
    try:
        verbs.silence(reason=asked["reason"], starts_at=now, ends_at=ends_at, by=request.user.get_username(), **about)  # type: ignore[arg-type]  # checked by the callers
    except InvalidSilence as error:
        form.add_error("length", parts.sentence(str(error)))
        return ask(request, question, form, _status(form))
    messages.success(request, f"Silenced until {clock(ends_at, now)} UTC, from the next evaluation on.")
    return redirect(question.back_url)


def _do(request: HttpRequest, alert: Alert, verb: Callable[[], object], done: str) -> HttpResponse:
    """Somebody or something may have been quicker: the message says how it stands."""
    try:
        verb()
        messages.success(request, done)
    except OrchestrationError as error:
        messages.error(request, parts.sentence(str(error)))
    return redirect(_address(alert))


def _address(alert: Alert) -> str:
    return reverse("alert", kwargs={"alert_id": alert.pk})


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _status(form: Form) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
