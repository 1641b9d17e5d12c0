"""`manage.py run_pipeline`: execute a pipeline, by workers or right here, and show how it goes."""

import time
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser
from django.utils import timezone

from common.console.command import DONE, FAILED, ConsoleCommand, wait_seconds
from common.console.text import count, seconds, styled
from orchestration.console.definitions import FORMATS, check_file, print_problems
from orchestration.console.execution import print_error, print_execution, print_value
from orchestration.console.given_input import add_input_arguments, read_input, without_unknown_source
from orchestration.console.live import LiveView, Row
from orchestration.console.status import look
from orchestration.engine.store import Origin
from orchestration.engine.versions import pipeline_of
from orchestration.orchestrator import PipelineOrchestrator
from orchestration.selectors.executions import execution_status
from orchestration.selectors.history import attempts_of
from orchestration.selectors.pipelines import find_version
from orchestration.selectors.progress import TaskProgress, executions_progress, why_waiting
from orchestration.services.executions import execute_pipeline
from orchestration.services.pipelines import register_pipeline
from orchestration.states import Trigger

POLL_SECONDS = 0.1
REASON_SECONDS = 1.0


class Command(ConsoleCommand):
    help = "Execute a pipeline. Exits with 1 when the execution does not complete."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pipeline", metavar="ID_OR_FILE", help="a registered pipeline's id, or a file to register")
        add_input_arguments(parser)
        parser.add_argument("--title", default="", help="what it is about, for people who look at it later")
        parser.add_argument("--here", action="store_true", help="execute it in this process, with no worker")
        parser.add_argument(
            "--no-wait", action="store_true", help="print the execution's id and leave it to the workers"
        )
        parser.add_argument(
            "--timeout", type=wait_seconds, metavar="SECONDS", help="wait no longer than this for its end"
        )

    def act(self, **options: Any) -> int:
        if options["here"] and (options["no_wait"] or options["timeout"] is not None):
            return self.report("bad_usage", "--here always waits for the end; leave out --no-wait and --timeout")
        given = read_input(options)
        pipeline_id = self._registered(options["pipeline"])
        if pipeline_id is None:
            return FAILED
        if options["text"]:
            version = find_version(pipeline_id=pipeline_id)
            given = without_unknown_source(given, pipeline_of(version.pk).config.inputs)
        if options["here"]:
            return self._finish(PipelineOrchestrator().run(pipeline_id, given, title=options["title"]), with_tasks=True)
        execution = execute_pipeline(
            pipeline_id=pipeline_id, input_data=given, title=options["title"], origin=Origin(Trigger.COMMAND)
        )
        if options["no_wait"]:
            return self._leave(execution.pk)
        self.say(styled(f"execution {execution.pk}", "bold"))
        try:
            has_ended = self._follow(execution.pk, options["timeout"])
        except KeyboardInterrupt:
            self.errors.print(_how_to_go_on(execution.pk, "It goes on without this command."))
            raise
        if not has_ended:
            return self._give_up(execution.pk, options["timeout"])
        return self._finish(execution_status(execution.pk))

    def _registered(self, name: str) -> str | None:
        """The id to execute; a file is registered first. None when the file is no valid pipeline (which was said)."""
        if not (Path(name).suffix.lower() in FORMATS or Path(name).is_file()):
            return name
        checked = check_file(name)
        if checked.pipeline is not None:
            return str(register_pipeline(pipeline=checked.pipeline).pipeline_id)
        if self.is_json:
            self.print_json(checked.as_dict())
        else:
            print_problems(self.errors, checked)
        return None

    def _follow(self, execution_id: UUID, timeout: float | None) -> bool:
        """Show each task's progress until the execution has ended; False when `timeout` is over before."""
        deadline = None if timeout is None else time.monotonic() + timeout
        note, noted_at = None, 0.0
        with LiveView(self.console, quiet=self.is_json) as view:
            while True:
                (progress,) = executions_progress([execution_id])
                if time.monotonic() - noted_at >= REASON_SECONDS:
                    note, noted_at = why_waiting(execution_id), time.monotonic()
                done = f"{progress.finished_tasks} of {count(len(progress.tasks), 'task')} done"
                view.show([_row(task) for task in progress.tasks], note=note, summary=done)
                if progress.is_terminal:
                    return True
                if deadline is not None and time.monotonic() >= deadline:
                    return False
                time.sleep(POLL_SECONDS)

    def _leave(self, execution_id: UUID) -> int:
        if self.is_json:
            self.print_json(execution_status(execution_id))
        else:
            self.console.print(str(execution_id))
        return DONE

    def _give_up(self, execution_id: UUID, timeout: float) -> int:
        said = f"It has not ended after {timeout:g} s."
        if self.is_json:
            self.print_json(execution_status(execution_id))
        else:
            self.errors.print(_how_to_go_on(execution_id, said))
        return FAILED

    def _finish(self, status: dict[str, Any], *, with_tasks: bool = False) -> int:
        is_completed = status["status"] == "completed"
        if self.is_json:
            self.print_json(status)
        elif with_tasks:  # nothing was shown on the way
            print_execution(self.console, status, attempts_of(UUID(status["execution_id"])))
        else:
            self.console.print(look(status["status"]), styled(f"in {seconds(status['duration_seconds'])}"))
            print_error(self.console, status)
            if status["output"] is not None:
                print_value(self.console, status["output"])
        return DONE if is_completed else FAILED


def _row(task: TaskProgress) -> Row:
    took = seconds((task.finished_at - task.started_at).total_seconds()) if task.finished_at and task.started_at else ""
    tried = f"attempt {task.attempts}" if task.attempts > 1 else ""
    why = (task.error or "") if task.status != "completed" else ""
    running = ""
    if task.status == "running" and task.started_at:
        running = seconds(max(0.0, (timezone.now() - task.started_at).total_seconds()))
    detail = " · ".join(part for part in (took, tried, why) if part)
    return Row(name=task.name, status=task.status, detail=detail, changing=running)


def _how_to_go_on(execution_id: UUID, said: str) -> str:
    return (
        f"{said}\n  look:   python manage.py executions {execution_id}\n"
        f"  cancel: python manage.py cancel {execution_id}"
    )
