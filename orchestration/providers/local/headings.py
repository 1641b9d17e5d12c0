"""Headings, the sections under them, the title and the body.

Owns the recognition of headings (Markdown, underlined, numbered, capitals) and the choice of the title line.
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from .document import Document, Line, fold_word
from .found import MAX_FOUND, Found
from .layout import Cell, Pair, Section, is_rule, list_item, split_columns, trimmed

_MARKDOWN = re.compile(r"\s{0,3}(#{1,6})\s+(?=\S)")
_UNDERLINE = re.compile(r"\s{0,3}(=|-|~|\*){3,}\s*\Z")
_NUMBERED = re.compile(
    r"\s{0,3}(?:(?:section|article|clause|artikel|§)\s*)?\d{1,2}(?:\.\d{1,2}){0,3}[.):]?\s+(?=[^\W\d_])", re.IGNORECASE
)
_MAX_HEADING, _MAX_TITLE = 100, 140  # characters
_TITLE_LINES = 15
_TITLE_CHARS = 1_000  # a label "Title" further down is somebody's office
_TITLE_LABELS = frozenset("title subject titel betreff objet sujet asunto titulo re topic oggetto onderwerp".split())
# Words that name a kind of document; a line with one of them near the top is likely its title.
_KINDS_OF_DOCUMENT = frozenset(
    """agreement contract lease deed addendum amendment policy terms invoice receipt quotation quote estimate statement
    order report minutes agenda notes memo memorandum notice letter specification proposal plan manual guide handbook
    summary review analysis incident postmortem runbook requirements design certificate form application resume
    brief release budget forecast audit vertrag rechnung angebot bericht protokoll kundigung bescheinigung
    mahnung lastenheft pflichtenheft contrat facture devis rapport proces-verbal avenant bail contrato factura
    presupuesto informe acta convenio nomina""".split()
)
_WORD = re.compile(r"[^\W\d_]+")


def find_sections(document: Document) -> tuple[Section, ...]:
    lines = document.lines
    marks = list(islice(_heading_marks(lines), MAX_FOUND))
    ends = [*(at for at, _, _ in marks), len(lines)][1:]
    sections = []
    for (at, heading, level), end in zip(marks, ends, strict=True):
        body = tuple(line for line in lines[at + 1 : end] if not is_rule(line))
        sections.append(Section(heading, level, body))
    return tuple(sections)


def _heading_marks(lines: tuple[Line, ...]) -> Iterator[tuple[int, Cell, int]]:
    before_blank = True
    for at, (line, following) in enumerate(pairwise([*lines, Line("", 0)])):
        level = _heading_level(line, following, before_blank)
        if level:
            text = _MARKDOWN.sub("", line.text, count=1)
            text = _NUMBERED.sub("", text, count=1) or text
            cell = trimmed(text, line.start + len(line.text) - len(text), " \t*_#:")
            if cell.text:
                yield at, cell, level
        before_blank = line.is_blank or is_rule(line)


def _heading_level(line: Line, following: Line, before_blank: bool) -> int:
    text = line.text.strip()
    if not text or len(text) > _MAX_HEADING or not any(map(str.isalpha, text)):
        return 0
    if markdown := _MARKDOWN.match(line.text):
        return len(markdown[1])
    if underline := _UNDERLINE.match(following.text):
        return 1 if underline[1] == "=" else 2
    if text.startswith("|") or text.endswith((".", ",", ";")) or not before_blank:
        return 0
    bold = text.startswith("**") and text.endswith(("**", "**:", ":**"))
    capitals = text.isupper() and len(text) > 3 and len(text.split()) <= 10
    numbered = _NUMBERED.match(line.text) is not None and len(text) <= 70 and ":" not in text[:-1]
    alone = text.endswith(":") and len(text.split()) <= 6 and list_item(following) is not None
    return 2 if bold or capitals else 3 if numbered or alone else 0


def find_title(document: Document, pairs: Sequence[Pair], organisations: frozenset[str] = frozenset()) -> Found | None:
    """The line that titles the document: labelled so, or the likeliest of the first lines.

    `organisations` are folded names: a line that is only such a name is a letterhead.
    """
    labelled = _labelled_title(document, pairs)
    if labelled:
        return labelled
    head = islice((line for line in document.lines if not line.is_blank), _TITLE_LINES)
    scored = [
        (_title_score(document, line, part, at, organisations), -at, -part.start, part)
        for at, line in enumerate(head)
        for part in _parts(line)
    ]
    scored.sort(reverse=True)
    if not scored or scored[0][0] <= 0:
        return None
    lead = scored[0][0] - (scored[1][0] if len(scored) > 1 else 0.0)
    part = scored[0][3]
    confidence = 0.9 - 0.45 * math.exp(-max(lead, 0.0))
    return Found(part.start, part.end, document.text[part.start : part.end], round(confidence, 3), "title")


def _parts(line: Line) -> list[Cell]:
    """What wide gaps separate: a letterhead and the title may share a line."""
    start = match.end() if (match := _MARKDOWN.match(line.text)) else 0
    return [cell for cell in split_columns(line.text[start:], line.start + start) if cell.text]


def _labelled_title(document: Document, pairs: Sequence[Pair]) -> Found | None:
    for pair in pairs[:_TITLE_LINES]:
        if pair.value.start > _TITLE_CHARS:
            break
        if fold_word(pair.label) in _TITLE_LABELS and pair.value.text:
            value = document.text[pair.value.start : pair.value.end].strip("\"'")
            return Found(pair.value.start, pair.value.end, value, 0.9, "title")
    return None


def _title_score(document: Document, line: Line, part: Cell, at: int, organisations: frozenset[str]) -> float:
    """What speaks for and against a part of the `at`th filled line; above zero it may be the title."""
    text = part.text
    if len(text) > _MAX_TITLE or is_rule(line) or "|" in line.text:
        return 0.0
    words = {fold_word(word) for word in _WORD.findall(_ADDRESS.sub("", text))}
    if not words:
        return 0.0
    before = document.folded[max(0, line.start - 2 * _MAX_HEADING) : max(0, line.start - 1)].rstrip(" ")
    following = document.folded[line.end + 1 : line.end + 1 + _MAX_HEADING].partition("\n")[0]
    alone = (not before or before.endswith("\n")) and not following.strip()
    marked = _MARKDOWN.match(line.text) is not None or _UNDERLINE.match(following) is not None
    named = bool(words & _KINDS_OF_DOCUMENT) or any(word.endswith(_KIND_ENDINGS) for word in words)
    capitals = text.isupper() and (named or " " in text)
    speaks_for = 2.5 - 0.5 * at + 3.5 * marked + 2 * named + capitals + 0.5 * alone + 0.5 * (len(text) <= 80)
    speaks_for += 2.5 * bool(_SALUTATION.search(before))  # the subject of a letter
    sentence = text.endswith((".", ",", ";", ":"))
    labelled = ": " in text and not (marked or alone or at == 0)
    numeric = sum(map(str.isdigit, text)) > len(text) / 3 or len(_POSTAL.findall(text)) > 1
    speaks_against = (
        2.5 * sentence + 2.5 * labelled + 4 * ("@" in text) + 2 * numeric + 2 * (list_item(line) is not None)
    )
    return speaks_for - speaks_against - 3 * (fold_word(text) in organisations) - bool(_LETTERHEAD.search(text))


_POSTAL = re.compile(r"[,·•]|\b\d{4,5}\b")
_ADDRESS = re.compile(r"\S*@\S*")
_SALUTATION = re.compile(
    r"(?:^|\n)(?:Dear|Sehr geehrte|Madame|Monsieur|Estimad|Hello|Hallo|Bonjour)[^\n]{0,80}[,:!]?\s*\Z"
)
_KIND_ENDINGS = ("vertrag", "rechnung", "bericht", "protokoll", "vereinbarung")
_LETTERHEAD = re.compile(
    r"\b(?:gmbh|ltd|limited|llc|llp|inc|plc|corp|sarl|s\.a\.|s\.l\.|b\.v\.|ag|sas|kg)\b", re.IGNORECASE
)


def body_of(document: Document, title: Found | None) -> tuple[int, int]:
    """Offsets of the text without its title line when that comes first, and without space around."""
    text = document.text
    start = len(text) - len(text.lstrip())
    if title and not text[start : title.start].strip("# \t*_="):
        line_end = text.find("\n", title.end)
        rest = text[line_end:].lstrip("=-~ \t\n") if line_end >= 0 else ""
        start = len(text) - len(rest) if rest else start
    return start, max(start, len(text.rstrip()))
