"""Static files: plain names before `collectstatic`, names with a hash after it, imports between modules in both."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.test import Client
from pytest_django import Settings

from web.static import StaticMiddleware, StaticStorage


@pytest.fixture
def collected(tmp_path: Path, settings: Settings) -> StaticStorage:
    """Our own files alone: collecting those of all libraries takes seconds."""
    settings.STATIC_ROOT = tmp_path
    storage = StaticStorage(location=tmp_path, base_url="/static/")
    paths = {}
    for path, source in finders.FileSystemFinder().list([]):
        with source.open(path) as file:
            storage.save(path, file)
        paths[path] = (storage, path)
    assert [error for *_, error in storage.post_process(paths) if isinstance(error, Exception)] == []
    return storage


def test_a_name_is_plain_without_a_manifest(tmp_path: Path) -> None:
    assert StaticStorage(location=tmp_path, base_url="/static/").url("js/app.js") == "/static/js/app.js"


def test_a_collected_name_has_the_contents_hash(collected: StaticStorage) -> None:
    assert re.fullmatch(r"/static/js/app\.[0-9a-f]{12}\.js", collected.url("js/app.js"))
    assert re.fullmatch(r"/static/icons\.[0-9a-f]{12}\.svg", collected.url("icons.svg"))


def test_collected_modules_import_collected_modules(collected: StaticStorage) -> None:
    for name in ("js/app.js", "js/live.js", "js/keys.js"):
        script = Path(collected.path(collected.stored_name(name))).read_text()
        imported = re.findall(r'^import .*"\./(.*)"', script, re.MULTILINE)
        assert imported
        assert all(re.search(r"\.[0-9a-f]{12}\.js$", other) and collected.exists(f"js/{other}") for other in imported)


def test_a_file_that_was_not_collected_is_an_error(collected: StaticStorage) -> None:
    with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
        collected.url("js/forgotten.js")


def test_files_are_served_without_collecting_them(client: Client) -> None:
    answer = client.get("/static/js/app.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert b"start()" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a file


def test_the_server_starts_without_a_warning_where_nothing_was_collected(tmp_path: Path, settings: Settings) -> None:
    """Warnings are errors in tests."""
    settings.STATIC_ROOT = tmp_path / "missing"
    settings.WHITENOISE_AUTOREFRESH = False
    assert StaticMiddleware(lambda request: None).files["/static/js/app.js"]
    assert not (tmp_path / "missing").exists()


def test_every_collected_file_can_be_kept_for_good(collected: StaticStorage, settings: Settings) -> None:
    whitenoise = StaticMiddleware(lambda request: None)
    assert whitenoise.immutable_file_test("x", collected.url("js/app.js"))


def test_imports_are_rewritten_in_our_own_scripts_only() -> None:
    """Other people's name files that do not exist, in comments."""
    added = StaticStorage.patterns[len(ManifestStaticFilesStorage.patterns) :]
    assert [pattern for pattern, _ in added] == ["js/*.js"]
