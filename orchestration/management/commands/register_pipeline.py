"""`manage.py register_pipeline`: make a file what new executions run."""

from typing import Any

from django.core.management.base import CommandParser

from common.console.command import DONE, FAILED, ConsoleCommand
from common.console.text import count, hint, styled
from orchestration.console.definitions import check_file, print_problems
from orchestration.console.status import look
from orchestration.services.pipelines import register_pipeline


class Command(ConsoleCommand):
    help = "Register a pipeline file; the same definition again changes nothing, another one becomes the next version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a YAML or JSON file, or - for standard input")
        parser.add_argument("--id", metavar="ID", help="the id to register it under (default: the pipeline's name)")

    def act(self, **options: Any) -> int:
        checked = check_file(options["file"])
        if checked.pipeline is None:
            if self.is_json:
                self.print_json(checked.as_dict())
            else:
                print_problems(self.errors, checked)
            return FAILED
        version = register_pipeline(pipeline=checked.pipeline, pipeline_id=options["id"])
        if self.is_json:
            self.print_json({**checked.as_dict(), "pipeline_id": version.pipeline_id, "number": version.number})
            return DONE
        print_problems(self.console, checked)
        tasks = count(version.task_count, "task")
        said = f'"{version.pipeline_id}" is now version {version.number} ({tasks}, {version.digest[:12]})'
        self.console.print(look("ok"), styled(said))
        self.console.print(hint(f"start it: python manage.py run_pipeline {version.pipeline_id} --input '{{…}}'"))
        return DONE
