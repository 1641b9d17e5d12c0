"""What the editor shows beside a text: its problems, its graph, what it changes, what saving it would do."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from orchestration.definition import Problem
from orchestration.definition.diff import DefinitionDiff, caller_notes, compare_definitions
from orchestration.definition.outline import OutlinedTask, outline_tasks
from orchestration.definition.text_diff import TextDiff, compare_texts
from orchestration.forms.draft import WORD, Draft, Fix
from orchestration.selectors.definitions import CheckedDefinition
from orchestration.selectors.pipeline_pages import ShownVersion
from orchestration.views.pipelines import changes, parts
from web.charts import graph as charts
from web.quantities import plural
from web.templatetags.web import icon

MOST_PROBLEMS = 100
_FIRST_WORD = re.compile(r"[a-z]+ ")
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """A problem with its place in the list."""

    number: int
    problem: Problem
    fix: str = ""
    """What the button that mends it sends; "" where it cannot be told what to replace."""

    @property
    def anchor(self) -> str:
        return f"p{self.number}"

    @property
    def message(self) -> str:
        """With a capital letter, unless it begins with the place: `parameters.text: …`."""
        text = self.problem.message
        return f"{text[:1].upper()}{text[1:]}" if _FIRST_WORD.match(text) else text


@dataclass
class Review:
    """A checked draft against the version it would replace; `shown` is None for a pipeline that is new."""

    draft: Draft
    checked: CheckedDefinition
    shown: ShownVersion | None
    live: Mapping[int, int] = field(default_factory=dict)
    """Version number → executions under way."""
    earlier: int | None = None
    """The version that has this very definition already."""
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        return len(self.checked.errors)

    @property
    def warnings(self) -> int:
        return len(self.checked.warnings)

    @property
    def is_sound(self) -> bool:
        return self.checked.pipeline is not None

    @cached_property
    def problems(self) -> list[ShownProblem]:
        """The first of them, errors before warnings, each as they stand in the text."""
        found = (*self.checked.errors, *self.checked.warnings)[:MOST_PROBLEMS]
        lines = self.draft.text.split("\n")
        return [ShownProblem(number, problem, _fix(problem, lines)) for number, problem in enumerate(found, start=1)]

    @property
    def counted(self) -> str:
        """`2 errors, 1 warning`"""
        counts = ((self.errors, "error", "errors"), (self.warnings, "warning", "warnings"))
        return ", ".join(plural(number, one, many) for number, one, many in counts if number) or "none"

    @property
    def more_problems(self) -> int:
        return max(0, self.errors + self.warnings - MOST_PROBLEMS)

    @cached_property
    def marks(self) -> dict[int, ShownProblem]:
        """Line → the first problem there, an error before a warning."""
        marks: dict[int, ShownProblem] = {}
        for shown in self.problems:
            if shown.problem.line is not None:
                marks.setdefault(shown.problem.line, shown)
        return marks

    @property
    def marks_text(self) -> str:
        """For `editor.js`: `13:bad:p1 33:warn:p3`."""
        return " ".join(f"{line}:{_severity(shown)}:{shown.anchor}" for line, shown in sorted(self.marks.items()))

    @property
    def gutter(self) -> SafeString:
        """A list item for each line; those with problems lead to them, as the list of problems does for the Tab key."""
        lines = self.draft.text.count("\n") + 1
        return mark_safe("".join(self._gutter_line(line) for line in range(1, lines + 1)))  # noqa: S308 - numbers

    def _gutter_line(self, line: int) -> str:
        shown = self.marks.get(line)
        if shown is None:
            return f'<li aria-hidden="true">{line}</li>'
        sign = icon("critical" if shown.problem.is_error else "warning", "sm")
        return format_html(
            '<li class="is-{}" id="L{}"><a href="#{}" tabindex="-1" aria-label="Problem on line {}">{}</a>{}</li>',
            _severity(shown),
            line,
            shown.anchor,
            line,
            sign,
            line,
        )

    @property
    def first_lines(self) -> list[int]:
        """Where the first few errors are."""
        return sorted(line for line, shown in self.marks.items() if shown.problem.is_error)[:3]

    @cached_property
    def graph(self) -> charts.Graph | None:
        """Of what can be read, however broken the rest is; what is wrong is marked."""
        if self.checked.pipeline is not None:
            return parts.definition_graph(
                self.checked.pipeline, self.query, title="Preview of the graph", has_links=False
            )
        tasks = outline_tasks(self.draft.text)
        if not tasks:
            return None
        wrong = {problem.task for problem in self.checked.errors if problem.task}
        nodes = [_node(task, task.name in wrong) for task in tasks]
        edges = [charts.Edge(parent, task.name) for task in tasks for parent in task.dependencies]
        edges += [charts.Edge(parent, task.name, is_taken=False) for task in tasks for parent in task.circular]
        options = charts.Options.read(self.query)
        graph = charts.layout(nodes, edges, title="Preview of the graph", options=options, columns=("Type", "Model"))
        return replace(graph, summary=graph.summary.replace("critical", "with errors"))

    @cached_property
    def diff(self) -> DefinitionDiff | None:
        if self.shown is None or self.checked.pipeline is None:
            return None
        return compare_definitions(self.shown.pipeline.to_dict(), self.checked.pipeline.to_dict())

    @property
    def summary(self) -> str:
        return changes.summarise(self.diff) if self.diff is not None else ""

    @cached_property
    def notes(self) -> Sequence[str]:
        """What callers must know."""
        if self.shown is None or self.checked.pipeline is None:
            return ()
        return caller_notes(self.shown.pipeline.to_dict(), self.checked.pipeline.to_dict())

    @cached_property
    def text_diff(self) -> TextDiff | None:
        """Of what would be kept, comments and layout aside; while that cannot be told, of the text as it is."""
        if self.shown is None:
            return None
        before = parts.definition_text(self.shown.pipeline, self.draft.written_as)
        sound = self.checked.pipeline
        after = self.draft.text if sound is None else parts.definition_text(sound, self.draft.written_as)
        return compare_texts(before, after, context=1)

    @property
    def text_lines(self) -> TextDiff | None:
        return None if self.text_diff is None else self.text_diff.first(MOST_LINES)

    @property
    def hidden_lines(self) -> int:
        return 0 if self.text_diff is None else max(0, len(self.text_diff.lines) - MOST_LINES)

    @property
    def is_current(self) -> bool:
        """Whether saving would change nothing."""
        return self.diff is not None and self.diff.is_same

    @property
    def impact(self) -> str:
        """What saving does to what runs, and to the name it is registered under."""
        said = list(_impact(self.live))
        pipeline, shown = self.checked.pipeline, self.shown
        if pipeline is not None and shown is not None and pipeline.name != shown.version.pipeline_id:
            said.append(f"It calls itself {pipeline.name} and stays registered as {shown.version.pipeline_id}.")
        return " ".join(said)


def _fix(problem: Problem, lines: Sequence[str]) -> str:
    """Only when the very word the message is about stands at its place."""
    if not (problem.suggestion and problem.line and problem.column and problem.line <= len(lines)):
        return ""
    found = WORD.match(lines[problem.line - 1], problem.column - 1)
    if found is None or f'"{found[1]}"' not in problem.message or not WORD.fullmatch(problem.suggestion):
        return ""
    return Fix(problem.line, found.start(1) + 1, found[1], problem.suggestion).as_text()


def _severity(shown: ShownProblem) -> str:
    return "bad" if shown.problem.is_error else "warn"


def _node(task: OutlinedTask, is_wrong: bool) -> charts.Node:
    detail = task.model or task.type
    if task.unknown:
        detail = f"needs {task.unknown[0]} ?"
    elif task.circular:
        detail = f"waits in a circle for {task.circular[0]}"
    cells = (task.type or "–", task.model or "–")
    return charts.Node(task.name, task.name, detail, "critical" if is_wrong else "", cells=cells)


def _impact(live: Mapping[int, int]) -> Iterator[str]:
    """Saving never touches what runs; people ask, so it is said."""
    for number, count in sorted(live.items(), reverse=True)[:3]:
        stays = "stays" if count == 1 else "stay"
        runs = "is running" if count == 1 else "are running"
        yield f"{plural(count, 'execution', 'executions')} {runs} version {number} and {stays} on it."
