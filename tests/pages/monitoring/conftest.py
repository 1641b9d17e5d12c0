"""A seeded day of work, rolled up, with rules that fire; and people who may look, act and nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from common.clock import database_now
from monitoring.models import Alert, AlertRule
from monitoring.services.evaluating import evaluate_rules
from monitoring.services.rollups import roll_up
from monitoring.services.rules import add_alert_rule
from tests.monitoring.load import Load, Written

WATCHING = ("view_rollup", "view_alert", "view_alertrule", "view_notice")


@pytest.fixture
def day(db: None) -> Written:
    """Thirty executions of two pipelines within the last hour, with failures and costs."""
    load = Load(7, ("invoices", "contracts"), tasks=2)
    written = load.write(30, database_now() - timedelta(minutes=55), timedelta(minutes=50))
    roll_up(budget_seconds=30)
    return written


@pytest.fixture
def firing(day: Written) -> Alert:
    """An alert that fires for everything together, since something failed in the last day."""
    add_alert_rule(
        rule=AlertRule(
            name="Failures",
            metric_name="failure_count",
            threshold=0,
            window_seconds=86_400,
            severity="critical",
            message_template="{current_value:.0f} executions failed",
            runbook="Look at the overview.",
        )
    )
    evaluate_rules()
    return Alert.objects.get()


@pytest.fixture
def watcher(make_client: Callable[..., Client]) -> Client:
    """Reads everything of monitoring, changes nothing."""
    return make_client(*WATCHING, name="watcher")
