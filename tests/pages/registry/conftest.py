"""Fixtures of the registry's page tests: versions to look at, and who may do what with them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from registry.models import ModelVersion
from tests.registry.conftest import make_folder, register, root

__all__ = ["make_folder", "register", "root"]

READING = ("view_registeredmodel", "view_modelversion")
Register = Callable[..., ModelVersion]
MODEL = "/registry/models/classifier/"


@pytest.fixture
def curator(make_client: Callable[..., Client]) -> Client:
    """Logged in as `curator`, who may register, move and change."""
    may = ("add_modelversion", "add_pointermove", "change_modelversion", "change_registeredmodel")
    return make_client(*READING, *may, "delete_modelversion", "delete_registeredmodel", name="curator")


@pytest.fixture
def looker(make_client: Callable[..., Client]) -> Client:
    """Logged in as `looker`, who reads the registry and changes nothing."""
    return make_client(*READING, name="looker")


@pytest.fixture
def two(register: Register) -> tuple[ModelVersion, ModelVersion]:
    """`v1`, the default, and a better but slower `v2` of `classifier`."""
    first = register("v1", metadata={"accuracy": 0.91, "latency_ms": 10.0}, parameters={"C": 1}, actor="anna")
    second = register("v2", metadata={"accuracy": 0.95, "latency_ms": 14.0}, parameters={"C": 2}, actor="anna")
    return first, second


def flip_a_bit(version: ModelVersion, root: Path) -> None:
    """Damage the version's first file where it is kept."""
    file = version.files.select_related("stored").order_by("path")[0]
    place = root / "sha256" / file.stored_id[:2] / file.stored_id[2:]
    place.chmod(0o644)
    content = bytearray(place.read_bytes())
    content[0] ^= 1
    place.write_bytes(content)


def told(response: Any) -> list[str]:
    """The messages on the page that a form led to."""
    return [str(message) for message in response.context["messages"]]
