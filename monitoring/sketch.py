"""A sketch of a distribution: quantiles within 1 % of the value, whatever the values are, and exact merging. Pure.

DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees",
PVLDB 12(12), 2019, https://arxiv.org/abs/1908.10693), without a limit on its buckets: durations from a microsecond to a
year need 1,560 of them at most. A value v falls into bucket ceil(log_γ v); the bucket's middle 2γ^i/(γ+1) is within
α = (γ−1)/(γ+1) of everything in it.
"""

import math
import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

RELATIVE_ERROR = 0.01
GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
LEAST, MOST = 1e-9, 1e15
"""Values below the least count as zero, values above the most as the most."""

_LOG_GAMMA = math.log(GAMMA)
_HEAD = struct.Struct("<IQ")


class Sketch:
    """How many values fell into which bucket. Negative values count as zero; NaN is refused."""

    __slots__ = ("buckets", "zeros")

    def __init__(self, values: Iterable[float] = ()) -> None:
        self.buckets: dict[int, int] = {}
        self.zeros = 0
        for value in values:
            self.add(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sketch) and (self.zeros, self.buckets) == (other.zeros, other.buckets)

    __hash__ = None  # type: ignore[assignment]  # it changes

    @property
    def count(self) -> int:
        return self.zeros + sum(self.buckets.values())

    def add(self, value: float) -> None:
        """Count a value. Raises `ValueError` for NaN."""
        if value < LEAST:
            self.zeros += 1
            return
        index = math.ceil(math.log(min(value, MOST)) / _LOG_GAMMA)
        self.buckets[index] = self.buckets.get(index, 0) + 1

    def merge(self, other: "Sketch", times: int = 1) -> None:
        """Count what `other` counted, exactly as if it had been added here; `times=-1` takes it away again."""
        self.zeros += times * other.zeros
        buckets = self.buckets
        for index, number in other.buckets.items():
            buckets[index] = buckets.get(index, 0) + times * number
        if times < 0:
            self.buckets = {index: number for index, number in buckets.items() if number}

    def quantile(self, share: float) -> float | None:
        """The value that `share` (0…1) of the values do not exceed, by nearest rank; None without values."""
        count = self.count
        if not count:
            return None
        rank = max(1, math.ceil(share * count))
        seen = self.zeros
        if rank <= seen:
            return 0.0
        for index in sorted(self.buckets):
            seen += self.buckets[index]
            if rank <= seen:
                return _middle(index)
        raise AssertionError("unreachable: every rank is in a bucket")

    def at_most(self, limits: Iterable[float]) -> list[int]:
        """How many values are no greater than each limit; those within 1 % of it may fall on either side."""
        indexes = sorted(self.buckets)
        below = list(accumulate((self.buckets[index] for index in indexes), initial=self.zeros))
        return [below[bisect_right(indexes, _last_bucket(limit))] if limit >= 0 else 0 for limit in limits]

    def to_bytes(self) -> bytes:
        """Little-endian: number of buckets and zeros, then the indexes (16 bit), then the counts (64 bit)."""
        ordered = sorted(self.buckets.items())
        indexes, counts = array("h", [pair[0] for pair in ordered]), array("Q", [pair[1] for pair in ordered])
        if sys.byteorder == "big":
            indexes.byteswap()
            counts.byteswap()
        return _HEAD.pack(len(ordered), self.zeros) + indexes.tobytes() + counts.tobytes()

    @classmethod
    def from_bytes(cls, stored: "bytes | memoryview") -> "Sketch":
        """What `to_bytes` wrote. Raises `ValueError` or `struct.error` for anything else."""
        view = memoryview(stored)
        number, zeros = _HEAD.unpack_from(view)
        indexes, counts = array("h"), array("Q")
        middle = _HEAD.size + number * indexes.itemsize
        indexes.frombytes(view[_HEAD.size : middle])
        counts.frombytes(view[middle:])
        if sys.byteorder == "big":
            indexes.byteswap()
            counts.byteswap()
        sketch = cls()
        sketch.zeros, sketch.buckets = zeros, dict(zip(indexes, counts, strict=True))
        return sketch


def _last_bucket(limit: float) -> int:
    """The last one with nothing in it above the limit."""
    return math.floor(math.log(limit) / _LOG_GAMMA) if limit >= LEAST else -sys.maxsize


def _middle(index: int) -> float:
    """The value that stands for a bucket."""
    return float(2 * GAMMA**index / (GAMMA + 1))
