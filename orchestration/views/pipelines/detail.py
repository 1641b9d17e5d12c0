"""A pipeline's own page: how it does, its graph, its last runs, what it takes and gives."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from orchestration.definition import Pipeline
from orchestration.selectors import pipeline_pages
from orchestration.selectors.pipeline_list import Runs, runs_of
from orchestration.selectors.pipeline_pages import ShownVersion, Usual
from orchestration.views.pipelines import parts
from orchestration.views.pipelines.listing import strip_bars
from web.access import page
from web.parts import Fact
from web.quantities import duration, plural, quantity


@page(parts.READ)
@parts.missing_is_404
def pipeline(request: HttpRequest, pipeline_id: str) -> HttpResponse:
    """The current version, and how executions of the pipeline go."""
    shown = pipeline_pages.show_version(pipeline_id)
    names = [task.name for task in shown.pipeline.tasks]
    runs = runs_of([pipeline_id]).get(pipeline_id, Runs())
    usual = pipeline_pages.usual_times(pipeline_id, names)
    graph = parts.definition_graph(
        shown.pipeline, request.GET, title=f"Graph of {pipeline_id}", took=usual.tasks if usual.count else None
    )
    context = {
        "pipeline_id": pipeline_id,
        "shown": shown,
        "sentence": _sentence(shown, runs),
        "facts": _facts(shown, runs, usual),
        "settings": _settings(shown.pipeline),
        "tabs": parts.tabs(shown, "overview"),
        "graph": graph,
        "runs": runs,
        "usual": usual,
        "bars": strip_bars(runs.ended),
        "executions": pipeline_pages.recent_executions_of(pipeline_id),
        "inputs": parts.describe_inputs(shown.pipeline),
        "outputs": shown.pipeline.config.output_mapping.items(),
        "sinks": shown.pipeline.graph.sinks,
        **parts.permissions(request),
    }
    return render(request, "orchestration/pipelines/detail.html", context)


def _sentence(shown: ShownVersion, runs: Runs) -> str:
    """How it does, then what runs."""
    if not runs.ended:
        ended = "It has not run yet" if not runs.live else "No run has ended yet"
    elif runs.completed == len(runs.ended):
        ended = "The last run completed" if len(runs.ended) == 1 else f"The last {len(runs.ended)} runs all completed"
    elif runs.is_failing:
        bad = next((at for at, run in enumerate(runs.ended) if run.status == "completed"), len(runs.ended))
        ended = "The last run failed" if bad == 1 else f"The last {bad} runs did not complete"
    else:
        ended = f"{runs.completed} of the last {len(runs.ended)} runs completed"
    live = f"; {plural(runs.live, 'execution is', 'executions are')} under way" if runs.live else ""
    return f"{ended}{live}."


def _facts(shown: ShownVersion, runs: Runs, usual: Usual) -> list[Fact]:
    version = shown.version
    url = reverse("pipeline-version", kwargs={"pipeline_id": version.pipeline_id, "number": version.number})
    facts = [
        Fact("Version", version.number, note=version.label, url=url),
        Fact("Tasks", quantity(version.task_count)),
    ]
    if usual.count:
        facts.append(Fact("Usually takes", duration(usual.median), note=f"median of {usual.count}"))
    if usual.count > 1:
        facts.append(Fact("95 of 100 within", duration(usual.near_longest)))
    if runs.ended:
        facts.append(Fact("Completed", f"{runs.success_percent}\u00a0%", note=f"of the last {len(runs.ended)}"))
    return facts


def _settings(pipeline: Pipeline) -> list[Fact]:
    """Settings that are not as usual."""
    config = pipeline.config
    found = [
        Fact("Whole run within", duration(config.timeout)) if config.timeout else None,
        Fact("Side by side", plural(config.max_parallel, "task", "tasks")) if config.max_parallel else None,
        Fact("Cached for", duration(config.cache_ttl)) if config.cache_ttl else None,
        Fact("Metrics", "off") if not config.enable_monitoring else None,
        *(Fact(key, text) for key, text in config.labels.items()),
    ]
    return [fact for fact in found if fact is not None]
