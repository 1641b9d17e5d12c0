"""Invoice, contract, incident and other numbers of documents.

Owns two ways to find one: a label ("Invoice no. 2026/118", "Aktenzeichen: 4 C 12/26"), or a shape no prose has
(letters, a separator, digits: "INC-2041"). Names of standards ("ISO-9001", "UTF-8") have that shape and are left out.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from .document import Document
from .found import MAX_FOUND, Found, without_overlaps
from .layout import Pair
from .wording import meaning_words

_CODE = r"(?P<code>(?-i:[A-Z0-9ÄÖÜ](?:[A-Za-z0-9]|[-/_.](?=[A-Za-z0-9])){1,38}))"
_NOUNS = "|".join(
    """invoice contract agreement order purchase_order po incident ticket case account customer client project policy
    claim quote quotation document doc change request change_request serial part vat tax registration company reference
    transaction receipt booking matter licence license asset problem report employee member file statement credit_note
    rechnungs rechnung vertrags vertrag kunden auftrags bestell vorgangs akten facture contrat commande dossier factura
    contrato pedido expediente cliente""".split()
).replace("_", " ")
_NUMBER_WORD = r"(?:number|no\.?|nr\.?|num\.?|id|identifier|ref\.?|reference|code|nummer|numéro|número|n°|nº|n\.º|№|#)"
_LABELLED = re.compile(
    rf"\b(?:{_NOUNS})[ -]?{_NUMBER_WORD}(?:\s?(?:/|and)\s?{_NUMBER_WORD})?\s{{0,3}}"
    rf"(?:[:#*|]|is|lautet){{0,3}}\s{{0,3}}#?{_CODE}",
    re.IGNORECASE,
)
_LABEL_ALONE = re.compile(
    r"(?<![\w-])(?:ref(?:erence)?\.?|our ref\.?|your ref\.?|aktenzeichen|az\.|reference number|numéro|referencia|id)"
    rf"\s?[:#]\s{{0,3}}{_CODE}",
    re.IGNORECASE,
)
_NOUN_AND_CODE = re.compile(
    rf"\b(?:{_NOUNS}) "
    r"(?P<code>(?-i:[A-Z0-9]{1,10}[-/][A-Z0-9](?:[A-Za-z0-9]|[-/_.](?=[A-Za-z0-9])){1,38}|#?\d{3,12}))(?![\w.,]\d)",
    re.IGNORECASE,
)
_SHAPE = re.compile(
    r"(?<![\w/.@-])(?P<code>[A-ZÄÖÜ]{1,8}(?:[-/_][A-Z]{1,8}){0,2}[-/_]?\d[A-Z0-9]{0,12}(?:[-/_.][A-Z0-9]{1,12}){0,4})"
    r"(?![\w@-]|[./]\w)"
)
_NOT_IDENTIFIERS = re.compile(
    r"(?:ISO|IEC|EN|DIN|IEEE|UTF|SHA|MD|AES|RSA|TLS|SSL|HTTP|IPV|RFC|GPT|COVID|WCAG|PCI|SOC|EC|S|X|H|A|B|C|M|Q|V|R|T|CO|PM"
    r"|P|L|FY|KW|W|SEV|RAM|CPU|USB|PH)[-/_]?\d{1,5}(?:[-/_.:]\d{1,4})*\Z"
)
# Registrations are written in groups: "GB 123 4567 89", "DE89 3704 0044 0532 0130 00".
_REGISTRATION = re.compile(
    r"\b(?:IBAN|BIC|SWIFT|VAT|USt-?Id(?:-?Nr)?|UID|TVA|IVA|SIRET|SIREN|RCS|HRB|HRA|NIF|CIF|DNI|EIN|EORI|ABN|KVK"
    r"|Steuernummer|St\.-Nr|sort code|account|routing|D-U-N-S)\.?"
    r"(?: (?:registration|reg\.?|intracommunautaire|identification))?"
    rf"(?: ?{_NUMBER_WORD})?\s{{0,3}}[:#]?\s{{0,3}}"
    r"(?P<code>(?-i:[A-Z]{0,4}[ -]?\d[A-Z0-9]*(?:[ ./-]?(?=[A-Z0-9]*\d)[A-Z0-9]{1,12}){0,9}"
    r"|[A-Z]{6}[A-Z0-9]{2,5}))(?!\w| ?%)",
    re.IGNORECASE,
)
_CODE_VALUE = re.compile(r"[A-Z0-9][\w/.-]{0,30}(?: [A-Z0-9][A-Z0-9/.-]{0,20}){0,7}(?=[,;(]|\s{2}|\Z| [-/|(a-z])")


def find_identifiers(document: Document, pairs: Sequence[Pair]) -> tuple[Found, ...]:
    return without_overlaps(islice(chain(_labelled(pairs), _identifiers(document.folded)), MAX_FOUND))


def _labelled(pairs: Sequence[Pair]) -> Iterator[Found]:
    """Values of labels that say "number", "reference" or "id"."""
    for pair in pairs:
        if "number" in meaning_words(pair.label) and not meaning_words(pair.label) & {"phone", "page", "of"}:
            match = _CODE_VALUE.match(pair.value.text)
            if match and _is_identifier(match[0], by_shape=False):
                yield Found(pair.value.start, pair.value.start + match.end(), match[0], 0.85, "identifier")


def _identifiers(text: str) -> Iterator[Found]:
    patterns = ((_LABELLED, 0.9), (_REGISTRATION, 0.85), (_LABEL_ALONE, 0.85), (_NOUN_AND_CODE, 0.75), (_SHAPE, 0.7))
    for pattern, confidence in patterns:
        for match in islice(pattern.finditer(text), MAX_FOUND):
            code = match["code"].lstrip("#")
            if _is_identifier(code, by_shape=pattern is _SHAPE) and (
                pattern is not _REGISTRATION or sum(map(str.isdigit, code)) > 3 or code.isalpha()
            ):
                yield Found(match.end() - len(code), match.end(), code, confidence, "identifier")


def _is_identifier(code: str, *, by_shape: bool) -> bool:
    digits = sum(map(str.isdigit, code))
    is_bank = len(code) in (8, 11) and code.isalpha() and code.isupper()
    if (digits == 0 and not is_bank) or len(code) < 3 or _DATE_OR_YEAR.match(code):
        return False
    return not by_shape or (digits >= 2 and len(code) >= 5 and _NOT_IDENTIFIERS.match(code) is None)


_DATE_OR_YEAR = re.compile(r"(?:19|20)\d\d(?:-\d\d-\d\d)?\Z|\d\d?[./]\d\d?[./]\d{2,4}\Z")
