"""Ready-made rules for every kind of alert that the product description names, and for the system underneath.

Thresholds are starting points: `backtest_alert` shows what they would have done here. What to do about each stands in
its `runbook`, and longer in docs/monitoring.md.
"""

from collections.abc import Sequence
from typing import Any

from monitoring.models import AlertRule
from monitoring.states import AlertSeverity, GroupBy

_S, _G = AlertSeverity, GroupBy

_MINUTE, _HOUR = 60, 3600

_TABLE: Sequence[dict[str, Any]] = (
    # Performance
    {
        "name": "Long executions",
        "metric_name": "execution_seconds_p95",
        "threshold": 600.0,
        "resolve_threshold": 480.0,
        "window_seconds": 15 * _MINUTE,
        "for_seconds": 5 * _MINUTE,
        "minimum_samples": 5,
        "group_by": _G.PIPELINE,
        "message_template": "{pipeline}: one in twenty executions takes longer than {value}",
        "runbook": "Look at the pipeline's slowest tasks: queue, model or retries? More workers help only a queue.",
    },
    {
        "name": "An execution does not end",
        "metric_name": "longest_running_seconds",
        "threshold": 6.0 * _HOUR,
        "group_by": _G.PIPELINE,
        "message_template": "{pipeline}: an execution has been running for {value}",
        "runbook": "Open it: what does it wait for? Give the pipeline a `timeout` so that it cannot happen again.",
    },
    {
        "name": "Low throughput",
        "metric_name": "completion_ratio",
        "operator": "<",
        "threshold": 0.5,
        "resolve_threshold": 0.8,
        "window_seconds": 15 * _MINUTE,
        "for_seconds": 5 * _MINUTE,
        "minimum_samples": 20,
        "message_template": "only {value} of what was submitted has ended: work is piling up",
        "runbook": "manage.py doctor: are workers alive, is the queue growing? Start workers, or raise --concurrency.",
    },
    {
        "name": "Work waits too long",
        "metric_name": "queue_age_seconds",
        "threshold": 5.0 * _MINUTE,
        "window_seconds": _MINUTE,
        "for_seconds": 2 * _MINUTE,
        "severity": _S.ERROR,
        "group_by": _G.EACH,
        "message_template": "the oldest task in the queue {detail} has waited for {value}",
        "runbook": "Is a worker listening to this queue, and does it know the task type? manage.py doctor says.",
    },
    # Errors
    {
        "name": "High error rate",
        "metric_name": "error_rate",
        "threshold": 0.1,
        "resolve_threshold": 0.05,
        "window_seconds": 15 * _MINUTE,
        "minimum_samples": 5,
        "severity": _S.ERROR,
        "group_by": _G.PIPELINE,
        "message_template": "{pipeline}: {value} of {samples:d} executions failed",
        "runbook": "The overview groups failures by cause. Rerun from failed once the cause is mended.",
    },
    {
        "name": "Failure pattern",
        "metric_name": "failure_pattern_count",
        "operator": ">=",
        "threshold": 5.0,
        "window_seconds": 15 * _MINUTE,
        "group_by": _G.PATTERN,
        "cooldown_seconds": 30 * _MINUTE,
        "message_template": "{pipeline}: {detail} at {task}, {value} times",
        "runbook": "The code says what helps: `manage.py executions --status failed`, then the hint beside the error.",
    },
    {
        "name": "Many retries",
        "metric_name": "retry_rate",
        "threshold": 0.3,
        "window_seconds": 15 * _MINUTE,
        "minimum_samples": 20,
        "group_by": _G.PIPELINE,
        "severity": _S.INFO,
        "message_template": "{pipeline}: {value} of the attempts are retries",
        "runbook": "Something fails and recovers: see the failure patterns; rate limits want a lower `max_parallel`.",
    },
    # Resources
    {
        "name": "Model unavailable",
        "metric_name": "model_unavailability",
        "threshold": 0.2,
        "resolve_threshold": 0.05,
        "window_seconds": 10 * _MINUTE,
        "minimum_samples": 3,
        "severity": _S.ERROR,
        "group_by": _G.MODEL,
        "message_template": "{model} was unavailable in {value} of {samples:d} attempts",
        "runbook": "Check the service's status, key and limits; route the name elsewhere with MODEL_ROUTES meanwhile.",
    },
    {
        "name": "Cache misses",
        "metric_name": "cache_miss_rate",
        "threshold": 0.9,
        "resolve_threshold": 0.8,
        "window_seconds": _HOUR,
        "minimum_samples": 50,
        "severity": _S.INFO,
        "group_by": _G.PIPELINE,
        "message_template": "{pipeline}: {value} of {samples:d} cache look-ups found nothing",
        "runbook": "Do inputs always differ, is the life too short, the cache too small? manage.py cache_stats tells.",
    },
    # Business
    {
        "name": "Review timeouts",
        "metric_name": "review_timeout_count",
        "operator": ">=",
        "threshold": 1.0,
        "window_seconds": 15 * _MINUTE,
        "cooldown_seconds": _HOUR,
        "severity": _S.ERROR,
        "message_template": "reviews that expired without a decision: {value}",
        "runbook": "Who is away, who has too much? manage.py reviewers; then the escalation policy and its times.",
    },
    {
        "name": "Overdue reviews",
        "metric_name": "overdue_reviews",
        "threshold": 0.0,
        "window_seconds": _MINUTE,
        "for_seconds": 10 * _MINUTE,
        "message_template": "{value} overdue",
        "runbook": "manage.py reviews lists them; assign them to somebody who is there.",
    },
    {
        "name": "SLA violation",
        "metric_name": "sla_budget_burn",
        "threshold": 1.0,
        "window_seconds": _HOUR,
        "minimum_samples": 10,
        "severity": _S.ERROR,
        "group_by": _G.PIPELINE,
        "message_template": "{pipeline}: executions miss the SLA at {value} the rate it allows",
        "runbook": "Late or failed? The performance page tells queue from run time; then workers, or the slow task.",
    },
)


def ready_made_rules() -> list[AlertRule]:
    """The rules, unsaved; `services.rules.install_ready_made` saves those that are missing."""
    return [AlertRule(**columns) for columns in [*_TABLE, *_more]]


_more: list[dict[str, Any]] = []


def register_ready_made(**columns: Any) -> None:
    """Add a rule about a metric that another capability brought."""
    _more.append(columns)
