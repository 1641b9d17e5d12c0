"""`orchestrator.monitor`: monitoring's Python face. Every method calls the verb that pages, REST and commands call.

Methods work with and without a running event loop, like those of `PipelineOrchestrator`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from common.database_thread import in_database_thread
from monitoring.models import AlertRule
from monitoring.selectors import metrics as reading
from monitoring.selectors.backtest import Backtest
from monitoring.selectors.backtest import backtest as replay
from monitoring.selectors.behind import Behind, Touched, alerts_touched, executions_behind
from monitoring.selectors.health import system_health
from monitoring.services import rules, switch
from monitoring.services.alerts import find_alert
from orchestration.selectors.executions import find_execution


class Monitor:
    """Metrics, alert rules and health."""

    @property
    def monitoring_active(self) -> bool:
        """Whether metrics are rolled up and rules evaluated, by every worker of this installation.

        Setting it reaches them within seconds. Raises `MonitoringDisabled` for True when MONITORING_ENABLED is false.
        """
        return in_database_thread(switch.is_active)()

    @monitoring_active.setter
    def monitoring_active(self, active: bool) -> None:
        in_database_thread(switch.set_active)(active=active)

    @in_database_thread
    def add_alert_rule(self, pipeline_id: str | None, rule: AlertRule) -> AlertRule:
        """Watch a pipeline (None: the one the rule names, else all); one of the same pipeline and name is changed.

        Raises `InvalidRule` naming every problem, `PipelineNotFound`.
        """
        return rules.add_alert_rule(rule=rule, pipeline_id=pipeline_id)

    @in_database_thread
    def get_system_health(self) -> dict[str, Any]:
        """`status`, `overall_success_rate` (0…1, of the last 24 hours), `areas`, `checks`. JSON-serialisable."""
        return system_health()

    @in_database_thread
    def metrics(
        self,
        *names: str,
        pipeline_id: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> dict[str, float | None]:
        """Metric → value between two times (default: the last hour); None where there was nothing to measure.

        Without names: those an operator asks first. Raises `UnknownMetric`, `InvalidRange`, `PipelineNotFound`.
        """
        scope = _scope(pipeline_id, labels)
        start, end = reading.period(start, end)
        asked = names or FIRST
        return {name: reading.measure(name, start=start, end=end, scope=scope)[0].value for name in asked}

    @in_database_thread
    def percentiles(
        self,
        pipeline_id: str | None = None,
        *,
        of: str = "executions",
        start: datetime | None = None,
        end: datetime | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> dict[str, float | int | None]:
        """`count min mean p50 p90 p95 p99 max` of durations in seconds (default: the last hour), within 1 %.

        `of`: `executions`, `execution_wait`, `attempts` (tasks), `queue` or `reviews`. Raises `UnknownMetric`,
        `InvalidRange`, `PipelineNotFound`.
        """
        start, end = reading.period(start, end)
        return reading.percentiles(of, start=start, end=end, scope=_scope(pipeline_id, labels))

    @in_database_thread
    def executions_behind(self, alert_id: int, most: int = 10) -> Behind | None:
        """What an alert's metric counted within window and scope: how many executions, and the `worst`.

        None for alerts about workers and the like. Raises `AlertNotFound`.
        """
        return executions_behind(find_alert(alert_id), most)

    @in_database_thread
    def alerts_of(self, execution_id: str | UUID) -> list[Touched]:
        """The alerts whose metric counted an execution, those it made worse first. Raises `ExecutionNotFound`."""
        return alerts_touched(find_execution(execution_id))

    @in_database_thread
    def backtest(self, rule: AlertRule, start: datetime, end: datetime | None = None) -> Backtest:
        """How a rule, saved or not, would have behaved up to now at most. Raises `InvalidRule`, `InvalidRange`."""
        return replay(rule, *reading.period(start, end))


def _scope(pipeline_id: str | None, labels: Mapping[str, str] | None) -> dict[str, str]:
    return dict(labels or {}) | ({} if pipeline_id is None else {"pipeline": pipeline_id})


FIRST = ("execution_count", "success_rate", "error_rate", "throughput", "execution_seconds_p95", "queue_seconds_p95")
