"""`rest.md`: every address, from the OpenAPI document; who may ask it, from the views."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from docs.writers.markdown import code, describe_type, join, sentence, table

PREFIX = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")
PLACE = {"query": "query", "path": "path", "header": "header"}
TITLES = {"schema": "Schemas for editors"}
CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
# The members of a page of a list, which the chapter on lists describes once.
PAGE_PARAMETERS = {"cursor", "page_size"}


def write() -> str:
    document = read_document()
    operations = [
        (path.removeprefix(PREFIX), method.upper(), operation)
        for path, methods in document["paths"].items()
        for method, operation in sorted(methods.items(), key=lambda item: METHODS.index(item[0]))
    ]
    permissions = read_permissions()
    groups = groupby(sorted(operations, key=lambda found: _group(found[0])), key=lambda found: _group(found[0]))
    chapters = [(name, list(found)) for name, found in groups]
    overview = table(
        ["address", "does"],
        ([f"[`{method} {path}`](#{_anchor(method, path)})", operation["summary"]] for _, found in chapters
         for path, method, operation in found),
    )  # fmt: skip
    return join(
        "# REST",
        "Every address under `/api/v1`, from the OpenAPI document that `/api/v1/openapi.json` gives. Errors that any\n"
        "address may give (`400` `401` `403` `404` `406` `413` `415` `429` `503`) are left out unless they mean\n"
        "something special here.\n"
        "A list gives `{next, previous, results}` and takes `cursor` and `page_size` (50, at most 200).\n"
        "[rest.md](../rest.md) says how all this is used.",
        overview,
        *(join(f"## {_title(name)}", *(_describe(found, permissions) for found in found)) for name, found in chapters),
        join("## Bodies", *(_describe_body(*item) for item in sorted(document["components"]["schemas"].items()))),
    )


def read_document() -> dict[str, Any]:
    """The OpenAPI document, as everybody gets it."""
    document: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]  # theirs
    return document


def read_permissions() -> dict[tuple[str, str], str]:
    """(method, path) → the permission that its view asks for."""
    return {
        (method.upper(), path): needed[action]
        for path, callback in _walk(get_resolver(), "/")
        if (needed := getattr(getattr(callback, "cls", None), "permissions_needed", None)) is not None
        for method, action in getattr(callback, "actions", {"get": "retrieve"}).items()
        if action in needed
    }


def _walk(resolver: URLResolver, before: str) -> Iterator[tuple[str, Any]]:
    for found in resolver.url_patterns:
        path = before + CONVERTER.sub(r"{\1}", str(found.pattern))
        if isinstance(found, URLPattern):
            yield path.removeprefix(PREFIX), found.callback
        elif path.startswith((PREFIX, "/api")) or path == "/":
            yield from _walk(found, path)


def _group(path: str) -> str:
    return path.strip("/").partition("/")[0]


def _title(group: str) -> str:
    return TITLES.get(group, group.replace("-", " ").capitalize())


def _anchor(method: str, path: str) -> str:
    return re.sub(r"[^\w -]", "", f"{method} {path}".lower()).replace(" ", "-")


Operation = tuple[str, str, Mapping[str, Any]]


def _describe(found: Operation, permissions: Mapping[tuple[str, str], str]) -> str:
    path, method, operation = found
    return join(
        f"### `{method} {path}`",
        sentence(operation["description"]),
        f"Needs {code(needed)}." if (needed := permissions.get((method, path))) else "",
        table(["parameter", "in", "value", "meaning"], _parameters(operation)),
        _body(operation),
        table(["answer", "body", "when"], _answers(operation)),
    )


def _parameters(operation: Mapping[str, Any]) -> Iterator[list[str]]:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in PAGE_PARAMETERS or parameter["in"] == "path":
            continue
        meaning = _first_paragraph(parameter.get("description", ""))
        yield [code(parameter["name"]), PLACE[parameter["in"]], describe_type(parameter["schema"]), meaning]


def _body(operation: Mapping[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    bodies = (f"{code(kind)}: {describe_type(said['schema'])}" for kind, said in content.items())
    return f"Body: {'; or '.join(bodies)}." if content else ""


def _answers(operation: Mapping[str, Any]) -> Iterator[list[str]]:
    for status, answer in operation["responses"].items():
        if "$ref" in answer:  # one that any address may give
            continue
        content = [said.get("schema", {}) for said in answer.get("content", {}).values()]
        bodies = dict.fromkeys(describe_type(schema) for schema in content if schema)
        yield [code(status), " or ".join(bodies) or "none", sentence(answer["description"])]


def _describe_body(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = (
        [code(field), describe_type(part), "yes" if field in required else "", _first_paragraph(_said(part))]
        for field, part in schema.get("properties", {}).items()
    )
    members = table(["member", "value", "always", "meaning"], rows)
    return join(f"### {name}", _first_paragraph(schema.get("description", "")), members or f"{describe_type(schema)}.")


def _said(part: Mapping[str, Any]) -> str:
    return str(part.get("description", ""))


def _first_paragraph(text: str) -> str:
    """Below it stands the list of an enum's values, which the type names already."""
    first = text.partition("\n\n")[0]
    return "" if first.startswith("* ") else sentence(first)
