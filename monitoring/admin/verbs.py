"""What can be done with alerts, rules, silences, channels and the switch."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest

from common.clock import database_now
from monitoring.forms.alerts import NoteForm, SilenceForm
from monitoring.models import Alert, AlertRule, Channel, Silence
from monitoring.services import alerts, rules, switch
from monitoring.services.channels import LOG, delete_channel, save_channel
from monitoring.services.resolving import resolve_alert
from monitoring.states import ALERT_MOVES, AlertStatus
from web.admin.verbs import TableVerb, Verb


def _acknowledge(request: HttpRequest, row: Alert, answers: dict[str, Any]) -> None:
    alerts.acknowledge_alert(alert_id=row.pk, by=request.user.get_username(), note=answers["note"])


def _not_acknowledged(row: Alert) -> str | None:
    if AlertStatus.ACKNOWLEDGED in ALERT_MOVES[AlertStatus(row.status)]:
        return None
    return f"it is {row.status}"


def _resolve(request: HttpRequest, row: Alert, answers: dict[str, Any]) -> None:
    resolve_alert(alert_id=row.pk, by=request.user.get_username(), reason=answers["note"])


def _is_over(row: Alert) -> str | None:
    return None if row.is_open else "it is over"


def _until(answers: dict[str, Any]) -> Any:
    return database_now() + timedelta(seconds=answers["length"])


def _silence_alert(request: HttpRequest, row: Alert, answers: dict[str, Any]) -> None:
    by = request.user.get_username()
    alerts.silence(alert=row, reason=answers["reason"], ends_at=_until(answers), by=by)


def _silence_rule(request: HttpRequest, row: AlertRule, answers: dict[str, Any]) -> None:
    by = request.user.get_username()
    alerts.silence(rule=row, reason=answers["reason"], ends_at=_until(answers), by=by)


def _end_silence(request: HttpRequest, row: Silence, answers: dict[str, Any]) -> None:
    alerts.end_silence(silence_id=row.pk)


def _has_ended(row: Silence) -> str | None:
    return None if row.ends_at > database_now() else "it has ended"


def _switch(request: HttpRequest, row: AlertRule, answers: dict[str, Any]) -> None:
    rules.set_rule_enabled(rule_id=row.pk, enabled=not row.enabled)


def _delete_rule(request: HttpRequest, row: AlertRule, answers: dict[str, Any]) -> None:
    rules.delete_rule(rule_id=row.pk)


def _switch_channel(request: HttpRequest, row: Channel, answers: dict[str, Any]) -> None:
    save_channel(name=row.name, kind=row.kind, target=row.target, enabled=not row.enabled)


def _delete_channel(request: HttpRequest, row: Channel, answers: dict[str, Any]) -> None:
    delete_channel(name=row.name)


def _is_log(row: Channel) -> str | None:
    return "the log is always there" if row.name == LOG else None


class ActiveForm(forms.Form):
    """Whether monitoring works from now on."""

    active = forms.BooleanField(required=False, label="Roll up, look and evaluate")


def _switched(answers: dict[str, Any]) -> str:
    return "Monitoring goes on." if answers["active"] else "Monitoring is paused."


def _switch_monitoring(answers: dict[str, Any]) -> str:
    switch.set_active(active=answers["active"])
    return _switched(answers)


ACKNOWLEDGE = Verb(
    name="acknowledge",
    label="Acknowledge",
    did="acknowledged",
    permission="monitoring.change_alert",
    explanation="The others see that you look after it; it tells of its end.",
    perform=_acknowledge,
    obstacle=_not_acknowledged,
    form=NoteForm,
    icon="pan_tool",
)
RESOLVE = Verb(
    name="resolve",
    label="End",
    did="ended",
    permission="monitoring.change_alert",
    explanation="Who was told hears of its end. Should it still be so at the next evaluation, a new alert begins.",
    perform=_resolve,
    obstacle=_is_over,
    form=NoteForm,
    icon="done_all",
)
SILENCE_ALERT = Verb(
    name="silence",
    label="Silence",
    did="silenced",
    permission="monitoring.add_silence",
    explanation="It is watched on; nobody is told until the silence ends.",
    perform=_silence_alert,
    obstacle=_is_over,
    form=SilenceForm,
    icon="notifications_off",
)
SILENCE_RULE = Verb(
    name="silence",
    label="Silence",
    did="silenced",
    permission="monitoring.add_silence",
    explanation="It is evaluated on; nobody is told until the silence ends.",
    perform=_silence_rule,
    form=SilenceForm,
    icon="notifications_off",
)
END_SILENCE = Verb(
    name="end",
    label="End",
    did="ended",
    permission="monitoring.change_silence",
    explanation="What still fires is told from the next evaluation on.",
    perform=_end_silence,
    obstacle=_has_ended,
    icon="notifications",
)
SWITCH_RULE = Verb(
    name="switch",
    label="Switch on or off",
    did="switched",
    permission="monitoring.change_alertrule",
    explanation="A rule that is on is switched off, and what is open of it ends; one that is off is switched on.",
    perform=_switch,
    icon="toggle_on",
)
DELETE_RULE = Verb(
    name="delete",
    label="Delete",
    did="deleted",
    permission="monitoring.delete_alertrule",
    explanation="Its alerts and what was told of them are deleted too.",
    perform=_delete_rule,
    icon="delete",
    is_harmful=True,
    deletes=True,
)
SWITCH_CHANNEL = Verb(
    name="switch",
    label="Switch on or off",
    did="switched",
    permission="monitoring.change_channel",
    explanation="A channel that is off is told nothing new.",
    perform=_switch_channel,
    icon="toggle_on",
)
DELETE_CHANNEL = Verb(
    name="delete",
    label="Delete",
    did="deleted",
    permission="monitoring.delete_channel",
    explanation="Its messages and tries are deleted too. Rules that name it tell the others.",
    perform=_delete_channel,
    obstacle=_is_log,
    icon="delete",
    is_harmful=True,
    deletes=True,
)
SWITCH_MONITORING = TableVerb(
    name="switch",
    label="Pause or go on",
    permission="monitoring.change_monitoringswitch",
    preview=lambda answers: (
        f"{_switched(answers)} This is for every process of the installation; what happens while it is paused is "
        "rolled up afterwards, all but gauges."
    ),
    perform=_switch_monitoring,
    form=ActiveForm,
    icon="toggle_on",
    is_harmful=False,
)
