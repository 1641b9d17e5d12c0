"""What monitoring has to say on the pages of lower apps: alerts on the overview and on an execution's page."""

from typing import Any

from django.http import HttpRequest

from common.clock import database_now
from monitoring.metrics.summary import Summary
from monitoring.selectors.behind import alerts_touched
from monitoring.selectors.dashboard import Period, step_sums
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
    context = {"alerts": alerts, "cost": cost, "range": chosen}
    return Shown("monitoring/overview_panel.html", context, needs_somebody=bool(alerts and alerts.total))


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
    """The alerts whose metric counted it while they were bad; nothing where there are none."""
    if not request.user.has_perm(parts.READ_ALERTS):
        return None
    touched = alerts_touched(execution, ON_EXECUTION)
    if not touched:
        return None
    context: dict[str, Any] = {"rows": [(as_row(request, one.alert), one.is_bad) for one in touched]}
    return Shown("monitoring/execution_panel.html", context)
