"""Everything the finders see in one document, each looked for once and only if a field asks for it."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from . import amounts, contacts, dates, headings, identifiers, layout, organisations, people
from .document import Document, fold_word
from .found import MAX_FOUND, Found, outside, without_overlaps
from .wording import meaning_words
from .words import Words

_ENTITY_KINDS = ("organisation", "person", "date", "amount", "email", "phone", "url", "identifier")


@dataclass(frozen=True)
class Facts:
    document: Document

    @cached_property
    def pairs(self) -> tuple[layout.Pair, ...]:
        return layout.find_pairs(self.document)

    @cached_property
    def tables(self) -> tuple[layout.Table, ...]:
        return layout.find_tables(self.document)

    @cached_property
    def sections(self) -> tuple[layout.Section, ...]:
        return headings.find_sections(self.document)

    @cached_property
    def title(self) -> Found | None:
        known = frozenset(fold_word(found.value) for found in self.organisations)
        return headings.find_title(self.document, self.pairs, known)

    @cached_property
    def dates(self) -> tuple[Found, ...]:
        return dates.find_dates(self.document)

    @cached_property
    def moments(self) -> tuple[Found, ...]:
        return dates.find_moments(self.document, self.dates)

    @cached_property
    def amounts(self) -> tuple[Found, ...]:
        beside = amounts.find_amounts(self.document)
        return without_overlaps(
            [
                *beside,
                *_column_amounts(
                    self.document, self.tables, amounts.stated_currency(self.document) or _only_currency(beside)
                ),
            ]
        )

    @cached_property
    def _words(self) -> Words:
        return Words(self.document)

    @cached_property
    def organisations(self) -> tuple[Found, ...]:
        return organisations.find_organisations(self.document, self._words, self.pairs, [*self.emails, *self.urls])

    @cached_property
    def people(self) -> tuple[Found, ...]:
        return people.find_people(self._words, self.pairs, self.tables, self.organisations)

    @cached_property
    def identifiers(self) -> tuple[Found, ...]:
        """Without those that are part of a date, an address or an amount."""
        taken = without_overlaps([*self.dates, *self.emails, *self.urls, *self.phones, *self.amounts])
        return tuple(
            outside(identifiers.find_identifiers(self.document, self.pairs), [(f.start, f.end) for f in taken])
        )

    @cached_property
    def emails(self) -> tuple[Found, ...]:
        return contacts.find_emails(self.document)

    @cached_property
    def urls(self) -> tuple[Found, ...]:
        return contacts.find_urls(self.document)

    @cached_property
    def phones(self) -> tuple[Found, ...]:
        return contacts.find_phones(self.document)

    @cached_property
    def entities(self) -> tuple[Found, ...]:
        return without_overlaps(found for kind in _ENTITY_KINDS for found in self.of_kind(kind))[:MAX_FOUND]

    @cached_property
    def _pairs_by_word(self) -> dict[str, list[tuple[int, frozenset[str], layout.Pair]]]:
        index: dict[str, list[tuple[int, frozenset[str], layout.Pair]]] = defaultdict(list)
        for at, pair in enumerate(self.pairs):
            words = meaning_words(pair.label)
            for word in words:
                index[word].append((at, words, pair))
        return index

    def pairs_saying(self, words: frozenset[str]) -> list[tuple[int, frozenset[str], layout.Pair]]:
        """(place, words of the label, pair) of the pairs whose label may say all the words: those with its rarest."""
        return min((self._pairs_by_word.get(word, []) for word in words), key=len, default=[])

    @property
    def currency(self) -> str | None:
        """The currency of every amount in the document, if they agree."""
        return _only_currency(self.amounts)

    def of_kind(self, kind: str) -> tuple[Found, ...]:
        finder = _FINDERS.get(kind)
        return finder(self) if finder else ()

    def within(self, kind: str, start: int, end: int) -> tuple[Found, ...]:
        """Those that begin and end between two offsets."""
        found = self.of_kind(kind)
        first = bisect_left(found, start, key=lambda item: item.start)
        last = bisect_left(found, end, key=lambda item: item.start)
        return tuple(item for item in found[first:last] if item.end <= end)


_FINDERS: Mapping[str, Callable[[Facts], tuple[Found, ...]]] = MappingProxyType({
    "date": lambda facts: facts.dates,
    "date_time": lambda facts: facts.moments,
    "amount": lambda facts: facts.amounts,
    "organisation": lambda facts: facts.organisations,
    "person": lambda facts: facts.people,
    "identifier": lambda facts: facts.identifiers,
    "email": lambda facts: facts.emails,
    "url": lambda facts: facts.urls,
    "phone": lambda facts: facts.phones,
    "entity": lambda facts: facts.entities,
})  # fmt: skip


def _only_currency(found: tuple[Found, ...]) -> str | None:
    currencies = {item.value["currency"] for item in found}
    return str(currencies.pop()) if len(currencies) == 1 else None


def _column_amounts(document: Document, tables: tuple[layout.Table, ...], currency: str | None) -> Iterator[Found]:
    """Numbers in a column whose heading names a currency, or names money in a document with one currency."""
    for table in tables:
        columns = {at: code for at, cell in enumerate(table.header) if (code := _column_currency(cell.text, currency))}
        for row in table.rows if columns else ():
            offset = len(row) - len(table.header)  # a row that lacks leading cells is aligned at its end
            for at, code in columns.items():
                if not 0 <= at + min(offset, 0) < len(row):
                    continue
                cell = row[at + min(offset, 0)]
                numbers = amounts.find_numbers(document, cell.start, cell.end)
                if len(numbers) == 1 and numbers[0].end - numbers[0].start >= len(cell.text) - 1:
                    yield Found(cell.start, cell.end, amounts.money(numbers[0].value, code), 0.75, "amount")


def _column_currency(heading: str, currency: str | None) -> str | None:
    named = amounts.currency_in(heading)
    if named or currency is None:
        return named
    return currency if layout.names_money(heading) else None
