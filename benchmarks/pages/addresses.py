"""Every address of ours that answers to GET, with real rows in it: found in the URL configuration, not listed.

A new page is measured, and swept by the browser tests, without anybody adding it here. What its route needs is looked
up by the parameter's name; an unknown name is an error that says so. The admin has tests of its own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver

LEFT_OUT = ("admin", "api/", "logout/")
API = "api/v1/"
# Of the model with files in the dataset.
OF_MODELS = {
    "model_name": "document_classifier",
    "label": "v2",
    "alias": "production",
    "pointer": "production",
    "path": "model.onnx",
    "verb": "verify",
}
# Of the review that waits in the dataset.
OF_REVIEWS = {
    "review_id": "01920000-0000-7000-8000-000000000001",
    "reviewer_id": "ana",
    "policy_id": "default",
    "absence_id": 1,
}
# Of the alert that fires in the dataset.
OF_MONITORING = {"alert_id": 1, "rule_id": 1, "silence_id": 1, "channel": "ops", "metric": "error_rate"}
# Of the value that a user keeps in the dataset.
OF_CACHE = {"key": "analysis:17", "tag": "customer:17"}
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class UnknownParameter(Exception):
    """A route needs something that nobody has said how to fill in."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What pages are asked about: the values of the routes' parameters, and how people call them."""

    label: str
    values: Mapping[str, object]

    @classmethod
    def of(cls, label: str, *, execution_id: object, task: str, pipeline_id: str, number: int = 1) -> "Subject":
        values = {"execution_id": execution_id, "name": task, "pipeline_id": pipeline_id, "number": number}
        return cls(
            label,
            {**OF_MODELS, **OF_REVIEWS, **OF_MONITORING, **OF_CACHE, **values, "what": "input", "written_as": "yaml"},
        )


@dataclass(frozen=True, slots=True)
class Route:
    """A named address as the URL configuration has it."""

    name: str
    pattern: str

    @property
    def parameters(self) -> list[str]:
        return PARAMETER.findall(self.pattern)

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith(API)

    def fill(self, values: Mapping[str, object]) -> str:
        """The address with these values. Raises `UnknownParameter`."""
        for name in self.parameters:
            if name not in values:
                raise UnknownParameter(f"{self.pattern}: `Subject` in {__name__} does not say what stands for <{name}>")
        return "/" + PARAMETER.sub(lambda found: quote(str(values[found[1]]), safe=""), self.pattern)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to ask: `label` says about what, empty where there is only one."""

    route: Route
    label: str
    url: str
    values: Mapping[str, object]


def routes() -> list[Route]:
    """Ours, pages first, in the order of the URL configuration."""
    found = list(_walk(get_resolver().url_patterns, ""))
    pages = [route for route in found if not route.pattern.startswith(LEFT_OUT)]
    return [*pages, *(route for route in found if route.is_api)]


def addresses(subjects: Sequence[Subject]) -> list[Address]:
    """Each route once for each subject that makes a difference, or once when it has no parameters."""
    found: dict[str, Address] = {}
    for route in routes():
        for subject in subjects if route.parameters else [Subject("", {})]:
            url = route.fill(subject.values)
            found.setdefault(url, Address(route, subject.label, url, subject.values))
    return list(found.values())


def _walk(patterns: Sequence[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif pattern.name and "^" not in route:
            yield Route(pattern.name, route)
