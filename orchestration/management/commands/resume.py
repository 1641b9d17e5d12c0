"""`manage.py resume`: let paused executions go on."""

from typing import Any
from uuid import UUID

from orchestration.console.control import ControlCommand
from orchestration.services.executions import resume_execution


class Command(ControlCommand):
    help = "Let paused executions go on. Exits with 1 when one of them had already ended."
    done = "resumed"
    takes_reason = False

    def control(self, execution_id: UUID, **options: Any) -> bool:
        return resume_execution(execution_id=execution_id)
