"""Names of people, as far as their form and their neighbours show them.

Owns the method: a person has a form of address ("Dr"), a common given name, a role after the name ("…, Head of
Finance") or words before it that announce one ("represented by …"), or stands after a label or under a heading
("Attendees", "Owner"). Nothing is learned; a name without any of these signs is not found.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from .found import MAX_FOUND, Found, outside, without_overlaps
from .given_names import GIVEN_NAMES
from .layout import Pair, Table, split_list
from .name_values import NO_PERSON, is_person_name, leading_name
from .name_words import COMMON_WORDS, PARTICLES, PERSON_LABELS, TITLES
from .wording import meaning_words
from .words import Token, Words, is_legal_form

_MAX_TITLES = 3  # "Prof. Dr. Dr."
_ROLE = re.compile(
    r"\s*(?:,|\(|\s[-|]|:)\s*\(?(?:the |our |its |acting |interim |senior |junior |deputy |lead |chief "
    r"|principal |vice |managing "
    r"|general |executive |group |regional |head of |site |staff )*(?:c[a-z]o\b|director|manager|officer"
    r"|engineer|head|president"
    r"|counsel|partner|architect|analyst|consultant|accountant|developer|administrator|coordinator|secretary|chair|controller"
    r"|auditor|lawyer|attorney|technician|specialist|supervisor|owner|founder|geschäftsführer|leiter|vorstand|prokurist"
    r"|directeur|directrice|gérant|responsable|administrador|directora?|gerente|jefe|jefa|abogad|avocat|ingénieur|notary|notar"
    r"|rechtsanw)",
    re.IGNORECASE,
)
# "… represented by Jane Smith": the words that end just before a name
_LEAD_IN = re.compile(
    r"\b(?:signed|represented|prepared|written|approved|reviewed|checked|issued|requested|reported|led|chaired|drafted"
    r"|witnessed|appointed|vertreten|unterzeichnet|erstellt|geprüft|représentée?|signé|rédigé|representad[oa]|firmad[oa]"
    r"|redactad[oa])(?: [\w&.-]+){0,4}? (?:by|durch|von|par|por)"
    r"(?: (?:its|den|die|son|sa|su|el|la|le) [\w ]{3,30}?,?)?[ :]{1,3}\Z"
    r"|\b(?:contact|attn|attention|attention of|ask|colleague|named|madame|monsieur|chair|engineer|manager"
    r"|officer|director"
    r"|counsel|geschäftsführer(?:in)?|leiter(?:in)?|gérante?|directeur|directrice|gerente|apoderad[oa]"
    r"|notari[oa])[ :]{1,2}\Z",
    re.IGNORECASE,
)
_LEAD_IN_CHARS = 90


def find_people(
    names: Words, pairs: Sequence[Pair], tables: Sequence[Table], organisations: Iterable[Found]
) -> tuple[Found, ...]:
    taken = [(found.start, found.end) for found in organisations]
    items = without_overlaps([*_by_neighbours(names), *_labelled_people(pairs, tables)][:MAX_FOUND])
    return tuple(outside(items, taken))


def _by_neighbours(names: Words) -> Iterator[Found]:
    for at, token in enumerate(names.tokens):
        if not token.capital:
            continue
        if _is_title(token):
            first = at + 1
            while first - at < _MAX_TITLES and names.joined(first - 1) and names.tokens[first].folded in TITLES:
                first += 1
            if names.joined(first - 1) and names.is_name_word(first):
                yield names.found(first, _last_of_name(names, first), 0.85, "person")
        elif _is_given(token) and _starts_name(names, at):
            last = _last_of_name(names, at)
            if last > at:
                yield names.found(at, last, 0.8, "person")
        elif _starts_name(names, at) and names.joined(at) and names.is_name_word(at + 1):
            following = names.tokens[at + 1]
            plain = not {token.folded, following.folded} & NO_PERSON and not (token.text + following.text).isupper()
            ahead = names.text[max(0, token.start - _LEAD_IN_CHARS) : token.start]
            if plain and (_ROLE.match(names.text, following.end) or _LEAD_IN.search(ahead)):
                yield names.found(at, _last_of_name(names, at), 0.6, "person")


def _is_title(token: Token) -> bool:
    return token.folded in TITLES and (len(token.folded) > 1 or token.text == "M.")


def _is_given(token: Token) -> bool:
    return token.folded in GIVEN_NAMES or ("-" in token.text and token.folded.partition("-")[0] in GIVEN_NAMES)


def _starts_name(names: Words, at: int) -> bool:
    """Not the second word of something capitalised that is no name: "San Jose", "Project Julia"."""
    return names.is_name_word(at) and not names.tokens[at].text.endswith((".", "'s"))


def _last_of_name(names: Words, first: int) -> int:
    """Surnames, initials and particles that follow; `first` when nothing fit."""
    last = at = first
    while at - first < 4 and names.joined(at):
        following = names.tokens[at + 1]
        if following.folded in PARTICLES and not following.capital and names.joined(at + 1):
            at += 1
            continue
        if not names.is_name_word(at + 1) or following.folded in COMMON_WORDS or is_legal_form(following):
            break
        at += 1
        last = at
    return last


def _labelled_people(pairs: Sequence[Pair], tables: Sequence[Table]) -> Iterator[Found]:
    values = [pair.value for pair in pairs if meaning_words(pair.label) & PERSON_LABELS]
    for table in tables:
        columns = [at for at, head in enumerate(table.header) if meaning_words(head.text) & PERSON_LABELS]
        values += [row[at] for row in table.rows for at in columns if at < len(row)]
    for value in values:
        for part in split_list(value):
            name = leading_name(part, most=4)
            if name and is_person_name(name.text):
                yield Found(name.start, name.end, name.text, 0.7, "person")
