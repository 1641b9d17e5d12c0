"""`manage.py rerun`: run an execution again, all of it or what has no result to reuse, and show how it goes."""

import json
from argparse import ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, Refused, wait_seconds
from common.console.text import count, styled
from orchestration.console.given_input import add_input_arguments, read_input, without_unknown_source
from orchestration.console.status import look
from orchestration.engine.blobs import load_value
from orchestration.engine.store import Origin
from orchestration.engine.versions import pipeline_of
from orchestration.management.commands import run_pipeline
from orchestration.models import Blob, Execution
from orchestration.selectors.executions import execution_status, find_execution
from orchestration.services.executions import rerun_execution
from orchestration.services.reruns import CURRENT, KEEP, RerunPlan, Version, plan_rerun
from orchestration.states import Trigger


class Command(run_pipeline.Command):
    help = "Run an execution again. Exits with 1 when the new execution does not complete."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("execution", metavar="ID", help="the execution to run again")
        parser.add_argument(
            "--from",
            dest="from_task",
            metavar="TASK",
            help='"failed": run what has no result, reuse the rest; a task\'s name: run that one and all after it',
        )
        parser.add_argument(
            "--pipeline-version",
            type=_read_version,
            metavar="N",
            help=f'a version\'s number, or "{CURRENT}" (default: the version it ran)',
        )
        parser.add_argument("--title", help="what it is about (default: as before)")
        add_input_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="only say what would run and what would be reused")
        parser.add_argument(
            "--no-wait", action="store_true", help="print the execution's id and leave it to the workers"
        )
        parser.add_argument(
            "--timeout", type=wait_seconds, metavar="SECONDS", help="wait no longer than this for its end"
        )

    def act(self, **options: Any) -> int:
        source = find_execution(options["execution"])
        from_task, version = options["from_task"], options["pipeline_version"]
        given = _read_input(source, options)
        if options["text"]:
            chosen = plan_rerun(execution_id=source.pk, version=version).version
            given = without_unknown_source(given, pipeline_of(chosen.pk).config.inputs)
        if options["dry_run"]:
            return self._show_plan(plan_rerun(execution_id=source.pk, from_task=from_task, version=version))
        execution = rerun_execution(
            execution_id=source.pk,
            from_task=from_task,
            input_data=given,
            version=version,
            title=options["title"],
            origin=Origin(Trigger.COMMAND),
        )
        if options["no_wait"]:
            return self._leave(execution.pk)
        self.say(styled(f"execution {execution.pk}", "bold"))
        if not self._follow(execution.pk, options["timeout"]):
            return self._give_up(execution.pk, options["timeout"])
        return self._finish(execution_status(execution.pk))

    def _show_plan(self, plan: RerunPlan) -> int:
        if self.is_json:
            document = {"version": plan.version.number, "reused": plan.reused, "to_run": plan.to_run, "dry_run": True}
            self.print_json(document)
            return DONE
        if plan.reused:
            reused = f"would reuse {count(len(plan.reused), 'result')}: {', '.join(plan.reused)}"
            self.console.print(look("completed"), styled(reused))
        runs = f"would run {count(len(plan.to_run), 'task')}: {', '.join(plan.to_run)}"
        nothing = "would run no task: only the output is put together anew"
        self.console.print(look("queued"), styled(runs if plan.to_run else nothing))
        return DONE


def _read_version(text: str) -> Version:
    if text == CURRENT:
        return CURRENT
    if not text.isdecimal() or len(text) > 9 or int(text) == 0:
        raise ArgumentTypeError(f'give a version\'s number, or "{CURRENT}"')
    return int(text)


def _read_input(source: Execution, options: Mapping[str, Any]) -> Any:
    """What was given, `--set` alone on top of the earlier input. Raises `Refused` when that cannot be read."""
    if options["input"] is not None or options["input_file"] or options["text"]:
        return read_input(options)
    if not options["settings_given"]:
        return KEEP
    try:
        earlier = load_value(source.input)
    except Blob.DoesNotExist as error:
        raise Refused("the earlier input is lost (manage.py doctor says more); give it anew with --input") from error
    return read_input({**options, "input": json.dumps(earlier)})
