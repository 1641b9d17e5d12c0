"""The words a text is about, as stems with their counts: what similarity, keywords and summaries are computed from."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from .document import fold_word
from .language import stems, stop_words

WORD = re.compile(r"[^\W\d_][^\W_]*(?:-[^\W_]+)*")
_CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_COMPOUNDING = frozenset(("de", "nl", "sv", "da", "fi"))
_MIN_PART = 5


def count_terms(text: str, language: str) -> Counter[str]:
    """Stem -> how often, without function words and single letters; Chinese and Japanese count by two characters."""
    words = Counter(WORD.findall(text))
    counts: Counter[str] = Counter()
    for (_, count), stem in zip(words.items(), word_stems(words, language), strict=True):
        if stem:
            counts[stem] += count
    for word, count in words.items():
        if _CJK.search(word):
            for at in range(len(word) - 1):
                counts[word[at : at + 2]] += count
    return counts


def word_stems(words: Iterable[str], language: str) -> list[str]:
    """The stem of each word; "" for a function word or single letter."""
    folded = [fold_word(word) for word in words]
    stop = stop_words(language) | stop_words("en")
    return [
        stem if len(word) > 1 and word not in stop else ""
        for word, stem in zip(folded, stems(folded, language), strict=True)
    ]


def with_compound_parts(counts: Mapping[str, int], known: Iterable[str], language: str) -> Counter[str]:
    """Adds the known words that long words of compounding languages begin or end with ("kaufvertrag": "vertrag")."""
    extended = Counter(counts)
    if language not in _COMPOUNDING:
        return extended
    parts = {word for word in known if len(word) >= _MIN_PART}
    for word, count in counts.items():
        for at in range(_MIN_PART, len(word) - 2):
            if word[:at] in parts:
                extended[word[:at]] += count
        for at in range(3, len(word) - _MIN_PART + 1):
            if word[at:] in parts:
                extended[word[at:]] += count
    return extended
