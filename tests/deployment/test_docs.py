"""What the pages about deployment tell people to type exists: commands, options, variables, files, headings."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from config.api.environment import ApiConfig
from config.environment import DjangoConfig
from orchestration.conf import OrchestrationConfig
from tests.processes import ROOT

PAGES = [ROOT / "docs" / name for name in ("deployment.md", "scaling.md", "troubleshooting.md")]
KNOWN = {name.upper() for table in (OrchestrationConfig, DjangoConfig, ApiConfig) for name in table.model_fields}
# Read by compose.yaml, gunicorn, Django's createsuperuser, the units and PostgreSQL.
OTHERS = {"POSTGRES_PASSWORD", "WEB_ADDRESS", "WEB_CONCURRENCY", "DJANGO_SUPERUSER_PASSWORD", "WORKER_OPTIONS"}
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def code_of(page: Path) -> Iterator[str]:
    """Every piece of code, lines that end in a backslash joined."""
    for found in CODE.finditer(page.read_text()):
        yield found.group().strip("`").replace("\\\n", " ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
class TestPage:
    def test_every_command_and_option_exists(self, page: Path) -> None:
        commands, seen = get_commands(), 0
        for line in (line for code in code_of(page) for line in code.splitlines() if "manage.py " in line):
            name, _, words = re.split(r"[#';]| &&", line.partition("manage.py ")[2])[0].partition(" ")
            if name in ("…", ""):
                continue
            parser = load_command_class(str(commands[name]), name).create_parser("manage.py", name)
            known = {option for action in parser._actions for option in action.option_strings}
            assert set(re.findall(r"(?<=\s)--[a-z-]+", f" {words}")) <= known, line
            seen += 1
        assert seen or page.stem == "scaling"

    def test_every_variable_exists(self, page: Path) -> None:
        named = {name for code in code_of(page) for name in re.findall(r"(?<![\w/])[A-Z]+(?:_[A-Z]+)+(?!\w)", code)}
        assert named
        assert named - KNOWN - OTHERS == set()

    def test_every_link_leads_somewhere(self, page: Path) -> None:
        for target, heading in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", page.read_text()):
            file = page.parent / target if target else page
            assert file.exists(), target
            if heading:
                titles = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
                assert heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}

    def test_every_file_of_ours_exists(self, page: Path) -> None:
        for path in re.findall(r"`((?:deploy|tests|examples|benchmarks)/[\w./@-]*)`", page.read_text()):
            assert (ROOT / path).exists(), path
