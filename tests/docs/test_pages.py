"""What the handbook names exists: links, headings, pictures, commands with their options, variables, tests, files."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import make_reference
from docs.writers.commands import create_parser, own_commands
from docs.writers.settings import read_variables
from tests.docs import naming
from tests.docs.test_reference import TABLES
from tests.processes import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = [page for page in PAGES if page.parent != make_reference.FOLDER and page.name != "product-description.md"]
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```.*?^```$|^ {4}.+$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
TEST = re.compile(r"`(tests/[\w/]+\.py)::((?:Test\w+::)?test_\w+)`")
FILE = re.compile(
    r"`((?:deploy|tests|examples|benchmarks|orchestration|registry|reviews|monitoring|config)/[\w./-]+\.\w+|\w+/[\w/]+\.py)`"
)
# Modules may be named from within their app.
FROM = [ROOT, *(ROOT / app for app in ("orchestration", "registry", "reviews", "monitoring", "web"))]
COMMAND = re.compile(r"manage\.py (\w+)((?:[^`\n#|]|\\\n)*)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def links_of(page: Path) -> Iterator[tuple[str, str]]:
    """(file, heading) of each link to something of ours, those in code left out."""
    text = re.sub(r"`[^`\n]+`", "", FENCE.sub("", page.read_text()))
    yield from LINK.findall(text)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, heading in links_of(page):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        assert not heading or heading in naming.headings(file), f"{target}#{heading}"


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_command_and_option_exists(page: Path) -> None:
    own = own_commands()
    for code in CODE.findall(page.read_text()):
        for name, words in COMMAND.findall(code.replace("\\\n", " ")):
            if name in own:
                _, parser = create_parser(name, own[name])
                known = {option for action in parser._actions for option in action.option_strings}
                assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", words)) <= known, f"{name}{words}"


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_test_and_file_of_ours_exists(page: Path) -> None:
    text = page.read_text()
    missing = [(file, name) for file, name in TEST.findall(text) if name not in naming.test_names(file)]
    assert [naming.missing_test(file, name) for file, name in missing] == []
    assert [path for path in FILE.findall(text) if not any((top / path).exists() for top in FROM)] == []


def test_the_readme_leads_to_every_page() -> None:
    linked = {(ROOT / target).resolve() for target, _ in links_of(ROOT / "README.md") if target}
    handbook = set((ROOT / "docs").glob("*.md"))
    assert [page.name for page in sorted(handbook - linked)] == []


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(page.parent / target).resolve() for page in PAGES for target, _ in links_of(page) if target}
    assert [path.name for path in sorted((ROOT / "docs" / "images").iterdir()) if path not in shown] == []


OPENSSLS = {"SSL_CERT_FILE", "SSL_CERT_DIR"}


def test_configuration_names_variables_that_exist() -> None:
    known = {variable.name for table in TABLES for variable in read_variables(table)}
    page = FENCE.sub("", (ROOT / "docs" / "configuration.md").read_text())
    named = {name for code in re.findall(r"`([^`]+)`", page) for name in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", code)}
    assert named - known == OPENSSLS
    assert "MODEL_ROUTES" in named
