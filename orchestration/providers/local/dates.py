"""Dates in running text, as ISO 8601.

Owns the recognised forms and the reading of ambiguous ones. A date needs a day, a month and a year in the text:
nothing is completed from a clock. Numeric dates with slashes or hyphens are read day first unless the document itself
shows the other order (by "March 3, 2026", or by a date that only works one way); a date that stays ambiguous has a
lower confidence. Two-digit years 00-68 are 2000-2068, as POSIX has it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from types import MappingProxyType

from .document import Document, fold_word
from .found import MAX_FOUND, Found, without_overlaps

# Folded names and abbreviations, January first; one row per language, an indented line goes on with it (CLDR,
# format and stand-alone forms).
_MONTH_ROWS = """
january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sept/sep october/oct
    november/nov december/dec
januar/janner/jan februar/feber/feb marz/mrz april/apr mai juni/jun juli/jul august/aug september/sep oktober/okt
    november/nov dezember/dez
janvier/janv fevrier/fevr/fev mars avril/avr mai juin juillet/juil aout septembre/sept octobre/oct novembre/nov
    decembre/dec
enero/ene febrero/feb marzo/mar abril/abr mayo junio/jun julio/jul agosto/ago septiembre/setiembre/sept octubre/oct
    noviembre/nov diciembre/dic
gennaio/gen febbraio/febb marzo aprile maggio/mag giugno/giu luglio/lug agosto settembre/sett ottobre/ott novembre
    dicembre
janeiro fevereiro marco abril maio/mai junho julho agosto setembro/set outubro/out novembro dezembro
januari februari maart/mrt april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november december
tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesakuuta heinakuuta elokuuta syyskuuta lokakuuta marraskuuta
    joulukuuta
stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia
ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
ocak subat mart nisan mayıs haziran temmuz agustos eylul ekim kasım aralık
января/янв февраля/фев марта/мар апреля/апр мая июня/июн июля/июл августа/авг сентября/сен/сент октября/окт ноября/ноя
    декабря/дек
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
ιανουαριου/ιαν φεβρουαριου/φεβ μαρτιου/μαρ απριλιου/απρ μαιου ιουνιου/ιουν ιουλιου/ιουλ αυγουστου/αυγ σεπτεμβριου/σεπ
    οκτωβριου/οκτ νοεμβριου/νοε δεκεμβριου/δεκ
يناير فبراير مارس أبريل/ابريل مايو يونيو يوليو أغسطس/اغسطس سبتمبر أكتوبر/اكتوبر نوفمبر ديسمبر
"""


def _month_numbers() -> Mapping[str, int]:
    # dict order settles the few words two languages use for different months: the earlier row wins
    numbers: dict[str, int] = {}
    for row in re.sub(r"\n +", " ", _MONTH_ROWS.strip()).splitlines():
        for number, names in enumerate(row.split(), start=1):
            for name in names.split("/"):
                numbers.setdefault(fold_word(name), number)
    return MappingProxyType(numbers)


_MONTHS = _month_numbers()
_CERTAIN, _SHOWN, _GUESSED = 0.95, 0.85, 0.5  # reading fixed by the form, by the rest of the document, by nothing
_ORDINAL = r"(?:st|nd|rd|th|er|º|ª|°|o)?"
_MONTH_WORD = r"(?P<month>[^\W\d_]{3,14})"
_YEAR = r"(?P<year>(?:19|20|21)\d\d)(?!\d)"

_SHORT_YEAR = r"(?P<year>(?:19|20|21)\d\d|\d\d)"
# The first day of a range: "3" of "3-5 March 2026".
_FIRST_DAY = rf"(?P<first>\d\d?){_ORDINAL}\.? ?(?:-|to|and|bis|au|al|y|und|et) ?"

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("iso", re.compile(rf"(?<![\d.-]){_YEAR}(?P<sep>[-/.])(?P<mon>\d\d?)(?P=sep)(?P<day>\d\d?)(?![\d-])")),
    ("cjk", re.compile(r"(?<!\d)(?P<year>\d{4}) ?[年년] ?(?P<mon>\d\d?) ?[月월] ?(?P<day>\d\d?) ?[日일号]")),
    (
        "day_month",  # 3 March 2026, 3rd of March, 2026, 3. März 2026, 3 de marzo de 2026, 3-Mar-2026, 3-5 March 2026
        re.compile(
            rf"(?<![\d.,:/-])(?:{_FIRST_DAY})?(?P<day>\d\d?){_ORDINAL}\.?(?:\s(?:day )?(?:of|de|di)\s|\s|-)"
            rf"{_MONTH_WORD}\.?(?:,?\s(?:de|del|do)\s|,?\s|-){_YEAR}"
        ),
    ),
    (
        "month_day",  # March 3, 2026, Mar 3rd 2026, March 3-5, 2026
        re.compile(rf"\b{_MONTH_WORD}\.?\s(?:the )?(?:{_FIRST_DAY})?(?P<day>\d\d?){_ORDINAL},?\s{_YEAR}"),
    ),
    (
        "dotted",  # 03.03.2026, 3. 3. 2026, 03.03.26
        re.compile(rf"(?<![\w.,-])(?P<day>\d\d?)\. ?(?P<mon>\d\d?)\. ?{_SHORT_YEAR}(?![\w-]|\.\w)"),
    ),
    (
        "numeric",  # 03/04/2026, 3-4-2026
        re.compile(rf"(?<![\w.,/-])(?P<a>\d\d?)(?P<sep>[/-])(?P<b>\d\d?)(?P=sep){_SHORT_YEAR}(?![\w/-])"),
    ),
)
_TIME = re.compile(
    r"(?:T|,? (?:at |um |à |kl\. )?)(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d{1,6})?)?"
    r"(?P<zone> ?(?:Z|UTC|GMT)\b| ?[+-][01]\d:?[0-5]\d\b)?"
)


def find_dates(document: Document) -> tuple[Found, ...]:
    """Every date in reading order; the value is `YYYY-MM-DD`."""
    matches = [
        (form, match) for form, pattern in _FORMS for match in islice(pattern.finditer(document.folded), MAX_FOUND)
    ]
    month_first = _is_month_first(matches)
    return without_overlaps(found for form, match in matches for found in _read(form, match, month_first))


def find_moments(document: Document, dates: Iterable[Found]) -> tuple[Found, ...]:
    """Those dates that a time of day follows, as `YYYY-MM-DDTHH:MM:SS` and the offset when the text names one."""
    moments = []
    for day in dates:
        match = _TIME.match(document.folded, day.end)
        if match:
            time = f"{int(match['hour']):02}:{match['minute']}:{match['second'] or '00'}{_offset(match['zone'])}"
            moments.append(Found(day.start, match.end(), f"{day.value}T{time}", day.confidence, "date_time"))
    return tuple(moments)


def is_month(word: str) -> bool:
    return fold_word(word) in _MONTHS


def _offset(zone: str | None) -> str:
    if zone is None:
        return ""
    zone = zone.strip()
    if zone[0] not in "+-":
        return "Z"
    return zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"


def _is_month_first(matches: list[tuple[str, re.Match[str]]]) -> bool | None:
    """What the document shows: True for month first, False for day first, None when it shows neither."""
    month_first = day_first = 0
    for form, match in matches:
        if form == "numeric":
            month_first += int(match["b"]) > 12
            day_first += int(match["a"]) > 12
        else:
            month_first += form == "month_day" and fold_word(match["month"]) in _MONTHS
            day_first += form in ("day_month", "dotted")
    return None if month_first == day_first else month_first > day_first


def _read(form: str, match: re.Match[str], month_first: bool | None) -> Iterator[Found]:
    if form == "numeric":
        yield from _read_numeric(match, month_first)
        return
    groups = match.groupdict()
    month = int(groups["mon"]) if "mon" in groups else _MONTHS.get(fold_word(groups["month"]))
    if month is None:
        return
    year = _full_year(groups["year"])
    start = match.start()
    if groups.get("first") and (first := _iso(year, month, int(groups["first"]))):
        yield Found(start, match.end("first"), first, _CERTAIN, "date")
        start = match.start("day")
    value = _iso(year, month, int(groups["day"]))
    if value:
        yield Found(start, match.end(), value, _CERTAIN, "date")


def _read_numeric(match: re.Match[str], month_first: bool | None) -> Iterator[Found]:
    first, second, year = int(match["a"]), int(match["b"]), _full_year(match["year"])
    day_first = _iso(year, second, first)
    month_day = _iso(year, first, second)
    value = (month_day or day_first) if month_first else (day_first or month_day)
    if value:
        ambiguous = day_first and month_day and day_first != month_day
        confidence = _CERTAIN if not ambiguous else _GUESSED if month_first is None else _SHOWN
        yield Found(match.start(), match.end(), value, confidence, "date")


def _full_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year <= 68 else 1900)


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:  # 31 April, month 13
        return None
