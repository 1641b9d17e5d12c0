"""How long things take: distribution, trend, the slowest, and one period against another.

What (`of`), range, pipeline and comparison are in the address.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.clock import database_now
from monitoring.metrics.summary import Summary
from monitoring.selectors.dashboard import Period, group_summaries, slowest_groups, step_summaries
from monitoring.selectors.metrics import distribution
from monitoring.selectors.slowest import SlowExecution, slowest_executions
from monitoring.views import charts, parts
from monitoring.views.parts import Choice, Span
from web.access import page
from web.quantities import duration, length, quantity

OF = {
    "executions": ("Executions", "from start to end", ("pipeline",)),
    "attempts": ("Tasks", "an attempt, from start to end", ("pipeline", "task")),
    "queue": ("Queue", "a task run waiting for a worker", ("pipeline", "task")),
    "execution_wait": ("Wait to start", "from submission to the first task", ("pipeline",)),
}
"""Family → its tab, what is measured, what the slowest are told apart by."""
AGAINST = {"before": "the time before", "week": "a week earlier", "none": "nothing"}
BOUNDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400)
"""Seconds: where a bar of the distribution ends."""
MOST_EXECUTIONS = 10
NOTABLE = 0.05
"""A change of less than so much is no change."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure now and then."""

    label: str
    value: str
    before: str
    change: str
    is_worse: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """A bar of the distribution: shares in per cent of all, and of the longest bar."""

    label: str
    count: int
    share: str
    width: str
    before_share: str
    before_width: str


@dataclass(frozen=True, slots=True)
class SlowRow:
    labels: Sequence[str]
    summary: Summary
    p50: float | None
    p95: float | None
    before: float | None
    change: str
    is_worse: bool


@page(parts.READ)
def performance(request: HttpRequest) -> HttpResponse:
    """Figures of the period against those of another."""
    of = request.GET.get("of", "")
    of = of if of in OF else "executions"
    against = request.GET.get("against", "")
    against = against if against in AGAINST else "before"
    span, pipeline = parts.chosen_span(request), request.GET.get("pipeline", "")[:200].replace("\x00", "")
    period = Period.until(database_now(), span.length, span.step)
    earlier = _earlier(period, against)
    scope = {"pipeline": pipeline} if pipeline else {}
    steps = step_summaries(of, period, scope)
    whole = Summary.merged(steps.values())
    before = distribution(of, start=earlier.start, end=earlier.end, scope=scope) if earlier else None
    context = {
        "tabs": parts.tabs(request, "performance"),
        "ranges": parts.span_choices(request, span),
        "kinds": [Choice(label, parts.query_with(request, of=key), key == of) for key, (label, _, _) in OF.items()],
        "span": span,
        "of": of,
        "what": OF[of][1],
        "by": OF[of][2],
        "against": against,
        "againsts": list(AGAINST.items()),
        "pipeline": pipeline,
        "pipelines": parts.pipeline_names(),
        "sentence": _sentence(whole, before, of, span, against),
        "figures": _figures(whole, before),
        "bins": _bins(whole, before),
        "has_before": bool(before and before.values),
        "trend": charts.durations(f"{OF[of][0]}: {OF[of][1]}", period, steps),
        "slow": _slow(of, period, earlier, pipeline),
        "executions": _executions(request, of, period, pipeline),
        "is_empty": not whole.values,
    }
    return render(request, "monitoring/performance.html", context)


def _earlier(period: Period, against: str) -> Period | None:
    if against == "none":
        return None
    back = timedelta(days=7) if against == "week" else period.end - period.start
    return replace(period, start=period.start - back, end=period.end - back)


def _sentence(whole: Summary, before: Summary | None, of: str, span: Span, against: str) -> str:
    if not whole.values:
        return f"Nothing was measured in {span.words}."
    told = (
        f"Half of {quantity(whole.values)} took no longer than {duration(whole.quantile(0.5))}, "
        f"95 % no longer than {duration(whole.quantile(0.95))}, in {span.words}."
    )
    change, is_worse = _change(whole.quantile(0.95), before.quantile(0.95) if before else None)
    if not change:
        return told
    return f"{told} p95 is {'slower' if is_worse else 'faster'} than {AGAINST[against]} by {change.strip('+−')}."


def _change(now: float | None, before: float | None) -> tuple[str, bool]:
    """`+12 %` and whether that is worse; nothing where it is no change."""
    if not now or not before or abs(now / before - 1) < NOTABLE:
        return "", False
    share = now / before - 1
    shown = f"{abs(share):.0%}".replace("%", "\u00a0%") if abs(share) < 10 else f"{now / before:.0f} times"
    return f"{'+' if share > 0 else '−'}{shown}", share > 0


def _figures(whole: Summary, before: Summary | None) -> list[Compared]:
    def read(one: Summary) -> dict[str, float | None]:
        shares = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
        return {name: one.quantile(share) for name, share in shares.items()} | {
            "Mean": one.mean,
            "Longest": one.maximum,
        }

    now, then = read(whole), read(before) if before else {}
    found = []
    for label, value in now.items():
        change, is_worse = _change(value, then.get(label))
        found.append(Compared(label, duration(value), duration(then.get(label)) if before else "", change, is_worse))
    return found


def _bins(whole: Summary, before: Summary | None) -> list[Bin]:
    """From the first bar that has anything to the last."""
    now, then = _counts(whole), _counts(before) if before else [0] * (len(BOUNDS) + 1)
    used = [index for index, (one, other) in enumerate(zip(now, then, strict=True)) if one or other]
    if not used:
        return []
    all_now, all_then = max(1, sum(now)), max(1, sum(then))
    top = max(max(now) / all_now, max(then) / all_then)
    return [
        Bin(
            _bin_label(index),
            now[index],
            f"{100 * now[index] / all_now:.1f}\u00a0%",
            f"{100 * now[index] / all_now / top:.2f}%",
            f"{100 * then[index] / all_then:.1f}\u00a0%",
            f"{100 * then[index] / all_then / top:.2f}%",
        )
        for index in range(used[0], used[-1] + 1)
    ]


def _counts(summary: Summary) -> list[int]:
    if summary.sketch is None:
        return [0] * (len(BOUNDS) + 1)
    below = summary.sketch.at_most(BOUNDS)
    return [high - low for low, high in zip([0, *below], [*below, summary.sketch.count], strict=True)]


def _bin_label(index: int) -> str:
    if index == len(BOUNDS):
        return f"over {length(BOUNDS[-1])}"
    return f"up to {length(BOUNDS[index])}"


def _slow(of: str, period: Period, earlier: Period | None, pipeline: str) -> list[SlowRow]:
    by = OF[of][2]
    found = slowest_groups(of, period, pipeline, by)
    then = group_summaries(of, earlier, by, [one.labels for one in found]) if earlier else {}
    rows = []
    for one in found:
        p95, before = one.summary.quantile(0.95), then[one.labels].quantile(0.95) if then else None
        change, is_worse = _change(p95, before)
        rows.append(SlowRow(one.labels, one.summary, one.summary.quantile(0.5), p95, before, change, is_worse))
    return rows


def _executions(request: HttpRequest, of: str, period: Period, pipeline: str) -> Sequence[SlowExecution]:
    if of != "executions" or not request.user.has_perm("orchestration.view_execution"):
        return ()
    return slowest_executions(period.start, period.end, pipeline, MOST_EXECUTIONS)
