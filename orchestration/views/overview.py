"""The first page: what needs somebody, and how the last day went."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from web.access import page


@page("orchestration.view_execution")
def overview(request: HttpRequest) -> HttpResponse:
    """What runs, fails and waits."""
    return render(request, "orchestration/overview.html")
