"""The admin's pages of monitoring's models; actions go through the services."""

from monitoring.admin import alerts, metrics, notices
from monitoring.models import (
    Alert,
    AlertRule,
    AlertTransition,
    Canary,
    Channel,
    Delivery,
    LifetimeTotal,
    MonitoringSwitch,
    Notice,
    Rollup,
    Series,
    Silence,
    Watermark,
    WorkerSample,
)
from orchestration.admin.theme import add_group, add_page

add_page("Monitoring", "monitoring", "monitoring", "monitoring.view_rollup")
add_group(
    "Alerts",
    (
        ("Alerts", "notifications_active", Alert),
        ("Rules", "rule", AlertRule),
        ("Silences", "notifications_off", Silence),
        ("History", "timeline", AlertTransition),
        ("Channels", "campaign", Channel),
        ("Messages", "outgoing_mail", Notice),
        ("Tries", "send", Delivery),
    ),
)
add_group(
    "Metrics",
    (
        ("Roll-ups", "query_stats", Rollup),
        ("Label sets", "label", Series),
        ("Totals", "functions", LifetimeTotal),
        ("Watermarks", "water_drop", Watermark),
        ("Worker samples", "memory", WorkerSample),
        ("Canaries", "flutter_dash", Canary),
        ("Switch", "toggle_on", MonitoringSwitch),
    ),
)

__all__ = ["alerts", "metrics", "notices"]
