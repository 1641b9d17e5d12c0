"""`docs/features.md` has every line of the product description, and everything it names exists."""

import re

import pytest

from tests.docs import naming
from tests.mission.description import read
from tests.processes import ROOT

PAGE = (ROOT / "docs" / "features.md").read_text()
ROWS = [tuple(cell.strip() for cell in row) for row in re.findall(r"^\| (.+) \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)]
CODE = re.compile(r"`([^`]+)`")
METHOD = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /")
# What these chapters ask is about working on the project, not of the product.
ABOUT_THE_PROJECT = {"Contributing", "License"}
DESCRIPTION = {title: one for title, one in read().items() if one.chapter not in ABOUT_THE_PROJECT}


def asked_for() -> list[str]:
    """Every line of a list, every variable and every example of the description, as the first column has it."""
    lines = [item for section in DESCRIPTION.values() for item in section.items]
    variables = re.findall(r"^[A-Z_]+=.*$", DESCRIPTION["Environment Variables"].blocks[0], re.MULTILINE)
    examples = [title for title, section in DESCRIPTION.items() if section.blocks and title != "Environment Variables"]
    return [*lines, *(f"`{line}`" for line in variables), *examples]


def test_no_line_of_the_description_is_left_out_and_none_is_made_up() -> None:
    has = [asked for asked, *_ in ROWS if asked not in ("asked for", "---")]
    assert sorted(has) == sorted(asked_for())
    assert len(has) > 80


@pytest.mark.parametrize("row", [row for row in ROWS if row[0] != "asked for"], ids=lambda row: row[0][:40])
def test_a_row_names_what_exists(row: tuple[str, str, str]) -> None:
    _, where, shown_by = row
    tests = [name.partition("::") for name in CODE.findall(shown_by)]
    assert tests, "no test shows it"
    assert [naming.missing_test(file, name) for file, _, name in tests if name not in naming.test_names(file)] == []
    assert where, "it is nowhere to be found"
    assert [name for name in CODE.findall(where) if not exists(name)] == []


def exists(name: str) -> bool:
    if name.startswith("manage.py "):
        return name.removeprefix("manage.py ") in naming.commands()
    return name in (naming.addresses() if METHOD.match(name) else naming.pages())


@pytest.mark.parametrize("name", ["manage.py run_pipelin", "GET /executionz", "POST /health", "/executionz/"])
def test_what_does_not_exist_is_found_out(name: str) -> None:
    assert not exists(name)
    assert "test_made_up" not in naming.test_names("tests/docs/test_features.py")
    assert naming.test_names("tests/docs/test_made_up.py") == frozenset()
