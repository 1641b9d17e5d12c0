"""Other code is another question: helpers, defaults and what is closed over count; comments elsewhere do not."""

import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.cache.code_version import code_version
from orchestration.cache.keys import NotCacheable
from orchestration.handlers import catalog

Register = Callable[[Any], list[str]]


@pytest.fixture
def version_of(monkeypatch: pytest.MonkeyPatch) -> Register:
    """The version of a handler, as if it were registered."""

    def register(handler: Any) -> list[str]:
        monkeypatch.setitem(catalog._registered, "mine", handler)
        return code_version("mine")

    return register


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Writes a package with a handler and a helper, and imports it anew."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "__init__.py").touch()

    def write(helper: str = "return 1", body: str = "return {'n': helper()}") -> Any:
        (folder / "helpers.py").write_text(f"def helper():\n    {helper}\n")
        (folder / "handlers.py").write_text(
            f"from shop.helpers import helper\n\n\ndef handle(task_config, input_data, context):\n    {body}\n"
        )
        _forget_shop()
        importlib.invalidate_caches()
        return importlib.import_module("shop.handlers").handle

    yield write
    _forget_shop()


def _forget_shop() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def test_the_same_code_has_the_same_version(package: Callable[..., Any], version_of: Register) -> None:
    assert version_of(package()) == version_of(package())


def test_a_changed_handler_and_a_changed_helper_count(package: Callable[..., Any], version_of: Register) -> None:
    first = version_of(package())
    assert version_of(package(helper="return 1000 + 1")) != first
    assert version_of(package(body="return {'n': 2 * helper()}")) != first


def make(rate: Any, *, base: Any = 0) -> Any:
    def handle(task_config: Any, input_data: Any, context: Any, extra: Any = base) -> dict[str, Any]:
        return {"n": rate, "extra": extra}

    return handle


def test_what_is_closed_over_and_defaults_count(version_of: Register) -> None:
    assert version_of(make(1)) == version_of(make(1))
    assert version_of(make(1)) != version_of(make(1.0))
    assert version_of(make(1)) != version_of(make(1, base=2))


class Handler:
    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, task_config: Any, input_data: Any, context: Any) -> dict[str, Any]:
        return {"n": self.rate}

    def method(self, task_config: Any, input_data: Any, context: Any) -> dict[str, Any]:
        return {"n": self.rate}


@pytest.mark.parametrize(
    "form", [Handler, lambda rate: Handler(rate).method, lambda rate: functools.partial(make(1), extra=rate)],
    ids=["object", "method", "partial"],
)  # fmt: skip
def test_objects_methods_and_partials_have_versions_too(form: Callable[[float], Any], version_of: Register) -> None:
    assert version_of(form(0.5)) == version_of(form(0.5))
    assert version_of(form(0.5)) != version_of(form(0.6))


def test_a_handler_that_keeps_what_cannot_be_hashed_is_not_cached(version_of: Register) -> None:
    with pytest.raises(NotCacheable, match="keeps something that has no version"):
        version_of(make(object()))


def test_a_declared_version_is_all_that_counts(version_of: Register) -> None:
    one, other = make(object()), make(object())
    one.code_version = other.code_version = "7"
    assert version_of(one) == version_of(other)
    other.code_version = "8"
    assert version_of(one) != version_of(other)


def test_built_in_types_have_one_and_custom_has_that_of_its_handler(version_of: Register) -> None:
    assert code_version("extraction") == code_version("classification")
    handler = make(1)
    assert version_of(handler) == code_version("custom", "mine")
    with pytest.raises(NotCacheable, match="knows no handler"):
        code_version("custom", "nobody")
