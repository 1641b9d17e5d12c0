"""The `monitoring` app."""

from django.apps import AppConfig


class MonitoringAppConfig(AppConfig):
    name = "monitoring"
