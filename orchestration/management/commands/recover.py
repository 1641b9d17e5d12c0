"""`manage.py recover`: do at once what the ticker does from time to time."""

from typing import Any

from django.db import DatabaseError

from common.console.command import DONE, FAILED, ConsoleCommand
from common.console.text import count, styled
from orchestration.console.status import look
from orchestration.engine.ticker import Duty, registered_duties


class Command(ConsoleCommand):
    help = (
        "Run every duty of the ticker once: release due retries, take back expired leases, end what is past its "
        "deadline, publish lost wake-ups again. Harmless beside running workers, but within seconds after an outage of "
        "the database: wait until they have renewed their leases, as the ticker does."
    )

    def act(self, **options: Any) -> int:
        results = [_perform(duty) for duty in registered_duties()]
        if self.is_json:
            self.print_json({"duties": results})
        for result in results:
            said = result["error"] or (count(result["moved"], "row") if result["moved"] else "nothing to do")
            status = "problem" if result["error"] else "ok" if result["moved"] else "note"
            self.say(look(status, width=10), styled(f"{result['duty']}: {said}"))
        return FAILED if any(result["error"] for result in results) else DONE


def _perform(duty: Duty) -> dict[str, Any]:
    """One duty; what goes wrong in it must not keep the others from being done."""
    try:
        return {"duty": duty.name, "moved": duty.act(), "error": None}
    except DatabaseError:
        raise  # the others would fail alike
    except Exception as error:  # noqa: BLE001 - duties are plug-ins of any app; the error is shown
        return {"duty": duty.name, "moved": 0, "error": f"{type(error).__name__}: {error}"}
