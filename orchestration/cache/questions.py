"""A task as a question to the cache: whether it may be asked, and what its key is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from orchestration.cache.analytics import Subject
from orchestration.cache.code_version import code_version
from orchestration.cache.keys import CacheKey, make_key, spread, without
from orchestration.definition import TaskConfig
from orchestration.definition.caching import PARAMETERS
from orchestration.definition.paths import parse_path
from orchestration.engine.scope import SUFFIX
from orchestration.handlers.base import TaskContext
from orchestration.handlers.catalog import BUILT_IN
from orchestration.providers.hosted import endpoints


@dataclass(frozen=True, slots=True)
class Question:
    """A task as far as its result depends on it."""

    task: TaskConfig
    """Placeholders filled in."""
    written: TaskConfig
    """As in the definition."""
    input_data: Mapping[str, Any]
    context: TaskContext
    default_ttl: float | None
    """The pipeline's `cache_ttl`."""

    @property
    def subject(self) -> Subject:
        """Whose look-up it is, for the counts."""
        return Subject(self.context.pipeline_name, self.context.task_name, self.context.model)


class Why(NamedTuple):
    """Why something was not found, or not asked: words to count by, and a sentence for people."""

    code: str
    sentence: str


def reason_against(question: Question) -> Why | None:
    """Why the task is not to be cached, though `cache_enabled` is true."""
    temperature = question.task.parameters.get("temperature")
    if question.task.cache.sampled or not isinstance(temperature, int | float) or temperature <= 0:
        return None
    return Why(
        f"temperature is {temperature:g}, without cache: {{sampled: true}}",
        f"temperature is {temperature:g}: chance has a part in the result; "
        "with cache: {sampled: true} it is kept all the same",
    )


def key_of(question: Question) -> CacheKey:
    """Raises `NotCacheable`, naming the part that has no canonical form."""
    task, cache = question.task, question.task.cache
    parts: dict[str, Any] = {
        "type": task.type,
        "code": code_version(task.type, task.parameters.get("handler")),
        "model": _model_part(question.context.model),
    }
    if task.type not in BUILT_IN or task.type == "custom":  # code of a user's may look at these
        parts["task"] = [question.context.pipeline_name, task.name, task.description, dict(task.labels)]
    if cache.key is not None:
        parts["key"] = cache.key
        parts |= spread(PARAMETERS, _without(question.written.parameters, PARAMETERS, cache.ignore))
        return make_key(parts)
    parts |= spread(PARAMETERS, _without(task.parameters, PARAMETERS, cache.ignore))
    outputs = [name + SUFFIX for name in task.dependencies]
    for root in outputs:
        parts |= spread(root, _without(question.input_data.get(root), root, cache.ignore))
    given = {name: value for name, value in question.input_data.items() if name not in outputs}
    return make_key(parts | spread("input", _without(given, "input", cache.ignore)))


def _model_part(model: str) -> list[Any]:
    """The pinned model, and for hosted ones who is asked: the same name elsewhere is another model."""
    service = endpoints.find_service(model)
    endpoint = endpoints.find_endpoint(service.name) if service else None
    return [model, endpoint.url if endpoint else "", endpoint.structured_output if endpoint else ""]


def _without(value: Any, root: str, ignored: tuple[str, ...]) -> Any:
    for path in ignored:
        first, *steps = parse_path(path)
        if first == root:
            value = without(value, [str(step) for step in steps])
    return value
