"""The product description's Quick Start 6, as a plain script; before it, a pipeline to watch."""
# ruff: noqa: INP001, E402  # as its author wrote it

from orchestration import Pipeline, PipelineOrchestrator

orchestrator = PipelineOrchestrator()
parameters = {"categories": ["legal", "technical"]}
task = {"name": "classify", "type": "classification", "model": "local/classify", "parameters": parameters}
orchestrator.register_pipeline(Pipeline({"name": "document_analysis", "tasks": [task]}), "document_analysis")

# Setup custom alert rules
from monitoring import AlertRule, AlertSeverity

alert_rule = AlertRule(
    name="High Error Rate Alert",
    metric_name="error_rate",
    operator=">",
    threshold=0.1,  # 10%
    severity=AlertSeverity.WARNING,
    message_template="Pipeline {pipeline} error rate: {current_value:.2%}",
)

monitor = orchestrator.monitor
monitor.add_alert_rule("document_analysis", alert_rule)

# Get system health
health = monitor.get_system_health()
print(f"System success rate: {health['overall_success_rate']:.2%}")

# Beyond the example: what the rule became.
rules = AlertRule.objects.filter(pipeline="document_analysis")
print([(rule.name, rule.severity, rule.threshold) for rule in rules], monitor.monitoring_active)
