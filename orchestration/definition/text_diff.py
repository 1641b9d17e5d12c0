"""How two texts differ, line by line, for people: numbered lines, long equal stretches folded, changed words marked.

Lines are matched by patience (Bram Cohen's diff of Bazaar): those that occur once in both texts are anchors, and only
the short stretches between them are compared in full. So ten thousand lines take milliseconds, and a task is never
matched with the closing lines of another.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["equal", "deleted", "inserted", "folded"]
Parts = tuple[tuple[str, bool], ...]
Lines = Sequence[str]
# How many lines of both texts match, from where on in each.
Match = tuple[int, int, int]

MAX_COMPARED = 250_000  # lines of one stretch times lines of the other; past this the stretch is replaced whole
MAX_WORDS = 400  # of one line
MOSTLY_OTHER = 0.4  # of two lines less alike than this no words are marked
_WORD = re.compile(r"\w+|\s+|.")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line with its numbers in both texts, or `count` equal lines folded into one. `parts` are (text, is_marked)."""

    kind: Kind
    before: int | None = None
    after: int | None = None
    parts: Parts = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class TextDiff:
    lines: tuple[DiffLine, ...]
    inserted: int
    deleted: int

    def first(self, most: int) -> "TextDiff":
        """The same with at most so many lines."""
        return TextDiff(self.lines[:most], self.inserted, self.deleted)


def compare_texts(before: str, after: str, *, context: int | None = 3) -> TextDiff:
    """`context` equal lines stand around each change and the others are folded; None folds nothing."""
    old, new = _lines(before), _lines(after)
    matches = [*_join(_match(old, new, 0, 0)), (len(old), len(new), 0)]
    kept = sum(count for _, _, count in matches)
    lines = tuple(_describe(old, new, matches, context))
    return TextDiff(lines, inserted=len(new) - kept, deleted=len(old) - kept)


def _lines(text: str) -> list[str]:
    """As editors number them: other characters that may end a line do not."""
    return text.removesuffix("\n").split("\n") if text else []


def _match(old: Lines, new: Lines, at: int, at_new: int) -> Iterator[Match]:
    """The equal stretches of two pieces that begin at `at` and `at_new`, in order."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    yield at, at_new, head
    middle, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if middle and middle_new:
        yield from _match_middle(middle, middle_new, at + head, at_new + head)
    yield at + len(old) - tail, at_new + len(new) - tail, tail


def _common(one: Lines, other: Lines) -> int:
    """How many lines both begin with."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def _match_middle(old: Lines, new: Lines, at: int, at_new: int) -> Iterator[Match]:
    anchors = _anchors(old, new)
    if not anchors:
        if len(old) * len(new) <= MAX_COMPARED:
            blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
            yield from ((at + low, at_new + low_new, count) for low, low_new, count in blocks)
        return
    start = start_new = 0
    for low, low_new in (*anchors, (len(old), len(new))):
        yield from _match(old[start:low], new[start_new:low_new], at + start, at_new + start_new)
        start, start_new = low, low_new


def _anchors(old: Lines, new: Lines) -> list[tuple[int, int]]:
    """Places of lines that occur once in both, the longest series that keeps its order in both."""
    once, places = Counter(old), {text: place for place, text in enumerate(new)}
    once_new = Counter(new)
    pairs = [(at, places[text]) for at, text in enumerate(old) if once[text] == 1 and once_new[text] == 1]
    ends: list[int] = []  # the smallest end of a series of each length
    last: list[int] = []  # the pair it ends with
    before: list[int | None] = []
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else None)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [index]
    series: list[tuple[int, int]] = []
    at = last[-1] if last else None
    while at is not None:
        series.append(pairs[at])
        at = before[at]
    return series[::-1]


def _join(matches: Iterator[Match]) -> Iterator[Match]:
    """Without empty ones, and neighbours as one."""
    found: Match | None = None
    for at, at_new, count in matches:
        if not count:
            continue
        if found is not None and (found[0] + found[2], found[1] + found[2]) == (at, at_new):
            found = (found[0], found[1], found[2] + count)
            continue
        if found is not None:
            yield found
        found = (at, at_new, count)
    if found is not None:
        yield found


def _describe(old: Lines, new: Lines, matches: Sequence[Match], context: int | None) -> Iterator[DiffLine]:
    """The last match is empty and stands at both ends."""
    at = at_new = 0
    for low, low_new, count in matches:
        yield from _replaced(old[at:low], new[at_new:low_new], at, at_new)
        at, at_new = low + count, low_new + count
        before = 0 if (low, low_new) == (0, 0) else context
        after = 0 if (at, at_new) == (len(old), len(new)) else context
        yield from _equal(old, (low, low_new, count), before, after)


def _equal(old: Lines, match: Match, first: int | None, last: int | None) -> Iterator[DiffLine]:
    """The `first` and `last` lines of a match, what is between them folded where that saves more than one line."""
    low, low_new, count = match
    first, last = (count if most is None else min(most, count) for most in (first, last))
    hidden = count - first - last if count - first - last > 1 else 0
    for step in range(count):
        if hidden and step == first:
            yield DiffLine("folded", low + step + 1, low_new + step + 1, count=hidden)
        if not hidden or not first <= step < first + hidden:
            yield DiffLine("equal", low + step + 1, low_new + step + 1, ((old[low + step], False),))


def _replaced(old: Lines, new: Lines, at: int, at_new: int) -> Iterator[DiffLine]:
    """What went and what came instead; line by line with the changed words marked when there are as many of both."""
    pairs = [_mark(one, other) for one, other in zip(old, new, strict=True)] if len(old) == len(new) else []
    for index, text in enumerate(old):
        yield DiffLine("deleted", before=at + index + 1, parts=pairs[index][0] if pairs else ((text, False),))
    for index, text in enumerate(new):
        yield DiffLine("inserted", after=at_new + index + 1, parts=pairs[index][1] if pairs else ((text, False),))


def _mark(old: str, new: str) -> tuple[Parts, Parts]:
    one, other = _WORD.findall(old), _WORD.findall(new)
    whole = ((old, False),), ((new, False),)
    if max(len(one), len(other)) > MAX_WORDS:
        return whole
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.ratio() < MOSTLY_OTHER:
        return whole
    gone: list[tuple[str, bool]] = []
    came: list[tuple[str, bool]] = []
    for kind, low, high, new_low, new_high in matcher.get_opcodes():
        gone.append(("".join(one[low:high]), kind != "equal"))
        came.append(("".join(other[new_low:new_high]), kind != "equal"))
    return tuple(part for part in gone if part[0]), tuple(part for part in came if part[0])
