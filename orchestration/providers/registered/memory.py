"""Models kept in this process: each loaded once, the least recently used given up first.

Owns the bound, counted in what the process grew by when a model was loaded (a model of trees takes several times its
file), or in the bytes of its files where that is more or cannot be told.
"""

import ctypes
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")
STATM = Path("/proc/self/statm")


def resident_bytes() -> int:
    """What this process takes now, once what it has freed is given back to the system; 0 where nobody says (not Linux).

    Loading leaves several times a model's size in glibc's free lists, which `malloc_trim` empties.
    """
    if not STATM.exists():
        return 0
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class BoundedMemory(Generic[T]):
    """Values by key, of at most `limit` bytes together; safe for threads. A fork's child begins with none."""

    def __init__(self, measure: Callable[[], int] = resident_bytes) -> None:
        self.measure = measure
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._kept: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    def get(self, key: str, load: Callable[[], T], *, size: int, limit: int) -> T:
        """The value of `key`, loaded if it is not here; one load at a time. `size`: its files, at most `limit`.

        One that turns out to take more than the limit is kept, alone.
        """
        if (kept := self._find(key)) is not None:
            return kept
        with self._loading:
            if (kept := self._find(key)) is not None:  # another thread was first
                return kept
            self._make_room(limit - size)
            before = self.measure()
            loaded = load()
            takes = max(size, self.measure() - before)
            self._make_room(limit - takes)
            with self._lock:
                self._kept[key] = (loaded, takes)
            return loaded

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    @property
    def size(self) -> int:
        """Bytes kept now."""
        with self._lock:
            return sum(takes for _, takes in self._kept.values())

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def _find(self, key: str) -> T | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def _make_room(self, limit: int) -> None:
        with self._lock:
            while self._kept and sum(takes for _, takes in self._kept.values()) > limit:
                self._kept.popitem(last=False)
