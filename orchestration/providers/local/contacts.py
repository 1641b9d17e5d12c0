"""E-mail addresses, web addresses and telephone numbers.

Owns the two address patterns (linear, deliberately simpler than the RFCs: what an office document writes) and the
call to phonenumbers, imported when first used. A number without a country prefix is found only if it looks like a
number of one of `_REGIONS` and stands beside a telephone word.
"""

import re
from collections.abc import Iterator
from itertools import islice

from .document import Document
from .found import MAX_FOUND, Found, without_overlaps

_EMAIL = re.compile(
    r"(?<![\w.+%-])(?P<local>[\w][\w.+%'-]{0,63})@(?P<domain>(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_]{2,24})(?![\w@])"
)
_URL = re.compile(r"\b(?:https?://|ftp://|www\.)[^\s<>\"'`|\\^{}\[\]]{2,2000}", re.IGNORECASE)
_URL_TAIL = ".,;:!?)*_"
_PHONE_WORD = re.compile(
    r"\b(?:tel|telefon\w*|telephone|téléphone|teléfono|phone|mobile|mobil|fax|call|ph)\b[.:]?", re.IGNORECASE
)
_PHONE_WINDOW = 40
_REGIONS = ("US", "GB", "DE", "FR", "ES")
_MAX_PHONES = 200


def find_emails(document: Document) -> tuple[Found, ...]:
    return tuple(
        Found(match.start(), match.end(), match[0], 0.97, "email")
        for match in islice(_EMAIL.finditer(document.folded), MAX_FOUND)
        if not match["local"].endswith(".")
    )


def find_urls(document: Document) -> tuple[Found, ...]:
    found = []
    for match in islice(_URL.finditer(document.text), MAX_FOUND):
        address = _without_tail(match[0])
        if "." in address or "localhost" in address:
            found.append(Found(match.start(), match.start() + len(address), address, 0.95, "url"))
    return tuple(found)


def _without_tail(address: str) -> str:
    """Punctuation of the sentence is not part of the address; a bracket opened inside it is."""
    while (
        address and address[-1] in _URL_TAIL and not (address[-1] == ")" and address.count("(") >= address.count(")"))
    ):
        address = address[:-1]
    return address


def find_phones(document: Document) -> tuple[Found, ...]:
    """E.164 numbers ("+442079460958") of the phone numbers in the text."""
    return without_overlaps([*_international(document), *_national(document)])


def _international(document: Document) -> Iterator[Found]:
    if "+" not in document.folded:
        return
    from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number

    for match in islice(PhoneNumberMatcher(document.folded, None, max_tries=_MAX_PHONES), _MAX_PHONES):
        number = format_number(match.number, PhoneNumberFormat.E164)
        yield Found(match.start, match.end, number, 0.95, "phone")


def _national(document: Document) -> Iterator[Found]:
    words = list(islice(_PHONE_WORD.finditer(document.folded), _MAX_PHONES))
    if not words:
        return
    from phonenumbers import PhoneNumberMatcher

    for word in words:
        nearby = document.folded[word.end() : word.end() + _PHONE_WINDOW].partition("\n")[0]
        for region in _REGIONS:
            match = next(iter(PhoneNumberMatcher(nearby, region, max_tries=3)), None)
            if match is not None:
                # The country is unknown, so the number stays as it is written.
                start = word.end() + match.start
                yield Found(start, start + len(match.raw_string), match.raw_string, 0.7, "phone")
                break
