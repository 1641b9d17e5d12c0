"""W-TinyLFU: newcomers pass through a window; from there only what is asked more often than what would have to go.

Einziger, Friedman, Manes: TinyLFU, a highly efficient cache admission policy, ACM ToS 2017; window and segments as in
Einziger, Eytan, Friedman, Manes: Adaptive software cache management, Middleware 2018. Sizes in bytes. Uses are counted
exactly, in a mapping that is halved in time, instead of in a sketch.
"""

from collections import OrderedDict

from orchestration.cache.policies.base import FOREVER

PROTECTED_SHARE = 0.8
MOST_USES = 15
USES_PER_KEY = 5
"""The counts are halved after this many uses for each key that is here, so that the past is forgotten."""


class Frequencies:
    """How often each key was asked for lately, whether it is here or not."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._additions = 0

    def add(self, key: str, keys_here: int) -> None:
        counts = self._counts
        count = counts.get(key, 0)
        if count < MOST_USES:
            counts[key] = count + 1
        self._additions += 1
        if self._additions > USES_PER_KEY * max(keys_here, 16):
            self._counts = {name: uses // 2 for name, uses in counts.items() if uses > 1}
            self._additions //= 2

    def of(self, key: str) -> int:
        return self._counts.get(key, 0)


class WTinyLfu:
    """`window` is the share of the capacity for newcomers: near 0 it trusts frequency, at 1 it is LRU."""

    def __init__(self, capacity: int, window: float = 0.01) -> None:
        self.capacity = capacity
        self.frequencies = Frequencies()
        self._window: OrderedDict[str, int] = OrderedDict()
        self._probation: OrderedDict[str, int] = OrderedDict()
        self._protected: OrderedDict[str, int] = OrderedDict()
        self._window_used = self._main_used = self._protected_used = 0
        self.set_window(window)

    def set_window(self, share: float) -> None:
        """Move the border between window and main part; nothing leaves because of it."""
        self.window = share
        self._window_capacity = int(self.capacity * share)
        self._main_capacity = self.capacity - self._window_capacity
        self._protected_capacity = int(self._main_capacity * PROTECTED_SHARE)
        while self._main_used > self._main_capacity:
            self._move_to_window()

    def _move_to_window(self) -> None:
        """What stands last in the main part becomes the oldest of the window."""
        if self._probation:
            key, size = self._probation.popitem(last=False)
        else:
            key, size = self._protected.popitem(last=False)
            self._protected_used -= size
        self._main_used -= size
        self._window[key] = size
        self._window.move_to_end(key, last=False)
        self._window_used += size

    @property
    def used(self) -> int:
        return self._window_used + self._main_used

    def touch(self, key: str) -> None:
        self.frequencies.add(key, len(self))
        if key in self._window:
            self._window.move_to_end(key)
        elif key in self._protected:
            self._protected.move_to_end(key)
        else:
            self._protect(key)

    def _protect(self, key: str) -> None:
        size = self._probation.pop(key)
        self._protected[key] = size
        self._protected_used += size
        while self._protected_used > self._protected_capacity:
            back, weight = self._protected.popitem(last=False)
            self._protected_used -= weight
            self._probation[back] = weight

    def admit(self, key: str, size: int, expires_at: float = FOREVER) -> list[str]:
        if size > self.capacity:
            return [key]
        self.frequencies.add(key, len(self))
        self._window[key] = size
        self._window_used += size
        left: list[str] = []
        while self._window_used > self._window_capacity:
            self._pass_on(left)
        return left

    def _pass_on(self, left: list[str]) -> None:
        """The oldest of the window asks for a place in the main part."""
        candidate, size = self._window.popitem(last=False)
        self._window_used -= size
        self._probation[candidate] = size
        self._main_used += size
        while self._main_used > self._main_capacity:
            gone = self._loser(candidate)
            self._drop(gone)
            left.append(gone)
            if gone == candidate:
                return

    def _loser(self, candidate: str) -> str:
        victim = next(iter(self._probation))
        if victim == candidate and self._protected:
            victim = next(iter(self._protected))
        return victim if self.frequencies.of(candidate) > self.frequencies.of(victim) else candidate

    def _drop(self, key: str) -> None:
        size = self._probation.pop(key, None)
        if size is None:
            size = self._protected.pop(key)
            self._protected_used -= size
        self._main_used -= size

    def remove(self, key: str) -> None:
        if key in self._window:
            self._window_used -= self._window.pop(key)
        elif key in self:
            self._drop(key)

    def __contains__(self, key: str) -> bool:
        return key in self._window or key in self._probation or key in self._protected

    def __len__(self) -> int:
        return len(self._window) + len(self._probation) + len(self._protected)
