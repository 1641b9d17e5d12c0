"""What pages offer: no link and no button leads somebody where they may not go."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from html import unescape
from typing import cast
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve
from django.urls.exceptions import Resolver404

from benchmarks.pages.addresses import Subject, addresses
from benchmarks.pages.dataset import Size, fill
from orchestration.models import Execution
from reviews.models import ReviewerProfile
from tests.permissions.endpoints import ADMIN_SITE, EVERYBODY, LOGIN, OTHERWISE
from web.access import permission_needed
from web.roles.granting import grant_role
from web.roles.installing import install_roles
from web.roles.table import ADMIN, ROLES

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
SIZE = Size(executions=30, pipelines=3, large_tasks=12, span=timedelta(hours=1))
ENDED, RUNNING = "failed", "running"
ONCE_MORE = ("execution", "execution-task")  # what can be done differs with the state
MANY = 100
OFFER = re.compile(r'\s(?:href|action|formaction|data-live|hx-get|hx-post)="([^"#][^"]*)"')


@pytest.fixture
def filled(db: None) -> list[str]:
    """The addresses of every page about something that is there."""
    install_roles()
    found = fill(SIZE)
    subjects = [_subject(state, found) for state in (ENDED, RUNNING)]
    pages = [one for one in addresses(subjects) if not one.route.is_api]
    return [one.url for one in pages if one.label != RUNNING or one.route.name in ONCE_MORE]


def _subject(state: str, found: Mapping[str, UUID]) -> Subject:
    execution = Execution.objects.select_related("version").get(pk=found[state])
    task = execution.task_runs.order_by("position").values_list("name", flat=True)[0]
    about = {"pipeline_id": execution.pipeline_id, "number": execution.version.number}
    return Subject.of(state, execution_id=execution.pk, task=task, **about)  # type: ignore[arg-type]


def test_pages_offer_nobody_what_they_may_not_use(filled: list[str]) -> None:
    wrong = [found for role in ROLES if role != ADMIN.name for found in _wrong_offers(role, filled)]
    assert not wrong, "\n".join(wrong)


def _wrong_offers(role: str, urls: list[str]) -> list[str]:
    user = User.objects.create_user(role)
    grant_role(username=role, role=role)
    if role == "reviewer":
        ReviewerProfile.objects.filter(pk="ana").update(user=user)
    browser = Client()
    browser.force_login(user)
    # What somebody may not open offers nothing; that it stays closed is asked in `test_sweep`.
    offers = {offer for url in urls if _may(user, urlsplit(url).path) for offer in _offers(browser, url)}
    assert len(offers) > MANY
    closed = {path for path in {path for _, path in offers} if not _may(user, path)}
    return sorted(f"{role}: {page} offers {path}" for page, path in offers if path in closed)


def _offers(browser: Client, url: str) -> Iterator[tuple[str, str]]:
    """What a page that somebody may open leads to: the page's route and an address."""
    response = browser.get(url)
    if response.status_code != 200 or not response.get("Content-Type", "").startswith("text/html"):
        return
    page = resolve(url).route
    for found in OFFER.findall(cast(HttpResponse, response).content.decode()):
        parts = urlsplit(urljoin(url, unescape(found)))
        if not parts.netloc and not parts.path.startswith("/static/"):
            yield page, parts.path


def _may(user: User, path: str) -> bool:
    try:
        found = resolve(path)
    except Resolver404:
        return False  # it leads nowhere at all
    if found.route.startswith(ADMIN_SITE):
        return user.is_staff
    needs = OTHERWISE.get(found.route) or permission_needed(found.func, **found.kwargs)
    assert needs, f"{path}: tests/permissions/endpoints.py knows no such page"
    return needs in (LOGIN, EVERYBODY) or user.has_perm(needs)
