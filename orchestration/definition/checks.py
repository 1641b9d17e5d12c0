"""Every check of a definition's form and meaning, in one pass over a plain value.

A broken part never hides the mistakes of another: names and dependencies are read from the plain value (`readable`).
What placeholders and paths refer to is checked in `reference_checks`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from common.short_schema import SchemaError, expand_schema
from common.wording import show
from orchestration.definition.config import PipelineConfig, TaskConfig
from orchestration.definition.graph import describe_cycle
from orchestration.definition.limits import MAX_TASKS
from orchestration.definition.problems import Report, said_of
from orchestration.definition.readable import Readable, ReadableTask
from orchestration.definition.reference_checks import ReferenceChecker
from orchestration.definition.review import ONLY_FOR
from orchestration.definition.structure import check_model
from orchestration.definition.task_types import BUILT_IN, TaskTypeSpec
from orchestration.definition.templates import OUTPUT_SUFFIX, has_references


class Checker:
    """One check of one value."""

    def __init__(self, value: Any, task_types: Mapping[str, TaskTypeSpec], report: Report) -> None:
        self.value = value
        self.readable = Readable(value)
        self.references = ReferenceChecker(self.readable, report)
        self.task_types = task_types
        self.report = report

    def check(self) -> PipelineConfig | None:
        """The config when there are no errors; the report has them otherwise, and the warnings in any case."""
        if not isinstance(self.value, dict):
            self.report.add("wrong_type", f"a definition must be a mapping with name and tasks, not {show(self.value)}")
            return None
        config = self._check_form()
        self._check_names()
        self._check_dependencies()
        for task in self.readable.tasks:
            self._check_type(task)
            self.references.check_references(task)
            self._check_cache(task)
            self._check_timeout(task)
        self._check_schemas()
        self.references.check_globals()
        return None if self.report.has_errors else config

    def _check_form(self) -> PipelineConfig | None:
        header = {key: value for key, value in self.value.items() if key != "tasks"}
        if isinstance(version := header.get("version"), (int, float)) and not isinstance(version, bool):
            message = 'version is a number; write it in quotes, such as version: "1.10", so that no zero is lost'
            self.report.add("version_not_text", message, ("version",))
            del header["version"]
        config = check_model(PipelineConfig, header, self.report, (), kind="pipeline")
        tasks = [self._check_task_form(index, task) for index, task in enumerate(self._listed_tasks())]
        if not isinstance(config, PipelineConfig):
            return None
        return config.model_copy(update={"tasks": tuple(task for task in tasks if task is not None)})

    def _listed_tasks(self) -> Sequence[Any]:
        if "tasks" not in self.value:
            self.report.add("missing_key", 'the key "tasks" is missing', ("tasks",))
            return ()
        found = self.value["tasks"]
        if not isinstance(found, list):
            message = f'tasks must be a list, not {show(found)}; begin each task with "- name:"'
            self.report.add("wrong_type", message, ("tasks",))
            return ()
        if not 1 <= len(found) <= MAX_TASKS:
            message = f"a pipeline has 1 to {MAX_TASKS:,} tasks, not {len(found):,}"
            self.report.add("invalid_length", message, ("tasks",))
        return found[:MAX_TASKS]

    def _check_task_form(self, index: int, task: Any) -> TaskConfig | None:
        found = check_model(TaskConfig, task, self.report, ("tasks", index), kind="task")
        return found if isinstance(found, TaskConfig) else None

    def _check_names(self) -> None:
        folded: dict[str, ReadableTask] = {}
        for task in self.readable.tasks:
            if task.name is None:
                continue
            path = (*task.path, "name")
            base = task.name.removesuffix(OUTPUT_SUFFIX)
            if (first := self.readable.by_name[task.name]).index != task.index:
                self.report.add("duplicate_name", f"the name is taken by tasks[{first.index}]; choose another", path)
            elif base != task.name and base in self.readable.by_name:
                message = f'"{base}" is a task too, and its result is called {base}{OUTPUT_SUFFIX}; choose another name'
                self.report.add("ambiguous_name", message, path)
            elif (other := folded.setdefault(task.name.casefold(), task)).index != task.index:
                message = f'the name differs from tasks[{other.index}] "{other.name}" only by upper and lower case'
                self.report.warn("similar_name", message, path)

    def _check_dependencies(self) -> None:
        known = self.readable.by_name
        for task in self.readable.tasks:
            seen: set[str] = set()
            for at, name in task.dependencies:
                path = (*task.path, "dependencies", at)
                if name in seen:
                    self.report.add("duplicate_dependency", f'the dependency "{name}" is given twice', path)
                elif name == task.name:
                    self.report.add("self_dependency", "a task cannot depend on itself", path)
                elif name not in known:
                    base = name.removesuffix(OUTPUT_SUFFIX)
                    near = base if base in known else self.report.closest(base, known)
                    self.report.add("unknown_dependency", f'unknown dependency "{name}"', path, suggestion=near)
                seen.add(name)
        for cycle in self.readable.graph.cycles:
            task = known[cycle[0]]
            at = next(at for at, name in task.dependencies if name == cycle[1 % len(cycle)])
            self.report.add("dependency_cycle", describe_cycle(cycle), (*task.path, "dependencies", at))

    def _check_type(self, task: ReadableTask) -> None:
        kind = task.value.get("type")
        if not isinstance(kind, str) or not kind:
            return
        spec = self.task_types.get(kind)
        if spec is None:
            near = self.report.closest(kind, self.task_types)
            hint = "" if near else "; register it with register_task_handler, or use " + ", ".join(self.task_types)
            message = f'unknown task type "{kind}"{hint}'
            self.report.add("unknown_task_type", message, (*task.path, "type"), suggestion=near)
            return
        self._check_model_name(task, spec)
        self._check_review(task, kind)
        if kind == "custom":
            self._check_handler(task)
        parameters = task.value.get("parameters", {})
        if spec.parameters is not None and isinstance(parameters, dict):
            path = (*task.path, "parameters")
            check_model(spec.parameters, parameters, self.report, path, kind="parameters", templated=True)
        if lacking := spec.lacks(task.value):
            path = (*task.path, "parameters", lacking)
            message = f'the key "parameters.{lacking}" is missing: {spec.default_model} needs it'
            self.report.add("missing_key", message, path)

    def _check_model_name(self, task: ReadableTask, spec: TaskTypeSpec) -> None:
        model = task.value.get("model")
        need = spec.model_need(task.value.get("parameters"))
        if need == "required" and model is None:
            which, example = (f" with {spec.model_for}", "gpt-4") if spec.model_for else ("", "local/summarize")
            message = f'a {spec.name} task{which} needs a model, such as model: "{example}"'
            self.report.add("missing_model", message, (*task.path, "model"))
        elif need == "none" and model is not None:
            without = f" without {spec.model_for}" if spec.model_for else ""
            message = f"a {spec.name} task{without} uses no model; this one is ignored"
            self.report.warn("unused_model", message, (*task.path, "model"))

    def _check_handler(self, task: ReadableTask) -> None:
        """Only a warning for a name nobody registered here: the workers may have it."""
        parameters, path = task.value.get("parameters", {}), (*task.path, "parameters", "handler")
        if not isinstance(parameters, dict):
            return
        handler = parameters.get("handler")
        if handler is None or handler == "":
            message = 'the key "parameters.handler" is missing: name the handler to run, such as handler: my_handler'
            self.report.add("missing_key", message, path)
        elif not isinstance(handler, str):
            self.report.add("wrong_type", f"parameters.handler must be text, not {show(handler)}", path)
        elif handler in BUILT_IN:
            message = f'parameters.handler: "{handler}" is a task type of its own; write type: {handler}'
            self.report.add("invalid_value", message, path)
        elif handler not in self.task_types and not has_references(handler):
            near = self.report.closest(handler, self.task_types.keys() - BUILT_IN.keys(), "warning")
            hint = "" if near else "; register it with @task_handler in a module named in TASK_HANDLER_MODULES"
            message = f'no handler "{handler}" is known here{hint}'
            self.report.warn("unknown_handler", message, path, suggestion=near)

    def _check_review(self, task: ReadableTask, kind: str) -> None:
        review, path = task.value.get("review"), (*task.path, "review")
        if not isinstance(review, dict):
            return
        if kind == "human_review":
            self.report.add("review_of_review", "a human_review is a person's decision already; remove review", path)
        for condition in review.keys() & ONLY_FOR.keys():
            if kind in BUILT_IN and kind not in ONLY_FOR[condition]:
                types = " and ".join(sorted(ONLY_FOR[condition]))
                message = f"{condition} is about the results of {types}; a {kind} has nothing of the kind"
                self.report.warn("idle_condition", message, (*path, condition))

    def _check_cache(self, task: ReadableTask) -> None:
        cache, path = task.value.get("cache"), (*task.path, "cache")
        if not isinstance(cache, dict):
            return
        if task.value.get("cache_enabled") is not True:
            self.report.warn("idle_cache", "cache has no effect without cache_enabled: true", path)
        ignored = cache.get("ignore")
        for at, text in enumerate(ignored if isinstance(ignored, list) else ()):
            if isinstance(text, str):
                self.references.check_ignored(task, text, (*path, "ignore", at))

    def _check_timeout(self, task: ReadableTask) -> None:
        own, whole = task.value.get("timeout"), self.value.get("timeout")
        if isinstance(own, (int, float)) and isinstance(whole, (int, float)) and own > whole > 0:
            message = f"timeout {own:g} is longer than the pipeline's own of {whole:g} seconds"
            self.report.warn("long_timeout", message, (*task.path, "timeout"))

    def _check_schemas(self) -> None:
        for key in ("inputs", "outputs"):
            schema = self.value.get(key)
            if not isinstance(schema, dict):
                continue
            try:
                expand_schema(schema)
            except SchemaError as error:
                for path, message in error.problems:
                    self.report.add("invalid_schema", said_of((key, *path), message), (key, *path))
