"""The demonstration's chapter about monitoring: an alert is raised and resolved, and how the system is."""

from typing import Any

from monitoring.models import AlertRule
from monitoring.selectors.alerts import open_alerts, past_alerts
from monitoring.selectors.health import system_health
from monitoring.services.evaluating import evaluate_rules
from monitoring.services.rollups import roll_up
from monitoring.services.rules import add_alert_rule
from monitoring.states import AlertSeverity
from orchestration.definition import Pipeline
from orchestration.engine.store import Origin
from orchestration.services.chapters import Stage, Told
from orchestration.services.executions import execute_pipeline
from orchestration.services.pipelines import register_pipeline
from orchestration.states import TERMINAL_EXECUTION, Trigger

ALERT_TITLE, HEALTH_TITLE = "An alert", "How it is"
RULE_NAME = "Demonstration: orders fail"
# A rule that a wrong order breaks, so that a failure can be made and then outnumbered.
ORDERS = {
    "name": "demo_orders",
    "description": "Checks an order; made by the demonstration, to fail and to succeed on request",
    "tasks": [
        {
            "name": "check_order",
            "type": "validation",
            "parameters": {"value": "{input}", "rules": [{"field": "total", "minimum": 0}]},
        }
    ],
}
SUCCESSES = 4


def tell_alert(stage: Stage) -> Told:
    version = register_pipeline(pipeline=Pipeline(ORDERS))
    rule = AlertRule(
        name=RULE_NAME,
        metric_name="error_rate",
        operator=">",
        threshold=0.5,
        window_seconds=300,
        severity=AlertSeverity.WARNING,
        message_template="{value} of the orders fail",
        runbook="Nothing to do: the demonstration made it fail.",
    )
    saved = add_alert_rule(rule=rule, pipeline_id=version.pipeline_id)
    raised = None
    for _ in range(SUCCESSES * 2):  # more than what succeeded in the last minutes, when it is shown again
        if raised := _after(stage, version.pipeline_id, saved, totals=[-1] * 2):
            break
    fired = raised.message if raised else "no alert was raised"
    for _ in range(SUCCESSES * 4):
        if _after(stage, version.pipeline_id, saved, totals=[10] * SUCCESSES) is None:
            break
    is_over = not open_alerts().filter(rule=saved).exists()
    ended = past_alerts().filter(rule=saved).first()
    sentences = (
        f"Orders were made to fail, and the rule “{RULE_NAME}” raised an alert: {fired}.",
        f"Orders succeeded again, and the alert is {'resolved' if is_over else 'still open'}.",
    )
    details = {"rule": RULE_NAME, "alert": None if ended is None else str(ended.pk)}
    return Told(sentences, raised is not None and is_over and ended is not None, details)


def _after(stage: Stage, pipeline_id: str, rule: AlertRule, *, totals: list[int]) -> Any:
    """The alert that is open once these orders have been checked and counted."""
    keys = [
        execute_pipeline(
            pipeline_id=pipeline_id,
            input_data={"total": total},
            title="an order",
            labels={"demo": "orders"},
            origin=Origin(Trigger.COMMAND),
        ).pk
        for total in totals
    ]
    for key in keys:
        stage.wait(key, TERMINAL_EXECUTION)
    roll_up()
    evaluate_rules()
    return open_alerts().filter(rule=rule, fired_at__isnull=False).first()


def tell_health(stage: Stage) -> Told:
    """Bad health is told, and no fault of the demonstration."""
    health = system_health(fresh=True)
    failing = [check["name"] for check in health["checks"] if check["status"] in ("warning", "problem")]
    amiss = f" Look at: {', '.join(failing)} (manage.py doctor)." if failing else ""
    judged = health.get("executions", {}).get("judged", 0)
    rate = f"{health['overall_success_rate']:.0%} of the {judged} executions of the last 24 hours succeeded."
    return Told((f"Health: {health['status']}. {rate}{amiss}",), True, {"status": health["status"]})
