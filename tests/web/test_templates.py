"""What holds for every template and script of the project, whoever wrote it."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if path.parts[-3:-1] != ("templates", "admin"))
OURS = [path for path in TEMPLATES if "admin" not in path.relative_to(ROOT / "templates").parts]
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
SPRITE = set(re.findall(r'id="i-([\w-]+)"', (ROOT / "static/icons.svg").read_text()))


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_nothing_that_the_policy_refuses(path: Path) -> None:
    html = re.sub(r"\{%.*?%\}", "", path.read_text())  # what stands in tags is no attribute
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|\shx-on", html) == []
    assert [tag for tag in re.findall(r"<script[^>]*>", html) if "src=" not in tag] == []
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//', html) == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_icon_of_a_template_exists(path: Path) -> None:
    html = path.read_text()
    named = re.findall(r'\{% icon "([\w-]+)"', html) + re.findall(r'\b(?:action_)?icon="([\w-]+)"', html)
    assert set(named) - SPRITE == set()


def test_every_state_has_an_icon() -> None:
    from orchestration.states import AttemptStatus, ExecutionStatus, TaskRunStatus
    from web.templatetags.web import STATE_ICONS

    states = {status.value for kind in (ExecutionStatus, TaskRunStatus, AttemptStatus) for status in kind}
    states |= {"critical", "warning", "info", "ok", "degraded"}
    assert {STATE_ICONS.get(state, state) for state in states} - SPRITE == set()


def test_every_entry_of_the_side_bar_has_an_icon() -> None:
    from web.navigation import _items

    assert {item.icon for item in _items.values()} - SPRITE == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_imports_files_that_exist_and_evaluates_nothing(path: Path) -> None:
    script = path.read_text()
    imported = re.findall(r'^import [^"]*"\./([\w-]+\.js)"', script, re.MULTILINE)
    assert len(imported) == len(re.findall(r"^import ", script, re.MULTILINE))
    assert [name for name in imported if not (path.parent / name).exists()] == []
    assert re.findall(r"\beval\(|new Function|document\.write|\.style\b|setAttribute\(\"style", script) == []


def test_the_sprite_draws_with_the_colour_of_the_text() -> None:
    """Rules of the page do not reach into a file that `<use>` draws from."""
    assert 'class="' not in (ROOT / "static/icons.svg").read_text()
