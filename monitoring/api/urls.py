"""Addresses under `/api/v1/`. Without a slash at the end."""

from typing import Any

from django.urls import path

from common.rest import addresses  # noqa: F401  # <text:…>
from monitoring.api.alerts import AlertExecutionViewSet, AlertViewSet, ExecutionAlertViewSet, SilenceViewSet
from monitoring.api.health import HealthViewSet
from monitoring.api.metrics import MetricViewSet
from monitoring.api.rules import RuleViewSet

LIST: dict[str, Any] = {"get": "list", "post": "create"}
RULE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
ALERT = "alerts/<int:alert_id>"

urlpatterns = [
    path("metrics", MetricViewSet.as_view({"get": "catalogue"}), name="metric-list"),
    path("metrics/<text:metric>", MetricViewSet.as_view({"get": "query"}), name="metric-query"),
    path("percentiles", MetricViewSet.as_view({"get": "percentiles"}), name="metric-percentiles"),
    path("alert-rules", RuleViewSet.as_view(LIST), name="alert-rule-list"),
    path("alert-rules/backtest", RuleViewSet.as_view({"post": "backtest"}), name="alert-rule-backtest"),
    path("alert-rules/<int:rule_id>", RuleViewSet.as_view(RULE), name="alert-rule-detail"),
    path(
        "alert-rules/<int:rule_id>/backtest",
        RuleViewSet.as_view({"post": "backtest_saved"}),
        name="alert-rule-saved-backtest",
    ),
    path("alerts", AlertViewSet.as_view({"get": "list"}), name="alert-list"),
    path(ALERT, AlertViewSet.as_view({"get": "retrieve"}), name="alert-detail"),
    path(f"{ALERT}/executions", AlertExecutionViewSet.as_view({"get": "list"}), name="alert-executions"),
    path(
        "executions/<text:execution_id>/alerts",
        ExecutionAlertViewSet.as_view({"get": "list"}),
        name="execution-alerts",
    ),
    path(f"{ALERT}/acknowledge", AlertViewSet.as_view({"post": "acknowledge"}), name="alert-acknowledge"),
    path(f"{ALERT}/resolve", AlertViewSet.as_view({"post": "resolve"}), name="alert-resolve"),
    path(f"{ALERT}/silence", AlertViewSet.as_view({"post": "silence"}), name="alert-silence"),
    path("silences", SilenceViewSet.as_view(LIST), name="silence-list"),
    path("silences/<int:silence_id>", SilenceViewSet.as_view({"delete": "destroy"}), name="silence-detail"),
    path("health", HealthViewSet.as_view({"get": "retrieve"}), name="system-health"),
]
