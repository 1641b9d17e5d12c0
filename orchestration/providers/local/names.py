"""Names of organisations and people, as far as their form and their neighbours show them.

Owns the method: an organisation ends in a legal form ("GmbH", "Ltd") or has a head word ("University of …", "… Bank"); a
person has a title ("Dr"), a common given name, or a role after the name ("…, Head of Finance"). Labels add names of both
("Supplier: …", "Attendees: …"). Nothing is learned; a name without any of these signs is not found.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .document import Document, fold_word
from .found import MAX_FOUND, Found, outside, without_overlaps
from .given_names import GIVEN_NAMES
from .language import stop_words
from .layout import Cell, Pair, Table
from .wording import meaning_words

_LEGAL_FORMS = frozenset(
    """ltd limited llc llp lp inc incorporated corp corporation plc gmbh mbh ag kg ohg ug kgaa se ev eg gbr sa sarl sas sasu
    eurl snc sci sl slu slp spa srl sapa bv nv vof cv oy oyj ab as asa aps sro doo kft zrt ood ooo pty pte pvt
    genossenschaft""".split()
)
# written small as well; the others are words or units too (as, se, kg, limited) unless written "AG", "S.A.", "Limited"
_SMALL_FORMS = frozenset("gmbh ltd plc llc llp mbh pty pte pvt sarl eurl gbr sro doo".split())
_CONTINUED_FORMS = _LEGAL_FORMS | {"co"}  # "GmbH & Co. KG", "Pty Ltd", "S.A. de C.V."
_WEAK_FORMS = frozenset(
    "group gruppe groupe grupo holding holdings partners partner associates bros sons consulting".split()
)
_NO_NAME_BEFORE_GROUP = frozenset(
    "working steering user focus target test task support age security resource product".split()
)
_HEADS_AFTER = frozenset(
    """bank university institute institut hospital council agency association foundation authority college laboratories
    society hochschule stiftung sparkasse logistics technologies airlines ventures industries""".split()
)
_HEAD_ENDINGS = (
    "handelsbank",
    "volksbank",
    "landesbank",
    "werke",
    "gesellschaft",
    "verband",
    "stiftung",
    "genossenschaft",
    "sparkasse",
)
_HEADS_BEFORE_OF = frozenset("university ministry bank institute council city department office".split())
_HEADS_BEFORE = frozenset(
    """universitat hochschule ministerium bundesamt landgericht amtsgericht sparkasse stadtwerke stadt landkreis universite
    ministere banque hopital mairie prefecture universidad ministerio banco ayuntamiento hospital tribunal""".split()
)
_OF = frozenset("of de des du der del della di fur fuer la le".split())
_AND = frozenset("and und et y e".split())
_NOT_IN_NAMES = frozenset(
    """supplier customer client vendor buyer seller contractor company invoice contract agreement dear attn lieferant kunde
    auftraggeber auftragnehmer verkaufer kaufer fournisseur vendeur acheteur proveedor provider lessor lessee landlord tenant
    licensor licensee rechnung vertrag contrat facture factura contrato dienstleister firma unternehmen societe entreprise empresa sociedad tel phone email date subject payee""".split()
)
_COMMON_WORDS = frozenset(
    """team department services service project data system systems manager secretary company officer director engineer engineering head board
    committee office group support security finance legal operations platform database network customer account product quality
    risk street road avenue lane park house bank general annual total tax value note section article schedule annex appendix
    january february march april june july august september october november december monday tuesday wednesday thursday friday
    saturday sunday north south east west europe germany france spain street strasse platz rue calle""".split()
)
_TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor sir dame herr herrn frau m mme mlle monsieur madame sr sra srta dona don dna ing dipl"
    " hon rev capt col judge justice г-н г-жа".split()
)
_PARTICLES = frozenset("van von de der den del della di da la le el al bin ibn dos du zu ter ten y e".split())
_ROLE = re.compile(
    r"\s*(?:,|\(|\s[-|]|:)\s*\(?(?:the |our |its |acting |interim |senior |junior |deputy |lead |chief |principal |vice |managing |general "
    r"|executive |group |regional |head of |site |staff )*(?:c[a-z]o\b|director|manager|officer|engineer|head|president|counsel|partner|"
    r"architect|analyst|consultant|accountant|developer|administrator|coordinator|secretary|chair|controller|auditor|lawyer|attorney|"
    r"technician|specialist|supervisor|owner|founder|geschäftsführer|leiter|vorstand|prokurist|directeur|directrice|gérant|"
    r"responsable|administrador|directora?|gerente|jefe|jefa|abogad|avocat|ingénieur|notary|notar|rechtsanw)",
    re.IGNORECASE,
)
_PERSON_LABELS = frozenset(
    """contact attendee author owner chair minute reporter reported raised requested requester signed reviewer approver approved
    reviewed checked verified tested assignee assigned engineer manager commander lead leader facilitator secretary employee
    candidate patient tenant landlord guarantor applicant claimant traveller cardholder attention attn responsible who person
    people represented name apology absent consultant surveyor counsel witness coordinator inspector operator technician doctor
    teilnehmer leiter ansprechpartner sachbearbeiter bearbeiter vertreten interlocuteur redacteur representante on-call
    """.split()
)
# "… represented by Jane Smith": the words that end just before a name
_LEAD_IN = re.compile(
    r"\b(?:signed|represented|prepared|written|approved|reviewed|checked|issued|requested|reported|led|chaired|drafted|witnessed"
    r"|appointed|vertreten|unterzeichnet|erstellt|geprüft|représentée?|signé|rédigé|representad[oa]|firmad[oa]|redactad[oa])"
    r"(?: [\w&.-]+){0,4}? (?:by|durch|von|par|por)(?: (?:its|den|die|son|sa|su|el|la|le) [\w ]{3,30}?,?)?[ :]{1,3}\Z"
    r"|\b(?:contact|attn|attention|attention of|ask|colleague|named|madame|monsieur|chair|engineer|manager|officer|director|counsel"
    r"|geschäftsführer(?:in)?|leiter(?:in)?|gérante?|directeur|directrice|gerente|apoderad[oa]|notari[oa])[ :]{1,2}\Z", re.IGNORECASE,
)  # fmt: skip
_LEAD_IN_CHARS = 90
_ORGANISATION_LABELS = frozenset(
    "supplier customer company payee payer employer owner operator sender recipient consignee shipper publisher beneficiary lender"
    " borrower purchaser insurer licensor licensee provider lessor lessee issuer manufacturer party"
    " bank carrier landlord tenant".split()
)
_TOKEN = re.compile(r"[^\W\d_][\w'-]*(?:\.[^\W\d_][\w'-]*)*\.?|&|\+|\d[\w-]*")
_MAX_WORDS = 7
_MAX_TITLES = 3  # "Prof. Dr. Dr."
_WRAPPED_LINE = 50  # a name goes on in the next line only if this line is long enough to have been wrapped
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


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int
    folded: str  # without accents and dots: "S.A." is "sa"
    capital: bool


class Words:
    """The words of one document with what is next to what."""

    def __init__(self, document: Document) -> None:
        self.text = document.folded
        self.tokens = _tokens(document.folded)
        self.stop = stop_words(document.language) | stop_words("en") | _NOT_IN_NAMES

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
        return wrapped and (not ends_sentence or token.folded in _CONTINUED_FORMS or token.folded in _TITLES)

    def joined_capital_after(self, at: int) -> bool:
        return self.joined(at) and self.is_name_word(at + 1)

    def joined_link(self, at: int) -> bool:
        """Whether "&", "of" or the like and a capitalised word follow."""
        if not (self.joined(at) and self.joined_capital_after(at + 1)):
            return False
        link = self.tokens[at + 1]
        return link.text == "&" or link.folded in _OF

    def joined_capital(self, at: int) -> bool:
        """Whether the word at `at` is part of a name that the next word continues."""
        return self.joined(at) and self.is_name_word(at)

    def found(self, first: int, last: int, confidence: float, kind: str) -> Found:
        start, end = self.tokens[first].start, self.tokens[last].end
        last_token = self.tokens[last]
        if (
            last_token.text.endswith(".")
            and last_token.folded not in _CONTINUED_FORMS
            and "." not in last_token.text[:-1]
        ):
            end -= 1
        return Found(start, end, " ".join(self.text[start:end].split()), confidence, kind)

    def is_name_word(self, at: int) -> bool:
        token = self.tokens[at]
        return token.capital and token.folded not in self.stop and token.folded not in _LEGAL_FORMS


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(word, match.start(), match.end(), fold_word(word.replace(".", "")), word[0].isupper())
        for match in _TOKEN.finditer(text)
        for word in (match[0],)
    ]


# --- organisations --------------------------------------------------------------------------------------------------


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
        if _is_legal_form(token):
            first = _walk_back(names, at, comma=True)
            if first < at:
                yield names.found(first, _walk_on(names, at), 0.9, "organisation")
        elif token.capital and (token.folded in _HEADS_AFTER | _WEAK_FORMS or token.folded.endswith(_HEAD_ENDINGS)):
            first = _walk_back(names, at)
            before_group = names.tokens[at - 1].folded if at else ""
            if first < at and before_group not in _NO_NAME_BEFORE_GROUP and not _goes_on(names, at):
                yield names.found(first, at, 0.6, "organisation")
        if token.capital and (token.folded in _HEADS_BEFORE_OF or token.folded in _HEADS_BEFORE):
            last = _after_head(names, at)
            if last > at:
                yield names.found(at, last, 0.65, "organisation")


def _is_legal_form(token: _Token) -> bool:
    if token.folded not in _LEGAL_FORMS:
        return False
    written = token.text.isupper() or "." in token.text[:-1] or (token.capital and len(token.folded) > 2)
    return written or token.folded in _SMALL_FORMS or token.text in ("eG", "SpA", "SAs")


def _walk_back(names: Words, at: int, *, comma: bool = False) -> int:
    """Index of the first word of the name that ends before `at`; `at` itself when there is none."""
    first = at
    while at - first < _MAX_WORDS and names.joined(first - 1, comma=comma and first == at):
        token = names.tokens[first - 1]
        is_link = token.text in "&+" or token.folded in _OF
        is_and = token.folded in _AND and names.tokens[first].folded in _WEAK_FORMS
        if _is_legal_form(token) or not (token.capital or token.text[0].isdigit() or is_link or is_and):
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
            if not (names.joined(last + 1) and names.tokens[last + 2].folded in _CONTINUED_FORMS):
                break
            last += 1
        elif following.folded not in _CONTINUED_FORMS or not following.capital:
            break
        last += 1
    return last


def _goes_on(names: Words, at: int) -> bool:
    """The head word is inside a longer name ("Bank Holding AG"): the longer one is found by its own end."""
    return names.joined(at) and (_is_legal_form(names.tokens[at + 1]) or names.tokens[at + 1].text in "&+")


def _after_head(names: Words, at: int) -> int:
    last = at
    if names.joined(last) and names.tokens[last + 1].folded in _OF:
        last += 1
        if names.joined(last) and names.tokens[last + 1].folded in ("the", "la", "le"):
            last += 1
    elif names.tokens[at].folded not in _HEADS_BEFORE:
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
        if pair.certain and meaning_words(pair.label) & _ORGANISATION_LABELS:
            name = _leading_name(pair.value, most=6)
            words = set(fold_word(name.text).split()) if name else set()
            if (
                name
                and not _is_person_name(name.text)
                and not _COMMON_WORDS & words
                and not any(map(str.isdigit, name.text))
            ):
                yield Found(name.start, name.end, name.text, 0.6, "organisation")


_HOST = re.compile(r"(?:@|//|www\.)((?:[\w-]+\.)+[\w-]+)")
_PUBLIC_HOSTS = frozenset("gmail outlook hotmail yahoo icloud proton web gmx example localhost".split())
_MIN_DOMAIN = 5


def _by_domain(names: Words, addresses: Iterable[Found]) -> Iterator[Found]:
    """Capitalised words that spell the domain of an address in the document: "Bright Water Ltd" and mail@brightwater.com."""
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


_NAME_AHEAD = re.compile(r"[^\W\d_a-z][\w'.&-]*(?: (?:[^\W\d_a-z][\w'.-]*|&|van|von|de|der|den|del|la|di|da)){0,6}")


def _leading_name(cell: Cell, *, most: int) -> Cell | None:
    """The capitalised words a value starts with; None when it goes on as a sentence does."""
    match = _NAME_AHEAD.match(cell.text)
    if match is None or len(match[0].split()) > most:
        return None
    rest = cell.text[match.end() :].lstrip()
    if rest and rest[0] not in ",;(-/|<[":
        return None
    return Cell(match[0].rstrip(".,"), cell.start)


# --- people ---------------------------------------------------------------------------------------------------------


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
            while first - at < _MAX_TITLES and names.joined(first - 1) and names.tokens[first].folded in _TITLES:
                first += 1
            if names.joined(first - 1) and names.is_name_word(first):
                yield names.found(first, _last_of_name(names, first), 0.85, "person")
        elif _is_given(token) and _starts_name(names, at):
            last = _last_of_name(names, at)
            if last > at:
                yield names.found(at, last, 0.8, "person")
        elif _starts_name(names, at) and names.joined(at) and names.is_name_word(at + 1):
            following = names.tokens[at + 1]
            plain = not {token.folded, following.folded} & _NO_PERSON and not (token.text + following.text).isupper()
            ahead = names.text[max(0, token.start - _LEAD_IN_CHARS) : token.start]
            if plain and (_ROLE.match(names.text, following.end) or _LEAD_IN.search(ahead)):
                yield names.found(at, _last_of_name(names, at), 0.6, "person")


def _is_title(token: _Token) -> bool:
    return token.folded in _TITLES and (len(token.folded) > 1 or token.text == "M.")


def _is_given(token: _Token) -> bool:
    return token.folded in GIVEN_NAMES or ("-" in token.text and token.folded.partition("-")[0] in GIVEN_NAMES)


def _starts_name(names: Words, at: int) -> bool:
    """Not the second word of something capitalised that is no name: "San Jose", "Project Julia"."""
    return names.is_name_word(at) and not names.tokens[at].text.endswith((".", "'s"))


def _last_of_name(names: Words, first: int) -> int:
    """Surnames, initials and particles that follow; `first` when nothing fit."""
    last = at = first
    while at - first < 4 and names.joined(at):
        following = names.tokens[at + 1]
        if following.folded in _PARTICLES and not following.capital and names.joined(at + 1):
            at += 1
            continue
        if not names.is_name_word(at + 1) or following.folded in _COMMON_WORDS or _is_legal_form(following):
            break
        at += 1
        last = at
    return last


def _labelled_people(pairs: Sequence[Pair], tables: Sequence[Table]) -> Iterator[Found]:
    values = [pair.value for pair in pairs if meaning_words(pair.label) & _PERSON_LABELS]
    for table in tables:
        columns = [at for at, head in enumerate(table.header) if meaning_words(head.text) & _PERSON_LABELS]
        values += [row[at] for row in table.rows for at in columns if at < len(row)]
    for value in values:
        for part in split_list(value):
            name = _leading_name(part, most=4)
            if name and _is_person_name(name.text):
                yield Found(name.start, name.end, name.text, 0.7, "person")


_NO_PERSON = _COMMON_WORDS | _LEGAL_FORMS | _WEAK_FORMS | _HEADS_AFTER | {"&"}


def _is_person_name(text: str) -> bool:
    """Two words, with initials and particles; three only when the first is a known given name."""
    words = fold_word(text).replace(".", "").split()
    full = [word for word in words if len(word) > 1 and word not in _PARTICLES]
    known = bool(words) and words[0] in GIVEN_NAMES
    return len(words) >= 2 and 1 <= len(full) <= (4 if known else 2) and not set(words) & _NO_PERSON


_LIST_SEPARATOR = re.compile(r"\s*[,;/]\s*|\s+(?:and|und|et|y|e)\s+|\s&\s")


def split_list(cell: Cell) -> list[Cell]:
    """The items of "A, B and C"."""
    parts, at = [], 0
    for match in _LIST_SEPARATOR.finditer(cell.text):
        parts.append(Cell(cell.text[at : match.start()], cell.start + at))
        at = match.end()
    parts.append(Cell(cell.text[at:], cell.start + at))
    return [part for part in parts if part.text]
