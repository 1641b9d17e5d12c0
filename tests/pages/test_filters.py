"""Every search and filter of every page takes words, nonsense and each choice that it offers.

Pages are found in the URL configuration, their filters in what they answer: forms sent by GET, and links that change
the page's own query.
"""

from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin
from uuid import UUID

import pytest
from django.test import Client

from benchmarks.pages.addresses import Subject, addresses
from benchmarks.pages.dataset import Size, fill
from orchestration.models import Execution

# That queries can be built, which PostgreSQL judges more strictly; what they find has tests of their own.
pytestmark = pytest.mark.postgresql_pass

FEW = Size(executions=12, pipelines=3, large_tasks=6, span=timedelta(hours=3))
# A date, and what people paste: a number that no column holds, a wildcard with a null, other digits.
WORDS = ("2026-01-31", "9" * 30, "100%'\x00", "٣")
UNKNOWN = WORDS[1:3]  # choices that nobody offered
TYPED = ("text", "search", "number", "date", "datetime-local")
Query = tuple[tuple[str, str], ...]


class Filters(HTMLParser):
    """Gathers the addresses a page offers: each field of its forms alone, beside what these send anyway, and its links.

    `made_up` are those with words in the place of choices.
    """

    def __init__(self, url: str, page: str) -> None:
        super().__init__()
        self.offered: set[str] = set()
        self.made_up: set[str] = set()
        self._url = url
        self._form: str | None = None
        self._select = ""
        self._hidden: Query = ()
        self._fields: list[tuple[set[str], str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        name, kind = found.get("name", ""), found.get("type", "text")
        if tag == "a" and found.get("href", "").startswith("?"):
            self.offered.add(urljoin(self._url, found["href"]))
        elif tag == "form" and found.get("method", "get") == "get" and "data-selection" not in found:
            self._form, self._hidden, self._fields = urljoin(self._url, found.get("action", "")), (), []
        elif tag == "select":
            self._select = name
            self._fields += [(self.made_up, name, word) for word in UNKNOWN]
        elif tag == "option":
            self._fields.append((self.offered, self._select, found.get("value", "")))
        elif tag == "input" and kind == "hidden":
            self._hidden += ((name, found.get("value", "")),)
        elif tag == "input" and name:
            values = WORDS if kind in TYPED else (found.get("value", "on"),)
            self._fields += [(self.offered, name, value) for value in values]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            for place, name, value in self._fields:
                place.add(f"{self._form.partition('?')[0]}?{urlencode((*self._hidden, (name, value)))}")
            self._form = None


def test_every_filter_of_every_page_takes_words_and_each_of_its_choices(engineer: Client) -> None:
    engineer.raise_request_exception = False  # so that one page does not hide the next
    pages = [Filters(url, text) for url, text in _pages(engineer, _subject(fill(FEW)["completed"]))]
    offered = {url for page in pages for url in page.offered}
    made_up = {url for page in pages for url in page.made_up} - offered
    assert len(offered) > 150, "filters are no longer found"
    answers = {url: engineer.get(url).status_code for url in sorted(offered | made_up)}
    # Of what nobody offered a page may say that it is not there.
    wrong = {url: status for url, status in answers.items() if status not in ((200, 404) if url in made_up else (200,))}
    assert wrong == {}


def _pages(browser: Client, subject: Subject) -> Iterator[tuple[str, str]]:
    for address in addresses([subject]):
        if not address.route.is_api:
            answer = browser.get(address.url)
            if answer.status_code == 200 and not answer.streaming and answer["Content-Type"].startswith("text/html"):
                yield address.url, answer.content.decode()


def _subject(key: UUID) -> Subject:
    execution = Execution.objects.select_related("version").get(pk=key)
    task = execution.task_runs.order_by("position").values_list("name", flat=True)[0]
    number = execution.version.number
    return Subject.of("", execution_id=key, task=task, pipeline_id=execution.pipeline_id, number=number)
