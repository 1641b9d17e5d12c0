"""What the look of a document says: labelled values, tables, headings and what stands under them, the title.

Owns reading the layout of plain text and Markdown. Which label answers which field is decided in `wording`; the
values stay text here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from .document import Document, Line
from .found import MAX_FOUND
from .wording import meaning_words

_MAX_LABEL_CHARS = 60
_MAX_LABEL_WORDS = 8
_MAX_VALUE_CHARS = 500


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Pair:
    """`label` as written, without marks; `value` where it stands. `certain` when the layout leaves no other reading."""

    label: str
    value: Cell
    certain: bool


@dataclass(frozen=True, slots=True)
class Table:
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the lines until the next one; level 1 is the highest."""

    heading: Cell
    level: int
    body: tuple[Line, ...]


# --- pieces of a line -----------------------------------------------------------------------------------------------

_MARKS = " \t*_#>•·▪◦"
_BULLET = re.compile(r"\s{0,20}(?:[-*•·▪◦–+]|\(?\d{1,3}[.)]|\(?[a-z][.)]|\[[ xX]\])\s+(?=\S)")
_COLUMNS = re.compile(r"\t+| {2,}|\.{4,}|…{2,}| ?_{4,} ?")
_RULE = re.compile(r"[\s|:+=*_-]*\Z")


def trimmed(text: str, start: int, marks: str = _MARKS) -> Cell:
    """Without surrounding space and emphasis marks, at its new offset."""
    stripped = text.lstrip(marks + ":")  # "Ticket     : 4711"
    return Cell(stripped.rstrip(marks), start + len(text) - len(stripped))


def is_rule(line: Line) -> bool:
    """A line that only draws: "-----", "|---|---|", "====="."""
    return len(line.text) > 2 and _RULE.match(line.text) is not None and not line.is_blank


def list_item(line: Line) -> Cell | None:
    bullet = _BULLET.match(line.text)
    return trimmed(line.text[bullet.end() :], line.start + bullet.end(), " \t") if bullet else None


def _split(text: str, start: int, separator: re.Pattern[str]) -> list[Cell]:
    cells, at = [], 0
    for match in separator.finditer(text):
        cells.append(trimmed(text[at : match.start()], start + at))
        at = match.end()
    cells.append(trimmed(text[at:], start + at))
    return cells


def split_columns(text: str, start: int) -> list[Cell]:
    """What tabs, runs of spaces and dot leaders separate."""
    return _split(text, start, _COLUMNS)


# --- tables ---------------------------------------------------------------------------------------------------------

_UNIT = re.compile(r"[(\[][^()\[\]]{1,20}[)\]]")
_PIPE = re.compile(r"\|")


def _cells(line: Line) -> tuple[Cell, ...]:
    """The columns of one line: between pipes, else between tabs or runs of spaces; empty when there is one only."""
    if line.text.count("|") >= 1:
        cells = _split(line.text, line.start, _PIPE)
        stripped = line.text.strip()
        inner = cells[1 if stripped.startswith("|") else 0 : -1 if stripped.endswith("|") else None]
        return tuple(inner) if len(inner) > 1 or stripped.startswith("|") else ()
    cells = [cell for cell in split_columns(line.text, line.start) if cell.text]
    return tuple(cells) if len(cells) > 1 else ()


def find_tables(document: Document) -> tuple[Table, ...]:
    """Runs of at least two lines with the same number of columns, at least three of them (or two, between pipes)."""
    return tuple(islice(_tables(document.lines), MAX_FOUND))


def _tables(lines: Sequence[Line]) -> Iterator[Table]:
    run: list[tuple[Cell, ...]] = []
    before = Line("", 0)
    for line in [*lines, Line("", 0)]:
        if is_rule(line):
            continue
        cells = () if line.is_blank else _cells(line)
        if len(run) == 1 and cells and all(_UNIT.fullmatch(cell.text) for cell in cells):
            run = [_with_units(run[0], cells, line.start - before.start)]
            continue
        before = line
        wide = len(cells) > 2 or (len(cells) == 2 and "|" in line.text)
        if wide and len(run) < MAX_FOUND and (not run or abs(len(cells) - len(run[0])) <= 1):
            run.append(cells)
            continue
        if len(run) > 1:
            yield Table(run[0], tuple(run[1:]))
        run = [cells] if wide else []


def _with_units(header: tuple[Cell, ...], units: tuple[Cell, ...], down: int) -> tuple[Cell, ...]:
    """A heading in two lines, `down` characters apart: "(EUR)" belongs to the "Budget" it stands under."""
    beneath = {
        min(range(len(header)), key=lambda at: abs(header[at].start + down - cell.start)): cell for cell in units
    }
    return tuple(
        Cell(f"{cell.text} {beneath[at].text}", cell.start) if at in beneath else cell for at, cell in enumerate(header)
    )


# --- labelled values ------------------------------------------------------------------------------------------------

_COLON = re.compile(r"(?<!\d):(?![/\\:])|:(?=[\s*_]|$)|\s=\s")  # not of a time or a web address
_LABEL_SHAPE = re.compile(r"[^\W_][^:;!?\"{}<>=\[\]]*\Z")


def find_pairs(document: Document) -> tuple[Pair, ...]:
    """Labels and values: "Label: value", "label = value", a label above its value, two columns, the ends of a row."""
    lines = document.lines
    pairs: list[Pair] = []
    for line, following in pairwise([*lines, Line("", 0), Line("", 0)]):
        if len(pairs) >= MAX_FOUND:
            break
        if (
            not line.is_blank and not is_rule(line) and not ("|" in following.text and is_rule(following))
        ):  # a table's head
            pairs.extend(_line_pairs(line, following))
    return tuple(pairs)


def _line_pairs(line: Line, following: Line) -> Iterator[Pair]:
    if line.text.lstrip().startswith("#"):
        return
    cells = _cells(line) or (trimmed(*_without_bullet(line)),)
    said = False
    for at, cell in enumerate(cells):
        label, value = _split_label(cell)
        if not label:
            continue
        said = True
        beside = cells[at + 1] if at + 1 < len(cells) else None
        if value.text:
            yield Pair(label, _capped(value), certain=not _is_sentence(value.text))
        elif beside is not None and beside.text and not _split_label(beside)[0]:
            yield Pair(label, _capped(beside), certain=True)
        elif below := _below(cell, line, following):
            yield Pair(label, _capped(below), certain=False)
    filled = [cell for cell in cells[1:] if cell.text]
    if not said and filled and is_label(cells[0].text):
        yield Pair(cells[0].text, _capped(filled[-1]), certain=len(filled) == 1)


def _without_bullet(line: Line) -> tuple[str, int]:
    bullet = _BULLET.match(line.text)
    skip = bullet.end() if bullet else 0
    return line.text[skip:], line.start + skip


def _split_label(cell: Cell) -> tuple[str, Cell]:
    """The label before a colon and what stands after it; "" for a cell that is not so built."""
    match = _COLON.search(cell.text, 0, _MAX_LABEL_CHARS + 3)
    label = cell.text[: match.start()].rstrip(_MARKS) if match else ""
    if match is None or not is_label(label):
        return "", cell
    return label, trimmed(cell.text[match.end() :], cell.start + match.end())


def _below(label: Cell, line: Line, following: Line) -> Cell | None:
    """What stands under a label with nothing beside it: the next line, or the part of it in the label's column."""
    cells = _cells(following) or (trimmed(following.text, following.start),)
    column = label.start - line.start
    for cell in cells:
        aligned = len(cells) == 1 or abs(cell.start - following.start - column) <= 2
        if cell.text and aligned and not _split_label(cell)[0] and list_item(following) is None:
            return cell
    return None


def _is_sentence(text: str) -> bool:
    """Prose after a colon, not a value."""
    words = len(text.split())
    return words > 14 or (words > 6 and text.endswith((".", "!", "?", ",")))


def _capped(cell: Cell) -> Cell:
    return Cell(cell.text[:_MAX_VALUE_CHARS], cell.start)


def is_labelled(line: Line) -> bool:
    """A short line that is a label and its value, rather than a sentence with a colon in it."""
    return len(line.text) <= 100 and bool(_split_label(trimmed(*_without_bullet(line)))[0])


def is_label(text: str) -> bool:
    """Few words, letters in them, no sentence before the colon."""
    return (
        0 < len(text) <= _MAX_LABEL_CHARS
        and len(text.split()) <= _MAX_LABEL_WORDS
        and any(map(str.isalpha, text))
        and _LABEL_SHAPE.match(text) is not None
    )


_MONEY_WORDS = frozenset("amount total subtotal price net gross fee cost".split())


def names_money(heading: str) -> bool:
    """Whether a column so headed holds amounts."""
    return bool(meaning_words(heading) & _MONEY_WORDS)


_LIST_SEPARATOR = re.compile(r"\s*[,;/]\s*|\s+(?:and|und|et|y|e)\s+|\s&\s")


def split_list(cell: Cell) -> list[Cell]:
    """The items of "A, B and C"."""
    parts, at = [], 0
    for match in _LIST_SEPARATOR.finditer(cell.text):
        parts.append(Cell(cell.text[at : match.start()], cell.start + at))
        at = match.end()
    parts.append(Cell(cell.text[at:], cell.start + at))
    return [part for part in parts if part.text]
