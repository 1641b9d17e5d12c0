"""Which pages there are to look at: every address of ours that answers with HTML; and how wide they are."""

from collections.abc import Iterator, Sequence

from playwright.sync_api import BrowserContext, Page, ViewportSize

from benchmarks.pages.addresses import Address, addresses
from tests.browser.site import Site

# The pages of REST's documentation are not ours; they are looked at for errors, not for accessibility.
FOREIGN = ("api/v1/docs", "api/v1/redoc")
# What people land on when something is wrong.
ERROR_PAGES = ("/no-such-page/", "/executions/00000000-0000-0000-0000-000000000000/")
NARROW: ViewportSize = {"width": 390, "height": 844}
SMALLEST: ViewportSize = {"width": 320, "height": 640}


def page_addresses(site: Site, states: Sequence[str]) -> Iterator[Address]:
    """Addresses of pages; those about an execution once for each state."""
    subjects = [site.subjects[state] for state in states]
    for address in addresses(subjects):
        if not address.route.is_api or address.route.pattern in FOREIGN:
            yield address


def is_page(context: BrowserContext, url: str) -> bool:
    """False for what only takes forms, leads elsewhere, or is a file, of which there may be none yet."""
    answer = context.request.get(url, max_redirects=0)
    is_fine = answer.status in (200, 302, 405) or (answer.status == 404 and url.endswith(".json"))
    assert is_fine, f"{url} answered {answer.status}: {answer.text()[:500]}"
    return answer.status == 200 and answer.headers["content-type"].startswith("text/html")


def open_page(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    return page


def overflow(page: Page) -> list[str]:
    """How wide a page is that scrolls sideways, and elements that stick out of it; empty when it does not."""
    found: list[str] = page.evaluate(FIND_OVERFLOW)
    return found


FIND_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const clips = (element) => {
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== "visible") return true;
    return false;
  };
  const out = [...document.body.querySelectorAll("*")].filter(
    (element) => element.getBoundingClientRect().right > width + 1 && !clips(element));
  return [`${document.documentElement.scrollWidth} px wide`,
    ...out.slice(-3).map((element) => element.outerHTML.slice(0, 200))];
}"""
