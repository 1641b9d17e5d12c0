"""What expires soonest leaves first; what never expires leaves last, oldest first."""

from heapq import heappop, heappush

from orchestration.cache.policies.base import FOREVER


class Ttl:
    """Good where the time to live says how much an entry is worth."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0
        self._entries: dict[str, tuple[int, int]] = {}  # key → size, number of its place in the heap
        self._heap: list[tuple[float, int, str]] = []  # may hold places that are given up; they are passed over
        self._number = 0

    def touch(self, key: str) -> None:
        """Use does not prolong a life."""

    def admit(self, key: str, size: int, expires_at: float = FOREVER) -> list[str]:
        if size > self.capacity:
            return [key]
        self._number += 1
        self._entries[key] = size, self._number
        heappush(self._heap, (expires_at, self._number, key))
        self.used += size
        left = []
        while self.used > self.capacity:
            left.append(self._pop())
        self._tidy()
        return left

    def remove(self, key: str) -> None:
        size, _ = self._entries.pop(key, (0, 0))
        self.used -= size

    def _pop(self) -> str:
        while True:
            _, number, key = heappop(self._heap)
            if self._entries.get(key, (0, 0))[1] == number:
                self.remove(key)
                return key

    def _tidy(self) -> None:
        """Given-up places must not outgrow the living."""
        if len(self._heap) > 2 * len(self._entries) + 64:
            living = (place for place in self._heap if self._entries.get(place[2], (0, 0))[1] == place[1])
            self._heap = sorted(living)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)
