"""The panel on a registered version's page: what executions said of it."""

from math import log1p

from django.http import HttpRequest
from django.urls import reverse

from orchestration.providers.registered.naming import PREFIX
from orchestration.selectors.model_runs import ModelRuns, runs_of_model
from registry.models import ModelVersion
from registry.names import make_pin
from registry.states import VersionState
from web.charts.states import word
from web.charts.strips import StripBar
from web.panels import Shown
from web.parts import Fact
from web.quantities import duration, money, quantity

STRIP_OF = 40


def show_runs(request: HttpRequest, version: ModelVersion) -> Shown | None:
    """Nothing for a version that is not finished, and for those who may not see executions."""
    if version.state == VersionState.PENDING or not request.user.has_perm("orchestration.view_execution"):
        return None
    runs = runs_of_model(PREFIX + make_pin(version.model.name, version.label, version.digest))
    context = {
        "runs": runs,
        "figures": _figures(runs),
        "bars": _bars(runs),
        "last": runs.asked[0] if runs.asked else None,
        "reference": f"{version.model.name}:{version.label}",
    }
    return Shown("orchestration/model_runs.html", context)


def _figures(runs: ModelRuns) -> list[Fact]:
    number = f"over {quantity(len(runs.asked))}" if runs.is_cut else quantity(len(runs.asked))
    return [
        Fact("Times asked", number),
        Fact("Succeeded", "–" if runs.success_percent is None else f"{runs.success_percent:g}\u00a0%", _failed(runs)),
        Fact("p50", duration(runs.seconds_at(0.5)), "half took at most"),
        Fact("p95", duration(runs.seconds_at(0.95)), "of 100, 95 took at most"),
        Fact("Cost", "–" if runs.cost_microusd is None else money(runs.cost_microusd), _each(runs)),
    ]


def _failed(runs: ModelRuns) -> str:
    return f"{quantity(runs.failed)} failed" if runs.failed else "none failed"


def _each(runs: ModelRuns) -> str:
    return "no price is known" if runs.cost_each is None else f"{money(runs.cost_each)} each"


def _bars(runs: ModelRuns) -> list[StripBar]:
    """The last tries, oldest first; the taller, the longer they took (on a logarithmic scale)."""
    shown = list(reversed(runs.asked[:STRIP_OF]))
    longest = max((one.seconds for one in shown), default=0.0)
    return [
        StripBar(
            status=one.status,
            title=f"{word(one.status).capitalize()}, {duration(one.seconds)}",
            href=reverse("execution", kwargs={"execution_id": one.execution_id}),
            share=log1p(max(0.0, one.seconds)) / log1p(longest) if longest > 0 else 0.0,
        )
        for one in shown
    ]
