"""Amounts of money and plain numbers.

Owns currencies, number styles (1,234.50 · 1.234,50 · 1 234,50 · 1'234.50 · 1,25,000.00) and magnitude words. A single
separator followed by exactly three digits groups thousands ("1.250 EUR" is 1250), otherwise it is the decimal mark.
"$" is US dollars and "¥" yen unless the text says otherwise beside the number; "kr" alone is no known currency and is
not reported. Only currencies that office documents use are recognised by code: the full ISO list has too many English
words in it (ALL, TOP, TRY).
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import chain, islice
from types import MappingProxyType

from .document import Document
from .found import MAX_FOUND, Found, without_overlaps

_CODES = (
    "EUR USD GBP CHF JPY CNY RMB INR AUD CAD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN RUB UAH ILS AED SAR QAR KWD EGP"
    " ZAR NGN KES GHS MAD BRL MXN ARS CLP COP PEN SGD HKD TWD KRW THB IDR MYR PHP VND PKR BDT LKR"
).split()
# folded sign or word -> ISO code
_SIGNS: Mapping[str, str] = MappingProxyType({
    "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW", "₴": "UAH", "₪": "ILS",
    "₺": "TRY", "₫": "VND", "₱": "PHP", "฿": "THB", "元": "CNY", "円": "JPY", "원": "KRW", "zł": "PLN", "kč": "CZK",
    "us$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD",
    "r$": "BRL", "mx$": "MXN", "nt$": "TWD", "rs.": "INR", "fr.": "CHF", "sfr.": "CHF", "rmb": "CNY", "人民币": "CNY",
    "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD", "us dollars": "USD", "pounds": "GBP",
    "pounds sterling": "GBP", "francs": "CHF", "swiss francs": "CHF", "franken": "CHF", "yen": "JPY", "yuan": "CNY",
    "rupees": "INR", "zloty": "PLN", "рублей": "RUB", "руб": "RUB", "руб.": "RUB", "гривень": "UAH", "грн": "UAH",
    "ευρω": "EUR", "евро": "EUR", "يورو": "EUR", "دولار": "USD", "درهم": "AED", "ريال": "SAR", "欧元": "EUR",
    "美元": "USD",
})  # fmt: skip
_MAGNITUDES: Mapping[str, int] = MappingProxyType({
    "k": 3, "thousand": 3, "tsd": 3, "tausend": 3, "mille": 3, "mil": 3, "тыс": 3,
    "m": 6, "mn": 6, "mio": 6, "mln": 6, "million": 6, "millions": 6, "millionen": 6, "millon": 6, "millones": 6,
    "milioni": 6, "млн": 6, "bn": 9, "billion": 9, "mrd": 9, "milliarde": 9, "milliarden": 9, "milliard": 9,
    "milliards": 9, "млрд": 9, "万": 4, "亿": 8, "億": 8,
})  # fmt: skip
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})


def _alternatives(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_WHOLE = r"\d{1,2}(?:,\d\d){1,5},\d{3}|\d{1,3}(?P<group>[ .,'])\d{3}(?:(?P=group)\d{3}){0,5}|\d{1,15}"
_NUMBER = re.compile(rf"(?<![\d.,])(?:{_WHOLE})(?:[.,]\d{{1,6}})?(?!\d)")
_SYMBOLS = [sign for sign in _SIGNS if not sign.isalpha()]
# Codes as they are written, signs and words in any case. Both patterns look at a few characters beside one number.
_BEFORE = re.compile(
    rf"(?P<minus>(?<![\w)])-)?(?P<sign>\b(?:{'|'.join(_CODES)})|(?i:{_alternatives(_SYMBOLS)})) ?(?P<inner>-)?$"
)
_AFTER = re.compile(
    rf"(?:[.,]-)?(?:\s?(?P<magnitude>[万亿億]|(?i:{_alternatives(list(_MAGNITUDES))})(?!\w))\.?)?(?:\s?(?:de\s|d')?"
    rf"(?P<sign>(?:{'|'.join(_CODES)})|(?i:{_alternatives(list(_SIGNS))}))(?!\w))?"
)
_BEFORE_CHARS = 9
_SIGN_ENDS = frozenset(word[-1] for word in (*_CODES, *_SYMBOLS)) | {symbol[-1].upper() for symbol in _SYMBOLS}
_SIGN_STARTS = frozenset(symbol[0] for symbol in _SYMBOLS)


def find_amounts(document: Document) -> tuple[Found, ...]:
    """Every amount with its currency, in reading order; the value is `{"amount": "1234.50", "currency": "EUR"}`."""
    text = document.folded
    amounts = (
        found for match in _NUMBER.finditer(text) if _may_have_sign(text, match) and (found := _amount(text, match))
    )
    return without_overlaps(islice(chain(amounts, _pence(text)), MAX_FOUND))


_PENCE = re.compile(r"(?<![\w.,])(?P<number>\d{1,2})(?:p\b| pence\b)")


def _pence(text: str) -> Iterator[Found]:
    for match in _PENCE.finditer(text):
        yield Found(match.start(), match.end(), money(Decimal(match["number"]).scaleb(-2), "GBP"), 0.7, "amount")


_STATED = re.compile(
    r"\b(?:prices?|amounts?|figures?|sums?|values?|currency|beträge|preise|alle angaben"
    r"|montants?|prix|importes?|precios)\b"
    r"[^.\n]{0,40}(?:\b(?:in|en|is|are)\b|:)\s{1,3}(?P<name>[^.,;\n]{1,20})",
    re.IGNORECASE,
)


def stated_currency(document: Document) -> str | None:
    """The currency that "All prices in USD" gives to the numbers of the document."""
    return next((code for match in _STATED.finditer(document.folded) if (code := currency_in(match["name"]))), None)


def find_numbers(document: Document, start: int, end: int) -> tuple[Found, ...]:
    """Every number between two offsets, as a Decimal; magnitude words and a leading minus count."""
    text = document.folded
    numbers = []
    for match in islice(_NUMBER.finditer(text, start, end), MAX_FOUND):
        after = _AFTER.match(text, match.end())
        magnitude = after["magnitude"] if after else None
        minus = _has_minus(text, match.start())
        stop = after.end("magnitude") if after and magnitude else match.end()
        numbers.append(Found(match.start(), stop, _scaled(match[0], magnitude, minus=minus), 0.8, "number"))
    return tuple(numbers)


def currency_in(text: str) -> str | None:
    """The one currency that a heading such as "Amount (EUR)" or "Prix en €" names."""
    named = {word for word in re.findall(r"[A-Z]{3}", text) if word in _CODES}
    named |= {_SIGNS[sign] for sign in re.findall(r"[€$£¥₹₽₩₴₪₺]", text)}
    return _iso_code(named.pop()) if len(named) == 1 else None


def money(number: Decimal, currency: str) -> dict[str, str]:
    """Plain decimal notation, with cents where the currency has them."""
    places = number.as_tuple().exponent
    if isinstance(places, int) and places > -2 and currency not in _WITHOUT_CENTS:
        number = number.quantize(Decimal("0.01"))
    elif places == 0 or not number % 1:
        number = number.quantize(Decimal(1)) if currency in _WITHOUT_CENTS else number
    return {"amount": f"{number:f}", "currency": currency}


def read_number(digits: str, *, decimals_likely: bool = False) -> Decimal:
    """`decimals_likely`: a magnitude word follows, so a lone separator is the decimal mark ("1.250 million")."""
    digits = digits.replace(" ", "").replace("'", "")
    mark = digits[max(digits.rfind("."), digits.rfind(","))] if "." in digits or "," in digits else ""
    if not mark:
        return Decimal(digits)
    other = "," if mark == "." else "."
    whole, _, fraction = digits.replace(other, "").rpartition(mark)
    groups = mark in whole or (
        other not in digits
        and len(fraction) == 3
        and whole.strip("0") != ""
        and len(whole) <= 3
        and not decimals_likely
    )
    whole = whole.replace(mark, "")
    return Decimal(whole + fraction if groups else f"{whole}.{fraction}")


def _may_have_sign(text: str, match: re.Match[str]) -> bool:
    """A glance at the neighbours before the two patterns look: tables have many numbers that are not money."""
    before = text[max(0, match.start() - 2) : match.start()].rstrip(" -")[-1:]
    after = text[match.end() : match.end() + 2].lstrip()
    return before in _SIGN_ENDS or after[:1].isalpha() or after[:1] in _SIGN_STARTS or after in (",-", ".-")


def _amount(text: str, match: re.Match[str]) -> Found | None:
    window = max(0, match.start() - _BEFORE_CHARS)
    before = _BEFORE.search(text[window : match.start()])
    after = _AFTER.match(text, match.end())
    sign = before["sign"] if before else after["sign"] if after else None
    if sign is None:
        return None
    magnitude = after["magnitude"] if after else None
    minus = bool(before and (before["minus"] or before["inner"]))
    start = window + before.start() if before else match.start()
    end = match.end()
    if after and magnitude:
        end = after.end("magnitude")
    if after and not before:
        end = after.end("sign")
        minus = _has_minus(text, start)
    number = _scaled(match[0], magnitude, minus=minus)
    return Found(start, end, money(number, _iso_code(sign)), 0.9, "amount")


_MINUS = re.compile(r"(?:(?<![^\s(|])-|(?:^|\n|[|\t]|  )- )\Z")


def _has_minus(text: str, start: int) -> bool:
    """ "-50", or "- 50" where a line or column begins; not the dash of a range or of a sentence."""
    return _MINUS.search(text, max(0, start - 4), start) is not None


def _scaled(digits: str, magnitude: str | None, *, minus: bool) -> Decimal:
    power = _MAGNITUDES[_key(magnitude)] if magnitude else 0
    number = read_number(digits, decimals_likely=bool(power)).scaleb(power)
    return -number if minus else number


def _iso_code(sign: str) -> str:
    code = sign if sign in _CODES else _SIGNS[_key(sign)]
    return "CNY" if code == "RMB" else code


def _key(word: str) -> str:
    """As the tables above write it: lower case, accents kept."""
    return word.lower()
