"""A question before something that cannot be undone: a page, or with scripts the same in a dialog.

A link `<a href="…/cancel/" data-dialog>` leads to a view that answers GET with `ask()` and does it on POST. Without
scripts the link opens a page; with them `dialogs.js` asks for the fragment and shows it in the frame's dialog.
"""

from dataclasses import dataclass

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


@dataclass(frozen=True, slots=True)
class Question:
    """`text` says what will happen and what will not; `action` is the button's verb, never "OK"."""

    title: str
    text: str
    action: str
    parents: tuple[tuple[str, str], ...]
    """The pages above it, each a label and an address; the last is where "Back" leads."""
    is_danger: bool = False
    details: tuple[str, ...] = ()
    """Single consequences, a line each."""
    refusal: str = ""
    """Why it cannot be done now; then nothing is asked and there is only the way back."""
    post_url: str = ""
    """Where it is sent; the page itself if not said."""

    @property
    def back_url(self) -> str:
        return self.parents[-1][1]


def ask(request: HttpRequest, question: Question, form: Form | None = None, status: int = 200) -> HttpResponse:
    """The question with the form's fields (a reason, for example); after a POST that failed it is always a page."""
    is_dialog = bool(request.htmx)  # type: ignore[attr-defined]  # by django_htmx's middleware
    template = "web/confirm.html#question" if is_dialog else "web/confirm.html"
    response = render(request, template, {"question": question, "form": form, "is_dialog": is_dialog}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
