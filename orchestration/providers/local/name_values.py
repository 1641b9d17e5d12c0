"""A name that a label announces: the capitalised words a value starts with, and whether they are a person's."""

import re

from .document import fold_word
from .given_names import GIVEN_NAMES
from .layout import Cell
from .name_words import COMMON_WORDS, HEADS_AFTER, LEGAL_FORMS, PARTICLES, WEAK_FORMS

_NAME_AHEAD = re.compile(r"[^\W\d_a-z][\w'.&-]*(?: (?:[^\W\d_a-z][\w'.-]*|&|van|von|de|der|den|del|la|di|da)){0,6}")


def leading_name(cell: Cell, *, most: int) -> Cell | None:
    """The capitalised words a value starts with; None when it goes on as a sentence does."""
    match = _NAME_AHEAD.match(cell.text)
    if match is None or len(match[0].split()) > most:
        return None
    rest = cell.text[match.end() :].lstrip()
    if rest and rest[0] not in ",;(-/|<[":
        return None
    return Cell(match[0].rstrip(".,"), cell.start)


NO_PERSON = COMMON_WORDS | LEGAL_FORMS | WEAK_FORMS | HEADS_AFTER | {"&"}


def is_person_name(text: str) -> bool:
    """Two words, with initials and particles; three only when the first is a known given name."""
    words = fold_word(text).replace(".", "").split()
    full = [word for word in words if len(word) > 1 and word not in PARTICLES]
    known = bool(words) and words[0] in GIVEN_NAMES
    return len(words) >= 2 and 1 <= len(full) <= (4 if known else 2) and not set(words) & NO_PERSON
