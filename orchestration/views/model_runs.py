"""The panel on a registered version's page: what executions and reviewers said of it."""

from math import log1p

from django.http import HttpRequest
from django.urls import reverse

from orchestration.selectors.model_record import pin_of
from orchestration.selectors.model_runs import (
    LookUps,
    ModelRuns,
    last_runs,
    look_ups_of_model,
    pipelines_of_model,
    runs_of_model,
)
from orchestration.selectors.model_verdicts import WORDS, ModelVerdicts, verdicts_on_model
from registry.figures import Unit, figure_words
from registry.models import ModelVersion
from registry.states import VersionState
from web.charts.states import word
from web.charts.strips import StripBar
from web.panels import Shown
from web.parts import Fact
from web.quantities import duration, money, plural, quantity

STRIP_OF = 40
VERDICTS_SHOWN = 5
CHANGED = ("corrected", "rejected")
"""What there is to learn from."""


def show_runs(request: HttpRequest, version: ModelVersion) -> Shown | None:
    """Nothing for a version that is not finished, and for those who may not see executions."""
    if version.state == VersionState.PENDING or not request.user.has_perm("orchestration.view_execution"):
        return None
    last = last_runs(pin_of(version))
    runs, look_ups, verdicts = runs_of_model(last), look_ups_of_model(last), verdicts_on_model(last)
    changed = [one for one in verdicts.decided if one.word in CHANGED]
    context = {
        "runs": runs,
        "figures": [*_figures(runs), _cache(look_ups)],
        "verdicts": _verdicts(verdicts),
        "changed": changed[:VERDICTS_SHOWN] if request.user.has_perm("reviews.view_reviewrequest") else [],
        "pipelines": pipelines_of_model(last),
        "is_used": bool(runs.asked or look_ups.number or verdicts.decided),
        "bars": _bars(runs),
        "last": runs.asked[0] if runs.asked else None,
        "reference": f"{version.model.name}:{version.label}",
    }
    return Shown("orchestration/model_runs.html", context)


def _figures(runs: ModelRuns) -> list[Fact]:
    number = figure_words(len(runs.asked), Unit.COUNT, is_cut=runs.is_cut)
    return [
        Fact("Times asked", number),
        Fact("Succeeded", figure_words(runs.success_share, Unit.SHARE), _failed(runs) if runs.asked else ""),
        Fact("p50", duration(runs.seconds_at(0.5)), "half took at most"),
        Fact("p95", duration(runs.seconds_at(0.95)), "of 100, 95 took at most"),
        Fact("Cost", "–" if runs.cost_microusd is None else money(runs.cost_microusd), _each(runs)),
    ]


def _cache(look_ups: LookUps) -> Fact:
    if not look_ups.number:
        return Fact("Cache hits", "–", "no task asks the cache")
    share = figure_words(look_ups.hit_share, Unit.SHARE)
    return Fact("Cache hits", quantity(look_ups.hits), f"{share} of {plural(look_ups.number, 'look-up', 'look-ups')}")


def _verdicts(verdicts: ModelVerdicts) -> list[Fact]:
    """`Approved 8, 80 % of 10 reviews` and so on; empty when nobody decided about it."""
    if not verdicts.decided:
        return []
    number = plural(len(verdicts.decided), "review", "reviews")
    shares = {word: figure_words(verdicts.share(word), Unit.SHARE) for word in WORDS.values()}
    return [
        Fact(word.capitalize(), quantity(verdicts.counts[word]), f"{share} of {number}")
        for word, share in shares.items()
    ]


def _failed(runs: ModelRuns) -> str:
    return f"{quantity(runs.failed)} failed" if runs.failed else "none failed"


def _each(runs: ModelRuns) -> str:
    return "no price is known" if runs.cost_each is None else f"{money(round(runs.cost_each))} each"


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
