"""What there is to ask a filled database for: every address that answers to GET, and what its answer leads to."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.test import Client

from benchmarks.pages.addresses import Subject, addresses
from benchmarks.pages.figures import OTHER_ANSWERS, Asked
from benchmarks.pages.filters import filtered
from benchmarks.pages.links import live_parts, next_page, poll
from orchestration.models import Execution

ANOTHER_VERSION = "another"
SUBJECTS = {"many tasks": "large", "everyday": "completed", "running": "running"}
# Its pages ask again and again; some of its values are not there yet.
PAGES_ONLY = "running"
# It only takes forms, or leads elsewhere.
NOT_FOR_READING = (302, 405)


class NoAnswer(Exception):
    """Addresses that do not answer as they should; the message says which, and how they answered."""


def discover(browser: Client, found: Mapping[str, UUID]) -> list[Asked]:
    """Pages and REST resources, their next pages, and what their live parts ask for. Raises `NoAnswer`.

    `found` is what `dataset.fill` returned: about those executions is asked.
    """
    browser.raise_request_exception = False  # so that one page does not hide the next
    asked, broken = [], []
    for each in _listed(found):
        response = browser.get(each.url)
        if response.status_code in (200, OTHER_ANSWERS.get(each.url)):
            # A file of all rows takes as long as there are rows; it is no page.
            asked += [] if response.streaming else [each, *_led_to(each, _text(response))]
        elif response.status_code not in NOT_FOR_READING:
            broken.append(f"{each.url} answered {response.status_code}")
    if broken:
        raise NoAnswer("\n".join(broken))
    return asked


def _listed(found: Mapping[str, UUID]) -> Iterator[Asked]:
    subjects = [_subject(label, found[kind]) for label, kind in SUBJECTS.items()]
    for address in addresses(subjects):
        if address.label == PAGES_ONLY and (address.route.is_api or "execution_id" not in address.route.parameters):
            continue
        name = f"REST {address.route.pattern}" if address.route.is_api else f"/{address.route.pattern}"
        yield Asked(name, address.label, address.url)
        for label, url in filtered(address):
            yield Asked(name, label, url)


def _subject(label: str, key: UUID) -> Subject:
    execution = Execution.objects.select_related("version").get(pk=key)
    task = execution.task_runs.order_by("position").values_list("name", flat=True)[0]
    number = execution.version.number
    return Subject.of(label, execution_id=key, task=task, pipeline_id=execution.pipeline_id, number=number)


def refreshed(asked: Asked, browser: Client) -> Asked:
    """With the version that the page has now: versions and places may change with time, whatever the rows do."""
    if asked.part is None:
        return asked
    parts = list(live_parts(_text(browser.get(asked.page)), asked.page).items())
    return replace(asked, url=poll(*parts[asked.part]))


def _led_to(asked: Asked, content: str) -> Iterator[Asked]:
    for url in next_page(content, asked.url):
        yield Asked(asked.name, _also(asked.label, "next page"), url)
    for place, (part, version) in enumerate(live_parts(content, asked.url).items()):
        now, then = poll(part, version), poll(part, ANOTHER_VERSION)
        yield Asked(asked.name, _also(asked.label, "poll, nothing new"), now, asked.url, place)
        yield Asked(asked.name, _also(asked.label, "poll, something new"), then, asked.url)


def _text(response: HttpResponseBase) -> str:
    return cast(HttpResponse, response).content.decode(errors="replace")


def _also(label: str, more: str) -> str:
    return f"{label}, {more}" if label else more
