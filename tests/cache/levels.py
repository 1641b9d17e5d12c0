"""Short words for tests of the levels."""

from orchestration.cache.two_levels import TwoLevels

ABSENT = object()


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 2_000_000_000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def value_in(levels: TwoLevels, key: str) -> object:
    """What a look-up finds."""
    entry = levels.look_up(key).entry
    return ABSENT if entry is None else levels.value_of(entry)


def level_of(levels: TwoLevels, key: str) -> str:
    return levels.look_up(key).level
