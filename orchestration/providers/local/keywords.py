"""`local/keywords`: the words and short phrases that tell what a text is about.

Owns the method: YAKE's single-document features (Campos et al., "YAKE! Keyword extraction from single documents using
multiple local features", Information Sciences 509, 2020): casing, position, frequency and spread of a word; a phrase
of up to three words is scored by its words and its frequency. Written out here because the published package needs
numpy and networkx in every worker.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from statistics import mean, median, pstdev

from .dates import is_month
from .document import Document
from .results import Keyword
from .terms import word_stems

_MAX_WORDS = 100_000  # of the text that are read
_MAX_PHRASE = 3
_CHUNK = re.compile(r"[^.,;:!?()\[\]{}\"|\n/<>=*#`~]+")
_WORD = re.compile(r"[^\W_]+(?:['.-][^\W_]+)*")
_SENTENCE = re.compile(r"[.!?]\s|\n\s*\n|[。！？]")


def keywords(text: str, *, max_keywords: int = 10) -> tuple[Keyword, ...]:
    """The best first; scores in (0, 1], comparable within one text only."""
    return keywords_of(Document.read(text), max_keywords)


def keywords_of(document: Document, max_keywords: int) -> tuple[Keyword, ...]:
    if max_keywords < 1:
        raise ValueError(f"max_keywords must be at least 1, not {max_keywords}")
    chunks = list(_chunks(document))
    weights = _word_weights(chunks)
    phrases = _phrases(chunks)
    scored = []
    for phrase, (surface, count) in phrases.items():
        product = math.prod(weights[word] for word in phrase)
        total = sum(weights[word] for word in phrase)
        scored.append((product / (count * (1 + total)), surface, phrase))
    scored.sort(key=lambda item: (item[0], item[1]))
    return tuple(_unlike(scored, max_keywords))


def _unlike(scored: list[tuple[float, str, tuple[str, ...]]], most: int) -> Iterator[Keyword]:
    """Without phrases that repeat words of a better one."""
    taken: set[str] = set()
    given = 0
    for badness, surface, phrase in scored:
        if given == most:
            return
        if taken.isdisjoint(phrase):
            taken.update(phrase)
            given += 1
            yield Keyword(surface, round(1 / (1 + badness), 4))


_Word = tuple[str, str, int]  # as written, stem ("" for a function word), number of its sentence


def _chunks(document: Document) -> Iterator[list[_Word]]:
    """Words between punctuation."""
    borders = [match.end() for match in _SENTENCE.finditer(document.folded)]
    at = 0
    left = _MAX_WORDS
    for chunk in _CHUNK.finditer(document.folded):
        while at < len(borders) and borders[at] <= chunk.start():
            at += 1
        written = list(islice(_WORD.findall(chunk[0]), left))
        left -= len(written)
        stems = word_stems(written, document.language)
        yield [(word, _usable(word, stem), at) for word, stem in zip(written, stems, strict=True)]
        if left <= 0:
            return


def _usable(word: str, stem: str) -> str:
    letters = sum(map(str.isalpha, word))
    return stem if letters >= 2 and letters * 2 >= len(word) and len(word) <= 40 and not is_month(word) else ""


def _word_weights(chunks: list[list[_Word]]) -> dict[str, float]:
    """YAKE's H: the lower, the more a word matters."""
    count: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    sentences: dict[str, list[int]] = {}
    beside: dict[str, tuple[set[str], set[str]]] = {}
    sides: Counter[str] = Counter()
    for chunk in chunks:
        for at, (word, stem, sentence) in enumerate(chunk):
            if not stem:
                continue
            count[stem] += 1
            capital[stem] += word[0].isupper() and at > 0
            sentences.setdefault(stem, []).append(sentence)
            left, right = beside.setdefault(stem, (set(), set()))
            if at:
                left.add(chunk[at - 1][0])
                sides[stem] += 1
            if at + 1 < len(chunk):
                right.add(chunk[at + 1][0])
                sides[stem] += 1
    if not count:
        return {}
    usual = mean(count.values()) + pstdev(count.values())
    highest, total = max(count.values()), 1 + max(places[-1] for places in sentences.values())
    weights = {}
    for stem, places in sentences.items():
        casing = capital[stem] / (1 + math.log(count[stem]))
        position = math.log(math.log(3 + median(places)))
        left, right = beside[stem]
        different = (len(left) + len(right)) / max(1, sides[stem])
        related = 1 + different * count[stem] / highest
        frequency, spread = count[stem] / usual, len(set(places)) / total
        weights[stem] = related * max(position, 0.05) / (casing + frequency / related + spread / related)
    return weights


def _phrases(chunks: list[list[_Word]]) -> dict[tuple[str, ...], tuple[str, int]]:
    """Stems of a phrase -> its commonest form and its frequency; a phrase begins and ends with a word that matters."""
    forms: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for chunk in chunks:
        for at in range(len(chunk)):
            for length in range(1, _MAX_PHRASE + 1):
                words = chunk[at : at + length]
                if len(words) < length or not all(stem for _, stem, _ in words):
                    break
                key = tuple(stem for _, stem, _ in words)
                forms[key][" ".join(word for word, _, _ in words)] += 1
    return {
        key: (form.most_common(1)[0][0], form.total())
        for key, form in forms.items()
        if len(key) == 1 or (form.total() > 1 and len(set(key)) == len(key)) or len(chunks) < 50
    }
