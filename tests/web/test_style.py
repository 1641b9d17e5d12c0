"""The style page shows everything there is."""

import re

import pytest
from django.conf import settings as site
from django.test import Client


@pytest.fixture
def html(as_mira: Client) -> str:
    answer = as_mira.get("/style/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_every_token_and_every_icon(html: str) -> None:
    tokens = re.findall(r"--([\w-]+): light-dark\(#", (site.BASE_DIR / "static/css/tokens.css").read_text())
    icons = re.findall(r'id="i-([\w-]+)"', (site.BASE_DIR / "static/icons.svg").read_text())
    assert [name for name in tokens if f"var(--{name})" not in html] == []
    assert [name for name in icons if f"#i-{name}" not in html] == []


def test_it_uses_every_component(html: str) -> None:
    templates = (site.BASE_DIR / "templates/web/style.html").read_text()
    templates += (site.BASE_DIR / "templates/web/page.html").read_text()
    parts = {path.stem for path in (site.BASE_DIR / "templates/components").glob("*.html")}
    assert {part for part in parts if f"components/{part}.html" not in templates} == set()


def test_every_id_of_it_is_there_once(html: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted({name for name in ids if ids.count(name) > 1}) == []


def test_it_exists_in_debug_only(as_mira: Client) -> None:
    from web.urls import urlpatterns

    assert [pattern for pattern in urlpatterns if pattern.name == "style"] == []
