"""Which pipelines name a registered model in their current definitions."""

from collections.abc import Mapping, Sequence
from threading import Lock

from django.urls import reverse

from orchestration.models import PipelineVersion, RegisteredPipeline
from registry.names import parse_reference
from registry.usage import Use
from web.quantities import plural

MOST_PIPELINES = 5_000
BATCH = 500
# Digest of a definition → its tasks with the models they name. A definition never changes, so neither does this.
_named: dict[str, tuple[tuple[str, str], ...]] = {}
_MOST_KEPT = 20_000
_lock = Lock()


def pipelines_naming(model_names: Sequence[str]) -> Mapping[str, Sequence[Use]]:
    """Model name → pipelines whose current version names it, by id. One query, one more for definitions that are new.

    Looks at the `MOST_PIPELINES` pipelines that changed last.
    """
    wanted, found = set(model_names), dict[str, list[Use]]()
    current = RegisteredPipeline.objects.filter(current_version__isnull=False).order_by("-updated_at")
    rows = list(current.values_list("pk", "current_version_id", "current_version__digest")[:MOST_PIPELINES])
    named = _read({digest: version_id for _, version_id, digest in rows})
    for pipeline_id, _, digest in sorted(rows):
        by_model: dict[str, list[tuple[str, str]]] = {}
        for task, reference in named.get(digest, ()):
            parsed = parse_reference(reference)
            if parsed is not None and parsed.name in wanted:
                by_model.setdefault(parsed.name, []).append((task, reference))
        for name, tasks in by_model.items():
            found.setdefault(name, []).append(_use(pipeline_id, tasks))
    return found


def _use(pipeline_id: str, tasks: Sequence[tuple[str, str]]) -> Use:
    first, more = tasks[0][0], len(tasks) - 1
    detail = f"in {first}" + (f" and {plural(more, 'other task', 'other tasks')}" if more else "")
    url = reverse("pipeline", kwargs={"pipeline_id": pipeline_id})
    return Use(pipeline_id, url, ", ".join(dict.fromkeys(reference for _, reference in tasks)), detail)


def _read(versions: Mapping[str, int | None]) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """What the definitions with these digests name; only those that this process has not read are fetched."""
    missing = [key for digest, key in versions.items() if digest not in _named and key is not None]
    new: dict[str, tuple[tuple[str, str], ...]] = {}
    for start in range(0, len(missing), BATCH):
        rows = PipelineVersion.objects.filter(pk__in=missing[start : start + BATCH])
        new |= {digest: _models_of(definition) for digest, definition in rows.values_list("digest", "definition")}
    with _lock:
        if len(_named) > _MOST_KEPT:
            _named.clear()
        _named.update(new)
        return {digest: _named.get(digest, ()) for digest in versions}


def _models_of(definition: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    tasks = definition.get("tasks")
    listed = tasks if isinstance(tasks, list) else []
    return tuple((str(task["name"]), str(task["model"])) for task in listed if task.get("model"))
