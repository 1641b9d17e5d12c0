"""Adaptive: W-TinyLFU whose window is as large as shadow caches say would have served best lately.

A shadow is a small cache of keys alone. Each gets a window of its own size and the same hashed sample of the keys
(miniature simulation: Waldspurger, Saemundsson, Ahmad, Park, USENIX ATC 2017). After a round of uses the window of the
shadow with the most hits is taken, if it was better by more than chance: otherwise the cache would swing.
"""

from zlib import crc32

from orchestration.cache.policies.base import FOREVER
from orchestration.cache.policies.w_tiny_lfu import WTinyLfu

WINDOWS = (0.01, 0.2, 0.5, 0.8, 1.0)
SAMPLE = 4
"""One key in this many is shown to the shadows, which have this fraction of the capacity."""
ROUND = 5
"""Uses for each key that is here, between two choices."""
SHORTEST_ROUND = 500
HYSTERESIS = 0.01
"""By how much of the sampled uses another window must have done better than the present one."""
MEMORY = 0.5
"""What a round's hits still count in the next."""


class Adaptive(WTinyLfu):
    """The one to take when nothing is known about what will be asked."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity, WINDOWS[0])
        self._shadows = [WTinyLfu(capacity // SAMPLE, window) for window in WINDOWS]
        self._hits = [0.0] * len(WINDOWS)
        self._sampled = 0.0
        self._uses = 0
        self._sizes: dict[str, int] = {}  # of the sampled keys that are here

    def touch(self, key: str) -> None:
        super().touch(key)
        size = self._sizes.get(key)
        if size is not None:
            self._show(key, size)
        self._count()

    def admit(self, key: str, size: int, expires_at: float = FOREVER) -> list[str]:
        left = super().admit(key, size, expires_at)
        if self._is_sampled(key) and size <= self.capacity // SAMPLE:
            self._show(key, size)
            self._sizes[key] = size
        for gone in left:
            self._sizes.pop(gone, None)
        self._count()
        return left

    def remove(self, key: str) -> None:
        super().remove(key)
        self._sizes.pop(key, None)
        if self._is_sampled(key):
            for shadow in self._shadows:
                shadow.remove(key)

    @staticmethod
    def _is_sampled(key: str) -> bool:
        return crc32(key.encode("utf-8", "surrogatepass")) % SAMPLE == 0

    def _show(self, key: str, size: int) -> None:
        self._sampled += 1
        for number, shadow in enumerate(self._shadows):
            if key in shadow:
                self._hits[number] += 1
                shadow.touch(key)
            else:
                shadow.admit(key, size)

    def _count(self) -> None:
        self._uses += 1
        if self._uses >= max(ROUND * len(self), SHORTEST_ROUND):
            self._choose()

    def _choose(self) -> None:
        present = WINDOWS.index(self.window)
        best = max(range(len(WINDOWS)), key=self._hits.__getitem__)
        if self._hits[best] - self._hits[present] > HYSTERESIS * self._sampled:
            self.set_window(WINDOWS[best])
        self._hits = [hits * MEMORY for hits in self._hits]
        self._sampled *= MEMORY
        self._uses = 0
