"""Short words for the tests of one execution's pages: open a tab, look for text, parts and links."""

import html
import re
from typing import Any

from django.test import Client

from orchestration.engine import store
from orchestration.engine.outcomes import Failed
from orchestration.models import Execution
from tests.engine import flow

TABS = ("", "graph/", "tasks/", "data/", "events/", "definition/")
LIVE = {"HX-Request": "true"}


def address(execution: Execution, tab: str = "") -> str:
    return f"/executions/{execution.pk}/{tab}"


def open_tab(browser: Client, execution: Execution, tab: str = "") -> str:
    """The page's HTML."""
    response: Any = browser.get(address(execution, tab))
    assert response.status_code == 200, response.content
    return str(response.content.decode())


def words(page: str) -> str:
    """What stands on a page, without its markup, each run of blanks as one."""
    text = re.sub(r"<(script|style|svg|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    plain = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
    return re.sub(r" ([.,:;?)])", r"\1", plain)


def headline(browser: Client, execution: Execution) -> str:
    """The sentence and what stands below it."""
    found = re.search(r"<h1>(.*?)</h1><p>(.*?)</p>", open_tab(browser, execution), re.DOTALL)
    assert found
    return f"{words(found[1])} | {words(found[2])}"


def version_of(page: str) -> str:
    found = re.search(r'data-version="([^"]+)"', page)
    assert found, "the page is not live"
    return found[1]


def retry_now(execution: Execution, name: str) -> None:
    """Make a task that waits for its next attempt claimable."""
    flow.make_due(execution, "not_before", name)
    store.release_retry(flow.row(execution, name).pk)


def fail_attempt(execution: Execution, name: str, *, code: str = "rate_limited", **outcome: Any) -> None:
    """Run a task to a failure of this code, to be tried again unless said otherwise."""
    who = flow.claimant()
    claim = flow.take_task(execution, name, who)
    error = outcome.pop("error", {"code": code, "message": f"it ended with {code}"})
    store.record(claim, Failed(error, **{"retryable": True, **outcome}), who, take_next=False)


def complete_task(execution: Execution, name: str, output: Any = None) -> None:
    who = flow.claimant()
    flow.complete(flow.take_task(execution, name, who), who, output)
