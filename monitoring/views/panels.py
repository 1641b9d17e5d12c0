"""What monitoring has to say on the pages of lower apps: alerts on the overview and on an execution's page."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from common.clock import database_now
from monitoring.metrics.summary import Summary
from monitoring.models import Alert
from monitoring.selectors.dashboard import Period, step_sums
from monitoring.states import ACTIVE_ALERT
from monitoring.views import parts
from monitoring.views.alert_rows import as_row, open_rows
from orchestration.models import Execution
from web.panels import Shown
from web.quantities import money, plural

ON_OVERVIEW, ON_EXECUTION = 3, 5


def overview_panel(request: HttpRequest, chosen: str) -> Shown | None:
    """The worst open alerts, and what the time chosen cost; nothing where there is neither."""
    may_read, may_see_alerts = request.user.has_perm(parts.READ), request.user.has_perm(parts.READ_ALERTS)
    alerts = open_rows(request, ON_OVERVIEW) if may_see_alerts else None
    cost = _cost(chosen) if may_read else ""
    if not cost and not (alerts and alerts.total):
        return None
    return Shown("monitoring/overview_panel.html", {"alerts": alerts, "cost": cost, "range": chosen})


def _cost(chosen: str) -> str:
    """`$4.20 for 1 204 attempts with hosted models`; empty without any."""
    span = parts.SPANS.get(chosen, parts.SPANS[parts.DEFAULT_SPAN])
    found = step_sums(["cost"], Period.until(database_now(), span.length, span.step))["cost"]
    whole = Summary.merged(found.values())
    if not whole.count:
        return ""
    told = f"{money(round(whole.total))} for {plural(whole.count, 'attempt', 'attempts')} in {span.words}"
    return f"{told}; {plural(whole.error, 'has', 'have')} an unknown price" if whole.error else told


def execution_panel(request: HttpRequest, execution: Execution) -> Shown | None:
    """Alerts about its pipeline that were open while it lived; about everything only what is open still."""
    if not request.user.has_perm(parts.READ_ALERTS):
        return None
    end = execution.finished_at or database_now()
    mine = Q(labels__pipeline=execution.pipeline_id) | Q(rule__pipeline_id=execution.pipeline_id)
    lived = Q(started_at__lte=end) & (Q(resolved_at=None) | Q(resolved_at__gte=execution.created_at))
    rows = Alert.objects.filter(mine & lived, Q(fired_at__isnull=False) | Q(status__in=ACTIVE_ALERT))
    found = list(rows.select_related("rule").order_by("-started_at")[:ON_EXECUTION])
    if not found:
        return None
    context: dict[str, Any] = {"rows": [as_row(request, alert) for alert in found]}
    return Shown("monitoring/execution_panel.html", context)
