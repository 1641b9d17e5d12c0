"""Celery's in-process memory transport, woken by a condition instead of sleeping between looks.

The embedded profile's broker: the worker's own feeder thread puts wake-up hints in, the same process takes them out, so
nothing here has to be durable. kombu's stock `memory.Transport` polls; a `Condition` notified by each put picks a hint
up in about 2 ms and costs nothing while idle.
"""

import threading
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import memory

# The consumer looks up this often whether it is to stop.
PATIENCE_SECONDS = 0.5

_arrived = threading.Condition()


class Channel(memory.Channel):
    """Tells the consumer that something came."""

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)
        with _arrived:
            _arrived.notify_all()


class Transport(memory.Transport):
    """`embedded://`"""

    Channel = Channel
    driver_type = "embedded"
    driver_name = "embedded"

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Deliver one message, waiting for it half a second at most; raises `TimeoutError` when none came."""
        deadline = monotonic() + min(timeout or PATIENCE_SECONDS, PATIENCE_SECONDS)
        cycle: Any = self.cycle
        while True:
            with _arrived:
                try:
                    cycle.get(self._deliver)
                    return
                except Empty:
                    rest = deadline - monotonic()
                    if rest <= 0:
                        raise TimeoutError from None
                    _arrived.wait(rest)
