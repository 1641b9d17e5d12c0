"""Least frequently used leaves first; among equals the one used longest ago.

Constant time: keys stand in one ordered row per number of uses (Shah, Mitra, Matani: An O(1) algorithm for implementing
the LFU cache eviction scheme, 2010). Uses are counted while a key is here and forgotten when it leaves.
"""

from collections import OrderedDict

from orchestration.cache.policies.base import FOREVER


class Lfu:
    """Good where some questions are always asked more than others; slow to let go of what was popular once."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0
        self._uses: dict[str, int] = {}
        self._rows: dict[int, OrderedDict[str, int]] = {}
        self._fewest = 1

    def touch(self, key: str) -> None:
        uses = self._uses[key]
        size = self._take(key, uses)
        if self._fewest == uses and uses not in self._rows:
            self._fewest = uses + 1
        self._put(key, uses + 1, size)

    def admit(self, key: str, size: int, expires_at: float = FOREVER) -> list[str]:
        if size > self.capacity:
            return [key]
        left = []
        while self.used + size > self.capacity:  # before it comes in: it would always be the first to go
            gone = next(iter(self._rows[self._least()]))
            self.remove(gone)
            left.append(gone)
        self._put(key, 1, size)
        self._fewest = 1
        self.used += size
        return left

    def remove(self, key: str) -> None:
        uses = self._uses.pop(key, None)
        if uses is not None:
            self.used -= self._take(key, uses)

    def _least(self) -> int:
        """Removing a key may have emptied its row, so the fewest uses are looked for when they are needed."""
        if self._fewest not in self._rows:
            self._fewest = min(self._rows)
        return self._fewest

    def _take(self, key: str, uses: int) -> int:
        row = self._rows[uses]
        size = row.pop(key)
        if not row:
            del self._rows[uses]
        return size

    def _put(self, key: str, uses: int, size: int) -> None:
        self._uses[key] = uses
        row = self._rows.get(uses)
        if row is None:
            row = self._rows[uses] = OrderedDict()
        row[key] = size

    def __contains__(self, key: str) -> bool:
        return key in self._uses

    def __len__(self) -> int:
        return len(self._uses)
