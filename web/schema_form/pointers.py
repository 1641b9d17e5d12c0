"""JSON Pointers (RFC 6901)."""

from collections.abc import Iterable


def pointer_to(path: Iterable[str | int]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
