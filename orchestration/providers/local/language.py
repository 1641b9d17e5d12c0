"""Language of a text, its stop words and its stems.

Owns the guess (share of function words, or the script) and the stemmer, imported when first used. The guess
decides only which stop words and stemmer apply; nothing else depends on it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from .document import fold_word
from .function_words import FUNCTION_WORDS

_GUESS_CHARS = 20_000
_MIN_SHARE = 0.08  # of the words; real prose in a known language has 0.3 to 0.5
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")

# ISO code -> name of the Snowball algorithm
_STEMMERS: Mapping[str, str] = MappingProxyType({
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "pt": "portuguese",
    "nl": "dutch", "sv": "swedish", "da": "danish", "fi": "finnish", "ru": "russian", "ro": "romanian",
    "hu": "hungarian", "tr": "turkish", "ar": "arabic", "el": "greek", "pl": "polish",
})  # fmt: skip
_LATIN = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "pl", "ro", "hu", "tr")
# script -> the language assumed for it; uk is told from ru by its own letters
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
)


def guess_language(text: str) -> str:
    """ISO 639-1 code; "en" when nothing speaks for another."""
    sample = text[:_GUESS_CHARS]
    words = Counter(fold_word(word) for word in _WORD.findall(sample))
    total = sum(words.values())
    if not total:
        return "en"
    script = _script(sample)
    if script:
        return script
    shares = {code: sum(words[stop] for stop in stop_words(code)) / total for code in _LATIN}
    best = max(_LATIN, key=lambda code: shares[code])
    return best if shares[best] >= _MIN_SHARE else "en"


def _script(sample: str) -> str | None:
    letters = sum(map(str.isalpha, sample))
    for code, pattern in _SCRIPTS:
        # a tenth of the letters is enough: the letters that tell uk and ja are few even in their own prose
        needed = letters * (0.02 if code in ("uk", "ja") else 0.4)
        if len(pattern.findall(sample)) > needed:
            return code
    return None


@lru_cache(maxsize=64)
def stop_words(language: str) -> frozenset[str]:
    """Folded function words; empty for a language without a list."""
    return frozenset(fold_word(word) for word in FUNCTION_WORDS.get(language, "").split())


def stems(words: Iterable[str], language: str) -> list[str]:
    """One stem for each folded word; the word itself where no stemmer exists."""
    listed = list(words)
    algorithm = _STEMMERS.get(language)
    if algorithm is None:
        return listed
    import Stemmer

    # A stemmer is not safe to share between threads, and making one costs microseconds.
    return [str(stem) for stem in Stemmer.Stemmer(algorithm).stemWords(listed)]
