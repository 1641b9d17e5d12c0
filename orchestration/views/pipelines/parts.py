"""What the pages of one pipeline share: its tabs, its graph, a missing one as 404, its schema of inputs as a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from orchestration.definition import Pipeline, expand_schema
from orchestration.definition.diff import Change
from orchestration.exceptions import PipelineNotFound
from orchestration.selectors.pipeline_pages import ShownVersion
from web.charts import graph as charts
from web.parts import Tab
from web.quantities import duration
from web.schema_form.fields import InputField, input_fields

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
READ = "orchestration.view_registeredpipeline"
REGISTER = "orchestration.add_pipelineversion"
RUN = "orchestration.add_execution"


def missing_is_404(view: View[P]) -> View[P]:
    """The page for a pipeline or version that is not there says which one, and what is near."""

    @wraps(view)
    def found(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except PipelineNotFound as error:
            said = str(error)
            raise Http404(f"{said[:1].upper()}{said[1:]}.") from error

    return cast("View[P]", found)


def permissions(request: HttpRequest) -> dict[str, bool]:
    """What the person may do besides reading."""
    user = request.user
    return {"can_run": user.has_perm(RUN), "can_register": user.has_perm(REGISTER)}


def tabs(shown: ShownVersion, current: str) -> list[Tab]:
    """The pages about one pipeline. Numbers of versions have no gaps, so the newest is how many there are."""
    key = {"pipeline_id": shown.version.pipeline_id}
    definition = reverse("pipeline-version", kwargs={**key, "number": shown.current or shown.newest})
    return [
        Tab("Overview", reverse("pipeline", kwargs=key), current == "overview"),
        Tab("Definition", definition, current == "definition"),
        Tab("Versions", reverse("pipeline-versions", kwargs=key), current == "versions", shown.newest),
    ]


@lru_cache(maxsize=32)
def definition_text(pipeline: Pipeline, written_as: str = "yaml") -> str:
    """A version as text. Kept, since a version never changes and a thousand tasks take a tenth of a second to write."""
    return pipeline.to_json() if written_as == "json" else pipeline.to_yaml()


def definition_graph(
    pipeline: Pipeline,
    query: Mapping[str, str],
    *,
    title: str,
    took: Mapping[str, float] | None = None,
    has_links: bool = True,
) -> charts.Graph:
    """A definition's tasks, each leading to what it needs and what needs it; with what they take when that is known."""
    nodes = [
        charts.Node(
            key=task.name,
            label=task.name,
            detail=task.model or task.type,
            href=f"?{urlencode({'focus': task.name})}" if has_links else "",
            cells=(task.type, task.model or "–", *([duration(took.get(task.name))] if took is not None else ())),
        )
        for task in pipeline.tasks
    ]
    edges = [charts.Edge(parent, task.name) for task in pipeline.tasks for parent in task.dependencies]
    columns = ("Type", "Model", *(["Usually takes"] if took is not None else ()))
    return charts.layout(nodes, edges, title=title, options=charts.Options.read(query), columns=columns)


def difference_graph(
    before: Pipeline, after: Pipeline, changes: Mapping[str, Change], query: Mapping[str, str], *, title: str
) -> charts.Graph:
    """The tasks of both definitions, marked where they differ."""
    kept = {task.name for task in after.tasks}
    tasks = (*after.tasks, *(task for task in before.tasks if task.name not in kept))
    nodes = [
        charts.Node(
            task.name,
            task.name,
            detail=task.model or task.type,
            change=charts.Change(changes.get(task.name, "")),
            cells=(task.type, task.model or "–"),
        )
        for task in tasks
    ]
    edges = list(_changed_edges(before, after))
    options = charts.Options.read(query)
    return charts.layout(nodes, edges, title=title, options=options, columns=("Type", "Model"))


def _changed_edges(before: Pipeline, after: Pipeline) -> Iterator[charts.Edge]:
    old, new = (
        {(parent, task.name): None for task in pipeline.tasks for parent in task.dependencies}
        for pipeline in (before, after)
    )
    for pair in {**new, **old}:
        change = charts.Change.NONE if pair in old and pair in new else "added" if pair in new else "removed"
        yield charts.Edge(*pair, is_taken=pair in new, change=charts.Change(change))


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an execution is given: rows for a table; or, where only JSON Schema can say it, the schema itself."""

    rows: Sequence[InputField]
    schema: Mapping[str, Any] | None


def describe_inputs(pipeline: Pipeline) -> Inputs:
    """`schema` is None when anything is taken."""
    if pipeline.config.inputs is None:
        return Inputs((), None)
    schema = expand_schema(pipeline.config.inputs)
    fields = input_fields(schema)
    return Inputs([inner for field in fields for inner in field.walk()] if fields else (), schema)
