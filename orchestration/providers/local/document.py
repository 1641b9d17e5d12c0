"""The text as the offline models read it: cleaned, capped, cut into lines.

Owns cleaning and its promise that no character moves: every offset into `Document.text` or `Document.folded` is an
offset into the text that was given. Finding anything in it is left to the modules beside this one.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

MAX_SCANNED = 1_000_000  # characters; bounds time and memory whatever is sent

_REPLACEMENT = "\ufffd"
_FOLDED = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-"),
    **dict.fromkeys(map(ord, "‘’‚‛´`ʼ"), "'"),
    **dict.fromkeys(map(ord, "“”„‟«»"), '"'),
    ord("："): ":",
    ord("．"): ".",
    ord("，"): ",",
    ord("（"): "(",
    ord("）"): ")",
    ord("￥"): "¥",
    0x066B: ".",  # Arabic decimal separator
    0x066C: ",",  # Arabic thousands separator
}


class _Printable(dict[int, str]):
    """Characters for people: no NUL, no control character but tab and newline, no lone surrogate."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Cs":
            char = _REPLACEMENT
        elif category == "Cc" and char not in "\t\n":
            char = " "
        self[code] = char
        return char


class _Folded(dict[int, str]):
    """Characters for patterns: ASCII digits, spaces, quotes and dashes, one for one."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        digit = unicodedata.decimal(char, None)
        if digit is not None:
            char = str(digit)
        elif unicodedata.category(char) == "Zs":
            char = " "
        self[code] = char
        return char


_printable = _Printable({0xFEFF: " ", 0x0B: "\n", 0x0C: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"})
_folded = _Folded(_FOLDED)


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its line break; `start` is where it begins in the document."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_blank(self) -> bool:
        return not self.text or self.text.isspace()


@dataclass(frozen=True)
class Document:
    """`text` is for values, `folded` for patterns; both have the offsets of what was given."""

    text: str
    folded: str
    truncated: bool

    @classmethod
    def read(cls, raw: str) -> "Document":
        scanned = raw[:MAX_SCANNED]
        text = scanned.replace("\r\n", " \n").replace("\r", "\n").translate(_printable)
        return cls(text, text if text.isascii() else text.translate(_folded), len(raw) > MAX_SCANNED)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return tuple(_lines(self.folded))

    @cached_property
    def language(self) -> str:
        from .language import guess_language

        return guess_language(self.folded)

    def is_empty(self) -> bool:
        return not self.text or self.text.isspace()


def _lines(text: str) -> Iterator[Line]:
    start = 0
    for line in text.split("\n"):
        yield Line(line, start)
        start += len(line) + 1


_SPACE = re.compile(r"\s+")


def squeeze(text: str) -> str:
    """One line, single spaces."""
    return _SPACE.sub(" ", text).strip()


def fold_word(word: str) -> str:
    """Lower case without accents: "Numéro" and "NUMERO" are one word."""
    lowered = word.casefold()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(char for char in decomposed if not unicodedata.combining(char))
