"""An alert that fires, with its rule and a silence, made by the services."""

from datetime import timedelta

from common.clock import database_now
from monitoring.models import Alert, AlertRule, Silence
from monitoring.services.alerts import silence
from monitoring.services.evaluating import evaluate_rules
from monitoring.services.rules import add_alert_rule


def fill_monitoring() -> tuple[Alert, Silence]:
    """Fires at once, because nothing has ended: no executions in the last five minutes."""
    rule = AlertRule(
        name="Nothing happens", metric_name="execution_count", operator="<", threshold=1, severity="warning"
    )
    saved = add_alert_rule(rule=rule)
    evaluate_rules()
    other = add_alert_rule(rule=AlertRule(name="Other", metric_name="error_rate", threshold=0.5))
    hushed = silence(rule=other, reason="maintenance", ends_at=database_now() + timedelta(hours=1), by="mira")
    return Alert.objects.get(rule=saved), hushed
