"""`manage.py cancel`: cancel executions, at once and for good."""

from typing import Any
from uuid import UUID

from orchestration.console.control import ControlCommand
from orchestration.services.executions import cancel_execution


class Command(ControlCommand):
    help = "Cancel executions. Exits with 1 when one of them had already ended."
    done = "cancelled"

    def control(self, execution_id: UUID, **options: Any) -> bool:
        return cancel_execution(execution_id=execution_id, reason=options["reason"])
