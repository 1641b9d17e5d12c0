"""The site's addresses and a few more: views that show what the shell does with any page."""

from typing import NoReturn

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from config.urls import handler400, handler500
from config.urls import urlpatterns as site
from web import confirm, live, style
from web.access import page

__all__ = ["handler400", "handler500", "urlpatterns"]

QUESTION = confirm.Question(
    "Cancel it?",
    "What is done is kept.",
    "Cancel the run",
    (("Runs", "/runs/"), ("One", "/runs/1/")),
    is_danger=True,
    details=("a", "b"),
)


@page("auth.add_group")
def guarded(request: HttpRequest) -> HttpResponse:
    return render(request, "web/search.html", {"groups": []})


def crash(request: HttpRequest) -> NoReturn:
    raise RuntimeError("a fault of ours")


def gone(request: HttpRequest) -> NoReturn:
    raise Http404("Execution 0000dead does not exist.")


def ask(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        messages.success(request, "It <is> cancelled.")
        return redirect("account")
    return confirm.ask(request, QUESTION)


def follow(request: HttpRequest) -> HttpResponse:
    is_final = "final" in request.GET
    return live.respond(request, 7, is_final, lambda: HttpResponse("<section id=x>new</section>"))


urlpatterns = [
    *site,
    path("testing/guarded/", guarded),
    path("testing/crash/", crash),
    path("testing/gone/", gone),
    path("testing/ask/", ask),
    path("testing/follow/", follow),
    path("style/", style.page, name="style"),
]
