"""Words of field names and of labels, made comparable: "invoice_number", "Invoice No." and "Rechnungsnummer" are one.

Owns the small dictionary of office words in English, German, French and Spanish, and the score of a label for a field.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from .document import fold_word

# One meaning a line: the first word stands for all. Folded; single words.
_SAME = """
number no nr num numero nummer n° nº id ids identifier identifiers ref reference references referenz referencia kennung
    aktenzeichen code nums numbers
date dates datum fecha day dated data
amount amounts betrag montant importe sum summe value
total totals gesamt gesamtbetrag gesamtsumme totalbetrag endbetrag rechnungsbetrag zahlbetrag grand
subtotal zwischensumme nettobetrag netto net sous-total
tax vat mwst ust ust. tva iva umsatzsteuer mehrwertsteuer impuestos gst
invoice invoices rechnung rechnungs facture factura bill
contract contracts vertrag vertrags contrat contrato agreement
order orders bestellung bestell auftrag auftrags commande pedido po purchase
customer customers kunde kunden client clients cliente buyer kaufer acheteur comprador debtor auftraggeber
supplier suppliers vendor vendors lieferant lieferanten seller verkaufer fournisseur proveedor vendeur auftragnehmer
    contractor prestataire
company companies firma unternehmen organisation organization entreprise empresa societe institution organisations
    organizations
name names nom nombre bezeichnung
address addresses anschrift adresse direccion
email emails e-mail mail mails correo courriel
phone phones telephone tel telefon telefono mobile fax cell
website websites url urls web homepage link links site
due fallig falligkeit falligkeitsdatum echeance vencimiento payable zahlbar
start starts begin beginn commencement effective inicio debut beginning commences valid
end ends ende expiry expires expiration fin termination expire laufzeitende
signed unterzeichnet unterschrift signature signe firmado signing
author authors verfasser auteur autor prepared writer written ersteller
contact ansprechpartner contacto kontakt
attendee attendees participants participant present teilnehmer participants asistentes anwesend
title titel titre titulo subject betreff objet asunto
status zustand etat estado
priority prioritat priorite prioridad
severity schweregrad gravite gravedad sev
cause ursache causa
duration dauer duree duracion
description beschreibung descripcion
quantity qty menge anzahl quantite cantidad count
price preis prix precio unit
currency wahrung devise moneda
payment zahlung paiement pago
terms bedingungen conditions condiciones
deadline frist delai plazo
summary zusammenfassung resume resumen abstract
location ort lieu lugar place
department abteilung departement departamento
version versions
bank banque banco bankverbindung kreditinstitut
owner verantwortlich responsable
"""


def _meanings() -> Mapping[str, str]:
    meanings: dict[str, str] = {}
    first = ""
    for line in _SAME.strip().splitlines():
        words = line.split()
        first = first if line.startswith(" ") else words[0]
        for word in words:
            meanings.setdefault(word, first)
    return MappingProxyType(meanings)


_MEANINGS = _meanings()
# said in several words; read before the words are taken singly
_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b"), meaning)
    for words, meaning in (
        ("bill(?:ed)? to|sold to|invoice to|issued to|rechnung an|facture a|facturar a", " customer "),
        ("(?:amount|balance|total) (?:due|payable|to pay)|grand total|zu zahlen", " total "),
        ("total ttc|total a pagar|net a payer", " total "),
        ("net amount|sub total|sub-total|total ht|base imponible|montant ht", " subtotal "),
        ("pay(?:able|ment)? by|pay before", " due date "),
        ("invoice date|date of invoice|rechnungsdatum", " invoice date issued "),
        ("date de (?:la )?facture|fecha de (?:la )?factura", " invoice date issued "),
        ("date of issue|issue date|ausstellungsdatum|date d.emission|fecha de emision", " date issued "),
        ("e mail", " email "),
    )
)  # fmt: skip
# endings of compound words
_ENDINGS: tuple[tuple[str, str], ...] = (
    ("nummer", "number"), ("nr", "number"), ("datum", "date"), ("betrag", "amount"), ("summe", "amount"),
)  # fmt: skip
# words that only say what kind of value follows: "Customer" may answer "customer_name"
GENERIC = frozenset("number date amount name text value string full document list all of the field type item".split())
_LINKING = frozenset(
    """of the a an for in on at to by as and or is was our your his her its their this der die das des dem den le la les
    de du el los las und et y fur pour para""".split()
)
_SPLIT = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+(?:-[^\W\d_]+)?|#|№|n°|nº")
_SIGNS: Mapping[str, str] = MappingProxyType({"#": "number", "№": "number", "n°": "number", "nº": "number"})

_EXACT, _EXTRA_WORD, _KIND_LEFT_OUT = 1.0, 0.15, 0.9
MATCHES = 0.5  # the score from which a label answers a field


@lru_cache(maxsize=4096)
def meaning_words(text: str) -> frozenset[str]:
    """The words of a field name or label, each by its meaning."""
    folded = fold_word(_SPLIT.sub(" ", text).replace("_", " "))
    for pattern, meaning in _PHRASES:
        folded = pattern.sub(meaning, folded)
    words: set[str] = set()
    for word in _WORD.findall(folded):
        words |= _word_meanings(word)
    return frozenset(words - _LINKING) or frozenset(words)


def _word_meanings(word: str) -> set[str]:
    known = _MEANINGS.get(word) or _SIGNS.get(word)
    if known:
        return {known}
    for ending, meaning in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 3:
            return {_MEANINGS.get(stem) or _MEANINGS.get(stem.removesuffix("s")) or stem.removesuffix("s"), meaning}
    return {_singular(word)}


def _singular(word: str) -> str:
    plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    singular = word[:-3] + "y" if plural and word.endswith("ies") else word[:-1] if plural else word
    return _MEANINGS.get(singular, singular)


def label_score(wanted: frozenset[str], label: frozenset[str]) -> float:
    """1 when the label says the field's words and no others, less for other words, 0 when it does not answer it."""
    if not wanted or not label or _of_another_kind(wanted, label):
        return 0.0
    core = wanted - GENERIC or wanted
    if not core <= label:
        return 0.0
    score = _EXACT if wanted <= label else _KIND_LEFT_OUT
    return score - _EXTRA_WORD * len(label - wanted - GENERIC) - 0.05 * len((label - wanted) & GENERIC)


_KINDS = frozenset("number date amount name".split())
_OTHER_KINDS = frozenset("email phone website address".split())


def _of_another_kind(wanted: frozenset[str], label: frozenset[str]) -> bool:
    """ "Invoice date" does not answer `invoice_number`, nor "Customer e-mail" `customer`."""
    said = label & _KINDS
    return bool((wanted & _KINDS and said and not wanted & said) or (label & _OTHER_KINDS) - wanted)
