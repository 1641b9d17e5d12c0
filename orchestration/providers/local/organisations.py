"""Names of organisations, as far as their form and their neighbours show them.

Owns the method: a name ends in a legal form ("GmbH", "Ltd"), has a head word ("University of …", "… Bank"), stands
after a label ("Supplier: …"), or spells the domain of an address in the document. Nothing is learned; a name without
any of these signs is not found.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from .document import Document, fold_word
from .found import MAX_FOUND, Found, without_overlaps
from .given_names import GIVEN_NAMES
from .layout import Pair
from .name_values import is_person_name, leading_name
from .name_words import (
    AND,
    COMMON_WORDS,
    CONTINUED_FORMS,
    EITHER_LABELS,
    HEAD_ENDINGS,
    HEADS_AFTER,
    HEADS_BEFORE,
    HEADS_BEFORE_OF,
    NO_NAME_BEFORE_GROUP,
    OF,
    ORGANISATION_LABELS,
    WEAK_FORMS,
)
from .wording import meaning_words
from .words import Words, is_legal_form

_MAX_WORDS = 7  # of a name
# names that need no capitals to be told: forms of other scripts, and "… e. V."
_OTHER_SCRIPTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:[A-ZÄÖÜ][\w-]{1,30} ){1,4}e\. ?V\.",
        r"(?:ООО|ОАО|ЗАО|ПАО|АО|ТОВ|ПрАТ)\s\"[^\"\n]{2,60}\"",
        r"[\u4e00-\u9fff]{2,20}?(?:股份有限公司|有限公司|集团|银行|大学)",
        r"(?:株式会社[\u3040-\u30ff\u4e00-\u9fff]{2,12}|[\u3040-\u30ff\u4e00-\u9fff]{2,12}?株式会社)",
        r"(?:شركة|مؤسسة|بنك|جامعة) [\u0600-\u06ff]{2,20}(?: [\u0600-\u06ff]{2,20})?",
        r"[Α-ΩΆ-Ώ][\w]{1,30}(?: [Α-ΩΆ-Ώ][\w]{1,30}){0,3} (?:Α\.Ε\.|Ε\.Π\.Ε\.|ΑΕ|ΕΠΕ|Ι\.Κ\.Ε\.)",
    )
)


def find_organisations(
    document: Document, names: Words, pairs: Sequence[Pair], addresses: Iterable[Found]
) -> tuple[Found, ...]:
    full = [*_by_form(names), *_other_scripts(document), *_labelled_organisations(pairs)]
    known = {fold_word(found.value) for found in full}
    short = (
        found
        for found in _by_domain(names, addresses)
        if not any(name.startswith(fold_word(found.value)) for name in known)
    )
    return without_overlaps([*full, *short][:MAX_FOUND])


def _by_form(names: Words) -> Iterator[Found]:
    for at, token in enumerate(names.tokens):
        if is_legal_form(token):
            first = _walk_back(names, at, comma=True)
            if first < at:
                yield names.found(first, _walk_on(names, at), 0.9, "organisation")
        elif token.capital and (token.folded in HEADS_AFTER | WEAK_FORMS or token.folded.endswith(HEAD_ENDINGS)):
            first = _walk_back(names, at)
            before_group = names.tokens[at - 1].folded if at else ""
            if first < at and before_group not in NO_NAME_BEFORE_GROUP and not _goes_on(names, at):
                yield names.found(first, at, 0.6, "organisation")
        if token.capital and (token.folded in HEADS_BEFORE_OF or token.folded in HEADS_BEFORE):
            last = _after_head(names, at)
            if last > at:
                yield names.found(at, last, 0.65, "organisation")


def _walk_back(names: Words, at: int, *, comma: bool = False) -> int:
    """Index of the first word of the name that ends before `at`; `at` itself when there is none."""
    first = at
    while at - first < _MAX_WORDS and names.joined(first - 1, comma=comma and first == at):
        token = names.tokens[first - 1]
        is_link = token.text in "&+" or token.folded in OF
        is_and = token.folded in AND and names.tokens[first].folded in WEAK_FORMS
        if is_legal_form(token) or not (token.capital or token.text[0].isdigit() or is_link or is_and):
            break
        first -= 1
    while first < at and (not names.is_name_word(first) and not names.tokens[first].text[0].isdigit()):
        first += 1
    return first if any(names.is_name_word(i) for i in range(first, at)) else at


def _walk_on(names: Words, at: int) -> int:
    """Index of the last word of a legal form in several words."""
    last = at
    while names.joined(last, comma=True):
        following = names.tokens[last + 1]
        if following.text in "&+" or following.folded == "de":
            if not (names.joined(last + 1) and names.tokens[last + 2].folded in CONTINUED_FORMS):
                break
            last += 1
        elif following.folded not in CONTINUED_FORMS or not following.capital:
            break
        last += 1
    return last


def _goes_on(names: Words, at: int) -> bool:
    """The head word is inside a longer name ("Bank Holding AG"): the longer one is found by its own end."""
    return names.joined(at) and (is_legal_form(names.tokens[at + 1]) or names.tokens[at + 1].text in "&+")


def _after_head(names: Words, at: int) -> int:
    last = at
    if names.joined(last) and names.tokens[last + 1].folded in OF:
        last += 1
        if names.joined(last) and names.tokens[last + 1].folded in ("the", "la", "le"):
            last += 1
    elif names.tokens[at].folded not in HEADS_BEFORE:
        return at
    name_from = last
    while last - at < 5 and names.joined(last) and names.is_name_word(last + 1):
        last += 1
    return last if last > name_from else at


def _other_scripts(document: Document) -> Iterator[Found]:
    for pattern in _OTHER_SCRIPTS:
        for match in pattern.finditer(document.folded):
            yield Found(match.start(), match.end(), document.text[match.start() : match.end()], 0.7, "organisation")


def _labelled_organisations(pairs: Sequence[Pair]) -> Iterator[Found]:
    for pair in pairs:
        label = meaning_words(pair.label)
        name = (
            leading_name(pair.value, most=6) if pair.certain and label & (ORGANISATION_LABELS | EITHER_LABELS) else None
        )
        if name and _may_be_organisation(name.text, announced=bool(label & ORGANISATION_LABELS)):
            yield Found(name.start, name.end, name.text, 0.6, "organisation")


def _may_be_organisation(name: str, *, announced: bool) -> bool:
    words = fold_word(name).split()
    is_person = words[0] in GIVEN_NAMES if announced else is_person_name(name)
    return not is_person and not COMMON_WORDS & set(words) and not any(map(str.isdigit, name))


_HOST = re.compile(r"(?:@|//|www\.)((?:[\w-]+\.)+[\w-]+)")
_PUBLIC_HOSTS = frozenset("gmail outlook hotmail yahoo icloud proton web gmx example localhost".split())
_MIN_DOMAIN = 5


def _by_domain(names: Words, addresses: Iterable[Found]) -> Iterator[Found]:
    """Capitalised words that spell the domain of an address in the document: "Bright Water", mail@brightwater.com."""
    domains = set()
    for address in addresses:
        if host := _HOST.search(str(address.value)):
            domains |= {fold_word(part).replace("-", "") for part in host[1].split(".")[:-1]} - _PUBLIC_HOSTS
    for at, token in enumerate(names.tokens) if domains else ():
        if token.capital and not names.joined_capital(at - 1):
            last, spelled = at, token.folded
            linked = spelled
            while last - at < _MAX_WORDS and (names.joined_capital_after(last) or names.joined_link(last)):
                last += 1
                word = names.tokens[last].folded
                linked += word
                spelled += word if names.tokens[last].capital else ""
            spellings = [text.replace("-", "").replace("'", "").replace("&", "") for text in (spelled, linked)]
            if last > at and any(text.startswith(d) for text in spellings for d in domains if len(d) >= _MIN_DOMAIN):
                yield names.found(at, last, 0.7, "organisation")
