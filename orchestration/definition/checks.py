"""Every check of a definition's form and meaning, in one pass over a plain value.

A broken part never hides the mistakes of another: names and dependencies are read from the plain value, so that a
task with a bad timeout still counts as a task.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from common.wording import Path, quoted, show
from orchestration.definition.caching import PARAMETERS
from orchestration.definition.config import PipelineConfig, TaskConfig
from orchestration.definition.graph import Graph, describe_cycle
from orchestration.definition.json_schema import SchemaError, expand_schema
from orchestration.definition.limits import MAX_TASKS
from orchestration.definition.paths import PathError, Steps, follow, parse_path, write_path
from orchestration.definition.problems import Report, said_of
from orchestration.definition.review import ONLY_FOR
from orchestration.definition.structure import check_model
from orchestration.definition.task_types import BUILT_IN, TaskTypeSpec
from orchestration.definition.templates import (
    FIXED_ROOTS,
    MAP_ROOTS,
    OUTPUT_SUFFIX,
    Reference,
    near_misses,
    references,
)


@dataclass(frozen=True, slots=True)
class _Task:
    """A task as far as it can be read. `value` is its mapping."""

    index: int
    name: str | None
    value: Mapping[str, Any]

    @property
    def path(self) -> Path:
        return ("tasks", self.index)

    @property
    def dependencies(self) -> list[tuple[int, str]]:
        """(index, name) of those that are text."""
        found = self.value.get("dependencies")
        return [(at, name) for at, name in enumerate(found) if isinstance(name, str)] if isinstance(found, list) else []


class Checker:
    """One check of one value."""

    def __init__(self, value: Any, task_types: Mapping[str, TaskTypeSpec], report: Report) -> None:
        self.value = value
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
        for task in self.tasks:
            self._check_type(task)
            self._check_references(task)
            self._check_cache(task)
            self._check_timeout(task)
        self._check_schemas()
        self._check_globals()
        return None if self.report.has_errors else config

    # What can be read of the definition, whatever else is wrong with it.

    @cached_property
    def tasks(self) -> list[_Task]:
        found = self.value.get("tasks")
        return [
            _Task(index, name if isinstance(name := task.get("name"), str) else None, task)
            for index, task in enumerate(found if isinstance(found, list) else ())
            if isinstance(task, dict)
        ]

    @cached_property
    def by_name(self) -> dict[str, _Task]:
        """The first task of each name."""
        found: dict[str, _Task] = {}
        for task in self.tasks:
            if task.name is not None:
                found.setdefault(task.name, task)
        return found

    @cached_property
    def graph(self) -> Graph:
        parents = {
            name: [parent for _, parent in task.dependencies if parent in self.by_name and parent != name]
            for name, task in self.by_name.items()
        }
        return Graph(parents)

    @cached_property
    def globals(self) -> Mapping[str, Any]:
        found = self.value.get("global_parameters")
        return (
            {key: value for key, value in found.items() if key != "output_mapping"} if isinstance(found, dict) else {}
        )

    @cached_property
    def inputs(self) -> Any:
        """The expanded schema of the input; None when there is none that can be used."""
        found = self.value.get("inputs")
        try:
            return None if found is None else expand_schema(found)
        except SchemaError:
            return None

    # The checks.

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
        folded: dict[str, _Task] = {}
        for task in self.tasks:
            if task.name is None:
                continue
            path = (*task.path, "name")
            base = task.name.removesuffix(OUTPUT_SUFFIX)
            if (first := self.by_name[task.name]).index != task.index:
                self.report.add("duplicate_name", f"the name is taken by tasks[{first.index}]; choose another", path)
            elif base != task.name and base in self.by_name:
                message = f'"{base}" is a task too, and its result is called {base}{OUTPUT_SUFFIX}; choose another name'
                self.report.add("ambiguous_name", message, path)
            elif (other := folded.setdefault(task.name.casefold(), task)).index != task.index:
                message = f'the name differs from tasks[{other.index}] "{other.name}" only by upper and lower case'
                self.report.warn("similar_name", message, path)

    def _check_dependencies(self) -> None:
        for task in self.tasks:
            seen: set[str] = set()
            for at, name in task.dependencies:
                path = (*task.path, "dependencies", at)
                if name in seen:
                    self.report.add("duplicate_dependency", f'the dependency "{name}" is given twice', path)
                elif name == task.name:
                    self.report.add("self_dependency", "a task cannot depend on itself", path)
                elif name not in self.by_name:
                    near = self.report.closest(name.removesuffix(OUTPUT_SUFFIX), self.by_name)
                    near = (
                        name.removesuffix(OUTPUT_SUFFIX) if name.removesuffix(OUTPUT_SUFFIX) in self.by_name else near
                    )
                    self.report.add("unknown_dependency", f'unknown dependency "{name}"', path, suggestion=near)
                seen.add(name)
        for cycle in self.graph.cycles:
            task = self.by_name[cycle[0]]
            at = next(at for at, name in task.dependencies if name == cycle[1 % len(cycle)])
            self.report.add("dependency_cycle", describe_cycle(cycle), (*task.path, "dependencies", at))

    def _check_type(self, task: _Task) -> None:
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
        parameters = task.value.get("parameters", {})
        if spec.parameters is not None and isinstance(parameters, dict):
            path = (*task.path, "parameters")
            check_model(spec.parameters, parameters, self.report, path, kind="parameters", templated=True)
        if lacking := spec.lacks(task.value):
            path = (*task.path, "parameters", lacking)
            message = f'the key "parameters.{lacking}" is missing: {spec.default_model} needs it'
            self.report.add("missing_key", message, path)

    def _check_model_name(self, task: _Task, spec: TaskTypeSpec) -> None:
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

    def _check_review(self, task: _Task, kind: str) -> None:
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

    def _check_cache(self, task: _Task) -> None:
        cache, path = task.value.get("cache"), (*task.path, "cache")
        if not isinstance(cache, dict):
            return
        if task.value.get("cache_enabled") is not True:
            self.report.warn("idle_cache", "cache has no effect without cache_enabled: true", path)
        ignored = cache.get("ignore")
        for at, text in enumerate(ignored if isinstance(ignored, list) else ()):
            if isinstance(text, str):
                self._check_ignored(task, text, (*path, "ignore", at))

    def _check_ignored(self, task: _Task, text: str, path: Path) -> None:
        """What does not matter must be something that the key could be made of."""
        roots = [PARAMETERS, "input", *(name + OUTPUT_SUFFIX for _, name in task.dependencies)]
        try:
            root, *_ = parse_path(text)
        except ValueError as error:
            self.report.add("bad_reference", said_of(path, str(error)), path)
            return
        if root not in roots:
            near = self.report.closest(str(root), roots)
            message = f'the key is not made of "{root}"; it is made of {", ".join(roots)}'
            self.report.add("unknown_reference", said_of(path, message), path, suggestion=near)

    def _check_references(self, task: _Task) -> None:
        cache = task.value.get("cache")
        templates = {name: cache.get(name) for name in ("key", "tags")} if isinstance(cache, dict) else {}
        for path, text in (
            *_texts(task.value.get("parameters"), (*task.path, "parameters")),
            *_texts(templates, (*task.path, "cache")),
        ):
            for reference in references(text):
                fault = self._reference_fault(reference, task)
                if fault is not None:
                    code, message, near = fault
                    said = said_of(path, f"{{{reference.text}}}: {message}")
                    self.report.add(code, said, path, suggestion=near)
            for found, root in near_misses(text):
                self._warn_near_miss(found, root, path)

    def _reference_fault(self, reference: Reference, task: _Task) -> tuple[str, str, str | None] | None:
        """(code, message, suggestion) of what is wrong with a placeholder."""
        if reference.fault is not None:
            return "bad_reference", reference.fault, None
        if reference.root in MAP_ROOTS:
            return "reserved_key", f'"{reference.root}" belongs to map, which comes with a later version', None
        if reference.root == "input":
            return self._input_fault(reference.path)
        if reference.root == "global":
            return None if reference.has_default else self._global_fault(reference.path)
        if reference.task not in self.by_name:
            return self._unknown_root(reference)
        if task.name == reference.task:
            return "not_upstream", "a task cannot use its own result", None
        if task.name in self.by_name and not self.graph.is_upstream(reference.task, task.name):
            return (
                "not_upstream",
                f'"{reference.task}" need not be completed before this task; add it to dependencies',
                None,
            )
        return None

    def _unknown_root(self, reference: Reference) -> tuple[str, str, str | None]:
        near = reference.root + OUTPUT_SUFFIX if reference.root in self.by_name else None
        near = near or self.report.closest(reference.root, self._roots())
        known = "known are input, global and <task>_output; for plain text double the braces"
        return "unknown_reference", f'there is no "{reference.root}" ({known})', near

    def _roots(self) -> Iterator[str]:
        yield from FIXED_ROOTS - MAP_ROOTS
        yield from (name + OUTPUT_SUFFIX for name in self.by_name)

    def _global_fault(self, path: Steps) -> tuple[str, str, str | None] | None:
        try:
            follow(self.globals, path, "global")
        except PathError as error:
            near = self.report.closest(str(path[0]), self.globals) if path[0] not in self.globals else None
            return "unknown_global", f"{error} (of global_parameters)", near
        return None

    def _input_fault(self, path: Steps) -> tuple[str, str, str | None] | None:
        """Whether the pipeline's own input schema rules a path out. Only what it plainly forbids counts."""
        schema, where = self.inputs, "input"
        for step in path:
            fields = schema.get("properties") if isinstance(schema, dict) else None
            if not isinstance(fields, dict) or not isinstance(step, str) or "patternProperties" in schema:
                return None
            if step not in fields:
                if schema.get("additionalProperties") is not False:
                    return None
                message = f'the inputs schema allows no "{step}" in {where}; it has: {", ".join(fields)}'
                return "unknown_input", message, self.report.closest(step, fields)
            schema, where = fields[step], write_path(where, (step,))
        return None

    def _warn_near_miss(self, found: str, root: str, path: Path) -> None:
        near = self._meant_root(found, root)
        if near is not None:
            message = f"{quoted(found)} is not a placeholder and stays as it is"
            self.report.warn("not_a_placeholder", said_of(path, message), path, suggestion=f"{{{near}…}}")

    def _meant_root(self, found: str, root: str) -> str | None:
        """The root that `{ input.x }`, `{draft}` or `{inputs}` may have meant; None for other text in braces."""
        base = root.removesuffix(OUTPUT_SUFFIX)
        if root in FIXED_ROOTS or (base != root and base in self.by_name):
            return root
        if found != f"{{{root}}}":
            return None
        return root + OUTPUT_SUFFIX if root in self.by_name else self.report.closest(root, self._roots(), "warning")

    def _check_timeout(self, task: _Task) -> None:
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

    def _check_globals(self) -> None:
        found = self.value.get("global_parameters")
        mapping = found.get("output_mapping") if isinstance(found, dict) else None
        if mapping is not None and not isinstance(mapping, dict):
            message = f"global_parameters.output_mapping must be a mapping of names to references, not {show(mapping)}"
            self.report.add("wrong_type", message, ("global_parameters", "output_mapping"))
            return
        for name, target in (mapping or {}).items():
            self._check_output(name, target)
        for path, text in _texts(dict(self.globals), ("global_parameters",)):
            if references(text):
                message = said_of(path, "placeholders are filled in in parameters only; here they stay as they are")
                self.report.warn("not_a_placeholder", message, path)

    def _check_output(self, name: str, target: Any) -> None:
        path: Path = ("global_parameters", "output_mapping", name)
        try:
            if not isinstance(target, str):
                raise ValueError(f"must be a reference such as draft_output.text, not {show(target)}")
            if target.startswith("{"):
                raise ValueError(f"stands without braces here: {target.strip('{}')}")
            root, *steps = parse_path(target)
        except ValueError as error:
            self.report.add("bad_reference", said_of(path, str(error)), path)
            return
        reference = Reference(str(root), tuple(steps), target)
        if reference.root in ("input", "global"):
            fault = (
                self._input_fault(reference.path) if reference.root == "input" else self._global_fault(reference.path)
            )
        else:
            fault = None if reference.task in self.by_name else self._unknown_root(reference)
        if fault is not None:
            code, message, near = fault
            self.report.add(code, said_of(path, message), path, suggestion=near)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a value that may be a template."""
    if isinstance(value, str):
        if "{" in value:
            yield path, value
    elif isinstance(value, (dict, list)):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(member, (*path, key))
