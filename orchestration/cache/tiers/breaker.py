"""A circuit breaker: after a failure the store is left alone for a while, so that an outage costs time once."""

import threading
import time
from collections.abc import Callable
from typing import Self

from orchestration.cache.exceptions import StoreDown

FIRST_REST_SECONDS = 0.1
LONGEST_REST_SECONDS = 5.0


class Breaker:
    """`trouble`: the exceptions that mean the store does not answer."""

    def __init__(
        self, trouble: tuple[type[Exception], ...], name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._trouble = trouble
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._rest = 0.0
        self._closed_at = 0.0
        self.failures = 0

    @property
    def is_open(self) -> bool:
        """True while the store is left alone."""
        return self._clock() < self._closed_at

    def guard(self) -> Self:
        """For `with`: raises `StoreDown` at once while open, and for trouble inside."""
        return self

    def __enter__(self) -> None:
        if self._rest and self.is_open:
            raise StoreDown(f"{self._name} did not answer a moment ago; it is asked again within {self._rest:.1f} s")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            self._rest = 0.0
        elif isinstance(error, self._trouble):
            with self._lock:
                self.failures += 1
                self._rest = min(LONGEST_REST_SECONDS, self._rest * 2 or FIRST_REST_SECONDS)
                self._closed_at = self._clock() + self._rest
            raise StoreDown(f"{self._name} does not answer: {type(error).__name__}: {error}") from error
