"""Listens to a browser context for everything that should not happen: errors, refused content, foreign requests."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

LOUD = ("error", "warning", "assert")
# Runs in each page before anything of ours; a violation is then a console error, whether the browser says it or not.
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
  console.error(`policy: ${violatedDirective} refused ${blockedURI} at ${sourceFile}:${lineNumber}`));
"""
# An answer of an error page is said in the console too; the test that asks for one allows it.
EXPECTED_ANSWER = "Failed to load resource: the server responded with a status of"


@dataclass
class Watch:
    """`troubles` is empty as long as all is well."""

    context: BrowserContext
    address: str
    allows_error_pages: bool = False
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.add_init_script(TELL_VIOLATIONS)
        self.context.on("console", self._hear)
        self.context.on("weberror", self._hear_exception)
        self.context.on("request", self._see_request)

    def check(self) -> None:
        """Fail with everything that happened since the last time."""
        troubles, self.troubles = self.troubles, []
        assert not troubles, "\n".join(troubles)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in LOUD or (self.allows_error_pages and message.text.startswith(EXPECTED_ANSWER)):
            return
        place = f"{message.location.get('url', '')}:{message.location.get('lineNumber', '')}"
        page = message.page.url if message.page else "?"
        self.troubles.append(f"{page}: console {message.type}: {message.text} ({place})")

    def _hear_exception(self, error: WebError) -> None:
        page = error.page.url if error.page else "?"
        self.troubles.append(f"{page}: uncaught: {error.error}")

    def _see_request(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme not in ("data", "blob", "about") and asked.netloc != urlsplit(self.address).netloc:
            self.troubles.append(f"request to another host: {request.url} from {request.frame.url}")
