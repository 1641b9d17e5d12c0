"""A registry of the test's own, and short words for putting models into it and asking them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from onnx import ModelProto
from pytest_django import Settings

from orchestration.providers.catalog import resolve_model
from orchestration.providers.registered.classifier import memory
from registry.models import ModelVersion
from registry.services.registration import register_version
from tests.handlers.running import make_context, run

Files = Mapping[str, bytes | ModelProto]


class Register(Protocol):
    def __call__(
        self, files: bytes | ModelProto | Files, *, name: str = "model", version: str = "v1", **given: Any
    ) -> ModelVersion: ...


@pytest.fixture(autouse=True)
def registry_folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "registry"
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"model_registry_path": folder})
    memory.clear()
    yield folder
    memory.clear()


@pytest.fixture
def register(db: None, tmp_path: Path) -> Register:
    """Registers a model: one file, or several by name. Its first version becomes the default."""

    def register(
        files: bytes | ModelProto | Files, *, name: str = "model", version: str = "v1", **given: Any
    ) -> ModelVersion:
        folder = tmp_path / "files" / name / version
        folder.mkdir(parents=True)
        for path, content in (files if isinstance(files, Mapping) else {"model.onnx": files}).items():
            file = folder / path
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
        given.setdefault("set_as_default", version == "v1")
        return register_version(model_name=name, version=version, model_path=folder, **given)

    return register


@pytest.fixture
def classify() -> Callable[..., dict[str, Any]]:
    """Runs a classification task as an attempt does, its model looked up first."""

    def classify(
        model: str = "model", input_data: Mapping[str, Any] | None = None, **parameters: Any
    ) -> dict[str, Any]:
        context = make_context(resolve_model(model, "classification"))
        return run("classification", parameters, input_data, context=context)

    return classify
