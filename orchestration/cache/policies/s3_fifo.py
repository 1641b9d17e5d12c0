"""S3-FIFO: a small queue for newcomers, a main queue for what was asked again, a list of ghosts.

Yang, Zhang, Qiu, Yue, Rashmi: FIFO queues are all you need for cache eviction, SOSP 2023. Sizes in bytes.
"""

from collections import OrderedDict

from orchestration.cache.policies.base import FOREVER

SMALL_SHARE = 0.1
MOST_USES = 3


class S3Fifo:
    """A yardstick of the benchmark: one-hit wonders leave early, nothing is reordered at a hit."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._small_capacity = int(capacity * SMALL_SHARE)
        self._small: OrderedDict[str, int] = OrderedDict()
        self._main: OrderedDict[str, int] = OrderedDict()
        self._ghosts: OrderedDict[str, int] = OrderedDict()
        self._uses: dict[str, int] = {}
        self._small_used = self._main_used = self._ghosts_used = 0

    @property
    def used(self) -> int:
        return self._small_used + self._main_used

    def touch(self, key: str) -> None:
        self._uses[key] = min(MOST_USES, self._uses[key] + 1)

    def admit(self, key: str, size: int, expires_at: float = FOREVER) -> list[str]:
        if size > self.capacity:
            return [key]
        left: list[str] = []
        while self.used + size > self.capacity:
            self._evict(left)
        self._uses[key] = 0
        if (weight := self._ghosts.pop(key, None)) is not None:
            self._ghosts_used -= weight
            self._main[key] = size
            self._main_used += size
        else:
            self._small[key] = size
            self._small_used += size
        return left

    def remove(self, key: str) -> None:
        self._uses.pop(key, None)
        self._small_used -= self._small.pop(key, 0)
        self._main_used -= self._main.pop(key, 0)

    def _evict(self, left: list[str]) -> None:
        if self._small and (self._small_used > self._small_capacity or not self._main):
            self._evict_small(left)
        else:
            self._evict_main(left)

    def _evict_small(self, left: list[str]) -> None:
        key, size = self._small.popitem(last=False)
        self._small_used -= size
        if self._uses[key] > 1:
            self._uses[key] = 0
            self._main[key] = size
            self._main_used += size
            return
        del self._uses[key]
        left.append(key)
        self._ghosts[key] = size
        self._ghosts_used += size
        while self._ghosts_used > self.capacity - self._small_capacity:
            self._ghosts_used -= self._ghosts.popitem(last=False)[1]

    def _evict_main(self, left: list[str]) -> None:
        key, size = self._main.popitem(last=False)
        if self._uses[key]:
            self._uses[key] -= 1
            self._main[key] = size
            return
        del self._uses[key]
        self._main_used -= size
        left.append(key)

    def __contains__(self, key: str) -> bool:
        return key in self._uses

    def __len__(self) -> int:
        return len(self._uses)
