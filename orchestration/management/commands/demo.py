"""`manage.py demo`: the document analysis pipeline on the example documents, by real Celery workers."""

import time
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser
from rich.table import Table
from rich.text import Text

from common.console.command import DONE, FAILED, ConsoleCommand
from common.console.text import count, hint, seconds, styled
from common.errors import OrchestrationError
from orchestration.console.children import Children
from orchestration.console.demonstration import DocumentResult, judge
from orchestration.console.live import LiveView, Row
from orchestration.console.status import look
from orchestration.engine.store import Origin
from orchestration.engine.versions import pipeline_of
from orchestration.models import Execution
from orchestration.selectors.executions import execution_status
from orchestration.selectors.progress import ExecutionProgress, executions_progress, why_waiting
from orchestration.selectors.workers import live_workers
from orchestration.services.chapters import Chapter, Told, chapters
from orchestration.services.demonstration import (
    PIPELINE_FILE,
    Document,
    read_documents,
    register_example,
    submit_documents,
)
from orchestration.states import Trigger

POLL_SECONDS = 0.1


class Command(ConsoleCommand):
    help = "Run the document analysis pipeline on the example documents, judge what comes out, and tell the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--workers",
            type=int,
            default=settings.CELERY_WORKER_CONCURRENCY,
            metavar="N",
            help="how many tasks the worker started here does at once (default: CELERY_WORKER_CONCURRENCY or 2)",
        )
        parser.add_argument("--keep", action="store_true", help="leave the worker running afterwards")
        parser.add_argument(
            "--timeout", type=float, default=300, metavar="SECONDS", help="give up after this long (default: 300)"
        )

    def act(self, **options: Any) -> int:
        started = time.monotonic()
        documents = read_documents()
        call_command("migrate", verbosity=0)
        version = register_example()
        self.say(
            f'Pipeline "{version.pipeline_id}", version {version.number}: '
            f"{' → '.join(pipeline_of(version.pk).graph.order)}\n"
            f"{count(len(documents), 'document')} from {PIPELINE_FILE.parent / 'documents'}"
        )
        with Children(keep=options["keep"]) as children:
            self._ensure_worker(children, options["workers"])
            runs = submit_documents(version=version, documents=documents, origin=Origin(Trigger.COMMAND))
            self._follow(runs, children, options["workers"], started + options["timeout"])
            results = [judge(document, execution_status(key)) for key, document in runs.items()]
            if not self.is_json:
                self._show(results)
            stage = _Stage(lambda: self._ensure_worker(children, options["workers"]), started + options["timeout"])
            told = {chapter.title: self._tell(chapter, stage) for chapter in chapters()}
            return self._report(results, told, time.monotonic() - started)

    def _tell(self, chapter: Chapter, stage: "_Stage") -> Told:
        """One chapter; what goes wrong in it is part of the story, and of the exit code."""
        try:
            told = chapter.tell(stage)
        except OrchestrationError as error:
            told = Told((str(error),), is_as_expected=False)
        self.say(styled(f"\n{chapter.title}", "bold"))
        for sentence in told.sentences:
            self.say(styled(sentence, "" if told.is_as_expected else "red"))
        return told

    def _ensure_worker(self, children: Children, concurrency: int) -> None:
        """Use the workers there are; start one when there is none, also when the last one has gone meanwhile."""
        is_live = live_workers().exists()
        children.check_ready(is_live)
        if children or is_live:
            return
        log = settings.DATA_DIR / "demo-worker.log"
        children.start_worker(concurrency=concurrency, log=log)
        self.say(f"Started a Celery worker with {count(concurrency, 'process', 'processes')}; its log: {log}\n")

    def _follow(self, runs: dict[UUID, Document], children: Children, concurrency: int, deadline: float) -> None:
        """Show how far the executions are until all have ended or time is up."""
        with LiveView(self.console, quiet=self.is_json) as view:
            while True:
                found = executions_progress(list(runs))
                rows = [_row(runs[progress.execution_id].name, progress) for progress in found]
                waiting = [progress for progress in found if not progress.is_terminal]
                summary = f"{len(found) - len(waiting)} of {count(len(runs), 'document')} done"
                view.show(rows, note=_note(waiting, children), summary=summary)
                if not waiting or time.monotonic() > deadline:
                    return
                self._ensure_worker(children, concurrency)
                time.sleep(POLL_SECONDS)

    def _show(self, results: list[DocumentResult]) -> None:
        self.console.print(_table(results, self.console.width))
        for result in results:
            if result.surprises:
                self.console.print(styled(f"{result.document}: {'; '.join(result.surprises)}", "red"))
                self.console.print(hint(f"look at it: python manage.py executions {result.execution_id}"))

    def _report(self, results: list[DocumentResult], told: dict[str, Told], duration: float) -> int:
        surprised = [result for result in results if result.surprises]
        amiss = [title for title, chapter in told.items() if not chapter.is_as_expected]
        is_ok = not surprised and not amiss
        if self.is_json:
            documents = [result.as_dict() for result in results]
            story = [
                {"title": title, "ok": chapter.is_as_expected, "said": list(chapter.sentences), **chapter.details}
                for title, chapter in told.items()
            ]
            self.print_json({"ok": is_ok, "seconds": round(duration, 3), "documents": documents, "chapters": story})
        else:
            self.console.print()
            self.console.print(_verdict(results, surprised, amiss, duration))
        return DONE if is_ok else FAILED


class _Stage:
    """Waits for the chapters' executions, with a worker running."""

    def __init__(self, ensure_worker: Callable[[], None], deadline: float) -> None:
        self._ensure_worker = ensure_worker
        self._deadline = deadline

    def wait(self, execution_id: UUID, statuses: Collection[str]) -> str:
        while True:
            status = Execution.objects.values_list("status", flat=True).get(pk=execution_id)
            if status in statuses or time.monotonic() > self._deadline:
                return str(status)
            self._ensure_worker()
            time.sleep(POLL_SECONDS)


def _row(name: str, progress: ExecutionProgress) -> Row:
    running = [task.name for task in progress.tasks if task.status == "running"]
    started, ended = progress.started_at, progress.finished_at
    return Row(
        name=name,
        status=progress.status,
        detail=seconds((ended - started).total_seconds()) if started and ended else "",
        changing=", ".join(running) if not progress.is_terminal else "",
        done=progress.finished_tasks,
        steps=len(progress.tasks),
    )


def _note(waiting: list[ExecutionProgress], children: Children) -> str | None:
    """Why nothing moves, when nothing does; asked of the oldest."""
    if not waiting or any(progress.status == "running" for progress in waiting):
        return None
    if children and not live_workers().exists():
        return "the worker is starting"
    return why_waiting(waiting[0].execution_id)


def _table(results: list[DocumentResult], width: int) -> Table:
    """As many columns as the width has room for."""
    shown = [place for place, (_, needed, _) in enumerate(_COLUMNS) if width >= needed]
    table = Table(title="Results", title_style="bold", title_justify="left", expand=True, width=min(width, 180))
    for heading, _, options in (_COLUMNS[place] for place in shown):
        table.add_column(heading, no_wrap=True, **options)
    for result in results:
        cells = _cells(result)
        table.add_row(*(cells[place] for place in shown))
    return table


# Heading, the width from which on there is room for it, how it is laid out.
_COLUMNS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("document", 0, {"ratio": 3, "min_width": 12}),
    ("category", 0, {"width": 14}),
    ("title", 100, {"ratio": 4}),
    ("key facts", 0, {"ratio": 5}),
    ("valid", 0, {"ratio": 3, "min_width": 8}),
    ("summary", 140, {"ratio": 4}),
    ("seconds", 70, {"justify": "right", "width": 7}),
)


def _cells(result: DocumentResult) -> list[Text]:
    sure = f" {result.confidence:.0%}" if result.category and result.confidence is not None else ""
    return [
        styled(result.document, "red" if result.surprises else ""),
        styled(f"{result.category}{sure}" if result.category else "–"),
        styled(result.title or "–"),
        styled(" · ".join(result.facts) or "–"),
        Text("yes", style="green") if result.valid else styled("; ".join(result.missing), "yellow"),
        styled(result.summary),
        styled("–" if result.seconds is None else f"{result.seconds:.2f}"),
    ]


def _verdict(results: list[DocumentResult], surprised: list[DocumentResult], amiss: list[str], duration: float) -> Text:
    done = sum(result.status == "completed" for result in results)
    valid = sum(result.valid is True for result in results)
    invalid = len(results) - valid
    totals = f"{count(len(results), 'document')}: {done} completed, {valid} valid, {invalid} not, with the reason"
    icon = look("problem" if surprised or amiss else "ok")
    wrong = [count(len(surprised), "document")] if surprised else []
    wrong += [f'"{title}"' for title in amiss]
    end = f"{' and '.join(wrong)} not as expected" if wrong else "all as expected"
    return Text.assemble(icon, styled(f": {totals}; {end}, in {seconds(duration)}."))
