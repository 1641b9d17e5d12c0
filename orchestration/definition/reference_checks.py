"""Checks of what a definition refers to: placeholders in parameters, the paths of `output_mapping`, cache keys."""

from collections.abc import Iterator
from typing import Any

from common.wording import Path, quoted, show
from orchestration.definition.caching import PARAMETERS
from orchestration.definition.paths import PathError, Steps, follow, parse_path, write_path
from orchestration.definition.problems import Report, said_of
from orchestration.definition.readable import Readable, ReadableTask
from orchestration.definition.templates import (
    FIXED_ROOTS,
    MAP_ROOTS,
    OUTPUT_SUFFIX,
    Reference,
    near_misses,
    references,
)


class ReferenceChecker:
    """The references of one definition."""

    def __init__(self, readable: Readable, report: Report) -> None:
        self.readable = readable
        self.report = report

    def check_references(self, task: ReadableTask) -> None:
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

    def check_ignored(self, task: ReadableTask, text: str, path: Path) -> None:
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

    def check_globals(self) -> None:
        found = self.readable.value.get("global_parameters")
        mapping = found.get("output_mapping") if isinstance(found, dict) else None
        if mapping is not None and not isinstance(mapping, dict):
            message = f"global_parameters.output_mapping must be a mapping of names to references, not {show(mapping)}"
            self.report.add("wrong_type", message, ("global_parameters", "output_mapping"))
            return
        for name, target in (mapping or {}).items():
            self._check_output(name, target)
        for path, text in _texts(dict(self.readable.globals), ("global_parameters",)):
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
            fault = None if reference.task in self.readable.by_name else self._unknown_root(reference)
        if fault is not None:
            code, message, near = fault
            self.report.add(code, said_of(path, message), path, suggestion=near)

    def _reference_fault(self, reference: Reference, task: ReadableTask) -> tuple[str, str, str | None] | None:
        """(code, message, suggestion) of what is wrong with a placeholder."""
        if reference.fault is not None:
            return "bad_reference", reference.fault, None
        if reference.root in MAP_ROOTS:
            return "reserved_key", f'"{reference.root}" belongs to map, which comes with a later version', None
        if reference.root == "input":
            return self._input_fault(reference.path)
        if reference.root == "global":
            return None if reference.has_default else self._global_fault(reference.path)
        if reference.task not in self.readable.by_name:
            return self._unknown_root(reference)
        if task.name == reference.task:
            return "not_upstream", "a task cannot use its own result", None
        if task.name in self.readable.by_name and not self.readable.graph.is_upstream(reference.task, task.name):
            return (
                "not_upstream",
                f'"{reference.task}" need not be completed before this task; add it to dependencies',
                None,
            )
        return None

    def _unknown_root(self, reference: Reference) -> tuple[str, str, str | None]:
        near = reference.root + OUTPUT_SUFFIX if reference.root in self.readable.by_name else None
        near = near or self.report.closest(reference.root, self._roots())
        known = "known are input, global and <task>_output; for plain text double the braces"
        return "unknown_reference", f'there is no "{reference.root}" ({known})', near

    def _roots(self) -> Iterator[str]:
        yield from FIXED_ROOTS - MAP_ROOTS
        yield from (name + OUTPUT_SUFFIX for name in self.readable.by_name)

    def _global_fault(self, path: Steps) -> tuple[str, str, str | None] | None:
        try:
            follow(self.readable.globals, path, "global")
        except PathError as error:
            near = (
                self.report.closest(str(path[0]), self.readable.globals)
                if path[0] not in self.readable.globals
                else None
            )
            return "unknown_global", f"{error} (of global_parameters)", near
        return None

    def _input_fault(self, path: Steps) -> tuple[str, str, str | None] | None:
        """Whether the pipeline's own input schema rules a path out. Only what it plainly forbids counts."""
        schema, where = self.readable.inputs, "input"
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
        if root in FIXED_ROOTS or (base != root and base in self.readable.by_name):
            return root
        if found != f"{{{root}}}":
            return None
        return (
            root + OUTPUT_SUFFIX
            if root in self.readable.by_name
            else self.report.closest(root, self._roots(), "warning")
        )


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a value that may be a template."""
    if isinstance(value, str):
        if "{" in value:
            yield path, value
    elif isinstance(value, (dict, list)):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(member, (*path, key))
