"""`manage.py pause`: let what runs of executions finish, and start nothing new of them."""

from typing import Any
from uuid import UUID

from orchestration.console.control import ControlCommand
from orchestration.services.executions import pause_execution


class Command(ControlCommand):
    help = "Pause executions: what runs finishes, nothing new starts. Exits with 1 when one had already ended."
    done = "paused"

    def control(self, execution_id: UUID, **options: Any) -> bool:
        return pause_execution(execution_id=execution_id, reason=options["reason"])
