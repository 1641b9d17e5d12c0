"""Where each part of a source stands. The readers build marks beside the value; only problems look into them."""

from dataclasses import dataclass, field

from common.wording import Path

Position = tuple[int, int]  # line and column, both from 1


@dataclass(slots=True)
class Node:
    """The place of a mapping or list, of its keys, and the marks of its members. An alias has its anchor's marks."""

    place: Position
    keys: dict[str, Position] = field(default_factory=dict)
    members: "dict[str | int, Mark]" = field(default_factory=dict)


Mark = Node | Position  # a scalar needs no more than its place


def place_of(mark: Mark) -> Position:
    return mark.place if isinstance(mark, Node) else mark


def locate(mark: Mark | None, path: Path, *, at_key: bool = False) -> Position | tuple[None, None]:
    """The position of a path's key or value; of the nearest parent in the source when it is not there itself."""
    if mark is None:
        return None, None
    for index, step in enumerate(path):
        if not isinstance(mark, Node) or step not in mark.members:
            break
        if at_key and index == len(path) - 1 and isinstance(step, str):
            return mark.keys[step]
        mark = mark.members[step]
    return place_of(mark)
