"""Least recently used leaves first."""

from collections import OrderedDict

from orchestration.cache.policies.base import FOREVER


class Lru:
    """Good where what was asked lately is asked again; a long scan empties it."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0
        self._sizes: OrderedDict[str, int] = OrderedDict()

    def touch(self, key: str) -> None:
        self._sizes.move_to_end(key)

    def admit(self, key: str, size: int, expires_at: float = FOREVER) -> list[str]:
        if size > self.capacity:
            return [key]
        self._sizes[key] = size
        self.used += size
        left = []
        while self.used > self.capacity:
            gone, weight = self._sizes.popitem(last=False)
            self.used -= weight
            left.append(gone)
        return left

    def remove(self, key: str) -> None:
        self.used -= self._sizes.pop(key, 0)

    def __contains__(self, key: str) -> bool:
        return key in self._sizes

    def __len__(self) -> int:
        return len(self._sizes)
