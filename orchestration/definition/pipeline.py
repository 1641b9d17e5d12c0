"""`Pipeline`: a checked definition with its graph and digest. The entry point of this package."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from orchestration.definition.checks import Checker
from orchestration.definition.config import PipelineConfig, TaskConfig
from orchestration.definition.graph import Graph
from orchestration.definition.limits import MAX_BYTES
from orchestration.definition.parse import Format, read_source
from orchestration.definition.problems import DefinitionError, Problem, Report
from orchestration.definition.task_types import installed_task_types
from orchestration.definition.yaml_text import write_yaml

_FORMATS: Mapping[str, Format] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found: the pipeline when there are no errors, and every error and warning in the source's order."""

    pipeline: "Pipeline | None"
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.is_error)


class Pipeline:
    """An immutable, valid definition. Equal to another when both mean the same, however they were written."""

    config: PipelineConfig
    warnings: tuple[Problem, ...]

    def __init__(self, source: "Mapping[str, Any] | PipelineConfig") -> None:
        """DefinitionError with every problem found."""
        config, problems = _check(source, "auto")
        if config is None:
            raise DefinitionError(problems)
        self._fill(config, problems)

    @classmethod
    def from_dict(cls, definition: Mapping[str, Any]) -> Self:
        return cls(definition)

    @classmethod
    def from_yaml(cls, text: str | bytes) -> Self:
        return cls._from_text(text, "yaml")

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        return cls._from_text(text, "json")

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """By its ending YAML or JSON, otherwise whichever fits. OSError when it cannot be read."""
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 4)  # enough to see that it is too large
        return cls._from_text(raw, _FORMATS.get(Path(path).suffix.lower(), "auto"))

    @classmethod
    def load(cls, canonical: Mapping[str, Any]) -> Self:
        """A definition that was checked before, such as a stored version.

        Its structure is read and nothing else checked.
        """
        pipeline = cls.__new__(cls)
        pipeline._fill(PipelineConfig.from_dict(canonical), ())
        return pipeline

    @classmethod
    def check(cls, source: Any, format: Format = "auto") -> CheckResult:  # noqa: A002  # the word users know
        """Every problem of a mapping or a text. Never raises because of what it is given."""
        config, problems = _check(source, format)
        return CheckResult(None if config is None else cls._checked(config, problems), problems)

    @classmethod
    def _from_text(cls, text: str | bytes, written_as: Format) -> Self:
        config, problems = _check(text, written_as)
        if config is None:
            raise DefinitionError(problems)
        return cls._checked(config, problems)

    @classmethod
    def _checked(cls, config: PipelineConfig, problems: tuple[Problem, ...]) -> Self:
        pipeline = cls.__new__(cls)
        pipeline._fill(config, problems)
        return pipeline

    def _fill(self, config: PipelineConfig, warnings: tuple[Problem, ...]) -> None:
        self.config = config
        self.warnings = warnings

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def version(self) -> str:
        return self.config.version

    @property
    def tasks(self) -> tuple[TaskConfig, ...]:
        return self.config.tasks

    @cached_property
    def graph(self) -> Graph:
        return Graph.from_tasks(self.tasks)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON.

        The same for YAML, JSON and dict, for any order of keys, with and without defaults written out.
        """
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The canonical form: plain JSON, defaults left out, keys of the language in a fixed order."""
        return self.config.model_dump(mode="json", exclude_defaults=True)

    def to_yaml(self) -> str:
        return write_yaml(self.to_dict())

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n"

    def validate(self) -> list[Problem]:
        """The check again, against the task types known now: what a definition loaded from storage lacks here."""
        return list(_check(self.to_dict(), "auto")[1])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pipeline) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"<Pipeline {self.name} {self.version}: {len(self.tasks)} task(s), {self.digest[:12]}>"


def _check(source: Any, written_as: Format) -> tuple[PipelineConfig | None, tuple[Problem, ...]]:
    report = Report()
    if isinstance(source, Pipeline):
        source = source.config
    if isinstance(source, PipelineConfig):
        source = source.model_dump(mode="python", exclude_defaults=True)
    value = read_source(source, written_as, report)
    config = None
    if value is not None or not report.has_errors:
        config = Checker(value, installed_task_types(), report).check()
    return config, report.in_order()
