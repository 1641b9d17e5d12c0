"""What every strategy of the memory level is: an order in which keys leave, bounded by bytes.

A policy keeps keys and sizes, never values, and has no clock and no lock: `tiers.memory` owns both. `admit` counts as
one use, so a look-up that missed and whose answer is then stored is one use, as a hit is.
"""

from typing import Protocol

FOREVER = float("inf")


class Policy(Protocol):
    """`capacity` and `used` in bytes; `used` never exceeds `capacity` between two calls."""

    capacity: int

    @property
    def used(self) -> int: ...

    def touch(self, key: str) -> None:
        """A hit on a key that is here."""

    def admit(self, key: str, size: int, expires_at: float = FOREVER) -> list[str]:
        """Put in a key that is not here; returns the keys that left for it (perhaps the key itself)."""

    def remove(self, key: str) -> None:
        """Forget a key, if it is here: it expired or was deleted."""

    def __contains__(self, key: str) -> bool: ...

    def __len__(self) -> int: ...
