"""`local/summarize`: the sentences that say most, as they stand in the text.

Owns the method: sentences are scored by the weight of their words in the document and by their place, then picked one
by one, each as unlike the picked ones as possible (maximal marginal relevance). Sentence borders are sentencex's,
imported when first used. Headings, tables and labelled lines are not sentences.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from .document import Document, Line, squeeze
from .layout import is_labelled, is_rule, list_item
from .results import Sentence, Summary
from .terms import WORD, count_terms, word_stems

_MAX_SENTENCES = 2_000  # scored; later ones of a long text are not read
_MIN_WORDS, _MAX_WORDS = 5, 60
_UNLIKE = 0.6  # how much likeness to a picked sentence costs
_ORDINAL = re.compile(r"(?<!\w)\d{1,2}\.\s*\Z")
_ORDINAL_DOTS = frozenset("de da sv fi pl hu cs".split())
_HEAD_BONUS = 0.35  # for the beginning of the document, fading over the first sentences


def summarize(text: str, *, max_sentences: int = 3) -> Summary:
    """At most `max_sentences` sentences in the order of the text; for a text without sentences, its first lines."""
    return summarize_document(Document.read(text), max_sentences)


def summarize_document(document: Document, max_sentences: int) -> Summary:
    if max_sentences < 1:
        raise ValueError(f"max_sentences must be at least 1, not {max_sentences}")
    scored = _scored(document)
    picked = sorted(_pick(scored, max_sentences), key=lambda item: item.start)
    spans = [(item.start, item.end) for item in picked] or _first_lines(document, max_sentences)
    sentences = tuple(Sentence(squeeze(document.text[start:end]), start, end) for start, end in spans)
    return Summary(" ".join(sentence.text for sentence in sentences), sentences, document.truncated)


@dataclass(frozen=True, slots=True)
class _Scored:
    start: int
    end: int
    score: float
    words: frozenset[str]


def _scored(document: Document) -> list[_Scored]:
    counts = count_terms(document.folded, document.language)
    scored = []
    for place, (start, end) in enumerate(_sentences(document)):
        found = WORD.findall(document.folded[start:end])
        if _MIN_WORDS <= len(found) <= _MAX_WORDS:
            words = frozenset(word_stems(found, document.language)) - {""}
            weight = sum(math.log1p(counts[word]) for word in words) / math.sqrt(len(found) + 8)
            scored.append(_Scored(start, end, weight * (1 + _HEAD_BONUS / (1 + place)), words))
    return scored


def _pick(scored: list[_Scored], most: int) -> list[_Scored]:
    picked: list[_Scored] = []
    rest = scored
    while rest and len(picked) < most:
        best = max(rest, key=lambda item: item.score * (1 - _UNLIKE * _likeness(item, picked)))
        picked.append(best)
        rest = [item for item in rest if item.words != best.words]
    return picked


def _likeness(item: _Scored, picked: list[_Scored]) -> float:
    return max(
        (len(item.words & other.words) / max(1, min(len(item.words), len(other.words))) for other in picked),
        default=0.0,
    )


def _sentences(document: Document) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences of the prose, at most `_MAX_SENTENCES`."""
    return islice((span for start, end in _blocks(document) for span in _split(document, start, end)), _MAX_SENTENCES)


def _split(document: Document, start: int, end: int) -> Iterator[tuple[int, int]]:
    from sentencex import get_sentence_boundaries  # type: ignore[import-untyped]  # it ships no types

    first = start
    for border in get_sentence_boundaries(document.language, document.text[start:end]):
        last = start + border["end_index"]
        text = document.text[first:last]
        if document.language in _ORDINAL_DOTS and _ORDINAL.search(text) and last < end:
            continue  # "am 3. Werktag": the sentence goes on
        if text.strip():
            yield first + len(text) - len(text.lstrip()), first + len(text.rstrip())
        first = last


def _blocks(document: Document) -> Iterator[tuple[int, int]]:
    """Runs of lines of prose, each list item its own."""
    start = end = -1
    for line in (*document.lines, Line("", 0)):
        item = list_item(line)
        if start >= 0 and (item or not _is_prose(line)):
            yield start, end
            start = -1
        if _is_prose(line):
            start = start if start >= 0 else item.start if item else line.start
            end = line.end
    if start >= 0:
        yield start, end


def _is_prose(line: Line) -> bool:
    text = line.text.strip()
    if not text or text.startswith(("#", "|", "```")) or is_rule(line) or "\t" in text or text.count("|") > 1:
        return False
    return "   " not in text and not text.isupper() and not is_labelled(line)


def _first_lines(document: Document, most: int) -> list[tuple[int, int]]:
    filled = (line for line in document.lines if any(map(str.isalnum, line.text)))
    spans = []
    for line, _ in zip(filled, range(most), strict=False):
        text = line.text[:500]
        spans.append((line.start + len(text) - len(text.lstrip()), line.start + len(text.rstrip())))
    return spans
