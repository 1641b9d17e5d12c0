"""Django models of monitoring."""

from monitoring.models.alerts import Alert, AlertRule, AlertTransition, Silence
from monitoring.models.metrics import LifetimeTotal, Rollup, Series, Watermark
from monitoring.models.notices import Channel, Delivery, Notice
from monitoring.models.switch import MonitoringSwitch
from monitoring.models.workers import Canary, WorkerSample

__all__ = [
    "Alert",
    "AlertRule",
    "AlertTransition",
    "Canary",
    "Channel",
    "Delivery",
    "LifetimeTotal",
    "MonitoringSwitch",
    "Notice",
    "Rollup",
    "Series",
    "Silence",
    "Watermark",
    "WorkerSample",
]
