"""What pages may name: tests, pages, REST addresses, commands, headings; each read from where it is, none run."""

import ast
import re
from functools import cache
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

from common.wording import did_you_mean
from docs.writers import rest
from docs.writers.commands import own_commands
from tests.processes import ROOT

CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


@cache
def test_names(file: str) -> frozenset[str]:
    """`test_x` and `TestY::test_x` of a file of tests; empty when there is no such file."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {prefix + one.name for one in inside if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    return frozenset(name for name in found if name.rpartition("::")[2].startswith("test_"))


def missing_test(file: str, name: str) -> str:
    """Says so of a test that is not there, with the nearest name: most were only renamed."""
    return f"{file}::{name}{did_you_mean(name, sorted(test_names(file)))}"


@cache
def pages() -> frozenset[str]:
    """`/executions/{execution_id}/`: the addresses of pages, without REST and the admin."""
    return frozenset(_walk(get_resolver(), "/"))


def _walk(resolver: URLResolver, before: str) -> list[str]:
    found: list[str] = []
    for part in resolver.url_patterns:
        path = before + CONVERTER.sub(r"{\1}", str(part.pattern))
        if isinstance(part, URLPattern):
            found.append(path)
        elif not path.startswith(("/admin", "/api")):
            found += _walk(part, path)
    return found


@cache
def addresses() -> frozenset[str]:
    """`GET /executions`: every operation of REST, below its prefix."""
    return frozenset(f"{method} {path}" for method, path in rest.read_permissions())


@cache
def commands() -> frozenset[str]:
    return frozenset(own_commands())


@cache
def headings(file: Path) -> frozenset[str]:
    """The anchors of a page, as GitHub makes them; a title's second occurrence has -1 behind it."""
    text = re.sub(r"^```.*?^```", "", file.read_text(), flags=re.MULTILINE | re.DOTALL)
    found: list[str] = []
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        name = re.sub(r"[^\w -]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).strip().lower()).replace(" ", "-")
        count = sum(one == name or re.fullmatch(re.escape(name) + r"-\d+", one) is not None for one in found)
        found.append(f"{name}-{count}" if count else name)
    return frozenset(found)
