"""Addresses of monitoring's pages."""

from django.urls import path

import common.rest.addresses  # noqa: F401  # <text:…>
from monitoring.views import alert_verbs, alerts, dashboard, health, notifications, performance, rules

_ALERT, _RULE = "monitoring/alerts/<int:alert_id>/", "monitoring/rules/<int:rule_id>/"
_CHANNEL = "monitoring/messages/channels/<text:channel>/"

urlpatterns = [
    path("monitoring/", dashboard.dashboard, name="monitoring"),
    path("monitoring/performance/", performance.performance, name="performance"),
    path("monitoring/alerts/", alerts.alerts, name="alerts"),
    path(_ALERT, alerts.alert, name="alert"),
    path(f"{_ALERT}acknowledge/", alert_verbs.acknowledge, name="acknowledge-alert"),
    path(f"{_ALERT}resolve/", alert_verbs.resolve, name="resolve-alert"),
    path(f"{_ALERT}silence/", alert_verbs.silence_alert, name="silence-alert"),
    path("monitoring/silences/new/", alert_verbs.silence, name="silence"),
    path("monitoring/silences/<int:silence_id>/end/", alert_verbs.end_silence, name="end-silence"),
    path("monitoring/rules/", rules.rules, name="alert-rules"),
    path("monitoring/rules/new/", rules.new_rule, name="new-alert-rule"),
    path("monitoring/rules/ready-made/", rules.install_ready_made, name="ready-made-rules"),
    path(_RULE, rules.rule, name="alert-rule"),
    path(f"{_RULE}delete/", rules.delete_rule, name="delete-alert-rule"),
    path(f"{_RULE}switch/", rules.switch_rule, name="switch-alert-rule"),
    path("monitoring/health/", health.health, name="health"),
    path("monitoring/workers/", health.workers, name="monitoring-workers"),
    path("monitoring/messages/", notifications.notifications, name="alert-messages"),
    path("monitoring/messages/channels/new/", notifications.channel, name="new-channel"),
    path(_CHANNEL, notifications.channel, name="channel"),
    path(f"{_CHANNEL}delete/", notifications.remove_channel, name="delete-channel"),
]
