"""The words of a document as names need them: where they stand, how they are written, what belongs together."""

import re
from dataclasses import dataclass

from .document import Document, fold_word
from .found import Found
from .language import stop_words
from .name_words import CONTINUED_FORMS, LEGAL_FORMS, NOT_IN_NAMES, OF, SMALL_FORMS, TITLES

_TOKEN = re.compile(r"[^\W\d_][\w'-]*(?:\.[^\W\d_][\w'-]*)*\.?|&|\+|\d[\w-]*")
_WRAPPED_LINE = 50  # a name goes on in the next line only if this line is long enough to have been wrapped


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    end: int
    folded: str  # without accents and dots: "S.A." is "sa"
    capital: bool


class Words:
    """The words of one document with what is next to what."""

    def __init__(self, document: Document) -> None:
        self.text = document.folded
        self.tokens = _read_tokens(document.folded)
        self.stop = stop_words(document.language) | stop_words("en") | NOT_IN_NAMES

    def joined(self, at: int, *, comma: bool = False) -> bool:
        """Whether the word at `at` and the next one can belong to one name."""
        if not 0 <= at < len(self.tokens) - 1:
            return False
        token, following = self.tokens[at], self.tokens[at + 1]
        gap = self.text[token.end : following.start]
        if gap == "\n":
            line_start = self.text.rfind("\n", max(0, token.end - 400), token.end) + 1
            wrapped = token.end - line_start >= _WRAPPED_LINE and "  " not in self.text[line_start : token.end].lstrip()
        else:
            wrapped = gap == " " or (comma and gap == ", ")
        ends_sentence = token.text.endswith(".") and len(token.text) > 3 and "." not in token.text[:-1]
        return wrapped and (not ends_sentence or token.folded in CONTINUED_FORMS or token.folded in TITLES)

    def joined_capital_after(self, at: int) -> bool:
        return self.joined(at) and self.is_name_word(at + 1)

    def joined_link(self, at: int) -> bool:
        """Whether "&", "of" or the like and a capitalised word follow."""
        if not (self.joined(at) and self.joined_capital_after(at + 1)):
            return False
        link = self.tokens[at + 1]
        return link.text == "&" or link.folded in OF

    def joined_capital(self, at: int) -> bool:
        """Whether the word at `at` is part of a name that the next word continues."""
        return self.joined(at) and self.is_name_word(at)

    def found(self, first: int, last: int, confidence: float, kind: str) -> Found:
        start, end = self.tokens[first].start, self.tokens[last].end
        last_token = self.tokens[last]
        if (
            last_token.text.endswith(".")
            and last_token.folded not in CONTINUED_FORMS
            and "." not in last_token.text[:-1]
        ):
            end -= 1
        return Found(start, end, " ".join(self.text[start:end].split()), confidence, kind)

    def is_name_word(self, at: int) -> bool:
        token = self.tokens[at]
        return token.capital and token.folded not in self.stop and token.folded not in LEGAL_FORMS


def _read_tokens(text: str) -> list[Token]:
    return [
        Token(word, match.start(), match.end(), fold_word(word.replace(".", "")), word[0].isupper())
        for match in _TOKEN.finditer(text)
        for word in (match[0],)
    ]


def is_legal_form(token: Token) -> bool:
    if token.folded not in LEGAL_FORMS:
        return False
    written = token.text.isupper() or "." in token.text[:-1] or (token.capital and len(token.folded) > 2)
    return written or token.folded in SMALL_FORMS or token.text in ("eG", "SpA", "SAs")
